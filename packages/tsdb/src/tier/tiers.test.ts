import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createMatcher,
  formatLabels,
  labelsOf,
  MemoryFiles,
  SeededRandom,
  VirtualClock,
  type DownsampledView,
  type SeriesSamples,
} from '@vedette/model';
import { examineStore } from '../examine.ts';
import {
  batchOf,
  DIRECTORY,
  eagerSlicer,
  histogramOf,
  openTestTsdb,
  START_MS,
  type OpenedTsdb,
  type TestSeries,
  type TestValue,
} from '../testing.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const EVER = { fromMs: -Infinity, untilMs: Infinity };
const SIGNAL = new AbortController().signal;
/** When the last sample of these tests is old enough to leave. */
const NOW_MS = START_MS + 12 * HOUR_MS;

const KEPT = { fiveMinutesMs: 1000 * HOUR_MS, oneHourMs: 1000 * HOUR_MS };

const newFiles = (): MemoryFiles => new MemoryFiles(new SeededRandom(1));

/** With samples of a year ago still taken, or with those older than six hours leaving. */
async function openAt(
  files: MemoryFiles,
  settings: { leaving?: boolean; downsampling?: typeof KEPT | undefined; directory?: string } = {},
): Promise<OpenedTsdb> {
  const { leaving = false, downsampling = KEPT, directory = DIRECTORY } = settings;
  const retentionMs = leaving ? 6 * HOUR_MS : 1000 * HOUR_MS;
  return await openTestTsdb(files, {
    clock: new VirtualClock({ startMs: NOW_MS }),
    options: {
      directory,
      retentionMs,
      downsampling: 'downsampling' in settings ? settings.downsampling : downsampling,
    },
  });
}

/** Ten minutes, after which old blocks leave. */
async function passTime(tsdb: OpenedTsdb): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await tsdb.clock.advance(5 * MINUTE_MS + 5000);
    await tsdb.cleanTombstones();
  }
}

/** Samples once a minute. */
const everyMinute = (
  fromMs: number,
  count: number,
  valueAt: (i: number) => TestValue,
): [number, TestValue][] => Array.from({ length: count }, (_, i) => [fromMs + i * MINUTE_MS, valueAt(i)]);

/** Writes each list of series to a block of its own. */
async function write(files: MemoryFiles, ...blocks: readonly (readonly TestSeries[])[]): Promise<void> {
  const tsdb = await openAt(files);
  for (const series of blocks) {
    const { refusals } = await tsdb.writer.append(batchOf(...series));
    assert.deepEqual(refusals, []);
    await tsdb.flush();
  }
  await tsdb.close();
}

/** What is left when samples older than six hours left. */
async function openLater(files: MemoryFiles): Promise<OpenedTsdb> {
  const tsdb = await openAt(files, { leaving: true });
  await passTime(tsdb);
  return tsdb;
}

type Point = readonly [minutes: number, value: TestValue, weight?: number, loss?: number];

/** Times in minutes since the start. */
async function read(
  tsdb: OpenedTsdb,
  view?: DownsampledView,
  coarsestMs = 0,
): Promise<Record<string, Point[]>> {
  const found: Record<string, Point[]> = {};
  const how = view && { view, coarsestMs };
  for await (const batch of tsdb.reader.select([], EVER, SIGNAL, how))
    for (const series of batch) found[formatLabels(series.labels)] = pointsOf(series);
  return found;
}

function pointsOf({ timestampsMs, values, staleFlags, histograms, weights, losses }: SeriesSamples): Point[] {
  return Array.from(timestampsMs, (timestampMs, i): Point => {
    const value = staleFlags?.[i] === 1 ? 'stale' : (histograms?.get(i) ?? values[i] ?? NaN);
    const minutes = (timestampMs - START_MS) / MINUTE_MS;
    return weights === undefined ? [minutes, value] : [minutes, value, weights[i] ?? 0, losses?.[i] ?? 0];
  });
}

const up = { __name__: 'up' };

test('where samples are gone each view tells of them from their buckets', async () => {
  const files = newFiles();
  // 5, 4, … 1 five times over: a counter that is reset four times.
  await write(files, [[up, ...everyMinute(START_MS + MINUTE_MS, 10, (i) => 5 - (i % 5))]]);
  const tsdb = await openLater(files);
  assert.equal(tsdb.stats().blocks, 0);
  assert.deepEqual(await read(tsdb), {}, 'samples are gone');
  assert.deepEqual(await read(tsdb, 'min'), {
    up: [
      [5, 1],
      [10, 1],
    ],
  });
  assert.deepEqual(await read(tsdb, 'max'), {
    up: [
      [5, 5],
      [10, 5],
    ],
  });
  assert.deepEqual(await read(tsdb, 'sum'), {
    up: [
      [5, 15],
      [10, 15],
    ],
  });
  assert.deepEqual(await read(tsdb, 'last'), {
    up: [
      [5, 1],
      [10, 1],
    ],
  });
  assert.deepEqual(await read(tsdb, 'sum-and-count'), {
    up: [
      [5, 15, 5, NaN],
      [10, 15, 5, NaN],
    ],
  });
  assert.deepEqual(await read(tsdb, 'counter'), {
    up: [
      [1, 5, 1, NaN],
      [5, 1, 4, 14],
      [6, 5, 1, NaN],
      [10, 1, 4, 14],
    ],
  });
  await tsdb.close();
});

test('buckets stand before samples that are still there, and only where these are gone or when asked for', async () => {
  const files = newFiles();
  await write(
    files,
    [[up, ...everyMinute(START_MS + MINUTE_MS, 10, (i) => i)]],
    [[up, ...everyMinute(START_MS + 8 * HOUR_MS + MINUTE_MS, 5, () => 7)]],
  );
  const tsdb = await openLater(files);
  const late = [481, 482, 483, 484, 485].map((minute): Point => [minute, 7]);
  assert.deepEqual(await read(tsdb, 'max'), { up: [[5, 4], [10, 9], ...late] });
  assert.deepEqual(await read(tsdb), { up: late });
  const day = { fromMs: START_MS, untilMs: START_MS + 8 * HOUR_MS };
  assert.deepEqual(tsdb.reader.resolutionOf?.(day, 0), {
    resolutionMs: 5 * MINUTE_MS,
    rawAfterMs: START_MS + 10 * MINUTE_MS,
  });
  const later = { fromMs: START_MS + 61 * MINUTE_MS, untilMs: NOW_MS };
  assert.equal(
    tsdb.reader.resolutionOf?.(later, HOUR_MS),
    undefined,
    'of the later block there are no buckets yet',
  );
  assert.deepEqual(tsdb.reader.resolutionOf?.(day, HOUR_MS)?.resolutionMs, HOUR_MS);
  assert.deepEqual(await read(tsdb, 'max', HOUR_MS), { up: [[60, 9], ...late] });
  await tsdb.close();
});

test('a bucket whose samples stand in two blocks is one; a series that ended ends with its marker', async () => {
  const files = newFiles();
  await write(
    files,
    [[up, ...everyMinute(START_MS + MINUTE_MS, 3, (i) => i)]],
    [[up, ...everyMinute(START_MS + 4 * MINUTE_MS, 3, (i) => (i === 2 ? 'stale' : 10 + i))]],
  );
  const tsdb = await openLater(files);
  assert.deepEqual(await read(tsdb, 'sum-and-count'), { up: [[5, 24, 5, NaN]] });
  assert.deepEqual(await read(tsdb, 'last'), {
    up: [
      [5, 11],
      [6, 'stale'],
    ],
  });
  await tsdb.close();
});

test('of histograms the last of each bucket is left, in every view', async () => {
  const files = newFiles();
  await write(files, [[up, ...everyMinute(START_MS + MINUTE_MS, 10, (i) => histogramOf([i, 1]))]]);
  const tsdb = await openLater(files);
  for (const view of ['last', 'counter', 'min'] as const)
    assert.deepEqual(await read(tsdb, view), {
      up: [
        [5, histogramOf([4, 1])],
        [10, histogramOf([9, 1])],
      ],
    });
  await tsdb.close();
});

test('a series of floats and histograms keeps what is noted beside its floats', async () => {
  const files = newFiles();
  await write(files, [
    [up, ...everyMinute(START_MS + MINUTE_MS, 10, (i) => (i % 5 === 2 ? histogramOf([i]) : i))],
  ]);
  const tsdb = await openLater(files);
  assert.deepEqual(await read(tsdb, 'counter'), {
    up: [
      [1, 0, 1, NaN],
      [3, histogramOf([2]), 1, NaN],
      [5, 4, 3, 0],
      [6, 5, 1, NaN],
      [8, histogramOf([7]), 1, NaN],
      [10, 9, 3, 0],
    ],
  });
  await tsdb.close();
});

test('a sample that two blocks have is counted once', async () => {
  const files = newFiles();
  await write(files, [[up, ...everyMinute(START_MS + MINUTE_MS, 5, (i) => i)]]);
  const importing = await openAt(files);
  const samples = everyMinute(START_MS + MINUTE_MS, 6, () => 100);
  const stream = async function* (): AsyncGenerator<readonly SeriesSamples[]> {
    yield await Promise.resolve([
      {
        labels: labelsOf(up),
        timestampsMs: Float64Array.from(samples, ([timestampMs]) => timestampMs),
        values: Float64Array.from(samples, ([, value]) => Number(value)),
        staleFlags: undefined,
        histograms: undefined,
      },
    ]);
  };
  await importing.importBlock(stream(), SIGNAL);
  await importing.close();
  const tsdb = await openLater(files);
  assert.deepEqual(await read(tsdb, 'sum-and-count'), {
    up: [
      [5, 10, 5, NaN],
      [10, 100, 1, NaN],
    ],
  });
  await tsdb.close();
});

test('labels are found of series that are left in buckets only', async () => {
  const files = newFiles();
  await write(files, [[{ ...up, job: 'old' }, [START_MS + MINUTE_MS, 1]]]);
  const tsdb = await openLater(files);
  const request = { matcherSets: [], range: { fromMs: START_MS, untilMs: START_MS + 4 * MINUTE_MS } };
  const { reader } = tsdb;
  assert.deepEqual((await reader.series(request, SIGNAL)).items.map(formatLabels), ['up{job="old"}']);
  assert.deepEqual((await reader.labelNames(request, SIGNAL)).items, ['__name__', 'job']);
  assert.deepEqual((await reader.labelValues('job', request, SIGNAL)).items, ['old']);
  const later = { matcherSets: [], range: { fromMs: START_MS + 6 * MINUTE_MS, untilMs: NOW_MS } };
  assert.deepEqual((await reader.series(later, SIGNAL)).items, []);
  assert.equal(tsdb.stats().oldestSampleMs, START_MS + 1, 'of the oldest bucket the first time');
  await tsdb.close();
});

test('what is deleted is deleted from buckets, each as a whole that the range touches', async () => {
  const files = newFiles();
  const series = [up, { __name__: 'down' }].map((labels): TestSeries => [
    labels,
    ...everyMinute(START_MS + MINUTE_MS, 15, (i) => i),
  ]);
  await write(files, series);
  const tsdb = await openLater(files);
  const range = { fromMs: START_MS + 7 * MINUTE_MS, untilMs: START_MS + 8 * MINUTE_MS };
  assert.ok((await tsdb.deleteSeries([[createMatcher('__name__', '=', 'up')]], range)) > 0);
  const want = {
    down: [
      [5, 4],
      [10, 9],
      [15, 14],
    ],
    up: [
      [5, 4],
      [15, 14],
    ],
  };
  assert.deepEqual(await read(tsdb, 'max'), want);
  await tsdb.close();
  const again = await openAt(files, { leaving: true });
  assert.deepEqual(await read(again, 'max'), want, 'after a restart');
  await again.cleanTombstones();
  assert.equal(again.stats().tombstoneBytes, 0);
  assert.deepEqual(await read(again, 'max'), want, 'after they left the disk');
  await again.close();
});

test('what was deleted before it was downsampled is in no bucket', async () => {
  const files = newFiles();
  await write(files, [[up, ...everyMinute(START_MS + MINUTE_MS, 10, (i) => i)]]);
  const deleting = await openAt(files);
  const range = { fromMs: START_MS, untilMs: START_MS + 3 * MINUTE_MS };
  await deleting.deleteSeries([[createMatcher('__name__', '=', 'up')]], range);
  await deleting.close();
  const tsdb = await openLater(files);
  assert.deepEqual(await read(tsdb, 'sum-and-count'), {
    up: [
      [5, 7, 2, NaN],
      [10, 35, 5, NaN],
    ],
  });
  await tsdb.close();
});

test('switched off, none are made, and those that are there are read and stay', async () => {
  const files = newFiles();
  await write(files, [[up, [START_MS + MINUTE_MS, 1]]]);
  const making = await openLater(files);
  await making.writer.append(batchOf([up, [NOW_MS, 2]]));
  await making.close();
  const clock = new VirtualClock({ startMs: NOW_MS + 5000 * HOUR_MS });
  const off = await openTestTsdb(files, { clock, options: { retentionMs: HOUR_MS } });
  await off.flush();
  await passTime(off);
  assert.equal(off.stats().blocks, 0);
  assert.deepEqual(await read(off, 'max'), { up: [[5, 1]] });
  assert.deepEqual(
    off.stats().downsampled.map(({ resolution, blocks }) => [resolution, blocks]),
    [
      ['5m', 1],
      ['1h', 1],
    ],
  );
  await off.close();
});

test('a store that never downsampled has no directories for it', async () => {
  const files = newFiles();
  const tsdb = await openAt(files, { downsampling: undefined });
  assert.deepEqual(tsdb.stats().downsampled, []);
  assert.equal(tsdb.reader.resolutionOf?.(EVER, HOUR_MS), undefined);
  await tsdb.close();
  assert.deepEqual((await files.list(DIRECTORY)).map(({ name }) => name).sort(), ['blocks', 'wal']);
});

test('numbers of samples that are gone are not given again, or new ones would count as downsampled', async () => {
  const files = newFiles();
  await write(files, [[up, [START_MS + MINUTE_MS, 1]]]);
  const tsdb = await openLater(files);
  await tsdb.close();
  const next = await openLater(files);
  await next.writer.append(batchOf([up, [NOW_MS, 2]]));
  await next.close();
  const clock = new VirtualClock({ startMs: NOW_MS + 10 * HOUR_MS });
  const options = { retentionMs: 6 * HOUR_MS, downsampling: KEPT };
  const last = await openTestTsdb(files, { clock, options });
  await last.flush();
  await passTime(last);
  assert.deepEqual(await read(last, 'max'), {
    up: [
      [5, 1],
      [720, 2],
    ],
  });
  await last.close();
});

test('buckets of five minutes leave when those of an hour have what they had', async () => {
  const files = newFiles();
  await write(files, [[up, ...everyMinute(START_MS + MINUTE_MS, 90, (i) => i)]]);
  const options = {
    retentionMs: 2 * HOUR_MS,
    downsampling: { fiveMinutesMs: 3 * HOUR_MS, oneHourMs: 1000 * HOUR_MS },
  };
  const tsdb = await openTestTsdb(files, { clock: new VirtualClock({ startMs: NOW_MS }), options });
  await passTime(tsdb);
  assert.deepEqual(
    tsdb.stats().downsampled.map(({ resolution, blocks }) => [resolution, blocks]),
    [
      ['5m', 0],
      ['1h', 1],
    ],
  );
  assert.deepEqual(await read(tsdb, 'sum-and-count'), {
    up: [
      [60, (59 * 60) / 2, 60, NaN],
      [120, 30 * 60 + (29 * 30) / 2, 30, NaN],
    ],
  });
  await tsdb.close();
  const clock = new VirtualClock({ startMs: NOW_MS + 2000 * HOUR_MS });
  const empty = await openTestTsdb(files, { clock, options });
  await passTime(empty);
  assert.deepEqual(await read(empty, 'max'), {});
  await empty.close();
});

test('a snapshot has the buckets, and what says that the samples are gone', async () => {
  const files = newFiles();
  await write(files, [[up, [START_MS + MINUTE_MS, 1]]]);
  const tsdb = await openLater(files);
  const name = await tsdb.snapshot({ hasHead: true });
  const copy = await openAt(files, { leaving: true, directory: `${DIRECTORY}/snapshots/${name}` });
  assert.deepEqual(await read(copy, 'max'), { up: [[5, 1]] });
  await copy.close();
  await tsdb.close();
});

test('a damaged note of what is gone is set aside, reported and estimated from the blocks', async () => {
  const files = newFiles();
  await write(files, [[up, [START_MS + MINUTE_MS, 1]]]);
  await (await openLater(files)).close();
  const path = `${DIRECTORY}/downsampled`;
  const note = await files.read(path);
  for (const bytes of [note.subarray(0, 20), note.with(9, 7), new Uint8Array(0)]) {
    await files.writeAtomic(path, bytes);
    const tsdb = await openAt(files, { leaving: true });
    assert.match(tsdb.warnings[0]?.message ?? '', /note of how far samples have left is damaged/);
    assert.deepEqual(await read(tsdb, 'max'), { up: [[5, 1]] });
    await tsdb.close();
  }
});

test('a note of another version is refused with a remedy', async () => {
  const files = newFiles();
  await write(files, [[up, [START_MS + MINUTE_MS, 1]]]);
  await (await openLater(files)).close();
  const path = `${DIRECTORY}/downsampled`;
  const { crc32 } = await import('node:zlib');
  const note = (await files.read(path)).slice();
  note[4] = 2;
  new DataView(note.buffer).setUint32(24, crc32(note.subarray(0, 24)), true);
  await files.writeAtomic(path, note);
  await assert.rejects(openAt(files), /VED_FORMAT_UNKNOWN|got version 2, want 1; run the version/);
});

test('a damaged block of buckets is made again while its samples are there', async () => {
  const files = newFiles();
  const hours = Array.from({ length: 12 }, (_, hour): TestSeries[] => [
    [up, ...everyMinute(START_MS + hour * HOUR_MS + MINUTE_MS, 3, (i) => hour + i)],
  ]);
  await write(files, ...hours);
  const making = await openAt(files);
  await passTime(making);
  const want = await read(making, 'sum-and-count', 5 * MINUTE_MS);
  assert.equal(want['up']?.length, 12);
  await making.close();
  const [block] = await files.list(`${DIRECTORY}/blocks-5m`);
  const path = `${DIRECTORY}/blocks-5m/${block?.name}`;
  await files.writeAtomic(path, (await files.read(path)).subarray(0, 100));
  const tsdb = await openAt(files);
  assert.match(tsdb.warnings[0]?.message ?? '', /damaged block was set aside/);
  await passTime(tsdb);
  assert.deepEqual(await read(tsdb, 'sum-and-count', 5 * MINUTE_MS), want);
  await tsdb.close();
});

test('series that a rule names leave no buckets; a rule that is not shorter takes nothing away', async () => {
  const files = newFiles();
  const names = ['debug', 'kept', 'up'];
  await write(
    files,
    names.map((name): TestSeries => [{ __name__: name }, [START_MS + MINUTE_MS, 1]]),
  );
  const tsdb = await openTestTsdb(files, {
    clock: new VirtualClock({ startMs: NOW_MS }),
    options: {
      retentionMs: 6 * HOUR_MS,
      downsampling: KEPT,
      retentionRules: [
        { matchers: [createMatcher('__name__', '=', 'kept')], retentionMs: 6 * HOUR_MS },
        { matchers: [createMatcher('__name__', '=~', 'debug|kept')], retentionMs: 3 * HOUR_MS },
      ],
    },
  });
  await passTime(tsdb);
  assert.deepEqual(Object.keys(await read(tsdb, 'max')), ['kept', 'up']);
  await tsdb.close();
});

test('beyond the limit of size samples leave their buckets behind, which count', async () => {
  const files = newFiles();
  const day = (hour: number): TestSeries[] =>
    Array.from({ length: 40 }, (_, i) => [
      { __name__: 'x', i: String(i) },
      ...everyMinute(START_MS + hour * HOUR_MS + MINUTE_MS, 50, (k) => Math.sin(k * i)),
    ]);
  await write(files, day(0), day(1), day(2));
  const tsdb = await openTestTsdb(files, {
    clock: new VirtualClock({ startMs: NOW_MS }),
    options: { retentionMs: 1000 * HOUR_MS, retentionBytes: 40_000, downsampling: KEPT },
  });
  await passTime(tsdb);
  const { blocks, downsampled } = tsdb.stats();
  assert.equal(blocks, 1);
  assert.ok((downsampled[0]?.blocks ?? 0) >= 2);
  const found = await read(tsdb, 'sum-and-count');
  for (const points of Object.values(found))
    assert.equal(
      points.reduce((sum, [, , weight = 1]) => sum + weight, 0),
      150,
    );
  await tsdb.close();
});

test('samples older than their buckets would be kept are not downsampled over and over', async () => {
  const files = newFiles();
  await write(
    files,
    ...Array.from({ length: 12 }, (_, hour): TestSeries[] => [[up, [START_MS + hour * HOUR_MS + 1, 1]]]),
  );
  const tsdb = await openTestTsdb(files, {
    clock: new VirtualClock({ startMs: NOW_MS + 100 * HOUR_MS }),
    options: { retentionMs: 1000 * HOUR_MS, downsampling: { fiveMinutesMs: HOUR_MS, oneHourMs: HOUR_MS } },
  });
  await passTime(tsdb);
  assert.deepEqual(
    tsdb.stats().downsampled.map(({ blocks }) => blocks),
    [0, 0],
  );
  assert.equal((await read(tsdb))['up']?.length, 12);
  await tsdb.close();
});

test('every byte of buckets can be examined', async () => {
  const files = newFiles();
  await write(files, [[up, ...everyMinute(START_MS + MINUTE_MS, 10, (i) => (i > 5 ? histogramOf([i]) : i))]]);
  await (await openLater(files)).close();
  const examined = await examineStore({ files, slicer: eagerSlicer }, DIRECTORY);
  const own = examined.filter(({ kind }) => kind === 'downsampled');
  assert.deepEqual(
    own.map(({ path, sampleCount, fault }) => [path.slice(DIRECTORY.length + 1), sampleCount, fault]),
    [
      ['blocks-1h/1h-00000001-00000001.block', 2, undefined],
      ['blocks-5m/5m-00000001-00000001.block', 3, undefined],
      ['downsampled', 0, undefined],
    ],
  );
  assert.deepEqual(
    examined.filter(({ kind }) => kind === 'unknown'),
    [],
  );
  for (const { path } of own) {
    const bytes = (await files.read(path)).slice();
    const middle = Math.floor(bytes.length / 2);
    await files.writeAtomic(path, bytes.with(middle, (bytes[middle] ?? 0) ^ 1));
    const again = await examineStore({ files, slicer: eagerSlicer }, DIRECTORY);
    assert.equal(again.find((file) => file.path === path)?.fault?.kind, 'damaged', path);
    await files.writeAtomic(path, bytes);
  }
});
