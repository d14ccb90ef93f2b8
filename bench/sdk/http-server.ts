/**
 * The server under measurement, in a process of its own: `node bench/sdk/http-server.ts VARIANT`. Answers a small JSON
 * below `/orders/:id`. Tells its parent the address once it listens, and to each message its processor time so far.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type * as instrumentationHttp from '@opentelemetry/instrumentation-http';
import type * as sdkMetrics from '@opentelemetry/sdk-metrics';
import type * as sdkTrace from '@opentelemetry/sdk-trace';
import type expressPromBundle from 'express-prom-bundle';
import type * as fastifyModule from 'fastify';
import {
  createHttpMetrics,
  createMetricsRegistry,
  type Guard,
  type MetricsRegistry,
  type SubjectLike,
  type Verdict,
} from '../../packages/sdk/src/index.ts';
import * as ourExpress from '../../packages/sdk/src/express/express.ts';
import * as ourFastify from '../../packages/sdk/src/fastify/fastify.ts';

/** What the parent hears: the port at first, then processor time in µs. */
export interface ServerMessage {
  readonly port?: number;
  readonly cpuMicros?: number;
}

type Addition = 'bare' | 'metrics' | 'guard' | 'peer' | 'otel';

const require = createRequire(import.meta.url);
/** Express is a peer of the SDK alone. */
const requireOfSdk = createRequire(new URL('../../packages/sdk/package.json', import.meta.url));

type ExpressHandler = ReturnType<typeof ourExpress.expressMetrics>;

interface ExpressApp extends RequestListener {
  use(handler: ExpressHandler): unknown;
  get(path: string, handler: ExpressHandler): unknown;
}

// As many as a large application ever has at a time.
const BAN_COUNT = 100_000;
const ANSWER = { hello: 'world' };

const STARTS: Readonly<Record<string, (addition: Addition) => Promise<Server>>> = {
  node: async (addition) => startNode(addition),
  fastify: startFastify,
  express: async (addition) => startExpress(addition),
};

const [framework = '', addition = 'bare'] = (process.argv[2] ?? '').split('+');
const start = STARTS[framework];
if (start === undefined) throw new Error(`no such server: "${framework}"`);
const server = await start(addition as Addition);
server.listen(0, '127.0.0.1', () => tell({ port: (server.address() as AddressInfo).port }));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  tell({ cpuMicros: user + system });
});
process.on('disconnect', () => process.exit());

function tell(message: ServerMessage): void {
  process.send?.(message);
}

function startNode(addition: Addition): Server {
  const text = JSON.stringify(ANSWER);
  const metrics = addition === 'metrics' ? createHttpMetrics(createMetricsRegistry()) : undefined;
  const listener: RequestListener = (request, response) => {
    metrics?.nameRoute(request, '/orders/:id');
    response.setHeader('content-type', 'application/json');
    response.end(text);
  };
  return createServer(listener);
}

async function startFastify(addition: Addition): Promise<Server> {
  // Before Fastify, and so before what it requires, is loaded.
  if (addition === 'otel') instrument();
  const { fastify } = require('fastify') as typeof fastifyModule;
  const app = fastify();
  const registry = createMetricsRegistry();
  if (addition === 'metrics' || addition === 'guard')
    await app.register(ourFastify.fastifyMetrics(createHttpMetrics(registry)));
  if (addition === 'guard')
    await app.register(ourFastify.guardMiddleware(createBenchGuard(), guardOptions(registry)));
  if (addition === 'peer') {
    const { default: plugin } = await import('fastify-metrics');
    await app.register(plugin.default, { endpoint: '/metrics', defaultMetrics: { enabled: false } });
  }
  app.get('/orders/:id', () => ANSWER);
  await app.ready();
  return app.server;
}

function startExpress(addition: Addition): Server {
  const app = (requireOfSdk('express') as () => ExpressApp)();
  const registry = createMetricsRegistry();
  if (addition === 'metrics' || addition === 'guard')
    app.use(ourExpress.expressMetrics(createHttpMetrics(registry)));
  if (addition === 'guard') app.use(ourExpress.guardMiddleware(createBenchGuard(), guardOptions(registry)));
  if (addition === 'peer') {
    const bundle = require('express-prom-bundle') as typeof expressPromBundle;
    app.use(bundle({ includeMethod: true, includePath: true }));
  }
  app.get('/orders/:id', (_request, response) => void response.json(ANSWER));
  return createServer(app);
}

function guardOptions(registry: MetricsRegistry) {
  return {
    registry,
    subject: ({ headers }: { readonly headers: NodeJS.Dict<string | string[]> }) => String(headers['x-user']),
  };
}

/**
 * Stands for the guard: a replica of 100,000 decisions in a Map, and a count per subject and action. To be replaced by
 * the SDK's own guard (`createGuard`) where its cost is to be measured, too.
 */
function createBenchGuard(): Guard {
  const refuse: Verdict = {
    kind: 'refuse',
    ground: {
      decisionId: 'd',
      kind: 'refuse',
      grade: 'temporary',
      level: 1,
      policy: 'p',
      reason: 'r',
      retryAfterMs: 60_000,
      by: 'replica',
    },
  };
  const allow: Verdict = { kind: 'allow' };
  const bans = new Set(Array.from({ length: BAN_COUNT }, (_, i) => `banned-${i}`));
  const counts = new Map<string, number>();
  return {
    check: (subject) => (bans.has(idOf(subject)) ? refuse : allow),
    track: ({ subject, action }) => {
      const key = `${idOf(subject)}\0${action}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    attempt: () => allow,
    status: { feed: 'following', decisionCount: BAN_COUNT, pendingRows: 0, droppedRows: 0 },
    ready: () => Promise.resolve(true),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function idOf(subject: SubjectLike): string {
  return typeof subject === 'string' ? subject : subject.id;
}

/**
 * Traces and metrics to exporters that drop them. Without a context manager, which the packages at hand do not bring
 * and a real setup adds: to OpenTelemetry's advantage.
 */
function instrument(): void {
  const { HttpInstrumentation } =
    require('@opentelemetry/instrumentation-http') as typeof instrumentationHttp;
  const trace = require('@opentelemetry/sdk-trace') as typeof sdkTrace;
  const metrics = require('@opentelemetry/sdk-metrics') as typeof sdkMetrics;
  const drop = {
    export: (_: unknown, done: (result: { code: 0 }) => void) => done({ code: 0 }),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const instrumentation = new HttpInstrumentation();
  const spanProcessors = [new trace.BatchSpanProcessor({ exporter: drop })];
  instrumentation.setTracerProvider(new trace.TracerProvider({ spanProcessors }));
  const readers = [new metrics.PeriodicExportingMetricReader({ exporter: drop, exportIntervalMillis: 1000 })];
  instrumentation.setMeterProvider(new metrics.MeterProvider({ readers }));
}
