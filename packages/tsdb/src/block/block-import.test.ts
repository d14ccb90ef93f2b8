import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  InputError,
  labelsOf,
  MemoryFiles,
  SeededRandom,
  UnavailableError,
  type SeriesSamples,
} from '@vedette/model';
import {
  batchOf,
  DIRECTORY,
  openTestTsdb,
  histogramOf,
  readAll,
  readMixed,
  START_MS as T,
  type OpenedTsdb,
  type TestSeries,
} from '../testing.ts';

const DAY_MS = 86_400_000;
const NEVER = new AbortController().signal;
const X = { __name__: 'x' };

const newFiles = (): MemoryFiles => new MemoryFiles(new SeededRandom(1));

function samplesOf([labels, ...samples]: TestSeries): SeriesSamples {
  return {
    labels: labelsOf(labels),
    timestampsMs: Float64Array.from(samples, ([timestampMs]) => timestampMs),
    values: Float64Array.from(samples, ([, value]) => (typeof value === 'number' ? value : 0)),
    staleFlags: undefined,
    histograms: new Map(
      samples.flatMap(([, value], i) => (typeof value === 'object' ? [[i, value] as const] : [])),
    ),
  };
}

/** A stream of one series a step. */
async function* streamOf(...series: readonly TestSeries[]): AsyncGenerator<readonly SeriesSamples[]> {
  for (const one of series) yield await Promise.resolve([samplesOf(one)]);
}

const importOf = (tsdb: OpenedTsdb, ...series: readonly TestSeries[]) =>
  tsdb.importBlock(streamOf(...series), NEVER);

const readX = async (tsdb: OpenedTsdb): Promise<[number, number][] | undefined> =>
  (await readAll(tsdb.reader)).get('x');

const leftovers = (files: MemoryFiles): string[] => files.paths.filter((path) => path.includes('import'));

describe('an import', () => {
  test('is read with what was there, now and after a restart', async () => {
    const files = newFiles();
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf([X, [T, 10]]));
    const result = await importOf(
      tsdb,
      [X, [T - 5000, 1], [T - 4000, 2]],
      [{ __name__: 'y' }, [T - 4500, 3]],
    );
    assert.deepEqual(result, {
      seriesCount: 2,
      sampleCount: 3,
      range: { fromMs: T - 5000, untilMs: T - 4000 },
      refusals: [],
    });
    const want = new Map([
      [
        'x',
        [
          [T - 5000, 1],
          [T - 4000, 2],
          [T, 10],
        ],
      ],
      ['y', [[T - 4500, 3]]],
    ]);
    assert.deepEqual(await readAll(tsdb.reader), want);
    // Older than all that the head has: it need not be flushed for it.
    assert.equal(tsdb.stats().blocks, 1);
    await tsdb.close();
    assert.deepEqual(leftovers(files), []);
    const again = await openTestTsdb(files);
    assert.deepEqual(await readAll(again.reader), want);
    await again.close();
  });

  test('loses against what was stored before it, in blocks or in the head, and wins against what comes later', async () => {
    const files = newFiles();
    const tsdb = await openTestTsdb(files, { options: { outOfOrderWindowMs: DAY_MS } });
    await tsdb.writer.append(batchOf([X, [T, 1]]));
    await tsdb.flush();
    await tsdb.writer.append(batchOf([X, [T + 1000, 2], [T + 4000, 5]]));
    await importOf(tsdb, [X, [T, -1], [T + 1000, -1], [T + 2000, 3], [T + 3000, 4]]);
    await tsdb.writer.append(batchOf([X, [T + 2000, -2], [T + 3500, 4.5]]));
    const want = [
      [T, 1],
      [T + 1000, 2],
      [T + 2000, 3],
      [T + 3000, 4],
      [T + 3500, 4.5],
      [T + 4000, 5],
    ];
    assert.deepEqual(await readX(tsdb), want);
    await tsdb.flush();
    assert.deepEqual(await readX(tsdb), want);
    await tsdb.close();
    const again = await openTestTsdb(files);
    assert.deepEqual(await readX(again), want);
    await again.close();
  });

  test('leaves out what is older than the retention or ahead of the clock, and says so', async () => {
    const tsdb = await openTestTsdb(newFiles(), { options: { retentionMs: DAY_MS } });
    const result = await importOf(
      tsdb,
      [X, [T - DAY_MS - 2, 0], [T - DAY_MS - 1, 0], [T - DAY_MS, 1]],
      [{ __name__: 'y' }, [T - DAY_MS - 1, 0]],
    );
    assert.deepEqual(result.refusals, [{ reason: 'too-old', count: 3, example: 'x' }]);
    assert.deepEqual([result.seriesCount, result.sampleCount], [1, 1]);
    assert.deepEqual(await readX(tsdb), [[T - DAY_MS, 1]]);
    const ahead = await importOf(tsdb, [X, [T + 600_000, 1], [T + 600_001, 0]]);
    assert.deepEqual(ahead.refusals, [{ reason: 'too-new', count: 1, example: 'x' }]);
    const nothing = await importOf(tsdb, [X, [T + DAY_MS, 1]]);
    assert.deepEqual([nothing.sampleCount, nothing.range], [0, undefined]);
    assert.equal(tsdb.stats().blocks, 2);
    await tsdb.close();
  });

  test('keeps staleness markers and histograms, and leaves out those that contradict themselves', async () => {
    const tsdb = await openTestTsdb(newFiles());
    const samples = samplesOf([
      X,
      [T - 90 * DAY_MS, histogramOf([7])],
      [T - 5000, histogramOf([1, 2])],
      [T - 4000, 1],
      [T - 3000, histogramOf([-1])],
      [T - 2000, histogramOf([1, 3])],
      [T - 1000, histogramOf([4])],
    ]);
    const series = { ...samples, staleFlags: Uint8Array.of(0, 0, 0, 0, 0, 1) };
    const stream = async function* () {
      yield await Promise.resolve([series]);
    };
    const { refusals, sampleCount } = await tsdb.importBlock(stream(), NEVER);
    assert.deepEqual(refusals, [
      { reason: 'too-old', count: 1, example: 'x' },
      { reason: 'invalid-histogram', count: 1, example: 'x' },
    ]);
    assert.equal(sampleCount, 4);
    assert.deepEqual((await readMixed(tsdb.reader)).get('x'), [
      [T - 5000, histogramOf([1, 2])],
      [T - 4000, 1],
      [T - 2000, histogramOf([1, 3])],
      [T - 1000, 'stale'],
    ]);
    await tsdb.close();
  });
});

test('of two newest samples at one time in different blocks a new series of the head knows the one that is read', async () => {
  const files = newFiles();
  const tsdb = await openTestTsdb(files);
  await tsdb.writer.append(batchOf([X, [T, 1]]));
  await tsdb.flush();
  await importOf(tsdb, [X, [T, 2]], [{ __name__: 'y' }, [T + 5, 1]]);
  await tsdb.close();
  const again = await openTestTsdb(files);
  const append = async (value: number) =>
    (await again.writer.append(batchOf([X, [T, value]]))).refusals.length;
  assert.deepEqual([await readX(again), await append(1), await append(2)], [[[T, 1]], 0, 1]);
  await again.close();
});

describe('limits of an import', () => {
  test('one block covers a tenth of the retention, not a millisecond more', async () => {
    const files = newFiles();
    const tsdb = await openTestTsdb(files);
    const { importSpanMsMax } = tsdb;
    assert.equal(importSpanMsMax, 3 * DAY_MS);
    await importOf(tsdb, [X, [T - importSpanMsMax, 1], [T, 1]]);
    await assert.rejects(
      importOf(tsdb, [X, [T - importSpanMsMax, 1]], [{ __name__: 'y' }, [T + 1, 1]]),
      (error) =>
        error instanceof InputError && /^cannot import y: .* limit is 259200000 \(/.test(error.message),
    );
    assert.equal(tsdb.stats().blocks, 1);
    assert.deepEqual(leftovers(files), []);
    await tsdb.close();
  });

  test('it has as many series as the store takes, and label sets as long', async () => {
    const tsdb = await openTestTsdb(newFiles(), { options: { seriesMax: 2 } });
    const three = ['a', 'b', 'c'].map((name): TestSeries => [{ __name__: name }, [T, 1]]);
    await importOf(tsdb, ...three.slice(0, 2));
    await assert.rejects(importOf(tsdb, ...three), { code: 'VED_IMPORT_REFUSED' });
    const long = await importOf(tsdb, [{ __name__: 'x', long: 'x'.repeat(16_384) }, [T, 1]]);
    assert.deepEqual(
      long.refusals.map(({ reason, count }) => [reason, count]),
      [['labels-too-long', 1]],
    );
    await tsdb.close();
  });

  test('series or times that are not in order are a bug of the caller', async () => {
    const tsdb = await openTestTsdb(newFiles());
    const y = { __name__: 'y' };
    for (const bad of [
      [
        [y, [T, 1]],
        [X, [T, 1]],
      ],
      [
        [X, [T, 1]],
        [X, [T, 1]],
      ],
      [[X, [T, 1], [T, 1]]],
      [[X, [T + 1, 1], [T, 1]]],
      [[X, [0.5, 1]]],
      [[X, [NaN, 1]]],
      [[{}, [T, 1]]],
    ] satisfies TestSeries[][])
      await assert.rejects(importOf(tsdb, ...bad), /BUG: /);
    assert.equal(tsdb.stats().blocks, 0);
    await tsdb.close();
  });
});

describe('an import that does not end', () => {
  test('keeps nothing when its stream fails or its signal aborts', async () => {
    const files = newFiles();
    const tsdb = await openTestTsdb(files);
    const failing = async function* () {
      yield* streamOf([X, [T, 1]]);
      throw new Error('connection lost');
    };
    await assert.rejects(tsdb.importBlock(failing(), NEVER), /connection lost/);
    const controller = new AbortController();
    let isReturned = false;
    const hanging = async function* () {
      try {
        yield* streamOf([X, [T, 1]]);
        controller.abort(new Error('enough'));
        yield* streamOf([{ __name__: 'y' }, [T, 1]]);
      } finally {
        isReturned = true;
      }
    };
    await assert.rejects(tsdb.importBlock(hanging(), controller.signal), /enough/);
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(isReturned);
    await assert.rejects(tsdb.importBlock(streamOf(), controller.signal), /enough/);
    assert.deepEqual(leftovers(files), []);
    assert.equal(tsdb.stats().blocks, 0);
    await tsdb.close();
  });

  test('does not hold up the end of the store, however long its stream hangs', async () => {
    const files = newFiles();
    const tsdb = await openTestTsdb(files);
    const hanging = async function* (): AsyncGenerator<readonly SeriesSamples[]> {
      yield [samplesOf([X, [T, 1]])];
      await new Promise(() => undefined);
    };
    const importing = tsdb.importBlock(hanging(), NEVER);
    const rejected = assert.rejects(importing, /the store is closing/);
    await new Promise((resolve) => setImmediate(resolve));
    await tsdb.close();
    await rejected;
    await assert.rejects(importOf(tsdb, [X, [T, 1]]), /the store is closing/);
    assert.deepEqual(leftovers(files), []);
  });

  test('that waits for a flush, which waits for a reader, does not hold it up either', async () => {
    const files = newFiles();
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf([X, [T, 1]], [{ __name__: 'y' }, [T, 1]]));
    const stream = tsdb.reader.select([], { fromMs: T, untilMs: T }, NEVER)[Symbol.asyncIterator]();
    await stream.next();
    const flushing = assert.rejects(tsdb.flush(), /the store is closing/);
    const importing = assert.rejects(importOf(tsdb, [X, [T - 1, 1]]), /the store is closing/);
    for (let turn = 0; turn < 1e5 && tsdb.stats().blocks === 0; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    await tsdb.close();
    await Promise.all([flushing, importing]);
    assert.deepEqual(leftovers(files), []);
    const again = await openTestTsdb(files);
    assert.deepEqual(await readX(again), [[T, 1]]);
    await again.close();
  });

  test('is refused while the disk is nearly full', async () => {
    const files = newFiles();
    const tsdb = await openTestTsdb(files);
    const samples = Array.from({ length: 2000 }, (_, i): [number, number] => [T + i, i]);
    await tsdb.writer.append(batchOf([X, ...samples]));
    // Less than a twentieth is free.
    files.capacityBytes = files.usedBytes + 100;
    await tsdb.clock.advance(6000);
    await assert.rejects(importOf(tsdb, [X, [T, 1]]), UnavailableError);
    await tsdb.close();
  });

  test('is there as a whole or not at all when the process is killed at any step', async () => {
    const counts = new Set<number>();
    for (let step = 1; step <= 40; step++) {
      const files = newFiles();
      const tsdb = await openTestTsdb(files);
      await tsdb.writer.append(batchOf([X, [T, 1]]));
      files.killAfter(step);
      let isAcknowledged = false;
      const importing = importOf(tsdb, [X, [T - 1000, 0]], [{ __name__: 'y' }, [T + 1, 1]]).then(() => {
        isAcknowledged = true;
      });
      for (let turn = 0; turn < 1e5 && !files.isKilled && !isAcknowledged; turn++)
        await new Promise((resolve) => setImmediate(resolve));
      void importing.catch(() => undefined);
      const disk = files.restart('power');
      const again = await openTestTsdb(disk);
      const all = await readAll(again.reader);
      const importedCount = (all.get('y')?.length ?? 0) + ((all.get('x')?.length ?? 0) > 1 ? 1 : 0);
      assert.ok(importedCount === 0 || importedCount === 2, `step ${step}: ${importedCount} of 2 are there`);
      if (isAcknowledged) assert.equal(importedCount, 2);
      assert.deepEqual(leftovers(disk), []);
      counts.add(importedCount);
      await again.close();
    }
    assert.deepEqual(counts.size, 2);
  });
});

test('imports of random stretches, one over the other and between appends, read as a plain map would', async () => {
  for (let seed = 1; seed <= 4; seed++) {
    const random = new SeededRandom(seed);
    const files = newFiles();
    const tsdb = await openTestTsdb(files, { options: { outOfOrderWindowMs: DAY_MS, headBytesMax: 4000 } });
    const want = new Map<string, Map<number, number>>();
    const note = (name: string, timestampMs: number, value: number): void => {
      const series = want.get(name) ?? new Map<number, number>();
      if (!series.has(timestampMs)) series.set(timestampMs, value);
      want.set(name, series);
    };
    for (let round = 0; round < 40; round++) {
      const fromMs = T - 1000 + Math.floor(random.float() * 900);
      const series = ['x', 'y', 'z'].map((name): TestSeries => {
        const times = Array.from(
          { length: 1 + random.float() * 50 },
          () => fromMs + Math.floor(random.float() * 100),
        );
        const samples = [...new Set(times)].sort((a, b) => a - b).map((t): [number, number] => [t, round]);
        return [{ __name__: name }, ...samples];
      });
      if (random.float() < 0.5) await importOf(tsdb, ...series);
      else await tsdb.writer.append(batchOf(...series));
      for (const [{ __name__: name = '' }, ...samples] of series)
        for (const [timestampMs, value] of samples) note(name, timestampMs, Number(value));
      if (random.float() < 0.2) await tsdb.clock.advance(6000);
      const got = await readAll(tsdb.reader);
      for (const [name, samples] of want)
        assert.deepEqual(
          got.get(name),
          [...samples].sort(([a], [b]) => a - b),
          `seed ${seed}, ${name}`,
        );
    }
    assert.deepEqual(tsdb.warnings, []);
    await tsdb.close();
  }
});

test('what compaction makes of imported blocks and of those around them reads as before', async () => {
  const files = newFiles();
  const tsdb = await openTestTsdb(files);
  const want: [number, number][] = [];
  for (let i = 0; i < 6; i++) {
    await tsdb.writer.append(batchOf([X, [T + i * 1000, i]]));
    await tsdb.flush();
    await importOf(tsdb, [X, [T - i * 1000 - 500, -i], [T + i * 1000, 99]]);
    want.push([T + i * 1000, i], [T - i * 1000 - 500, -i]);
  }
  want.sort(([a], [b]) => a - b);
  assert.equal(tsdb.stats().blocks, 12);
  assert.deepEqual(await readX(tsdb), want);
  await tsdb.clock.advance(6000);
  for (let turn = 0; turn < 1e6 && tsdb.stats().blocks > 1; turn++)
    await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await readX(tsdb), want);
  assert.deepEqual(
    files.paths.filter((path) => path.endsWith('.block')),
    [`${DIRECTORY}/blocks/00000001-00000012.block`],
  );
  await tsdb.close();
});
