/** Short links with metrics, behind the guard. How to run it: README.md beside this file. */
import { fastify, type FastifyRequest } from 'fastify';
import { createGuard, createHttpMetrics, createMetricsRegistry } from '@vedette/sdk';
import { fastifyMetrics, guardMiddleware, metricsHandler } from '@vedette/sdk/fastify';
import { linkRoutes } from './links.ts';
import { Sessions } from './sessions.ts';

const sessions = new Sessions();
const app = fastify({ forceCloseConnections: 'idle' });
const onError = (error: unknown): void => console.error(String(error));

// The guard begins here.
const registry = createMetricsRegistry();
const guard = createGuard({
  server: { url: need('VEDETTE_URL'), token: process.env['VEDETTE_TOKEN'] },
  ids: { mode: 'plain' },
  registry,
  onError,
});
await app.register(fastifyMetrics(createHttpMetrics(registry)));
const subject = (request: FastifyRequest) => sessions.userOf(request.headers.authorization);
await app.register(guardMiddleware(guard, { subject, registry, hook: 'onRequest', onFailure: onError }));
app.get('/metrics', metricsHandler(registry));
// The guard ends here.

await app.register(linkRoutes(sessions));
const address = await app.listen({
  port: Number(process.env['PORT'] ?? 3000),
  host: process.env['HOST'] ?? '127.0.0.1',
});
console.log(`ready on port ${new URL(address).port}`);

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop());

/** Takes nothing new, ends what was taken, sends what was counted. */
async function stop(): Promise<void> {
  await app.close();
  await guard.close();
  process.exit(0);
}

function need(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    console.error(`cannot start: ${name} is not set; see README.md`);
    process.exit(2);
  }
  return value;
}
