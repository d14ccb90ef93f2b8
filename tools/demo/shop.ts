/**
 * The shop of the demonstration, as a process of its own: `node tools/demo/shop.ts`, with PORT and VEDETTE_URL.
 *
 * Everything it measures comes from the SDK as in any application. What stands behind it (a database, a cache, a
 * provider of payments, a model, a queue of mails, sandboxes that resize pictures) is played: it takes the time and
 * fails as often as `world.ts` says. The parent sends `{ fault }` over the channel of processes to change that.
 */
import { createServer } from 'node:http';
import express, { type Request } from 'express';
import {
  createAiMetrics,
  createAuthMetrics,
  createDatabaseMetrics,
  createGuard,
  createHttpMetrics,
  createJobMetrics,
  createMetricsRegistry,
  createQueueMetrics,
  createUsageMetrics,
} from '@vedette/sdk';
import { expressMetrics, guardMiddleware, metricsHandler } from '@vedette/sdk/express';
import { watchRuntime } from '@vedette/sdk/runtime';
import { Cache } from './cache.ts';
import { MailQueue } from './mail-queue.ts';
import { isFault, World } from './world.ts';

const VERSION = process.env['SHOP_VERSION'] ?? '1.0.0';

/** USD per million tokens, of a model that does not exist. */
const PRICE = { input: 3, output: 15, cachedInput: 0.3 };
const MODEL = { provider: 'example', model: 'small-1' };

const registry = createMetricsRegistry();
const world = new World();
const database = createDatabaseMetrics(registry, { slowQueryMs: 250 });
const models = createAiMetrics(registry, { priceOf: () => PRICE });
const sandboxes = createJobMetrics(registry, { prefix: 'sandbox' });
const logins = createAuthMetrics(registry);
const usage = createUsageMetrics(registry);
const cache = new Cache(registry);
const mails = new MailQueue(createQueueMetrics(registry), world);
watchRuntime(registry);
registry.gauge({ name: 'app_info', help: 'What runs here.', labelNames: ['version'] }).set(1, VERSION);
sandboxes.readPool('pictures', () => ({ size: 8, free: Math.max(0, 8 - world.sandboxesBusy) }));
database.readPool('orders', () => ({
  used: world.queriesRunning,
  idle: Math.max(0, 10 - world.queriesRunning),
  max: 10,
}));

const guard = createGuard({
  server: { url: process.env['VEDETTE_URL'] ?? '' },
  ids: { mode: 'plain' },
  registry,
  onError: (error) => console.error(String(error)),
});
const userOf = (request: Request): string | undefined => request.header('x-user');
const app = express().disable('x-powered-by');
app.use(expressMetrics(createHttpMetrics(registry)));
app.get('/metrics', metricsHandler(registry));
app.use(
  guardMiddleware(guard, { subject: userOf, registry, onFailure: (error) => console.error(String(error)) }),
);
app.use((request, _response, next) => {
  const user = userOf(request);
  if (user !== undefined) usage.seen(user);
  next();
});

app.get('/products', async (_request, response) => {
  response.json(await query('products.list', 8));
});
app.get('/products/:id', async (request, response) => {
  const id = request.params.id;
  if (Number(id) > 40) return void response.status(404).json({ error: 'no such product' });
  const product = await cache.read(`product:${id}`, () => query('products.find', 5));
  response.json(product);
});
app.get('/search', async (_request, response) => {
  usage.used('search');
  response.json(await query('products.search', 25));
});
app.get('/recommendations', async (_request, response) => {
  usage.used('recommendations');
  const inputTokens = 600 + world.random(900);
  const answer = await models.time(
    MODEL,
    async () => {
      await world.modelAnswers();
      return {
        inputTokens,
        cachedInputTokens: Math.floor(inputTokens * 0.4),
        outputTokens: world.modelWords(),
      };
    },
    (tokens) => tokens,
  );
  response.json(answer);
});
app.post('/login', async (_request, response) => {
  const failed = world.random(100) < 8;
  await logins.time('login', () => query('accounts.find', 4));
  if (failed) logins.loginFailed('wrong_password');
  response.status(failed ? 401 : 200).json({});
});
app.post('/orders', async (_request, response) => {
  usage.used('order');
  await query('orders.insert', 12);
  if (!(await world.pays()))
    return void response.status(502).json({ error: 'the provider of payments refused' });
  mails.add();
  response.status(201).json({});
});
app.post('/pictures', async (_request, response) => {
  const isDone = await sandboxes
    .time('resize', () => world.resizes())
    .then(
      () => true,
      () => false,
    );
  response.status(isDone ? 200 : 500).json({});
});

async function query(operation: string, milliseconds: number): Promise<object> {
  return await database.time(operation, () => world.answersQuery(milliseconds));
}

const server = createServer(app);
server.listen(Number(process.env['PORT']), '127.0.0.1', () => process.send?.('ready'));
process.on('message', (message: { readonly fault?: string }) => {
  world.fault = isFault(message.fault) ? message.fault : undefined;
});
process.on('disconnect', () => process.exit(0));
