import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLabels, labelsOf } from './labels.ts';
import { createMatcher } from './matcher.ts';
import { MemoryMetrics } from './memory-metrics.ts';
import type { SeriesSamples } from './metrics-reader.ts';

const NEVER = new AbortController().signal;
const A = labelsOf({ __name__: 'm', x: 'a' });
const B = labelsOf({ __name__: 'm', x: 'b' });

async function read(storage: MemoryMetrics, fromMs: number, untilMs: number): Promise<SeriesSamples[]> {
  const found: SeriesSamples[] = [];
  for await (const batch of storage.select([createMatcher('__name__', '=', 'm')], { fromMs, untilMs }, NEVER))
    found.push(...batch);
  return found;
}

test('samples come sorted by series and time, both borders included, the later of two at one time', async () => {
  const storage = new MemoryMetrics();
  storage.add(B, 0, 1);
  for (const [timestampMs, value] of [
    [30, 3],
    [10, 1],
    [20, 2],
    [20, 7],
    [40, 4],
  ] as const)
    storage.add(A, timestampMs, value);
  const found = await read(storage, 10, 30);
  assert.deepEqual(
    found.map(({ labels, timestampsMs, values }) => [formatLabels(labels), [...timestampsMs], [...values]]),
    [['m{x="a"}', [10, 20, 30], [1, 7, 3]]],
  );
});

test('staleness markers are flags beside the values', async () => {
  const storage = new MemoryMetrics();
  storage.add(A, 0, 1);
  storage.addStaleMarker(A, 10);
  assert.deepEqual([...((await read(storage, 0, 10))[0]?.staleFlags ?? [])], [0, 1]);
  assert.equal((await read(storage, 0, 5))[0]?.staleFlags, undefined);
});

test('labels are paged, and clearing forgets all', async () => {
  const storage = new MemoryMetrics();
  storage.add(B, 0, 1);
  storage.add(A, 0, 1);
  const request = { matcherSets: [], range: { fromMs: 0, untilMs: 0 } };
  assert.deepEqual(await storage.labelNames(request), { items: ['__name__', 'x'], isTruncated: false });
  assert.deepEqual(await storage.labelValues('x', { ...request, limit: 1 }), {
    items: ['a'],
    isTruncated: true,
  });
  assert.deepEqual((await storage.series(request)).items, [A, B]);
  storage.clear();
  assert.deepEqual((await storage.series(request)).items, []);
});
