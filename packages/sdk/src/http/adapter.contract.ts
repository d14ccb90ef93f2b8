/**
 * What metrics and guard do in front of an application, whatever its framework. Each adapter's test starts this
 * application and runs the suite against it:
 *
 * | route | does |
 * |---|---|
 * | `GET /orders/:id` | calls `handled`, answers "order" |
 * | `GET /fail` | throws: the framework answers 500 |
 * | `GET /hang` | never answers |
 * | `GET /metrics` | the metrics handler |
 *
 * The subject is what `subjectOf` makes of the header `x-user`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Guard } from '../guard/guard.ts';
import type { MetricsRegistry } from '../metrics/instruments.ts';
import { createMetricsRegistry } from '../metrics/registry.ts';
import type { SdkClock } from '../system/system.ts';
import { CHALLENGE, createAskedGuard, refuse, slow, type AskedGuard } from './asked-guard-fixture.ts';
import { createHttpMetrics, type HttpMetrics } from './http-metrics.ts';
import { samplesOf, seriesOf, textOf, until, type TestServer } from './server-fixture.ts';

export interface AdapterApp {
  readonly registry: MetricsRegistry;
  readonly metrics: HttpMetrics;
  readonly guard: Guard;
  readonly clock: SdkClock;
  readonly handled: () => void;
  /** Of a challenge, where the header `x-answer` is `42`. */
  readonly isSolved: (answer: unknown) => boolean;
}

export interface AdapterTraits {
  readonly name: string;
  /** Whether the guard is asked with the action. */
  readonly knowsRouteEarly: boolean;
  readonly start: (app: AdapterApp) => Promise<TestServer>;
}

/** `throw` throws; the rest is as it is written, with percent signs. */
export function subjectOf(header: unknown): string | undefined {
  if (header === 'throw') throw new Error('no session');
  return typeof header === 'string' ? decodeURIComponent(header) : undefined;
}

interface Subject extends AsyncDisposable {
  readonly server: TestServer;
  readonly registry: MetricsRegistry;
  readonly guard: AskedGuard;
  readonly timers: (() => void)[];
  handledCount(): number;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Resolves when this many requests have ended. */
  ended(count: number): Promise<void>;
}

async function setUp({ start }: AdapterTraits): Promise<Subject> {
  const registry = createMetricsRegistry();
  const metrics = createHttpMetrics(registry);
  const guard = createAskedGuard({ eve: refuse(), mia: CHALLENGE, sam: slow(800) });
  const timers: (() => void)[] = [];
  const clock: SdkClock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    setTimer: (_delayMs, task) => {
      timers.push(task);
      return { cancel: () => void (timers.includes(task) && timers.splice(timers.indexOf(task), 1)) };
    },
  };
  let handledCount = 0;
  const handled = (): void => void handledCount++;
  const isSolved = (answer: unknown): boolean => answer === '42';
  const server = await start({ registry, metrics, guard, clock, handled, isSolved });
  const endedCount = (): number =>
    Object.values(seriesOf(registry, 'http_requests_total')).reduce((sum, value) => sum + value, 0);
  return {
    server,
    registry,
    guard,
    timers,
    handledCount: () => handledCount,
    get: (path, headers = {}) => fetch(server.url + path, { headers }),
    ended: (count) => until(() => endedCount() === count),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      metrics.close();
    },
  };
}

const requestsOf = (registry: MetricsRegistry): Record<string, number> =>
  Object.fromEntries(
    Object.entries(seriesOf(registry, 'http_requests_total')).map(([text, value]) => [
      text.slice('http_requests_total'.length),
      value,
    ]),
  );

export function checkAdapter(traits: AdapterTraits): void {
  checkMetrics(traits);
  checkTracking(traits);
  checkRefusals(traits);
  checkGoneClients(traits);
}

function checkMetrics(traits: AdapterTraits): void {
  const { name } = traits;

  test(`${name}: requests count under their template, whatever the path`, async () => {
    await using app = await setUp(traits);
    for (const path of ['/orders/1', '/orders/2?x=1', '/fail', '/none/1', '/none/2'])
      await (await app.get(path)).text();
    await app.ended(5);
    assert.deepEqual(requestsOf(app.registry), {
      '{method="GET",route="/orders/:id",status="200"}': 2,
      '{method="GET",route="/fail",status="500"}': 1,
      '{method="GET",route="unknown",status="404"}': 2,
    });
    assert.equal(samplesOf(app.registry).get('http_requests_in_flight'), 0);
  });

  test(`${name}: the metrics handler serves the formats that scrapers ask for, compressed when they take gzip`, async () => {
    await using app = await setUp(traits);
    await (await app.get('/orders/1')).text();
    await app.ended(1);
    const page = await app.get('/metrics');
    assert.equal(page.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    assert.match(await page.text(), /^http_requests_total\{.*route="\/orders\/:id".*\} 1$/m);
    const accept = 'application/openmetrics-text; version=1.0.0';
    const open = await app.get('/metrics', { accept });
    assert.equal(open.headers.get('content-type'), `${accept}; charset=utf-8`);
    assert.match(await open.text(), /# EOF\n$/);
    const protobuf = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily';
    const packed = await app.get('/metrics', { accept: protobuf, 'accept-encoding': 'gzip' });
    assert.match(packed.headers.get('content-type') ?? '', /^application\/vnd\.google\.protobuf/);
    assert.equal(packed.headers.get('content-encoding'), 'gzip');
    assert.match(await packed.text(), /http_requests_total/);
  });
}

function checkTracking(traits: AdapterTraits): void {
  const { name, knowsRouteEarly } = traits;

  test(`${name}: what a subject did is tracked with route and outcome, once each`, async () => {
    await using app = await setUp(traits);
    for (const path of ['/orders/7', '/fail', '/none'])
      await (await app.get(path, { 'x-user': 'anna' })).text();
    await (await app.get('/orders/8')).text();
    await until(() => app.guard.tracked.length === 3);
    await app.ended(4);
    assert.deepEqual(
      app.guard.tracked.map(({ subject, action, source, outcome }) => [subject, action, source, outcome]),
      [
        ['anna', 'GET /orders/:id', 'http', 'ok'],
        // A server that fails is not the subject's doing.
        ['anna', 'GET /fail', 'http', 'ok'],
        ['anna', 'GET unknown', 'http', 'error'],
      ],
    );
    const first = app.guard.checked[0];
    assert.deepEqual(first, { id: 'anna', action: knowsRouteEarly ? 'GET /orders/:id' : undefined });
  });

  test(`${name}: a subject function that throws breaks nothing, and is counted`, async () => {
    await using app = await setUp(traits);
    const answer = await app.get('/orders/1', { 'x-user': 'throw' });
    assert.equal(await answer.text(), 'order');
    assert.deepEqual(seriesOf(app.registry, 'guard_http_failures_total'), {
      'guard_http_failures_total{cause="subject"}': 1,
    });
  });

  test(`${name}: odd ids reach the guard as they are`, async () => {
    await using app = await setUp(traits);
    const ids = ['__proto__', 'a\0b', 'a\nb', '🦊', 'x'.repeat(8000)];
    for (const id of ids) {
      const answer = await app.get('/orders/1', { 'x-user': encodeURIComponent(id) });
      assert.equal(await answer.text(), 'order');
    }
    await until(() => app.guard.tracked.length === ids.length);
    assert.deepEqual(
      app.guard.tracked.map(({ subject }) => subject),
      ids,
    );
  });

  test(`${name}: an id of a megabyte meets the server’s own limit, and leaves nothing behind`, async () => {
    await using app = await setUp(traits);
    const head = `GET /orders/1 HTTP/1.1\r\nHost: a\r\nX-User: ${'x'.repeat(2 ** 20)}\r\n\r\n`;
    const socket = await app.server.send(head);
    const text = await textOf(socket).catch(() => '');
    assert.ok(text === '' || text.startsWith('HTTP/1.1 431'), text.slice(0, 100));
    assert.equal(app.handledCount(), 0);
    assert.equal(samplesOf(app.registry).get('http_requests_in_flight'), 0);
  });
}

function checkRefusals(traits: AdapterTraits): void {
  const { name, knowsRouteEarly } = traits;
  const action = knowsRouteEarly ? 'GET /orders/:id' : 'GET unknown';

  test(`${name}: who is refused gets 429 with its wait, and the handler does not run`, async () => {
    await using app = await setUp(traits);
    const answer = await app.get('/orders/1', { 'x-user': 'eve' });
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get('retry-after'), '62');
    assert.equal(answer.headers.get('ratelimit'), 'limit=0, remaining=0, reset=62');
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8');
    assert.deepEqual(await answer.json(), {
      type: 'about:blank',
      title: 'Too Many Requests',
      status: 429,
      detail: 'Too many requests. Try again in 62 seconds.',
      decision_id: 'd-1',
      grade: 'temporary',
      until: '1970-01-01T00:01:01.001Z',
      retry_after: 62,
    });
    await app.ended(1);
    assert.equal(app.handledCount(), 0);
    assert.deepEqual(
      app.guard.tracked.map((one) => [one.action, one.outcome]),
      [[action, 'refused']],
    );
  });

  test(`${name}: a refused HEAD has the headers and no body, and the connection goes on`, async () => {
    await using app = await setUp(traits);
    const socket = await app.server.send(
      'HEAD /orders/1 HTTP/1.1\r\nHost: a\r\nX-User: eve\r\n\r\n' +
        'GET /orders/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    const text = await textOf(socket);
    const [head = '', ...rest] = text.split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 429 /);
    assert.match(head, /retry-after: 62/i);
    assert.match(rest.join('\r\n\r\n'), /^HTTP\/1\.1 200 /);
  });

  test(`${name}: who is slowed is answered after the wait`, async () => {
    await using app = await setUp(traits);
    const answer = app.get('/orders/1', { 'x-user': 'sam' });
    await until(() => app.timers.length === 1);
    assert.equal(app.handledCount(), 0);
    app.timers.pop()!();
    assert.equal(await (await answer).text(), 'order');
    await until(() => app.guard.tracked.length === 1);
    assert.equal(app.guard.tracked[0]!.outcome, 'ok');
  });

  test(`${name}: a challenge is answered by the hook until it is solved`, async () => {
    await using app = await setUp(traits);
    const asked = await app.get('/orders/1', { 'x-user': 'mia' });
    assert.deepEqual([asked.status, await asked.text()], [401, 'what is 6 × 7?']);
    assert.equal(app.handledCount(), 0);
    const solved = await app.get('/orders/1', { 'x-user': 'mia', 'x-answer': '42' });
    assert.equal(await solved.text(), 'order');
    await until(() => app.guard.tracked.length === 2);
    assert.deepEqual(
      app.guard.tracked.map(({ outcome }) => outcome),
      ['refused', 'ok'],
    );
  });
}

function checkGoneClients(traits: AdapterTraits): void {
  const { name } = traits;

  test(`${name}: a client that goes leaves nothing in flight`, async () => {
    await using app = await setUp(traits);
    const socket = await app.server.send('GET /hang HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => samplesOf(app.registry).get('http_requests_in_flight') === 1);
    socket.destroy();
    await app.ended(1);
    assert.deepEqual(requestsOf(app.registry), { '{method="GET",route="/hang",status="499"}': 1 });
    assert.equal(samplesOf(app.registry).get('http_requests_in_flight'), 0);
  });

  test(`${name}: a client that goes while it is slowed frees its place`, async () => {
    await using app = await setUp(traits);
    const socket = await app.server.send('GET /orders/1 HTTP/1.1\r\nHost: a\r\nX-User: sam\r\n\r\n');
    await until(() => app.timers.length === 1);
    socket.destroy();
    await until(() => app.timers.length === 0);
    assert.deepEqual(seriesOf(app.registry, 'guard_http_waiting'), { guard_http_waiting: 0 });
    assert.equal(app.handledCount(), 0);
  });
}
