/** A shop with metrics, behind the guard. How to run it: README.md beside this file. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import express, { type ErrorRequestHandler } from 'express';
import { createGuard, createHttpMetrics, createMetricsRegistry, parseKeyFile } from '@vedette/sdk';
import { expressMetrics, guardMiddleware, metricsHandler } from '@vedette/sdk/express';
import { Sessions } from './sessions.ts';
import { fieldOf, Shop } from './shop.ts';

const sessions = new Sessions(need('SESSION_SECRET'));
const app = express().disable('x-powered-by');
const onError = (error: unknown): void => console.error(String(error));

// The guard begins here.
const registry = createMetricsRegistry();
const guard = createGuard({
  server: { url: need('VEDETTE_URL'), token: process.env['VEDETTE_TOKEN'] },
  ids: { mode: 'pseudonym', keys: parseKeyFile(readFileSync(need('GUARD_KEY_FILE'), 'utf8')) },
  registry,
  onError,
});
app.use(expressMetrics(createHttpMetrics(registry)));
const subject = (request: express.Request) => sessions.userOf(request.headers.authorization);
app.use(guardMiddleware(guard, { subject, registry, onFailure: onError }));
app.get('/metrics', metricsHandler(registry));
// The guard ends here.

app.post('/sessions', express.json(), (request, response) => {
  const token = sessions.open(fieldOf(request.body, 'user'));
  if (token === undefined) response.status(400).json({ error: 'user must be a name of 1 to 64 characters' });
  else response.status(201).json({ token });
});
app.use(express.json(), new Shop(sessions).routes());
app.use((_request, response) => void response.status(404).json({ error: 'not found' }));
app.use(((error: { status?: number }, _request, response, next) => {
  if (response.headersSent) return next(error);
  // Express names a status for what the client did wrong: a body that is no JSON, a path that cannot be decoded.
  const status = error.status ?? 500;
  if (status >= 500) onError(error);
  response.status(status).json({ error: status >= 500 ? 'something went wrong' : 'bad request' });
}) satisfies ErrorRequestHandler);

const server = createServer(app);
server.listen(Number(process.env['PORT'] ?? 3000), process.env['HOST'] ?? '127.0.0.1', () => {
  const address = server.address();
  console.log(`ready on port ${typeof address === 'object' ? address?.port : address}`);
});

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop());

/** Takes nothing new, ends what was taken, sends what was counted. */
async function stop(): Promise<void> {
  server.close();
  server.closeIdleConnections();
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
