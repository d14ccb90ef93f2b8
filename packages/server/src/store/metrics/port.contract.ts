import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createMatcher,
  formatLabels,
  labelsOf,
  SampleBatchBuilder,
  type AppendResult,
  type LabelRequest,
  type Matcher,
  type MetricsReader,
  type MetricsWriter,
  type NativeHistogram,
  type SampleBatch,
  type SeriesSamples,
  type VirtualClock,
} from '@vedette/model';

/** What a suite needs: an empty store that keeps at least a day and takes at least `SERIES_MAX` series. */
export interface MetricsHarness {
  readonly writer: MetricsWriter;
  readonly reader: MetricsReader;
  readonly clock: VirtualClock;
  /** The limit of active series that the harness sets. */
  readonly seriesMax: number;
  close(): Promise<void>;
}

/** What a case asks of the store that it gets. */
export interface HarnessOptions {
  /** How far back from the newest sample late ones are taken; absent: none are. */
  readonly outOfOrderWindowMs?: number;
}

/** Where harnesses let the clock begin. */
export const CONTRACT_START_MS = Date.UTC(2026, 0, 2);

type Sample = readonly [timestampMs: number, value: number | 'stale'];
type Record_ = Readonly<Record<string, string>>;

const NEVER = new AbortController().signal;
const EVER = { fromMs: -8e15, untilMs: 8e15 };
const T = CONTRACT_START_MS;

/** One batch of series with their samples. */
export function batchOf(
  ...series: readonly (readonly [labels: Record_, ...samples: Sample[]])[]
): SampleBatch {
  const builder = new SampleBatchBuilder();
  for (const [labels, ...samples] of series) {
    builder.openSeries(labelsOf(labels));
    for (const [timestampMs, value] of samples) {
      if (value === 'stale') builder.addStaleMarker(timestampMs);
      else builder.addSample(timestampMs, value);
    }
  }
  return builder.finish();
}

interface ReadOptions {
  matchers?: readonly Matcher[];
  fromMs?: number;
  untilMs?: number;
}

/** Everything a selection gives, copied: `[series, [time, value], …]`. */
export async function read(
  reader: MetricsReader,
  options: ReadOptions = {},
): Promise<(readonly [string, ...Sample[]])[]> {
  const { matchers = [], fromMs = EVER.fromMs, untilMs = EVER.untilMs } = options;
  return await collect(reader.select(matchers, { fromMs, untilMs }, NEVER));
}

async function collect(
  stream: ReturnType<MetricsReader['select']>,
): Promise<(readonly [string, ...Sample[]])[]> {
  const all: (readonly [string, ...Sample[]])[] = [];
  for await (const batch of stream) {
    assert.ok(batch.length > 0, 'no batch is empty');
    for (const { labels, timestampsMs, values, staleFlags } of batch) {
      const samples = Array.from(timestampsMs, (ms, i): Sample => [
        ms,
        staleFlags?.[i] === 1 ? 'stale' : values[i]!,
      ]);
      all.push([formatLabels(labels), ...samples]);
    }
  }
  return all;
}

const accepted = (acceptedCount: number, createdSeriesCount: number): AppendResult => ({
  acceptedCount,
  acceptedHistogramCount: 0,
  acceptedExemplarCount: 0,
  createdSeriesCount,
  refusals: [],
});

/** The suite of `MetricsWriter`. */
export function describeMetricsWriter(
  name: string,
  open: (options: HarnessOptions) => Promise<MetricsHarness>,
): void {
  const check = (
    title: string,
    body: (harness: MetricsHarness) => Promise<void>,
    options: HarnessOptions = {},
  ): void => {
    test(title, async () => {
      const harness = await open(options);
      try {
        await body(harness);
      } finally {
        await harness.close();
      }
    });
  };
  describe(`MetricsWriter: ${name}`, () => {
    check('what was appended can be read', async ({ writer, reader }) => {
      const result = await writer.append(
        batchOf([{ __name__: 'up', job: 'a' }, [T, 1], [T + 1, 2]], [{ __name__: 'up', job: 'b' }, [T, 0]]),
      );
      assert.deepEqual(result, accepted(3, 2));
      assert.deepEqual(
        await writer.append(batchOf([{ __name__: 'up', job: 'a' }, [T + 2, 3]])),
        accepted(1, 0),
      );
      assert.deepEqual(await read(reader), [
        ['up{job="a"}', [T, 1], [T + 1, 2], [T + 2, 3]],
        ['up{job="b"}', [T, 0]],
      ]);
    });

    check(
      'an empty batch, and one with a series without samples, store nothing',
      async ({ writer, reader }) => {
        assert.deepEqual(await writer.append(batchOf()), accepted(0, 0));
        assert.deepEqual(await writer.append(batchOf([{ __name__: 'x' }])), accepted(0, 0));
        assert.deepEqual(await read(reader), []);
      },
    );

    check('batches of one caller apply in the order of the calls, without waiting', async (harness) => {
      const { writer, reader } = harness;
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, i) => writer.append(batchOf([{ __name__: 'x' }, [T + i, i]]))),
      );
      assert.equal(
        results.reduce((sum, result) => sum + result.acceptedCount, 0),
        50,
      );
      assert.deepEqual((await read(reader))[0]?.length, 51);
    });

    check('an older sample is refused as out of order, the rest is kept', async ({ writer, reader }) => {
      await writer.append(batchOf([{ __name__: 'x' }, [T + 10, 1]]));
      const result = await writer.append(
        batchOf([{ __name__: 'x' }, [T + 5, 2], [T + 11, 3]], [{ __name__: 'y' }, [T, 1]]),
      );
      assert.deepEqual(result, {
        acceptedCount: 2,
        acceptedHistogramCount: 0,
        acceptedExemplarCount: 0,
        createdSeriesCount: 1,
        refusals: [{ reason: 'out-of-order', count: 1, example: 'x' }],
      });
      assert.deepEqual(await read(reader), [
        ['x', [T + 10, 1], [T + 11, 3]],
        ['y', [T, 1]],
      ]);
    });

    check(
      'a repeated sample counts as accepted and is stored once, another value is refused',
      async (harness) => {
        const { writer, reader } = harness;
        const repeat = async (
          value: number | 'stale',
          again: number | 'stale',
          isSame: boolean,
        ): Promise<void> => {
          const labels = { __name__: 'x', first: String(value), then: String(again), same: String(isSame) };
          await writer.append(batchOf([labels, [T, value]]));
          const result = await writer.append(batchOf([labels, [T, again]]));
          assert.equal(result.acceptedCount, isSame ? 1 : 0, JSON.stringify(labels));
          assert.deepEqual(
            result.refusals.map(({ reason, count }) => [reason, count]),
            isSame ? [] : [['duplicate-timestamp', 1]],
          );
        };
        await repeat(1, 1, true);
        await repeat(1, 2, false);
        await repeat(NaN, NaN, true);
        await repeat('stale', 'stale', true);
        await repeat('stale', 0, false);
        await repeat(0, 'stale', false);
        await repeat(0, -0, false);
        for (const [, ...samples] of await read(reader)) assert.equal(samples.length, 1);
      },
    );

    check(
      'with a window, late samples are taken and read in order of time',
      async ({ writer, reader }) => {
        await writer.append(batchOf([{ __name__: 'x' }, [T, 1], [T + 60_000, 2]]));
        const late = await writer.append(
          batchOf([{ __name__: 'x' }, [T - 1, 0], [T, 1], [T + 30_000, 1.5], [T + 60_001, 3]]),
        );
        assert.deepEqual(late, accepted(4, 0));
        assert.deepEqual(await read(reader), [
          ['x', [T - 1, 0], [T, 1], [T + 30_000, 1.5], [T + 60_000, 2], [T + 60_001, 3]],
        ]);
        assert.deepEqual(await read(reader, { fromMs: T + 1, untilMs: T + 59_999 }), [
          ['x', [T + 30_000, 1.5]],
        ]);
      },
      { outOfOrderWindowMs: 120_000 },
    );

    check(
      'the window begins at the newest sample of all series; older ones, and other values, are refused',
      async ({ writer, reader }) => {
        await writer.append(batchOf([{ __name__: 'x' }, [T, 1]], [{ __name__: 'y' }, [T + 60_000, 1]]));
        const result = await writer.append(
          batchOf([{ __name__: 'x' }, [T - 60_001, 1], [T - 60_000, 2], [T, 3]]),
        );
        assert.deepEqual(result, {
          ...accepted(1, 0),
          refusals: [
            { reason: 'duplicate-timestamp', count: 1, example: 'x' },
            { reason: 'too-old', count: 1, example: 'x' },
          ],
        });
        assert.deepEqual((await read(reader))[0], ['x', [T - 60_000, 2], [T, 1]]);
      },
      { outOfOrderWindowMs: 120_000 },
    );

    check('samples far ahead of the clock or older than the store keeps are refused', async (harness) => {
      const { writer, clock, reader } = harness;
      const nowMs = clock.nowMs();
      const result = await writer.append(
        batchOf(
          [{ __name__: 'old' }, [nowMs - 200 * 365 * 86_400_000, 1]],
          [{ __name__: 'new' }, [nowMs, 1], [nowMs + 86_400_000, 2], [nowMs + 86_400_001, 2]],
        ),
      );
      assert.deepEqual(result.refusals, [
        { reason: 'too-old', count: 1, example: 'old' },
        { reason: 'too-new', count: 2, example: 'new' },
      ]);
      assert.deepEqual(await read(reader), [['new', [nowMs, 1]]]);
    });

    check('at the series limit known series go on and new ones are refused', async (harness) => {
      const { writer, seriesMax } = harness;
      const labels = Array.from({ length: seriesMax }, (_, i) => ({ __name__: 'x', i: String(i) }));
      assert.equal(
        (await writer.append(batchOf(...labels.map((one) => [one, [T, 1]] as const)))).acceptedCount,
        seriesMax,
      );
      const result = await writer.append(
        batchOf([{ __name__: 'one_more' }, [T, 1], [T + 1, 1]], [labels[0]!, [T + 1, 1]]),
      );
      const [refusal, ...others] = result.refusals;
      assert.deepEqual([result.acceptedCount, result.createdSeriesCount, others], [1, 0, []]);
      assert.deepEqual([refusal?.reason, refusal?.count, refusal?.example], ['series-limit', 2, 'one_more']);
      assert.match(
        refusal?.detail ?? '',
        /limit is .*metric "x" has .*label "i" has /,
        'who fills it is named',
      );
    });

    check(
      'a native histogram is stored or refused by name, never mistaken for its float',
      async (harness) => {
        const { writer, reader } = harness;
        const none = { spans: [], counts: new Float64Array(0) };
        const histogram: NativeHistogram = {
          schema: 0,
          count: 1,
          sum: 1,
          zeroThreshold: 0,
          zeroCount: 1,
          positive: none,
          negative: none,
          customBounds: new Float64Array(0),
          counterReset: 'unknown',
        };
        const batch = batchOf([{ __name__: 'h' }, [T, 0]], [{ __name__: 'x' }, [T, 1], [T + 1, 2]]);
        const result = await writer.append({ ...batch, histograms: new Map([[0, histogram]]) });
        const isRefused = result.refusals.length > 0;
        if (isRefused)
          assert.deepEqual(result.refusals, [{ reason: 'unsupported-histogram', count: 1, example: 'h' }]);
        assert.equal(result.acceptedCount, isRefused ? 2 : 3);
        assert.deepEqual((await read(reader)).at(-1), ['x', [T, 1], [T + 1, 2]]);
      },
    );

    check('a batch of a broken shape is a bug and leaves the store alone', async ({ writer, reader }) => {
      const batch = batchOf([{ __name__: 'x' }, [T, 1]]);
      await assert.rejects(writer.append({ ...batch, values: new Float64Array(2) }), /BUG/);
      await assert.rejects(writer.append({ ...batch, timestampsMs: Float64Array.of(0.5) }), /BUG.*got 0\.5/);
      await assert.rejects(writer.append({ ...batch, timestampsMs: Float64Array.of(NaN) }), /BUG/);
      await assert.rejects(writer.append({ ...batch, sampleEnds: Uint32Array.of(2) }), /BUG/);
      await assert.rejects(writer.append({ ...batch, keys: Uint8Array.of(1, 2, 3) }), /BUG/);
      assert.deepEqual(await read(reader), []);
      assert.deepEqual(await writer.append(batch), accepted(1, 1));
    });

    check('appends reject after close', async (harness) => {
      const { writer } = harness;
      await harness.close();
      await assert.rejects(writer.append(batchOf([{ __name__: 'x' }, [T, 1]])), /cannot append samples/);
    });
  });
}

/** The suite of `MetricsReader`. */
export function describeMetricsReader(name: string, open: () => Promise<MetricsHarness>): void {
  const check = (title: string, body: (harness: MetricsHarness) => Promise<void>): void => {
    test(title, async () => {
      const harness = await open();
      try {
        await body(harness);
      } finally {
        await harness.close();
      }
    });
  };
  describe(`MetricsReader: ${name}`, () => {
    check('series come sorted by label set, by bytes, a prefix first', async ({ writer, reader }) => {
      await writer.append(
        batchOf(
          [{ __name__: 'b' }, [T, 1]],
          [{ __name__: 'a', z: '\u{1f600}' }, [T, 1]],
          [{ __name__: 'a', z: '\uffee' }, [T, 1]],
          [{ __name__: 'a' }, [T, 1]],
          [{ __name__: 'a', Z: '1' }, [T, 1]],
        ),
      );
      assert.deepEqual(
        (await read(reader)).map(([series]) => series),
        ['a{Z="1"}', 'a', 'a{z="\uffee"}', 'a{z="\u{1f600}"}', 'b'],
      );
    });

    check(
      'both ends of the range are inclusive, and series without a sample in it are left out',
      async (harness) => {
        const { writer, reader } = harness;
        await writer.append(
          batchOf(
            [{ __name__: 'x' }, [T, 1], [T + 10, 2], [T + 20, 3]],
            [{ __name__: 'y' }, [T, 1], [T + 20, 2]],
          ),
        );
        const check_ = async (fromMs: number, untilMs: number, want: unknown): Promise<void> =>
          assert.deepEqual(await read(reader, { fromMs, untilMs }), want);
        await check_(T + 10, T + 10, [['x', [T + 10, 2]]]);
        await check_(T + 1, T + 19, [['x', [T + 10, 2]]]);
        await check_(T + 20, T + 99, [
          ['x', [T + 20, 3]],
          ['y', [T + 20, 2]],
        ]);
        await check_(T + 21, T + 99, []);
        await check_(T - 9, T - 1, []);
      },
    );

    check('long series come back whole, in every range', async ({ writer, reader }) => {
      const samples = Array.from({ length: 2000 }, (_, i): Sample => [T - (2000 - i) * 1000, (i * 7) % 500]);
      for (let i = 0; i < samples.length; i += 37)
        await writer.append(batchOf([{ __name__: 'x' }, ...samples.slice(i, i + 37)]));
      assert.deepEqual(await read(reader), [['x', ...samples]]);
      for (const [from, until] of [
        [0, 15],
        [15, 17],
        [255, 257],
        [1000, 1999],
        [1990, 1999],
      ] as const) {
        const range = { fromMs: samples[from]![0], untilMs: samples[until]![0] };
        assert.deepEqual(await read(reader, range), [['x', ...samples.slice(from, until + 1)]]);
      }
    });

    check(
      'staleness markers, NaN with their payload, infinities and -0 come back as they went in',
      async (harness) => {
        const { writer, reader } = harness;
        const batch = batchOf([
          { __name__: 'x' },
          [T, 1],
          [T + 1, 'stale'],
          [T + 2, -0],
          [T + 3, Infinity],
          [T + 4, -Infinity],
          [T + 5, 0],
        ]);
        new Uint32Array(batch.values.buffer, batch.values.byteOffset).set([0xabc, 0x7ff8_0000], 10);
        await writer.append(batch);
        for await (const [series] of reader.select([], EVER, NEVER)) {
          assert.deepEqual([...series!.staleFlags!], [0, 1, 0, 0, 0, 0]);
          assert.ok(Object.is(series!.values[2], -0));
          assert.deepEqual([...series!.values.subarray(3, 5)], [Infinity, -Infinity]);
          const bits = new Uint32Array(series!.values.slice(5, 6).buffer);
          assert.deepEqual([...bits], [0xabc, 0x7ff8_0000]);
        }
      },
    );

    check('matchers select; an absent label is an empty one', async ({ writer, reader }) => {
      await writer.append(
        batchOf(
          [{ __name__: 'x', code: '200', env: 'prod' }, [T, 1]],
          [{ __name__: 'x', code: '404' }, [T, 1]],
          [{ __name__: 'x', code: '500', env: 'dev' }, [T, 1]],
          [{ __name__: 'y', env: 'prod' }, [T, 1]],
        ),
      );
      const check_ = async (want: string, ...matchers: Parameters<typeof createMatcher>[]): Promise<void> => {
        const found = await read(reader, { matchers: matchers.map((one) => createMatcher(...one)) });
        assert.equal(found.map(([series]) => /code="(\d+)"/.exec(series)?.[1] ?? 'y').join(' '), want);
      };
      await check_('200 404 500', ['__name__', '=', 'x']);
      await check_('404', ['__name__', '=', 'x'], ['env', '=', '']);
      await check_('200 500 y', ['env', '!=', '']);
      await check_('404 500', ['env', '!=', 'prod']);
      await check_('200 y', ['env', '=~', 'prod|nothing']);
      await check_('404 500', ['env', '!~', 'prod|nothing']);
      await check_('404 500', ['code', '=~', '[45]..']);
      await check_('200 y', ['code', '!~', '[45]..']);
      await check_('404 y', ['code', '=~', '4..|']);
      await check_('200 404 500 y', ['nothing', '=', '']);
      await check_('', ['nothing', '=', 'x']);
      await check_('500', ['__name__', '=~', '.+'], ['env', '=~', 'd.*'], ['code', '!=', '404']);
    });

    check('a stream keeps the view of its first step while batches are appended', async (harness) => {
      const { writer, reader } = harness;
      await writer.append(batchOf([{ __name__: 'x' }, [T, 0]], [{ __name__: 'y' }, [T, 0]]));
      const steps = reader.select([], EVER, NEVER)[Symbol.asyncIterator]();
      const first = steps.next();
      const stream: AsyncIterable<readonly SeriesSamples[]> = {
        [Symbol.asyncIterator]: () => ({ next: () => (taken++ === 0 ? first : steps.next()) }),
      };
      let taken = 0;
      for (let i = 1; i < 100; i++)
        await writer.append(batchOf([{ __name__: 'a' }, [T + i, i]], [{ __name__: 'x' }, [T + i, i]]));
      assert.deepEqual(await collect(stream), [
        ['x', [T, 0]],
        ['y', [T, 0]],
      ]);
      assert.equal((await read(reader))[1]?.length, 101);
    });

    check('no reader sees a part of a batch', async ({ writer, reader }) => {
      const labels = Array.from({ length: 300 }, (_, i) => ({ __name__: 'x', i: String(i) }));
      let isDone = false;
      const write = async (): Promise<void> => {
        for (let round = 0; round < 20; round++)
          await writer.append(batchOf(...labels.map((one) => [one, [T + round, round]] as const)));
        isDone = true;
      };
      const writing = write();
      const lengths = new Set<number>();
      while (!isDone) {
        const all = await read(reader);
        const counts = new Set(all.map((series) => series.length));
        assert.ok(counts.size <= 1, `series have ${[...counts].join(' and ')} samples`);
        assert.ok(all.length === 0 || all.length === labels.length);
        lengths.add(all[0]?.length ?? 0);
        await new Promise(setImmediate);
      }
      await writing;
      assert.equal((await read(reader))[0]?.length, 21);
    });

    check('a stream ends by throwing the reason of its signal', async ({ writer, reader }) => {
      await writer.append(
        batchOf(...Array.from({ length: 600 }, (_, i) => [{ i: String(i) }, [T, 1]] as const)),
      );
      const before = new AbortController();
      before.abort(new Error('not today'));
      await assert.rejects(collect(reader.select([], EVER, before.signal)), /not today/);
      const during = new AbortController();
      const stream = reader.select([], EVER, during.signal)[Symbol.asyncIterator]();
      assert.equal((await stream.next()).done, false);
      during.abort(new Error('enough'));
      await assert.rejects(stream.next(), /enough/);
      const request = { matcherSets: [], range: EVER };
      await assert.rejects(reader.labelNames(request, before.signal), /not today/);
    });

    check('a stream may be left early', async ({ writer, reader }) => {
      await writer.append(
        batchOf(...Array.from({ length: 600 }, (_, i) => [{ i: String(i) }, [T, 1]] as const)),
      );
      for await (const batch of reader.select([], EVER, NEVER)) {
        assert.ok(batch.length < 600);
        break;
      }
      assert.equal((await read(reader)).length, 600);
    });

    check(
      'label names, values and series answer with matchers, range and limit',
      async ({ writer, reader }) => {
        await writer.append(
          batchOf(
            [{ __name__: 'x', code: '200', env: 'prod' }, [T, 1]],
            [{ __name__: 'x', code: '404' }, [T, 1]],
            [{ __name__: 'y', old: 'yes' }, [T - 1000, 1]],
          ),
        );
        const range = { fromMs: T, untilMs: T };
        const request = (limit?: number, ...names: string[]): LabelRequest => ({
          matcherSets: names.map((one) => [createMatcher('__name__', '=', one)]),
          range: EVER,
          limit,
        });
        const page = (items: readonly string[], isTruncated = false): unknown => ({ items, isTruncated });
        assert.deepEqual(await reader.labelNames(request(), NEVER), page(['__name__', 'code', 'env', 'old']));
        assert.deepEqual(
          await reader.labelNames(request(4), NEVER),
          page(['__name__', 'code', 'env', 'old']),
        );
        assert.deepEqual(await reader.labelNames(request(2), NEVER), page(['__name__', 'code'], true));
        assert.deepEqual(await reader.labelNames(request(9, 'y', 'z'), NEVER), page(['__name__', 'old']));
        assert.deepEqual(
          await reader.labelNames({ matcherSets: [], range }, NEVER),
          page(['__name__', 'code', 'env']),
        );
        assert.deepEqual(await reader.labelValues('code', request(), NEVER), page(['200', '404']));
        assert.deepEqual(await reader.labelValues('code', request(1), NEVER), page(['200'], true));
        assert.deepEqual(await reader.labelValues('code', request(1, 'y'), NEVER), page([]));
        assert.deepEqual(
          await reader.labelValues('env', request(undefined, 'x', 'y'), NEVER),
          page(['prod']),
        );
        assert.deepEqual(await reader.labelValues('old', { matcherSets: [], range }, NEVER), page([]));
        assert.deepEqual(await reader.labelValues('nothing', request(), NEVER), page([]));
        const series = await reader.series(request(2), NEVER);
        assert.deepEqual(series.items.map(formatLabels), ['x{code="200", env="prod"}', 'x{code="404"}']);
        assert.equal(series.isTruncated, true);
        const both = await reader.series(request(undefined, 'y', 'x', 'x'), NEVER);
        assert.deepEqual([both.items.length, both.isTruncated], [3, false]);
        assert.deepEqual((await reader.series({ matcherSets: [], range }, NEVER)).items.length, 2);
      },
    );

    check('metadata of families is kept, the last told counts', async ({ writer, reader }) => {
      const metadata = (family: string, help: string) => ({ family, help, type: 'gauge' as const, unit: '' });
      await writer.append({ ...batchOf(), metadata: [metadata('b', 'one'), metadata('a', 'two')] });
      await writer.append({ ...batchOf([{ __name__: 'b' }, [T, 1]]), metadata: [metadata('b', 'three')] });
      assert.deepEqual(reader.metadata(), [metadata('a', 'two'), metadata('b', 'three')]);
      assert.deepEqual(reader.metadata('b'), [metadata('b', 'three')]);
      assert.deepEqual(reader.metadata('c'), []);
    });
  });
}
