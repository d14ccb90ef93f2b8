import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  labelsOf,
  MemoryMetrics,
  TimeoutError,
  UnavailableError,
  VirtualClock,
  type MetricsReader,
  type Slicer,
} from '@vedette/model';
import { createMetricsRegistry, type MetricsRegistry } from '@vedette/sdk';
import { MemoryGuard } from '../../lib/memory-guard.ts';
import { queryConfigSchema } from './config.ts';
import { createEmbeddedPromQuery } from './embedded.ts';
import { testPromQueryContract, type ContractSample } from './port.contract.ts';
import type { PromQuery } from './port.ts';
import { RULES_SOURCE } from './query-source.ts';

const slicer: Slicer = { shouldYield: () => true, yield: () => Promise.resolve() };
const NEVER = new AbortController().signal;

function open(
  reader: MetricsReader,
  config: Record<string, unknown> = {},
): { query: PromQuery; clock: VirtualClock; registry: MetricsRegistry } {
  const clock = new VirtualClock({ startMs: 0 });
  const registry = createMetricsRegistry();
  const deps = { reader, slicer, clock, registry };
  return { query: createEmbeddedPromQuery(deps, queryConfigSchema.parse(config)), clock, registry };
}

function memoryOf(samples: readonly ContractSample[]): MemoryMetrics {
  const storage = new MemoryMetrics();
  for (const { labels, timestampMs, value } of samples) storage.add(labels, timestampMs, value);
  return storage;
}

testPromQueryContract('embedded', async (samples) => ({
  query: open(memoryOf(samples)).query,
  close: () => Promise.resolve(),
}));

/** A reader that answers nothing until its gate is opened. */
function slowReader(): { reader: MetricsReader; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const storage = new MemoryMetrics();
  storage.add(labelsOf({ __name__: 'x' }), 0, 1);
  const reader: MetricsReader = {
    select: async function* (matchers, range, signal) {
      const aborted = new Promise<never>((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
      await Promise.race([promise, aborted]);
      yield* storage.select(matchers, range, signal);
    },
    series: (request) => storage.series(request),
    labelNames: (request) => storage.labelNames(request),
    labelValues: (name, request) => storage.labelValues(name, request),
    metadata: () => [],
    exemplars: async () => [],
  };
  return { reader, release: resolve };
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
};

test('one query more than run and wait is refused by name; the waiting ones get their turn', async () => {
  const { reader, release } = slowReader();
  const { query, registry } = open(reader, { max_concurrency: 1, max_queued: 1 });
  const first = query.instant({ expr: 'x', atMs: 0 }, NEVER);
  const second = query.instant({ expr: 'x', atMs: 0 }, NEVER);
  await assert.rejects(query.instant({ expr: 'x', atMs: 0 }, NEVER), (error: unknown) => {
    assert.ok(error instanceof UnavailableError);
    assert.equal(error.code, 'VED_QUERY_BUSY');
    assert.match(error.message, /1 run \(query\.max_concurrency\) and 1 wait \(query\.max_queued\)/);
    return true;
  });
  const gauge = (name: string): number | undefined =>
    registry.collect().find((family) => family.name === name)?.samples[0]?.value;
  assert.equal(gauge('vedette_query_running'), 1);
  assert.equal(gauge('vedette_query_queued'), 1);
  release();
  assert.equal((await first).kind, 'series');
  assert.equal((await second).kind, 'series');
  assert.equal(gauge('vedette_query_running'), 0);
});

test('a query that waits too long, or whose caller leaves, gives up its place', async () => {
  const { reader, release } = slowReader();
  const { query, clock } = open(reader, { max_concurrency: 1, max_queued: 2, timeout: '10s' });
  const first = query.instant({ expr: 'x', atMs: 0 }, NEVER);
  const caller = new AbortController();
  const second = query.instant({ expr: 'x', atMs: 0 }, caller.signal);
  const third = query.instant({ expr: 'x', atMs: 0 }, NEVER);
  const rejections = Promise.all([
    assert.rejects(second, { name: 'CanceledError' }),
    assert.rejects(third, TimeoutError),
    assert.rejects(first, { name: 'TimeoutError', code: 'VED_QUERY_TIMEOUT' }),
  ]);
  caller.abort();
  await clock.advance(10_000);
  await rejections;
  release();
  await settle();
  assert.equal((await query.instant({ expr: 'x', atMs: 0 }, NEVER)).kind, 'series');
});

test('a query with a timeout of its own waits no longer than that', async () => {
  const { reader, release } = slowReader();
  const { query, clock } = open(reader, { max_concurrency: 1, max_queued: 2, timeout: '10s' });
  const first = query.instant({ expr: 'x', atMs: 0 }, NEVER);
  const second = query.range(
    { expr: 'x', startMs: 0, endMs: 0, stepMs: 1, options: { timeoutMs: 2000 } },
    NEVER,
  );
  const rejection = assert.rejects(second, {
    name: 'TimeoutError',
    message: 'query timed out in query queue; limit is 2000 ms',
  });
  await clock.advance(2000);
  await rejection;
  release();
  assert.equal((await first).kind, 'series');
});

test('queries are counted by kind and outcome', async () => {
  const { query, registry } = open(memoryOf([]));
  await query.instant({ expr: '1', atMs: 0 }, NEVER);
  await assert.rejects(query.range({ expr: 'sum(', startMs: 0, endMs: 1, stepMs: 1 }, NEVER));
  const counted = registry.collect().find((family) => family.name === 'vedette_query_total');
  assert.deepEqual(
    counted?.samples.map(({ labels, value }) => [...labels, value]),
    [
      ['kind', 'instant', 'outcome', 'success', 1],
      ['kind', 'range', 'outcome', 'refused', 1],
    ],
  );
});

test('unknown keys of the configuration are refused, and durations are read', () => {
  assert.equal(queryConfigSchema.parse({ timeout: '30s' }).timeout, 30_000);
  assert.equal(queryConfigSchema.safeParse({ max_sample: 1 }).success, false);
  assert.equal(queryConfigSchema.safeParse({ max_concurrency: 0 }).success, false);
});

test('experimental PromQL is refused until its feature is configured, then answered', async () => {
  const storage = new MemoryMetrics();
  storage.add(labelsOf({ __name__: 'x' }), 0, 1);
  const request = { expr: 'limitk(1, x)', atMs: 0 };
  await assert.rejects(open(storage).query.instant(request, NEVER), {
    code: 'VED_QUERY_INVALID',
    message:
      /limitk\(\) is experimental and must be enabled with --enable-feature=promql-experimental-functions/,
  });
  const { query } = open(storage, { features: ['promql-experimental-functions'] });
  const result = await query.instant(request, NEVER);
  assert.equal(result.kind === 'series' && result.series.length, 1);
  const range = { fromMs: 0, untilMs: 1 };
  assert.deepEqual(await query.exemplars('limitk(1, x)', range, NEVER), []);
});

for (const hasCache of [false, true])
  test(`end() is the end of the request, also behind its last step, ${hasCache ? 'with' : 'without'} the cache`, async () => {
    const storage = new MemoryMetrics();
    for (const timestampMs of [1000, 2400]) storage.add(labelsOf({ __name__: 'x' }), timestampMs, 1);
    const history = (): { revision: number; settledUntilMs: number } => ({
      revision: 1,
      settledUntilMs: 9000,
    });
    const reader: MetricsReader = hasCache ? Object.assign(storage, { history }) : storage;
    const request = { expr: 'timestamp(x @ end())', startMs: 0, endMs: 2500, stepMs: 1000 };
    const result = await open(reader).query.range(request, NEVER);
    assert.ok(result.kind === 'series');
    assert.deepEqual(
      result.series.map(({ values }) => [...values]),
      [[2.4, 2.4, 2.4]],
    );
  });

test('when memory ends, queries are given up with the reason, and those of rules go on', async () => {
  const { reader, release } = slowReader();
  const clock = new VirtualClock({ startMs: 0 });
  const memory = new MemoryGuard(() => ({ heapBytes: 9, heapBytesMax: 10, allBytes: 9, allBytesMax: 100 }));
  const watched = memory.watch(slicer);
  const deps = { reader, slicer, memory, clock, registry: createMetricsRegistry() };
  const query = createEmbeddedPromQuery(deps, queryConfigSchema.parse({}));
  const gone = [
    query.instant({ expr: 'x', atMs: 0 }, NEVER),
    query.range({ expr: 'x', startMs: 0, endMs: 1000, stepMs: 1000 }, NEVER),
  ].map((asked) => assert.rejects(asked, { name: 'UnavailableError', code: 'VED_QUERY_MEMORY' }));
  const rule = query.instant({ expr: 'x', atMs: 0, options: { source: RULES_SOURCE } }, NEVER);
  await settle();
  await watched.yield();
  await Promise.all(gone);
  release();
  assert.equal((await rule).kind, 'series');
});
