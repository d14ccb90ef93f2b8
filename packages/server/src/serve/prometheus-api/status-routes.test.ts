import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { metricsSummary, notificationEntry } from '@vedette/api';
import { labelsOf } from '@vedette/model';
import { z } from 'zod';
import type { HttpServerDeps, RunningHttpServer } from '../http-server.ts';
import { createTestDeps, FakePromQuery, startTestServer } from '../test-server.ts';

const running: RunningHttpServer[] = [];
after(() => Promise.all(running.map((server) => server.close())));

/** The parts of the answers that the tests look into. */
interface Answer {
  readonly version: string;
  readonly branch: string;
  readonly revision: string;
  readonly headStats: object;
  readonly activeTargets: readonly unknown[];
  readonly droppedTargets: readonly unknown[];
  readonly droppedTargetCounts: object;
}

async function start(overrides: Partial<HttpServerDeps> = {}) {
  const server = await startTestServer(overrides);
  running.push(server);
  const get = async (path: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(server.address + path);
    return { status: response.status, body: await response.json() };
  };
  const dataOf = async (path: string): Promise<Answer> => ((await get(path)).body as { data: Answer }).data;
  return { address: server.address, get, dataOf };
}

test('build info names the version we follow and has no features', async () => {
  const { dataOf } = await start();
  const info = await dataOf('/api/v1/status/buildinfo');
  assert.deepEqual(
    [info.version, info.branch, info.revision, 'features' in info],
    ['3.14.0', 'vedette', '0.1.0', false],
  );
});

test('runtime info has every field of Prometheus', async () => {
  const { dataOf } = await start();
  assert.deepEqual(Object.keys(await dataOf('/api/v1/status/runtimeinfo')), [
    'startTime',
    'CWD',
    'hostname',
    'serverTime',
    'reloadConfigSuccess',
    'lastConfigTime',
    'corruptionCount',
    'goroutineCount',
    'GOMAXPROCS',
    'GOMEMLIMIT',
    'GOGC',
    'GODEBUG',
    'storageRetention',
  ]);
});

test('the cardinality page asks for as many entries as it wants, within a limit', async () => {
  const limits: number[] = [];
  const { storage } = createTestDeps();
  const cardinality: typeof storage.cardinality = (limit) => {
    limits.push(limit);
    return storage.cardinality(limit);
  };
  const { dataOf, get } = await start({ storage: { stats: () => storage.stats(), cardinality } });
  const status = await dataOf('/api/v1/status/tsdb');
  assert.deepEqual(status.headStats, {
    numSeries: 2,
    numLabelPairs: 0,
    chunkCount: 2,
    minTime: Number.MAX_SAFE_INTEGER,
    maxTime: Number.MIN_SAFE_INTEGER,
  });
  await dataOf('/api/v1/status/tsdb?limit=10000');
  assert.deepEqual(limits, [10, 10_000]);
  assert.deepEqual((await get('/api/v1/status/tsdb?limit=10001')).body, {
    status: 'error',
    errorType: 'bad_data',
    error: 'limit must not exceed 10000',
  });
  for (const limit of ['0', '-1', 'x'])
    assert.equal((await get(`/api/v1/status/tsdb?limit=${limit}`)).status, 400);
});

test('targets are filtered by state and pool, and counts are of all', async () => {
  const active = (scrapePool: string, scrapeUrl: string) =>
    ({
      discoveredLabels: labelsOf({ __address__: 'a' }),
      labels: labelsOf({ job: scrapePool }),
      scrapePool,
      scrapeUrl,
      globalUrl: scrapeUrl.replace('127.0.0.1', 'box'),
      health: 'down',
      lastError: 'refused',
      lastScrapeMs: 1500,
      lastScrapeDurationMs: 20,
      scrapeIntervalMs: 15_000,
      scrapeTimeoutMs: 10_000,
      metadata: () => [
        { family: 'up', type: 'gauge' as const, help: 'Is it up?', unit: '' },
        { family: `${scrapePool}_total`, type: 'counter' as const, help: '', unit: 's' },
      ],
    }) as const;
  const snapshot = {
    active: [active('a', 'http://127.0.0.1:9100/metrics'), active('b', 'http://web:80/m?x=1')],
    dropped: [{ discoveredLabels: labelsOf({ __address__: 'd' }), scrapePool: 'a' }],
    droppedCounts: { a: 7 },
  };
  const { dataOf } = await start({ targets: { targets: () => snapshot } });
  const all = await dataOf('/api/v1/targets');
  assert.deepEqual(all.activeTargets[0], {
    discoveredLabels: { __address__: 'a' },
    labels: { job: 'a' },
    scrapePool: 'a',
    scrapeUrl: 'http://127.0.0.1:9100/metrics',
    globalUrl: 'http://box:9100/metrics',
    lastError: 'refused',
    lastScrape: '1970-01-01T00:00:01.5Z',
    lastScrapeDuration: 0.02,
    health: 'down',
    scrapeInterval: '15s',
    scrapeTimeout: '10s',
  });
  assert.deepEqual(all.droppedTargetCounts, { a: 7 });
  assert.deepEqual(await dataOf('/api/v1/scrape_pools'), { scrapePools: ['a', 'b'] });
  const up = { type: 'gauge', help: 'Is it up?', unit: '' };
  const total = { type: 'counter', help: '', unit: 's' };
  const a = { job: 'a' };
  const b = { job: 'b' };
  assert.deepEqual(await dataOf('/api/v1/targets/metadata'), [
    { target: a, metric: 'up', ...up },
    { target: a, metric: 'a_total', ...total },
    { target: b, metric: 'up', ...up },
    { target: b, metric: 'b_total', ...total },
  ]);
  assert.deepEqual(await dataOf('/api/v1/targets/metadata?metric=up'), [
    { target: a, ...up },
    { target: b, ...up },
  ]);
  assert.deepEqual(await dataOf('/api/v1/targets/metadata?limit=1'), [{ target: a, metric: 'up', ...up }]);
  const countsOf = async (query: string): Promise<number[]> => {
    const { activeTargets, droppedTargets } = await dataOf(`/api/v1/targets?${query}`);
    return [activeTargets.length, droppedTargets.length];
  };
  assert.deepEqual(await countsOf('state=active'), [2, 0]);
  assert.deepEqual(await countsOf('state=DROPPED'), [0, 1]);
  assert.deepEqual(await countsOf('scrapePool=b'), [1, 0]);
  assert.deepEqual(await countsOf('state=any&scrapePool=a'), [1, 1]);
});

test('metadata is limited by count, per metric, and by name', async () => {
  const { dataOf, get } = await start();
  assert.deepEqual(await dataOf('/api/v1/metadata'), {
    up: [{ type: 'gauge', help: 'Is it up?', unit: '' }],
    x_total: [{ type: 'counter', help: '', unit: '' }],
  });
  assert.deepEqual(Object.keys(await dataOf('/api/v1/metadata?limit=1')), ['up']);
  assert.deepEqual(await dataOf('/api/v1/metadata?limit=0'), {});
  for (const name of ['limit', 'limit_per_metric'])
    assert.equal(
      ((await get(`/api/v1/metadata?${name}=x`)).body as { error: string }).error,
      `${name} must be a number`,
    );
});

test('label values are asked for by the unescaped name, with all matchers', async () => {
  const query = new FakePromQuery();
  const { dataOf } = await start({ query });
  assert.deepEqual(
    await dataOf('/api/v1/label/U__my_2e_name/values?match[]=up&match[]=down&limit=5&start=1&end=2'),
    ['my.name-1'],
  );
  const [request] = query.labelRequests;
  assert.equal(request?.matcherSets.length, 2);
  assert.deepEqual([request.limit, request.range], [5, { fromMs: 1000, untilMs: 2000 }]);
});

test('a list that was cut off warns', async () => {
  const { get } = await start();
  assert.deepEqual((await get('/api/v1/series?match[]=up&limit=1')).body, {
    status: 'success',
    data: [{ __name__: 'up', job: 'a' }],
    warnings: ['results truncated due to limit'],
  });
});

test('a mistake of ours is told to the log, not to the caller', async () => {
  const told: unknown[] = [];
  const query = new FakePromQuery();
  query.labelNames = () => Promise.reject(new Error('secret detail'));
  const log = {
    ...createTestDeps().log,
    error: (_message: string, fields?: object) => void told.push(fields),
  };
  const { get } = await start({ query, log });
  const { status, body } = await get('/api/v1/labels');
  assert.equal(status, 500);
  assert.doesNotMatch(JSON.stringify(body), /secret/);
  assert.match(String((told[0] as { error: Error }).error), /secret detail/);
});

test('a reload that fails says why and keeps the probes green', async () => {
  const { address } = await start({ reload: () => Promise.reject(new Error('vedette.yml:1:1: no')) });
  const response = await fetch(`${address}/-/reload`, { method: 'POST' });
  assert.equal(response.status, 500);
  assert.equal(await response.text(), 'failed to reload config: vedette.yml:1:1: no\n');
  assert.equal((await fetch(`${address}/-/reload`)).status, 405);
  assert.equal((await fetch(`${address}/-/quit`, { method: 'POST' })).status, 404);
  assert.equal((await fetch(`${address}/-/ready`, { method: 'HEAD' })).status, 200);
});

test('this machine in numbers: what is not known is null', async () => {
  const query = new FakePromQuery();
  query.answers.set('max(node_load1)', () => [{ labels: {}, valueAt: () => 0.5 }]);
  const inner = query.instant.bind(query);
  query.instant = (request) => {
    if (!query.answers.has(request.expr)) query.answers.set(request.expr, () => []);
    return inner(request);
  };
  const { get } = await start({ query });
  const summary = metricsSummary.parse((await get('/api/metrics')).body);
  assert.deepEqual([summary.load1, summary.cpuRatio], [0.5, null]);
});

test('notifications are asked for in pages of bounded length', async () => {
  const limits: number[] = [];
  const entry = {
    id: 'a',
    atMs: 1,
    receiver: 'r',
    groupKey: 'g',
    status: 'firing',
    alertCount: 1,
    outcome: 'delivered',
    attempts: 1,
    error: null,
  } as const;
  const recent = (limit: number) => {
    limits.push(limit);
    return Promise.resolve([entry]);
  };
  const { get } = await start({ notifications: { recent } });
  assert.deepEqual(z.array(notificationEntry).parse((await get('/api/vedette/notifications')).body), [entry]);
  await get('/api/vedette/notifications?limit=1000');
  assert.deepEqual(limits, [100, 1000]);
  for (const limit of ['0', '1001', 'x'])
    assert.equal((await get(`/api/vedette/notifications?limit=${limit}`)).status, 400, limit);
});
