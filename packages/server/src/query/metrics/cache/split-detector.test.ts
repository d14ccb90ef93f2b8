import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, labelsOf, MemoryMetrics, type MetricsReader, type Slicer } from '@vedette/model';
import { SplitDetector } from './split-detector.ts';

const NEVER = new AbortController().signal;
const SLICER: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };

const readAll = async (reader: MetricsReader): Promise<number> => {
  let count = 0;
  const matchers = [createMatcher('__name__', '=', 'x')];
  for await (const batch of reader.select(matchers, { fromMs: 0, untilMs: 10 }, NEVER)) count += batch.length;
  return count;
};

test('what is read in slices of a query is read from the store in them, and seen', async () => {
  const storage = new MemoryMetrics();
  const histogram = {
    schema: 0,
    count: 1,
    sum: 1,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { spans: [{ offset: 0, length: 1 }], counts: new Float64Array([1]) },
    negative: { spans: [], counts: new Float64Array() },
    customBounds: new Float64Array(),
    counterReset: 'unknown' as const,
  };
  storage.addHistogram(labelsOf({ __name__: 'x' }), 5, histogram);
  const asked: Slicer[] = [];
  const empty = new MemoryMetrics();
  const slicing = Object.assign(empty, {
    inSlicesOf: (slicer: Slicer): MetricsReader => {
      asked.push(slicer);
      return storage;
    },
  });
  const detector = new SplitDetector(slicing);
  assert.equal(await readAll(detector), 0);
  const reader = detector.inSlicesOf(SLICER);
  assert.deepEqual(asked, [SLICER]);
  assert.equal(detector.isWholeOnly, false);
  assert.equal(await readAll(reader), 1);
  assert.equal(detector.isWholeOnly, true);
});

test('a store that knows of no slices is read as it is', async () => {
  const storage = new MemoryMetrics();
  storage.add(labelsOf({ __name__: 'x' }), 5, 1);
  assert.equal(await readAll(new SplitDetector(storage).inSlicesOf(SLICER)), 1);
});
