import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMatcher, MemoryFiles, SeededRandom, type NativeHistogram } from '@vedette/model';
import { HISTOGRAM_BUCKETS_MAX } from './chunk/histogram-chunk.ts';
import {
  batchOf,
  histogramOf,
  openTestTsdb,
  readMixed,
  START_MS,
  type OpenedTsdb,
  type TestSeries,
  type TestValue,
} from './testing.ts';

/** In the past, so that some thousand seconds can follow. */
const T = START_MS - 86_400_000;
const X = { __name__: 'x' };
const disk = (): MemoryFiles => new MemoryFiles(new SeededRandom(1));

/** A counter of five buckets as it is at step `i`; its layout changes every 50 steps. */
function counterAt(i: number): NativeHistogram {
  const layout = Math.floor(i / 50);
  return histogramOf([i, 2 * i, 7, i + 3, i * i].slice(0, 3 + (layout % 3)), { sum: i * 1.5 });
}

/** Samples of all kinds: histograms, sometimes floats, sometimes a staleness marker. */
function mixedAt(i: number): TestValue {
  if (i % 37 === 36) return 'stale';
  return i % 90 > 70 ? i / 4 : counterAt(i);
}

function samplesOf(count: number, valueAt: (i: number) => TestValue): [number, TestValue][] {
  return Array.from({ length: count }, (_, i) => [T + i * 1000, valueAt(i)]);
}

async function appendAll(
  tsdb: OpenedTsdb,
  samples: readonly (readonly [number, TestValue])[],
): Promise<void> {
  for (let i = 0; i < samples.length; i += 7) {
    const result = await tsdb.writer.append(batchOf([X, ...samples.slice(i, i + 7)]));
    assert.deepEqual(result.refusals, []);
  }
}

describe('native histograms', () => {
  test('come back from the head, a block, a compacted block and the log as they went in', async () => {
    const files = disk();
    const samples = samplesOf(800, mixedAt);
    let tsdb = await openTestTsdb(files);
    const check = async (count: number): Promise<void> =>
      assert.deepEqual(await readMixed(tsdb.reader), new Map([['x', samples.slice(0, count)]]));
    for (let part = 0; part < 14; part++) {
      await appendAll(tsdb, samples.slice(part * 50, part * 50 + 50));
      await check(part * 50 + 50);
      if (part % 3 === 1) {
        await tsdb.close();
        tsdb = await openTestTsdb(files);
        await check(part * 50 + 50);
      }
      if (part < 13) await tsdb.flush();
      await check(part * 50 + 50);
    }
    await tsdb.clock.advance(10_000);
    while (tsdb.stats().blocks >= 13) await new Promise(setImmediate);
    await check(700);
    for (const [from, until] of [
      [0, 0],
      [35, 37],
      [49, 51],
      [60, 200],
      [640, 699],
    ] as const) {
      const range = { fromMs: samples[from]![0], untilMs: samples[until]![0] };
      assert.deepEqual((await readMixed(tsdb.reader, range)).get('x'), samples.slice(from, until + 1));
    }
    assert.deepEqual(tsdb.warnings, []);
    await tsdb.close();
  });

  test('many series flush beside floats, each with its own', async () => {
    const tsdb = await openTestTsdb(disk());
    const series = Array.from({ length: 300 }, (_, i): TestSeries => [
      { __name__: i % 3 === 0 ? 'h' : 'f', i: String(1000 + i) },
      ...samplesOf(20, (n) => (i % 3 === 0 ? counterAt(n * i) : n * i)),
    ]);
    await tsdb.writer.append(batchOf(...series));
    const before = await readMixed(tsdb.reader);
    for (const [labels, ...samples] of series)
      assert.deepEqual(before.get(`${labels['__name__']}{i="${labels['i']}"}`), samples);
    await tsdb.flush();
    assert.deepEqual(await readMixed(tsdb.reader), before);
    assert.equal(tsdb.stats().headRange, undefined);
    await tsdb.close();
  });

  test('a stream takes more and more series at a time, and few while it finds histograms', async () => {
    const tsdb = await openTestTsdb(disk());
    const sizesOf = async (valueAt: (i: number) => TestValue, name: string): Promise<number[]> => {
      const series = Array.from({ length: 600 }, (_, i): TestSeries => [
        { __name__: name, i: String(1000 + i) },
        [T, valueAt(i)],
      ]);
      await tsdb.writer.append(batchOf(...series));
      await tsdb.flush();
      const sizes: number[] = [];
      const matchers = [createMatcher('__name__', '=', name)];
      const range = { fromMs: T, untilMs: T };
      for await (const batch of tsdb.reader.select(matchers, range, new AbortController().signal))
        sizes.push(batch.length);
      return sizes;
    };
    assert.deepEqual(await sizesOf((i) => i, 'f'), [16, 64, 256, 256, 8]);
    const few = await sizesOf(() => counterAt(1), 'h');
    assert.ok(Math.max(...few) === 16 && few.length === Math.ceil(600 / 16), few.join());
    await tsdb.close();
  });

  test('large histograms are stored up to the limit and refused beyond it', async () => {
    const tsdb = await openTestTsdb(disk());
    const large = (count: number): NativeHistogram =>
      histogramOf(Array.from({ length: count }, (_, i) => i / 3));
    const samples = samplesOf(40, () => large(HISTOGRAM_BUCKETS_MAX));
    await appendAll(tsdb, samples);
    const result = await tsdb.writer.append(
      batchOf([X, [T + 1e6, large(HISTOGRAM_BUCKETS_MAX + 1)], [T + 1e6 + 1, 5]]),
    );
    assert.deepEqual(result.refusals, [{ reason: 'invalid-histogram', count: 1, example: 'x' }]);
    samples.push([T + 1e6 + 1, 5]);
    assert.deepEqual((await readMixed(tsdb.reader)).get('x'), samples);
    await tsdb.flush();
    assert.deepEqual((await readMixed(tsdb.reader)).get('x'), samples);
    await tsdb.close();
  });

  test('a repeated histogram is accepted silently, another one, a float or a marker at its time refused, also after a flush and a restart', async () => {
    const files = disk();
    let tsdb = await openTestTsdb(files);
    const check = async (value: TestValue, wanted: 'accepted' | 'duplicate-timestamp'): Promise<void> => {
      const result = await tsdb.writer.append(batchOf([X, [T, value]]));
      assert.deepEqual(
        [result.acceptedCount, result.refusals.map(({ reason }) => reason)],
        wanted === 'accepted' ? [1, []] : [0, [wanted]],
      );
      assert.equal(result.acceptedHistogramCount, wanted === 'accepted' ? 1 : 0);
    };
    const checkAll = async (): Promise<void> => {
      await check(histogramOf([1, 2]), 'accepted');
      await check(histogramOf([1, 2], { counterReset: 'not-reset' }), 'accepted');
      await check(histogramOf([1, 3]), 'duplicate-timestamp');
      await check(0, 'duplicate-timestamp');
      await check('stale', 'duplicate-timestamp');
      assert.deepEqual(await readMixed(tsdb.reader), new Map([['x', [[T, histogramOf([1, 2])]]]]));
    };
    await check(histogramOf([1, 2]), 'accepted');
    await checkAll();
    const restart = async (): Promise<void> => {
      await tsdb.close();
      tsdb = await openTestTsdb(files);
      await checkAll();
    };
    await restart();
    await tsdb.flush();
    await checkAll();
    // The head knows the series no more: a block tells.
    await restart();
    // Now the log says it where it defines the series; the sample is refused, the definition stays.
    await restart();
    await tsdb.close();
  });

  test('what the newest sample was is told by the log of a later epoch', async () => {
    const files = disk();
    let tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf([X, [T, histogramOf([4])]]));
    await tsdb.flush();
    // Defines the series in the new epoch with its newest sample; its own sample is too old to be stored.
    await tsdb.writer.append(batchOf([X, [T - 1, 5]]));
    await tsdb.close();
    tsdb = await openTestTsdb(files);
    const same = await tsdb.writer.append(batchOf([X, [T, histogramOf([4])]]));
    assert.deepEqual([same.acceptedCount, same.refusals], [1, []]);
    const other = await tsdb.writer.append(batchOf([X, [T, histogramOf([5])]]));
    assert.equal(other.refusals[0]?.reason, 'duplicate-timestamp');
    await tsdb.close();
  });

  test('older ones are refused like floats; of a marker and a histogram in one the marker counts', async () => {
    const tsdb = await openTestTsdb(disk());
    await tsdb.writer.append(batchOf([X, [T + 10, histogramOf([1])]]));
    const old = await tsdb.writer.append(batchOf([X, [T + 5, histogramOf([1])], [T + 11, histogramOf([2])]]));
    assert.deepEqual(old.refusals, [{ reason: 'out-of-order', count: 1, example: 'x' }]);
    assert.deepEqual([old.acceptedCount, old.acceptedHistogramCount], [1, 1]);
    const batch = batchOf([X, [T + 12, 'stale']]);
    await tsdb.writer.append({ ...batch, histograms: new Map([[0, histogramOf([3])]]) });
    assert.deepEqual((await readMixed(tsdb.reader)).get('x'), [
      [T + 10, histogramOf([1])],
      [T + 11, histogramOf([2])],
      [T + 12, 'stale'],
    ]);
    await tsdb.close();
  });

  test('late ones are taken in the window, merged in memory and in blocks, and compared at known times', async () => {
    const files = disk();
    const options = { outOfOrderWindowMs: 3_600_000 };
    let tsdb = await openTestTsdb(files, { options });
    const append = async (...samples: (readonly [number, TestValue])[]): Promise<unknown> => {
      const { acceptedCount, acceptedHistogramCount, refusals } = await tsdb.writer.append(
        batchOf([X, ...samples]),
      );
      return [acceptedCount, acceptedHistogramCount, ...refusals.map(({ reason, count }) => [reason, count])];
    };
    const inOrder = Array.from({ length: 40 }, (_, i): [number, TestValue] => [
      T + i * 2000,
      i % 3 === 0 ? i : histogramOf([i, 2 * i]),
    ]);
    const late = Array.from({ length: 39 }, (_, i): [number, TestValue] => [
      T + i * 2000 + 1000,
      i % 4 === 0 ? i : histogramOf([7, i]),
    ]);
    assert.deepEqual(await append(...inOrder), [40, 26]);
    await tsdb.flush();
    assert.deepEqual(await append([T + 100_000, 1], ...late), [40, 29]);
    const check = async (): Promise<void> => {
      const want = [...inOrder, ...late].sort(([a], [b]) => a - b);
      assert.deepEqual((await readMixed(tsdb.reader)).get('x'), [...want, [T + 100_000, 1]]);
    };
    await check();
    const repeat = async (value: TestValue, wanted: unknown): Promise<void> =>
      assert.deepEqual(await append([T + 3000, value]), wanted);
    await repeat(histogramOf([7, 1]), [1, 1]);
    await repeat(histogramOf([7, 2]), [0, 0, ['duplicate-timestamp', 1]]);
    await repeat(0, [0, 0, ['duplicate-timestamp', 1]]);
    assert.deepEqual(await append([T + 1000, histogramOf([1])]), [0, 0, ['duplicate-timestamp', 1]]);
    await check();
    await tsdb.close();
    tsdb = await openTestTsdb(files, { options });
    await check();
    await tsdb.flush();
    await check();
    for (let i = 0; i < 11; i++) {
      await append([T + 200_000 + i, histogramOf([i])], [T + 100_001 + i, histogramOf([i])]);
      await tsdb.flush();
    }
    const before = await readMixed(tsdb.reader);
    await tsdb.clock.advance(6000);
    while (tsdb.stats().blocks >= 12) await new Promise(setImmediate);
    assert.deepEqual(await readMixed(tsdb.reader), before);
    assert.equal(before.get('x')?.length, 40 + 39 + 1 + 22);
    await tsdb.close();
  });

  test('deleted ones are gone, the others stay beside their samples, also when cleaned away and compacted', async () => {
    const tsdb = await openTestTsdb(disk());
    const samples = samplesOf(120, mixedAt);
    await appendAll(tsdb, samples);
    const times = [
      [0, 3],
      [20, 20],
      [57, 75],
      [119, 119],
    ] as const;
    for (const [from, until] of times)
      await tsdb.deleteSeries([[createMatcher('__name__', '=', 'x')]], {
        fromMs: T + from * 1000,
        untilMs: T + until * 1000,
      });
    const left = samples.filter((_, i) => !times.some(([from, until]) => i >= from && i <= until));
    const check = async (): Promise<void> => assert.deepEqual((await readMixed(tsdb.reader)).get('x'), left);
    await check();
    await tsdb.cleanTombstones();
    await check();
    await tsdb.close();
  });

  test('a late one is compared with those of a chunk', async () => {
    const tsdb = await openTestTsdb(disk(), { options: { outOfOrderWindowMs: 3_600_000 } });
    const samples = samplesOf(50, (i) => (i % 5 === 0 ? i : histogramOf([i])));
    await appendAll(tsdb, samples);
    for (const [timestampMs, value] of samples) {
      const same = await tsdb.writer.append(batchOf([X, [timestampMs, value]]));
      assert.deepEqual([same.acceptedCount, same.refusals], [1, []]);
      const other = await tsdb.writer.append(batchOf([X, [timestampMs, histogramOf([99])]]));
      assert.deepEqual([other.acceptedCount, other.refusals.length], [0, 1]);
    }
    assert.deepEqual((await readMixed(tsdb.reader)).get('x'), samples);
    await tsdb.close();
  });

  test('one that contradicts itself is refused by name, the rest of the batch is kept', async () => {
    const tsdb = await openTestTsdb(disk());
    const result = await tsdb.writer.append(
      batchOf(
        [X, [T, 1], [T + 1, histogramOf([1], { schema: 9 })], [T + 2, histogramOf([2])]],
        [{ __name__: 'y' }, [T, histogramOf([-1])]],
      ),
    );
    assert.deepEqual(result, {
      acceptedCount: 2,
      acceptedHistogramCount: 1,
      acceptedExemplarCount: 0,
      createdSeriesCount: 1,
      refusals: [{ reason: 'invalid-histogram', count: 2, example: 'x' }],
    });
    assert.deepEqual(
      await readMixed(tsdb.reader),
      new Map([
        [
          'x',
          [
            [T, 1],
            [T + 2, histogramOf([2])],
          ],
        ],
      ]),
    );
    await tsdb.close();
  });

  test('their bytes count against the memory of the head, and go with a flush', async () => {
    const tsdb = await openTestTsdb(disk());
    await appendAll(
      tsdb,
      samplesOf(200, () => histogramOf(Array.from({ length: 500 }, (_, i) => i * 0.1))),
    );
    const full = tsdb.stats().headBytes;
    await tsdb.flush();
    const gone = full - tsdb.stats().headBytes;
    // Raw doubles, and what V8 takes for the arrays.
    assert.ok(gone > 200 * 500 * 8 && gone < 200 * 500 * 12, `got ${gone} bytes`);
    await tsdb.close();
  });

  test('a head full of histograms is flushed by itself', async () => {
    const tsdb = await openTestTsdb(disk(), { options: { headBytesMax: 100_000 } });
    await appendAll(
      tsdb,
      samplesOf(100, () => histogramOf(Array.from({ length: 500 }, (_, i) => i * 0.1))),
    );
    await tsdb.clock.advance(6000);
    while (tsdb.stats().blocks === 0) await new Promise(setImmediate);
    await tsdb.close();
  });
});

describe('zeros where a counter began', () => {
  const on = { options: { createdZeroSamples: true } };
  const zero = (like: NativeHistogram): NativeHistogram =>
    histogramOf([], {
      schema: like.schema,
      customBounds: like.customBounds,
      positive: { spans: [], counts: new Float64Array(0) },
      counterReset: 'reset',
    });

  test('nothing is added unless asked for', async () => {
    const tsdb = await openTestTsdb(disk());
    await tsdb.writer.append(batchOf([X, [T, 5, T - 100]]));
    assert.deepEqual(await readMixed(tsdb.reader), new Map([['x', [[T, 5]]]]));
    await tsdb.close();
  });

  test('floats and histograms get one at each new start, not at a known one', async () => {
    const tsdb = await openTestTsdb(disk(), on);
    const h = histogramOf([3, 4]);
    const first = await tsdb.writer.append(
      batchOf(
        [X, [T, 5, T - 100], [T + 10, 6, T - 100], [T + 20, 1, T + 15], [T + 30, 2, T + 15]],
        [{ __name__: 'h' }, [T, h, T - 100], [T + 20, h, T + 15]],
        [{ __name__: 'plain' }, [T, 5]],
      ),
    );
    assert.deepEqual([first.acceptedCount, first.acceptedHistogramCount, first.refusals], [7, 2, []]);
    await tsdb.writer.append(batchOf([X, [T + 40, 3, T + 15], [T + 50, 0.5, T + 45]]));
    assert.deepEqual(
      await readMixed(tsdb.reader),
      new Map<string, [number, TestValue][]>([
        [
          'h',
          [
            [T - 100, zero(h)],
            [T, h],
            [T + 15, zero(h)],
            [T + 20, h],
          ],
        ],
        ['plain', [[T, 5]]],
        [
          'x',
          [
            [T - 100, 0],
            [T, 5],
            [T + 10, 6],
            [T + 15, 0],
            [T + 20, 1],
            [T + 30, 2],
            [T + 40, 3],
            [T + 45, 0],
            [T + 50, 0.5],
          ],
        ],
      ]),
    );
    await tsdb.close();
  });

  test('a start at the sample, after it, at the newest one, unknown, odd or too old adds nothing and refuses nothing', async () => {
    const tsdb = await openTestTsdb(disk(), on);
    const startsMs = [T, T + 1, 0, NaN, T - 0.5, T - 40 * 86_400_000];
    const result = await tsdb.writer.append(
      batchOf(
        ...startsMs.map((startMs, i): TestSeries => [{ __name__: 'x', i: String(i) }, [T, 1, startMs]]),
      ),
    );
    assert.deepEqual([result.acceptedCount, result.refusals], [startsMs.length, []]);
    const again = await tsdb.writer.append(
      batchOf(
        [{ __name__: 'x', i: '0' }, [T + 5, 2, T]],
        [{ __name__: 'x', i: '1' }, [T + 5, 'stale', T + 1]],
      ),
    );
    assert.deepEqual([again.acceptedCount, again.refusals], [2, []]);
    for (const [series, samples] of await readMixed(tsdb.reader))
      assert.equal(samples.length, /i="[01]"/.test(series) ? 2 : 1, series);
    await tsdb.close();
  });

  test('batches that wait together decide by what came before them, and a restart decides the same', async () => {
    const files = disk();
    let tsdb = await openTestTsdb(files, on);
    const results = await Promise.all([
      tsdb.writer.append(batchOf([X, [T, 5, T - 100]])),
      tsdb.writer.append(batchOf([X, [T + 10, 6, T - 100]])),
      tsdb.writer.append(batchOf([X, [T + 20, 7, T - 50]])),
      tsdb.writer.append(batchOf([X, [T + 30, 1, T + 25]])),
    ]);
    for (const { acceptedCount, refusals } of results) assert.deepEqual([acceptedCount, refusals], [1, []]);
    const want = [
      [T - 100, 0],
      [T, 5],
      [T + 10, 6],
      [T + 20, 7],
      [T + 25, 0],
      [T + 30, 1],
    ];
    assert.deepEqual((await readMixed(tsdb.reader)).get('x'), want);
    await tsdb.close();
    // Without the option, too: the log says what was decided.
    tsdb = await openTestTsdb(files);
    assert.deepEqual((await readMixed(tsdb.reader)).get('x'), want);
    await tsdb.close();
  });

  test('of a series beyond the limit the samples that were sent are refused, not the zero', async () => {
    const tsdb = await openTestTsdb(disk(), { options: { createdZeroSamples: true, seriesMax: 1 } });
    const { refusals } = await tsdb.writer.append(
      batchOf(
        [X, [T, 5, T - 100]],
        [{ __name__: 'y' }, [T, histogramOf([1]), T - 100], [T + 10, 6, T - 100]],
      ),
    );
    assert.deepEqual(
      refusals.map(({ reason, count, example }) => [reason, count, example]),
      [['series-limit', 2, 'y']],
    );
    await tsdb.close();
  });

  test('a zero never comes late, also after a restart', async () => {
    const files = disk();
    const options = { createdZeroSamples: true, outOfOrderWindowMs: 3_600_000 };
    let tsdb = await openTestTsdb(files, { options });
    await Promise.all([
      tsdb.writer.append(batchOf([X, [T, 5]])),
      // Waits with the one before it: that the start is older than the newest is seen when it is applied.
      tsdb.writer.append(batchOf([X, [T + 10, 6, T - 100]])),
    ]);
    const want = [
      [T, 5],
      [T + 10, 6],
    ];
    assert.deepEqual((await readMixed(tsdb.reader)).get('x'), want);
    await tsdb.close();
    tsdb = await openTestTsdb(files, { options });
    assert.deepEqual((await readMixed(tsdb.reader)).get('x'), want);
    await tsdb.close();
  });

  test('a series that only blocks know gets no zero before its newest sample', async () => {
    const files = disk();
    let tsdb = await openTestTsdb(files, on);
    await tsdb.writer.append(batchOf([X, [T, 5]]));
    await tsdb.flush();
    await tsdb.close();
    tsdb = await openTestTsdb(files, on);
    const result = await tsdb.writer.append(batchOf([X, [T + 10, 6, T - 100]]));
    assert.deepEqual(result.refusals, []);
    assert.deepEqual((await readMixed(tsdb.reader)).get('x'), [
      [T, 5],
      [T + 10, 6],
    ]);
    await tsdb.close();
  });
});
