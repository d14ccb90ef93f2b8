/** The adapter against a server on loopback that answers as told. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  CanceledError,
  createMatcher,
  ExecutionError,
  formatLabels,
  InputError,
  MemoryFiles,
  SeededRandom,
  TimeoutError,
  UnavailableError,
  UnsupportedError,
  VirtualClock,
  type ErrorCode,
  type Slicer,
} from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { createPrometheusApi } from '../../store/metrics/prometheus/prometheus-api.ts';
import { queryConfigSchema } from './config.ts';
import type { PromQuery } from './port.ts';
import { createPrometheusPromQuery } from './prometheus.ts';

const NEVER = new AbortController().signal;

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly form: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

interface Engine {
  readonly query: PromQuery;
  readonly asked: readonly Asked[];
  readonly clock: VirtualClock;
  readonly url: string;
  /** How often the reader of answers let others run. */
  readonly yieldCount: () => number;
  close(): Promise<void>;
}

interface EngineOptions {
  readonly url?: (port: number) => string;
  readonly config?: Record<string, unknown>;
  readonly http?: Record<string, unknown>;
}

async function startEngine(
  t: TestContext,
  answer: (response: ServerResponse, asked: Asked) => void,
  { url = (port) => `http://127.0.0.1:${port}`, config = {}, http = {} }: EngineOptions = {},
): Promise<Engine> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const address = new URL(request.url ?? '', 'http://x');
      const form = new URLSearchParams(request.method === 'POST' ? body : address.search);
      const one = { method: request.method ?? '', path: address.pathname, form, headers: request.headers };
      asked.push(one);
      answer(response, one);
    });
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((done) => void server.close(() => done()));
  };
  t.after(close);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const api = createPrometheusApi(
    { files: new MemoryFiles(new SeededRandom(1)) },
    {
      url: url(port),
      http: { follow_redirects: true, enable_http2: true, ...http },
      directory: '/',
      userAgent: 'test',
    },
  );
  t.after(() => api.close());
  const clock = new VirtualClock({ startMs: 0 });
  let yields = 0;
  const slicer: Slicer = {
    shouldYield: () => true,
    yield: () => {
      yields++;
      return Promise.resolve();
    },
  };
  const query = createPrometheusPromQuery(
    { api, clock, createSlicer: () => slicer, registry: createMetricsRegistry() },
    queryConfigSchema.parse(config),
  );
  return { query, asked, clock, url: api.url, yieldCount: () => yields, close };
}

const respond =
  (status: number, body: unknown) =>
  (response: ServerResponse): void =>
    void response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(typeof body === 'string' ? body : JSON.stringify(body));

const vector = (...result: readonly unknown[]): unknown => ({
  status: 'success',
  data: { resultType: 'vector', result },
});

test('an instant query is posted whole, with time, timeout and lookback; remarks and statistics come back', async (t) => {
  const { query, asked } = await startEngine(
    t,
    respond(200, {
      status: 'success',
      data: {
        resultType: 'vector',
        result: [{ metric: { __name__: 'up' }, value: [1.5, '1'] }],
        stats: { samples: { totalQueryableSamples: 7, peakSamples: 3 } },
      },
      warnings: ['w'],
      infos: ['i'],
    }),
  );
  const options = { lookbackMs: 60_000, timeoutMs: 5000 };
  const result = await query.instant({ expr: 'up', atMs: 1500, options }, NEVER);
  assert.deepEqual(result.annotations, { warnings: ['w'], infos: ['i'] });
  assert.deepEqual(result.stats, { samplesTotal: 7, samplesPeak: 3, seriesRead: 0 });
  assert.equal(asked[0]?.method, 'POST');
  assert.deepEqual(Object.fromEntries(asked[0]?.form ?? []), {
    query: 'up',
    stats: 'all',
    timeout: '5.000',
    lookback_delta: '60.000',
    time: '1.500',
  });
});

test('an instant vector is sorted, unless the expression has an order of its own or is not ours to read', async (t) => {
  const { query } = await startEngine(
    t,
    respond(200, vector({ metric: { a: '2' }, value: [0, '9'] }, { metric: { a: '1' }, value: [0, '8'] })),
  );
  const orderOf = async (expr: string): Promise<string[]> => {
    const result = await query.instant({ expr, atMs: 0 }, NEVER);
    return result.kind === 'series' ? result.series.map(({ labels }) => formatLabels(labels)) : [];
  };
  assert.deepEqual(await orderOf('x'), ['{a="1"}', '{a="2"}']);
  assert.deepEqual(await orderOf('sort_desc(x)'), ['{a="2"}', '{a="1"}']);
  assert.deepEqual(await orderOf('topk(2, x)'), ['{a="2"}', '{a="1"}']);
  assert.deepEqual(await orderOf('x default 5'), ['{a="2"}', '{a="1"}']);
});

test('histograms and floats of a matrix stand in their steps, and raw samples in their order', async (t) => {
  const result = [
    {
      metric: { a: 'b' },
      values: [
        [10, '1'],
        [30, 'NaN'],
      ],
      histograms: [[20, { count: '2', sum: '3', buckets: [[0, '1', '2', '2']] }]],
    },
  ];
  const { query } = await startEngine(
    t,
    respond(200, { status: 'success', data: { resultType: 'matrix', result } }),
  );
  const range = await query.range({ expr: 'x', startMs: 0, endMs: 40_000, stepMs: 10_000 }, NEVER);
  const [series] = range.kind === 'series' ? range.series : [];
  assert.deepEqual([...(series?.validity ?? [])], [0b01110]);
  assert.deepEqual([series?.values[1], series?.values[3]], [1, Number.NaN]);
  assert.deepEqual([...(series?.histograms?.keys() ?? [])], [2]);
  const raw = await query.instant({ expr: 'x[1m]', atMs: 40_000 }, NEVER);
  const [samples] = raw.kind === 'samples' ? raw.series : [];
  assert.deepEqual([...(samples?.timestampsMs ?? [])], [10_000, 20_000, 30_000]);
  assert.equal(samples?.histograms?.get(1)?.count, 2);
});

test('a long answer is read in slices', async (t) => {
  const values = Array.from({ length: 6400 }, (_, i) => [i, String(i)]);
  const body = { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] } };
  const { query, yieldCount } = await startEngine(t, respond(200, body));
  const result = await query.range({ expr: 'x', startMs: 0, endMs: 6_399_000, stepMs: 1000 }, NEVER);
  assert.equal(result.kind === 'series' && result.series[0]?.values[6399], 6399);
  assert.ok(yieldCount() >= 100, `${yieldCount()} times`);
});

test('errors keep the words of the engine and become ours by their kind', async (t) => {
  let next: readonly [number, unknown] = [200, ''];
  const { query, url } = await startEngine(t, (response) => respond(...next)(response));
  const check = async (
    answer: readonly [number, unknown],
    want: readonly [new (code: ErrorCode, message: string) => Error, string],
  ): Promise<void> => {
    next = answer;
    await assert.rejects(query.instant({ expr: 'up', atMs: 0 }, NEVER), (error: unknown) => {
      assert.ok(error instanceof want[0], `${String(error)} for ${answer[0]}`);
      assert.equal(error.message, want[1]);
      return true;
    });
  };
  const fault = (errorType: string, error: string): unknown => ({ status: 'error', errorType, error });
  const away = `cannot ask the metrics engine at ${url}`;
  await check(
    [400, fault('bad_data', 'invalid parameter "query": 1:4: parse error: x')],
    [InputError, '1:4: parse error: x'],
  );
  await check([422, fault('execution', 'too many')], [ExecutionError, 'too many']);
  await check([503, fault('timeout', 'query timed out')], [TimeoutError, 'query timed out']);
  await check(
    [503, fault('canceled', 'gone')],
    [UnavailableError, `${away}: it answers with HTTP status 503: gone`],
  );
  // VictoriaMetrics writes the status as the type.
  await check([422, fault('422', 'cannot parse')], [ExecutionError, 'cannot parse']);
  await check([200, fault('execution', 'late')], [ExecutionError, 'late']);
  await check(
    [401, 'who are you'],
    [
      UnavailableError,
      `${away}: it refuses our credentials (HTTP status 401); see basic_auth and authorization under storage.metrics`,
    ],
  );
  await check([404, 'nothing here'], [UnsupportedError, `${away}: it has no such path (HTTP status 404)`]);
  await check(
    [502, '<h1>Bad\n gateway</h1>'],
    [UnavailableError, `${away}: it answers with HTTP status 502: <h1>Bad gateway</h1>`],
  );
  await check(
    [200, '<html>'],
    [
      UnavailableError,
      `${away}: it answers with a page of HTML and no JSON; is the address right with its path, and does no sign-in stand before it?`,
    ],
  );
});

test('answers that are not to the question asked are refused', async (t) => {
  let body: unknown;
  const { query } = await startEngine(t, (response) => respond(200, body)(response));
  const check = async (data: unknown, want: RegExp): Promise<void> => {
    body = { status: 'success', data };
    const request = { expr: 'x', startMs: 0, endMs: 60_000, stepMs: 10_000 };
    await assert.rejects(query.range(request, NEVER), (error: unknown) => {
      assert.ok(error instanceof UnavailableError, String(error));
      assert.match(error.message, want);
      return true;
    });
  };
  const matrix = (result: unknown): unknown => ({ resultType: 'matrix', result });
  await check(
    matrix([{ metric: {}, values: [[3, '1']] }]),
    /evaluated at 3000 ms, which is no step from 0 ms/,
  );
  await check(matrix([{ metric: {}, values: [[70, '1']] }]), /which is no step/);
  await check(matrix([{ metric: {}, values: [[10, 'one']] }]), /cannot read sample value "one"/);
  await check(matrix([{ values: [] }]), /a series has no labels/);
  await check({ resultType: 'table', result: [] }, /the type "table"/);
  await check({ resultType: 'matrix' }, /it has no result/);
  await check(matrix([{ metric: {}, values: [[10]] }]), /a point has no value/);
});

test('more samples than the limit, or than the request allows, are refused by name', async (t) => {
  const values = Array.from({ length: 5 }, (_, i) => [i, '1']);
  const body = { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] } };
  const { query } = await startEngine(t, respond(200, body), { config: { max_samples: 5 } });
  const request = { expr: 'x', startMs: 0, endMs: 4000, stepMs: 1000 };
  assert.equal((await query.range(request, NEVER)).kind, 'series');
  await assert.rejects(
    query.range({ ...request, options: { samplesMax: 4 } }, NEVER),
    /more samples than the limit of 4 \(query.max_samples\)/,
  );
});

test('where posting is not allowed it is asked by GET, from then on at once', async (t) => {
  const { query, asked } = await startEngine(t, (response, { method }) =>
    method === 'POST' ? respond(405, 'no')(response) : respond(200, vector())(response),
  );
  await query.instant({ expr: 'up', atMs: 0 }, NEVER);
  await query.instant({ expr: 'up', atMs: 0 }, NEVER);
  assert.deepEqual(
    asked.map(({ method }) => method),
    ['POST', 'GET', 'GET'],
  );
  assert.equal(asked[1]?.form.get('query'), 'up');
});

test('a caller that leaves tears the request down; an engine that hangs is given up after the timeout', async (t) => {
  let count = 0;
  const received = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const closed = Promise.withResolvers<void>();
  const { query, clock } = await startEngine(t, (response) => {
    response.on('close', () => closed.resolve());
    received[count++]?.resolve();
  });
  const leaving = new AbortController();
  const left = query.instant({ expr: 'up', atMs: 0 }, leaving.signal);
  const isLeft = assert.rejects(left, CanceledError);
  await received[0]?.promise;
  leaving.abort();
  await isLeft;
  await closed.promise;
  const late = query.instant({ expr: 'up', atMs: 0, options: { timeoutMs: 1000 } }, NEVER);
  const isLate = assert.rejects(late, (error: unknown) => {
    assert.ok(error instanceof TimeoutError);
    assert.match(error.message, /did not answer within 1000 ms/);
    return true;
  });
  await received[1]?.promise;
  await clock.advance(2000);
  await isLate;
});

test('an engine that is away, and an answer that is cut off, are told with their reason', async (t) => {
  const cut = await startEngine(t, (response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{"status":');
    response.destroy();
  });
  await assert.rejects(
    cut.query.instant({ expr: 'up', atMs: 0 }, NEVER),
    /its answer ends in the middle|connection reset/,
  );
  await cut.close();
  await assert.rejects(
    cut.query.instant({ expr: 'up', atMs: 0 }, NEVER),
    (error: unknown) =>
      error instanceof UnavailableError &&
      error.message === `cannot ask the metrics engine at ${cut.url}: connection refused`,
  );
});

test('credentials of the address are sent and never shown; compressed answers are read', async (t) => {
  const { query, asked, url } = await startEngine(
    t,
    (response) =>
      void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify(vector()))),
    { url: (port) => `http://me:se%20cret@127.0.0.1:${port}/prefix/` },
  );
  await query.instant({ expr: 'up', atMs: 0 }, NEVER);
  assert.doesNotMatch(url, /me|cret/);
  assert.equal(asked[0]?.path, '/prefix/api/v1/query');
  assert.equal(asked[0]?.headers.authorization, `Basic ${Buffer.from('me:se cret').toString('base64')}`);
});

test('secrets do not follow a redirect to another origin', async (t) => {
  const other = await startEngine(t, respond(200, vector()));
  const { query } = await startEngine(
    t,
    (response) => void response.writeHead(307, { location: `${other.url}/elsewhere` }).end(),
    { http: { authorization: { type: 'Bearer', credentials: { reveal: () => 'secret' } } } },
  );
  await query.instant({ expr: 'up', atMs: 0 }, NEVER);
  assert.equal(other.asked[0]?.method, 'POST');
  assert.equal(other.asked[0]?.form.get('query'), 'up');
  assert.equal(other.asked[0]?.headers.authorization, undefined);
});

test('selectors, limits and names are written so that every engine reads them', async (t) => {
  const { query, asked } = await startEngine(t, respond(200, { status: 'success', data: ['b', 'a', 'c'] }));
  const range = { fromMs: -8.64e15, untilMs: 1500 };
  const matcherSets = [[createMatcher('a', '=~', '"x|y"'), createMatcher('b.c', '!=', '')]];
  const page = await query.labelValues('my.name', { matcherSets, range, limit: 2 }, NEVER);
  assert.deepEqual(page, { items: ['a', 'b'], isTruncated: true });
  assert.equal(asked[0]?.path, '/api/v1/label/U__my_2e_name/values');
  assert.deepEqual(Object.fromEntries(asked[0]?.form ?? []), {
    end: '1.500',
    'match[]': '{a=~"\\"x|y\\"","b.c"!=""}',
    limit: '3',
  });
  assert.deepEqual((await query.labelNames({ matcherSets: [], range }, NEVER)).items, ['a', 'b', 'c']);
});

test('metadata and exemplars are read, unknown words included', async (t) => {
  const exemplar = { labels: { trace_id: 'x' }, value: '0.5', timestamp: 12.345 };
  const { query, asked } = await startEngine(t, (response, { path }) =>
    respond(200, {
      status: 'success',
      data: path.endsWith('metadata')
        ? { b: [{ type: 'counter', help: 'h', unit: '' }], a: [{ type: 'untyped' }], none: [] }
        : [{ seriesLabels: { __name__: 'm' }, exemplars: [exemplar] }],
    })(response),
  );
  assert.deepEqual(await query.metadata('b', NEVER), [
    { family: 'a', type: 'unknown', help: '', unit: '' },
    { family: 'b', type: 'counter', help: 'h', unit: '' },
  ]);
  assert.equal(asked[0]?.form.get('metric'), 'b');
  const [series] = await query.exemplars('m', { fromMs: 0, untilMs: 1 }, NEVER);
  assert.deepEqual(series?.exemplars, [{ labels: ['trace_id', 'x'], value: 0.5, timestampMs: 12_345 }]);
});
