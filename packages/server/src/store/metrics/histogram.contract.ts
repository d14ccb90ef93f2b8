import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  formatLabels,
  labelsOf,
  SampleBatchBuilder,
  type HistogramBuckets,
  type MetricsReader,
  type NativeHistogram,
  type SampleBatch,
} from '@vedette/model';
import { CONTRACT_START_MS, type MetricsHarness } from './port.contract.ts';

/** A harness of a store that keeps what it got. */
export interface StoredHarness extends MetricsHarness {
  /** Moves what is in memory to where it stays, and merges what can be merged. */
  settle(): Promise<void>;
  /** Ends the store and opens it again; the harness from before is closed. */
  reopen(): Promise<StoredHarness>;
}

type Value = number | 'stale' | NativeHistogram;
type Sample = readonly [timestampMs: number, value: Value];

const NEVER = new AbortController().signal;
const EVER = { fromMs: -8e15, untilMs: 8e15 };
// Some hours before the clock, so that suites can write forward.
const T = CONTRACT_START_MS - 6 * 3_600_000;
const H = { __name__: 'h' };

function batchOf(
  ...series: readonly (readonly [labels: Readonly<Record<string, string>>, ...samples: Sample[]])[]
): SampleBatch {
  const builder = new SampleBatchBuilder();
  for (const [labels, ...samples] of series) {
    builder.openSeries(labelsOf(labels));
    for (const [timestampMs, value] of samples) {
      if (value === 'stale') builder.addStaleMarker(timestampMs);
      else if (typeof value === 'number') builder.addSample(timestampMs, value);
      else builder.addHistogram(timestampMs, value);
    }
  }
  return builder.finish();
}

async function read(reader: MetricsReader, range = EVER): Promise<(readonly [string, ...Sample[]])[]> {
  const all: (readonly [string, ...Sample[]])[] = [];
  for await (const batch of reader.select([], range, NEVER))
    for (const { labels, timestampsMs, values, staleFlags, histograms } of batch) {
      for (const index of histograms?.keys() ?? []) assert.ok(index >= 0 && index < values.length);
      const samples = Array.from(timestampsMs, (ms, i): Sample => {
        const histogram = histograms?.get(i);
        if (staleFlags?.[i] !== 1) return [ms, histogram ?? values[i]!];
        assert.equal(histogram, undefined, 'a marker is not a histogram');
        return [ms, 'stale'];
      });
      all.push([formatLabels(labels), ...samples]);
    }
  return all;
}

const side = (
  spans: readonly (readonly [number, number])[],
  counts: readonly number[],
): HistogramBuckets => ({
  spans: spans.map(([offset, length]) => ({ offset, length })),
  counts: Float64Array.from(counts),
});
const NONE = side([], []);

function histogramOf(counts: readonly number[], rest: Partial<NativeHistogram> = {}): NativeHistogram {
  return {
    schema: 2,
    count: counts.reduce((sum, count) => sum + count, 1),
    sum: counts.reduce((sum, count, i) => sum + count * i, 0.25),
    zeroThreshold: 0.001,
    zeroCount: 1,
    positive: side([[-1, counts.length]], counts),
    negative: NONE,
    customBounds: new Float64Array(0),
    counterReset: 'unknown',
    ...rest,
  };
}

/** One of each kind that there is. */
const KINDS: readonly NativeHistogram[] = [
  ...Array.from({ length: 13 }, (_, i) => histogramOf([1, 2, i], { schema: i - 4 })),
  histogramOf([]),
  histogramOf([], { positive: NONE, count: 0, sum: 0, zeroCount: 0 }),
  histogramOf([3], {
    negative: side(
      [
        [-7, 2],
        [0, 0],
        [4, 1],
      ],
      [1, 0, 5],
    ),
  }),
  histogramOf([1, 2], {
    schema: -53,
    zeroThreshold: 0,
    zeroCount: 0,
    customBounds: Float64Array.of(-1, 0.005, 10),
    positive: side([[2, 2]], [1, 2]),
  }),
  histogramOf([0.1 + 0.2, 1e300, Infinity], { sum: NaN }),
  histogramOf([5], { sum: -Infinity, zeroThreshold: 0, counterReset: 'reset' }),
  histogramOf([6], { sum: -0, counterReset: 'not-reset' }),
  histogramOf([6.5], { sum: 1e-9, counterReset: 'gauge' }),
];

/** A counter as it is at step `i`; new buckets come, and now and then it is a float, or ends. */
function mixedAt(i: number): Value {
  if (i % 29 === 28) return 'stale';
  if (i % 40 > 35) return i / 2;
  return histogramOf(Array.from({ length: 3 + Math.floor(i / 30) }, (_, bucket) => i * bucket));
}

/** The suite of native histograms in `MetricsWriter` and `MetricsReader`. */
export function describeHistograms(name: string, open: () => Promise<StoredHarness>): void {
  const check = (title: string, body: (harness: StoredHarness) => Promise<StoredHarness | void>): void => {
    test(title, async () => {
      let harness = await open();
      try {
        harness = (await body(harness)) ?? harness;
      } finally {
        await harness.close();
      }
    });
  };
  describe(`native histograms: ${name}`, () => {
    check(
      'every kind comes back to the bit, from memory, from where it stays, after a start',
      async (harness) => {
        const want = [['h', ...KINDS.map((histogram, i): Sample => [T + i, histogram])]];
        const [[, ...samples]] = want as [[string, ...Sample[]]];
        const result = await harness.writer.append(batchOf([H, ...samples]));
        assert.deepEqual(result, {
          acceptedCount: KINDS.length,
          acceptedHistogramCount: KINDS.length,
          acceptedExemplarCount: 0,
          createdSeriesCount: 1,
          refusals: [],
        });
        assert.deepEqual(await read(harness.reader), want);
        const again = await harness.reopen();
        assert.deepEqual(await read(again.reader), want);
        await again.settle();
        assert.deepEqual(await read(again.reader), want);
        const third = await again.reopen();
        assert.deepEqual(await read(third.reader), want);
        return third;
      },
    );

    check(
      'a series switches between histograms, floats and markers, in the order of time',
      async (harness) => {
        let { writer, reader } = harness;
        let current = harness;
        const samples = Array.from({ length: 350 }, (_, i): Sample => [T + i * 1000, mixedAt(i)]);
        // Thirteen parts, so that a store which merges by twelves does.
        for (let part = 0; part < 14; part++) {
          for (let i = part * 25; i < part * 25 + 25; i += 5)
            await writer.append(batchOf([H, ...samples.slice(i, i + 5)], [{ __name__: 'f' }, [T + i, i]]));
          if (part === 5) ({ writer, reader } = current = await current.reopen());
          if (part < 13) await current.settle();
          assert.deepEqual((await read(reader)).at(-1), ['h', ...samples.slice(0, part * 25 + 25)]);
        }
        for (const [from, until] of [
          [0, 0],
          [27, 29],
          [34, 41],
          [120, 260],
          [320, 349],
        ] as const) {
          const range = { fromMs: samples[from]![0], untilMs: samples[until]![0] };
          assert.deepEqual((await read(reader, range)).at(-1), ['h', ...samples.slice(from, until + 1)]);
        }
        return current;
      },
    );

    check('a sound histogram beside ones that contradict themselves is kept', async ({ writer, reader }) => {
      const faulty = [
        histogramOf([1], { schema: 9 }),
        histogramOf([-1]),
        histogramOf([1], { count: NaN }),
        histogramOf([1], { positive: side([[0, 2]], [1]) }),
        histogramOf([1, 2], {
          positive: side(
            [
              [0, 1.5],
              [0, 0.5],
            ],
            [1, 2],
          ),
        }),
        histogramOf([1], { positive: side([[NaN, 1]], [1]) }),
        histogramOf([1], { customBounds: Float64Array.of(1) }),
      ];
      const result = await writer.append(
        batchOf(
          [{ __name__: 'f' }, [T, 1]],
          [H, ...faulty.map((one, i): Sample => [T + i, one]), [T + 99, KINDS[0]!]],
        ),
      );
      assert.deepEqual(result.refusals, [
        { reason: 'invalid-histogram', count: faulty.length, example: 'h' },
      ]);
      assert.deepEqual([result.acceptedCount, result.acceptedHistogramCount], [2, 1]);
      assert.deepEqual((await read(reader)).at(-1), ['h', [T + 99, KINDS[0]]]);
    });

    check(
      'a repetition is accepted and stored once, anything else at its time is refused',
      async (harness) => {
        const { writer, reader } = harness;
        await writer.append(batchOf([H, [T, histogramOf([1, 2])]]));
        const repeat = async (value: Value): Promise<unknown> => {
          const { acceptedCount, acceptedHistogramCount, refusals } = await writer.append(
            batchOf([H, [T, value]]),
          );
          return [acceptedCount, acceptedHistogramCount, ...refusals.map(({ reason }) => reason)];
        };
        assert.deepEqual(await repeat(histogramOf([1, 2])), [1, 1]);
        assert.deepEqual(await repeat(histogramOf([1, 3])), [0, 0, 'duplicate-timestamp']);
        assert.deepEqual(await repeat(histogramOf([1, 2], { sum: 8 })), [0, 0, 'duplicate-timestamp']);
        assert.deepEqual(await repeat(0), [0, 0, 'duplicate-timestamp']);
        assert.deepEqual(await repeat('stale'), [0, 0, 'duplicate-timestamp']);
        await writer.append(batchOf([H, [T + 1, 0]]));
        const second = await writer.append(
          batchOf([H, [T + 1, histogramOf([1, 2])], [T, histogramOf([1, 2])]]),
        );
        assert.deepEqual(second.acceptedCount, 0);
        assert.deepEqual(await read(reader), [['h', [T, histogramOf([1, 2])], [T + 1, 0]]]);
      },
    );

    check('a reader keeps the histograms that it was handed', async ({ writer, reader }) => {
      const series = Array.from(
        { length: 600 },
        (_, i) => [{ i: String(1000 + i) }, [T, histogramOf([i])]] as const,
      );
      await writer.append(batchOf(...series));
      const kept: NativeHistogram[] = [];
      for await (const batch of reader.select([], EVER, NEVER))
        for (const { histograms } of batch) kept.push(histograms!.get(0)!);
      assert.deepEqual(
        kept,
        series.map(([, [, histogram]]) => histogram),
      );
    });

    check(
      'a reader during a sliced append of 100,000 samples sees all of the batch or nothing of it',
      async (harness) => {
        const { writer, reader } = harness;
        const seriesCount = 500;
        const perSeries = 200;
        // Of five series three are floats, one histograms, one both.
        const valueOf = (series: number, n: number): Value => {
          if (series % 5 > 1 || (series % 5 === 1 && n % 2 === 0)) return n;
          return histogramOf([n, 2 * n]);
        };
        const round = (from: number): SampleBatch =>
          batchOf(
            ...Array.from({ length: seriesCount }, (_, i) => {
              const samples = Array.from({ length: perSeries }, (_, n): Sample => [
                T + from + n,
                valueOf(i, from + n),
              ]);
              return [{ i: String(i) }, ...samples] as const;
            }),
          );
        const [first, second] = [round(0), round(perSeries)];
        let isDone = false;
        const writing = writer
          .append(first)
          .then(() => writer.append(second))
          .finally(() => (isDone = true));
        let whileWriting = 0;
        while (!isDone) {
          whileWriting++;
          const counts = new Set<string>();
          let found = 0;
          for await (const batch of reader.select([], EVER, NEVER))
            for (const { values, histograms } of batch) {
              found++;
              counts.add(`${values.length} samples, ${histograms?.size ?? 0} histograms`);
            }
          assert.ok(found === 0 || found === seriesCount, `${found} series`);
          const rounds = new Set([...counts].map((text) => Number.parseInt(text, 10) / perSeries));
          assert.ok(rounds.size <= 1 && counts.size <= 3, [...counts].join(' and '));
          for (const size of rounds) {
            assert.ok(size === 1 || size === 2, [...counts].join(' and '));
            for (const each of [0, 100, 200])
              assert.ok(
                counts.has(`${size * 200} samples, ${size * each} histograms`),
                [...counts].join(' and '),
              );
          }
          await new Promise(setImmediate);
        }
        await writing;
        assert.ok(whileWriting > 2, `only ${whileWriting} readers came between`);
        assert.equal((await read(reader))[0]?.length, 2 * perSeries + 1);
      },
    );
  });
}
