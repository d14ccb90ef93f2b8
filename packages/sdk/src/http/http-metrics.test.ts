import assert from 'node:assert/strict';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MetricsRegistry } from '../metrics/instruments.ts';
import { createMetricsRegistry } from '../metrics/registry.ts';
import { createHttpMetrics, type HttpMetrics, type HttpMetricsOptions } from './http-metrics.ts';
import { samplesOf, seriesOf, serve, textOf, until, type TestServer } from './server-fixture.ts';

interface Followed extends TestServer {
  readonly registry: MetricsRegistry;
  readonly metrics: HttpMetrics;
}

async function followed(
  listener: (metrics: HttpMetrics) => RequestListener,
  options: HttpMetricsOptions = {},
): Promise<Followed> {
  const registry = createMetricsRegistry();
  const metrics = createHttpMetrics(registry, options);
  const server = await serve(listener(metrics));
  return {
    ...server,
    registry,
    metrics,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      metrics.close();
    },
  };
}

/** Answers at once, except below /hang. */
const named =
  (metrics: HttpMetrics): RequestListener =>
  (request, response) => {
    metrics.nameRoute(request, request.url?.startsWith('/hang') === true ? '/hang' : '/x/:id');
    if (request.url?.startsWith('/hang') !== true) response.end('hello');
  };

const total = (registry: MetricsRegistry, name: string): number =>
  Object.values(seriesOf(registry, name)).reduce((sum, value) => sum + value, 0);

const inFlight = (registry: MetricsRegistry): number | undefined =>
  samplesOf(registry).get('http_requests_in_flight');

/** The finish of an answer comes a turn after the client has it. */
const ended = (registry: MetricsRegistry, count: number): Promise<void> =>
  until(() => total(registry, 'http_requests_total') === count);

test('a request is counted by method, template and status, once, with its duration', async () => {
  let nowMs = 0;
  await using server = await followed(
    (metrics) => (request, response) => {
      metrics.nameRoute(request, '/x/:id');
      nowMs += 40;
      response.statusCode = 201;
      response.end('hello');
    },
    { clock: { monotonicMs: () => nowMs } },
  );
  await (await fetch(`${server.url}/x/17?secret=1`, { method: 'POST', body: 'abc' })).text();
  await ended(server.registry, 1);
  const labels = 'method="POST",route="/x/:id",status="201"';
  const samples = samplesOf(server.registry);
  assert.equal(samples.get(`http_requests_total{${labels}}`), 1);
  assert.equal(samples.get(`http_request_duration_seconds_sum{${labels}}`), 0.04);
  assert.equal(samples.get(`http_request_duration_seconds_bucket{${labels},le="0.025"}`), 0);
  assert.equal(samples.get(`http_request_duration_seconds_bucket{${labels},le="0.05"}`), 1);
  assert.equal(samples.get('http_requests_in_flight'), 0);
});

test('a request that nobody names is unknown: its path is no label', async () => {
  await using server = await followed(() => (_request, response) => response.end());
  await (await fetch(`${server.url}/users/4711`)).text();
  await ended(server.registry, 1);
  assert.deepEqual(seriesOf(server.registry, 'http_requests_total'), {
    'http_requests_total{method="GET",route="unknown",status="200"}': 1,
  });
});

test('routeOf names what no adapter names; one that throws or gives no text is unknown', async () => {
  const routeOf = (request: IncomingMessage): string | undefined => {
    if (request.url === '/throw') throw new Error('no route');
    return request.url === '/number' ? (5 as unknown as string) : '/template';
  };
  await using server = await followed(() => (_request, response) => response.end(), { routeOf });
  for (const path of ['/a', '/throw', '/number']) await (await fetch(server.url + path)).text();
  await ended(server.registry, 3);
  assert.deepEqual(seriesOf(server.registry, 'http_requests_total'), {
    'http_requests_total{method="GET",route="/template",status="200"}': 1,
    'http_requests_total{method="GET",route="unknown",status="200"}': 2,
  });
});

test('routes are bounded: what comes beyond the limit is other', async () => {
  await using server = await followed(() => (_request, response) => response.end(), {
    routeOf: (request) => request.url,
    routesMax: 2,
  });
  const paths = ['/1', '/2', '/3', '/1', `/${'x'.repeat(300)}`];
  for (const path of paths) await (await fetch(server.url + path)).text();
  await ended(server.registry, paths.length);
  assert.deepEqual(seriesOf(server.registry, 'http_requests_total'), {
    'http_requests_total{method="GET",route="/1",status="200"}': 2,
    'http_requests_total{method="GET",route="/2",status="200"}': 1,
    'http_requests_total{method="GET",route="other",status="200"}': 2,
  });
});

test('methods and statuses that nobody knows fold into other', async () => {
  await using server = await followed((metrics) => (request, response) => {
    metrics.nameRoute(request, '/');
    response.end();
  });
  // Node's own parser knows PROPFIND, and no other of ours.
  const socket = await server.send('PROPFIND / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await textOf(socket);
  await ended(server.registry, 1);
  const exchange = server.metrics.begin('__proto__');
  exchange.end({ route: '/', status: -1 });
  exchange.end({ route: '/', status: 200 });
  assert.deepEqual(seriesOf(server.registry, 'http_requests_total'), {
    'http_requests_total{method="other",route="/",status="200"}': 1,
    'http_requests_total{method="other",route="/",status="other"}': 1,
  });
  assert.equal(inFlight(server.registry), 0);
});

test('a client that goes before the answer gives its place in flight back, as 499', async () => {
  await using server = await followed(named);
  const socket = await server.send('GET /hang HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => inFlight(server.registry) === 1);
  assert.equal(total(server.registry, 'http_requests_total'), 0);
  socket.destroy();
  await ended(server.registry, 1);
  assert.equal(inFlight(server.registry), 0);
  assert.deepEqual(seriesOf(server.registry, 'http_requests_total'), {
    'http_requests_total{method="GET",route="/hang",status="499"}': 1,
  });
  assert.equal(total(server.registry, 'http_requests_aborted_total'), 1);
});

test('an answer that was cut off keeps its status and counts as aborted', async () => {
  await using server = await followed((metrics) => (request, response) => {
    metrics.nameRoute(request, '/download');
    response.write('begin');
  });
  const socket = await server.send('GET /download HTTP/1.1\r\nHost: a\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.destroy();
  await ended(server.registry, 1);
  assert.deepEqual(seriesOf(server.registry, 'http_requests_total'), {
    'http_requests_total{method="GET",route="/download",status="200"}': 1,
  });
  assert.equal(total(server.registry, 'http_requests_aborted_total'), 1);
  assert.equal(inFlight(server.registry), 0);
});

test('a handler that destroys its answer leaves nothing in flight', async () => {
  await using server = await followed(() => (_request, response) => void response.destroy());
  await assert.rejects(fetch(server.url));
  await ended(server.registry, 1);
  assert.equal(inFlight(server.registry), 0);
});

test('pipelined answers that wait behind another are given back when the socket dies', async () => {
  await using server = await followed(named);
  const head = 'HTTP/1.1\r\nHost: a\r\n\r\n';
  const socket = await server.send(`GET /hang ${head}GET /2 ${head}GET /3 ${head}`);
  await until(() => inFlight(server.registry) === 3);
  socket.destroy();
  await ended(server.registry, 3);
  assert.equal(inFlight(server.registry), 0);
});

test('pipelined answers are ended by their own request, whatever order they are made in', async () => {
  const waiting: ServerResponse[] = [];
  await using server = await followed((metrics) => (request, response) => {
    metrics.nameRoute(request, request.url ?? '');
    waiting.push(response);
  });
  const head = 'HTTP/1.1\r\nHost: a\r\n';
  const socket = await server.send(`GET /1 ${head}\r\nGET /2 ${head}Connection: close\r\n\r\n`);
  await until(() => waiting.length === 2);
  waiting[1]!.statusCode = 202;
  waiting[1]!.end();
  waiting[0]!.end();
  await textOf(socket);
  await ended(server.registry, 2);
  assert.deepEqual(seriesOf(server.registry, 'http_requests_total'), {
    'http_requests_total{method="GET",route="/1",status="200"}': 1,
    'http_requests_total{method="GET",route="/2",status="202"}': 1,
  });
});

test('sizes are what a keep-alive connection read and wrote for each request', async () => {
  await using server = await followed(named);
  const post = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n' + 'x'.repeat(5000);
  const get = 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  const socket = await server.send(post);
  await ended(server.registry, 1);
  const firstBytes = total(server.registry, 'http_response_size_bytes_sum');
  socket.write(get);
  const text = await textOf(socket);
  await ended(server.registry, 2);
  const samples = samplesOf(server.registry);
  assert.equal(samples.get('http_request_size_bytes_sum{method="POST",route="/x/:id"}'), post.length);
  assert.equal(samples.get('http_request_size_bytes_sum{method="GET",route="/x/:id"}'), get.length);
  assert.ok(firstBytes > 5);
  assert.equal(total(server.registry, 'http_response_size_bytes_sum'), text.length);
});

test('HEAD is counted as HEAD', async () => {
  await using server = await followed(named);
  await fetch(`${server.url}/x/1`, { method: 'HEAD' });
  await ended(server.registry, 1);
  assert.deepEqual(Object.keys(seriesOf(server.registry, 'http_requests_total')), [
    'http_requests_total{method="HEAD",route="/x/:id",status="200"}',
  ]);
});

test('what is not accepted is not counted, nor are its bytes; a filter that throws accepts', async () => {
  await using server = await followed(named, {
    accepts: (request) => {
      if (request.url === '/throw') throw new Error('no');
      return request.url !== '/metrics';
    },
  });
  const skipped = 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n';
  const socket = await server.send(skipped);
  await new Promise((resolve) => socket.once('data', resolve));
  const counted = 'GET /throw HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  socket.write(counted);
  await textOf(socket);
  await ended(server.registry, 1);
  assert.equal(total(server.registry, 'http_request_size_bytes_sum'), counted.length);
});

test('after close no request is begun, and those under way end', async () => {
  const waiting: ServerResponse[] = [];
  await using server = await followed(() => (_request, response) => void waiting.push(response));
  const first = fetch(server.url);
  await until(() => waiting.length === 1);
  server.metrics.close();
  const second = fetch(server.url);
  await until(() => waiting.length === 2);
  for (const response of waiting) response.end();
  await Promise.all([first, second]);
  await ended(server.registry, 1);
  assert.equal(inFlight(server.registry), 0);
});

/** What a connection sends behind its requests. */
const REST: Readonly<Record<string, string>> = {
  nothing: '',
  'half a head': 'GET /x/3 HTTP/1.1\r\nHo',
  'half a body': 'POST /x/3 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc',
};

test('whatever connections do, what began ends once and nothing stays in flight', async () => {
  const requestsOf = fc.array(fc.constantFrom('/hang', '/x/1', '/x/2'), { minLength: 1, maxLength: 4 });
  const connectionOf = fc.tuple(requestsOf, fc.constantFrom(...Object.keys(REST)), fc.boolean());
  let startedAtAll = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(connectionOf, { minLength: 1, maxLength: 8 }), async (connections) => {
      let startedCount = 0;
      await using server = await followed((metrics) => (request, response) => {
        startedCount++;
        named(metrics)(request, response);
      });
      for (const [requests, rest, isPatient] of connections) {
        const heads = requests.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
        const before = startedCount;
        const socket = await server.send(heads.join('') + REST[rest]);
        socket.on('error', () => undefined).resume();
        // Some are gone before the server has seen what they sent.
        if (isPatient) await until(() => startedCount >= before + requests.length);
        socket.destroy();
      }
      startedAtAll += startedCount;
      await until(
        () =>
          inFlight(server.registry) === 0 && total(server.registry, 'http_requests_total') === startedCount,
      );
    }),
    { numRuns: 25 },
  );
  assert.ok(startedAtAll > 50, `only ${startedAtAll} requests were made`);
});

test('two registries may follow the same servers', async () => {
  const other = createMetricsRegistry();
  const otherMetrics = createHttpMetrics(other);
  await using server = await followed(named);
  await (await fetch(`${server.url}/x/1`)).text();
  await ended(server.registry, 1);
  await ended(other, 1);
  otherMetrics.close();
  assert.deepEqual(Object.keys(seriesOf(other, 'http_requests_total')), [
    'http_requests_total{method="GET",route="unknown",status="200"}',
  ]);
});

test('naming a request that is not followed says so', async () => {
  const answers: boolean[] = [];
  await using server = await followed(
    (metrics) => (request, response) => {
      answers.push(metrics.nameRoute(request, '/'));
      response.end();
    },
    { accepts: () => false },
  );
  await (await fetch(server.url)).text();
  assert.deepEqual(answers, [false]);
});
