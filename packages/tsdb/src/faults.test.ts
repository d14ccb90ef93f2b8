import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createMatcher,
  FaultyFiles,
  labelsOf,
  MemoryFiles,
  SeededRandom,
  VirtualClock,
  type SeriesSamples,
} from '@vedette/model';
import {
  batchOf,
  faultyFiles,
  openTestTsdb,
  readAll,
  START_MS as T,
  type OpenedTsdb,
  type TestSeries,
} from './testing.ts';

const DAY_MS = 86_400_000;
const EVER = { fromMs: -Infinity, untilMs: Infinity };

const newDisk = (): MemoryFiles => new MemoryFiles(new SeededRandom(1));
const sample = (name: string, timestampMs: number, value: number): TestSeries => [
  { __name__: name },
  [timestampMs, value],
];
const until = async (isTrue: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 1e5 && !isTrue(); turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(isTrue(), `never came true: ${String(isTrue)}`);
};

describe('clocks that jump', () => {
  test('a clock that is a month ahead for some minutes removes nothing', async () => {
    const tsdb = await openTestTsdb(newDisk(), { options: { retentionMs: DAY_MS } });
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    await tsdb.flush();
    for (let round = 0; round < 5; round++) {
      tsdb.clock.jumpWallClock(30 * DAY_MS);
      await tsdb.clock.advance(500_000);
      tsdb.clock.jumpWallClock(-30 * DAY_MS);
      await tsdb.clock.advance(200_000);
    }
    assert.equal(tsdb.stats().blocks, 1);
    tsdb.clock.jumpWallClock(30 * DAY_MS);
    await tsdb.clock.advance(1_300_000);
    await until(() => tsdb.stats().blocks === 0);
    await tsdb.close();
  });

  test('after a day ahead and back samples of the right time are taken, what is ahead and what is old is not', async () => {
    const files = newDisk();
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    tsdb.clock.jumpWallClock(DAY_MS);
    await tsdb.writer.append(batchOf(sample('x', T + DAY_MS, 2)));
    tsdb.clock.jumpWallClock(-DAY_MS);
    await tsdb.clock.advance(15_000);
    const { refusals, acceptedCount } = await tsdb.writer.append(
      batchOf(
        sample('new', T + 15_000, 1),
        sample('x', T + 15_000, 3),
        sample('x', T - 600_000, 4),
        sample('x', T + DAY_MS + 1, 5),
      ),
    );
    assert.equal(acceptedCount, 2);
    assert.deepEqual(
      refusals.map(({ reason }) => reason),
      ['too-old', 'too-new'],
    );
    const written = [
      [T, 1],
      [T + 15_000, 3],
      [T + DAY_MS, 2],
    ];
    const find = async ({ reader }: OpenedTsdb): Promise<unknown> => (await readAll(reader)).get('x');
    assert.deepEqual(await find(tsdb), written);
    await tsdb.flush();
    assert.deepEqual(await find(tsdb), written);
    await tsdb.close();
    const again = await openTestTsdb(files);
    assert.deepEqual(await find(again), written);
    await again.close();
  });

  test('once the time of what was stored ahead has come, the order is kept as before', async () => {
    const tsdb = await openTestTsdb(newDisk());
    tsdb.clock.jumpWallClock(DAY_MS);
    await tsdb.writer.append(batchOf(sample('x', T + DAY_MS, 1)));
    tsdb.clock.jumpWallClock(-DAY_MS);
    const late = async (): Promise<number> => {
      const { acceptedCount } = await tsdb.writer.append(batchOf(sample('x', tsdb.clock.nowMs() - 1000, 2)));
      return acceptedCount;
    };
    tsdb.clock.jumpWallClock(DAY_MS - 600_001);
    assert.equal(await late(), 1);
    tsdb.clock.jumpWallClock(1);
    assert.equal(await late(), 0);
    await tsdb.close();
  });

  test('times that no log record can hold are refused one by one, the rest of the batch is kept', async () => {
    const files = newDisk();
    const tsdb = await openTestTsdb(files);
    const far = [1.7e18, Number.MAX_VALUE, Infinity, 2 ** 53, -(2 ** 53), -8.64e15, -Infinity, -1];
    const series = far.map((timestampMs, i) => sample(`far${i}`, timestampMs, 1));
    const result = await tsdb.writer.append(
      batchOf(...series.slice(0, 4), sample('x', T, 1), ...series.slice(4)),
    );
    assert.deepEqual(result, {
      acceptedCount: 1,
      acceptedHistogramCount: 0,
      acceptedExemplarCount: 0,
      createdSeriesCount: 1,
      refusals: [
        { reason: 'too-old', count: 4, example: 'far4' },
        { reason: 'too-new', count: 4, example: 'far0' },
      ],
    });
    await tsdb.close();
    const again = await openTestTsdb(files);
    assert.deepEqual([...(await readAll(again.reader))], [['x', [[T, 1]]]]);
    await again.close();
  });
});

describe('readers that do not come back', () => {
  test('a query that is given up while its series are named and sorted stops there', async () => {
    const abort = new AbortController();
    // Not counted before the query.
    let yields = -Infinity;
    const slicer = {
      shouldYield: () => true,
      yield: async () => {
        await Promise.resolve();
        if (++yields === 3) abort.abort(new Error('given up'));
      },
    };
    const tsdb = await openTestTsdb(newDisk(), { slicer });
    await tsdb.writer.append(batchOf(...Array.from({ length: 5000 }, (_, i) => sample(`x${i}`, T, i))));
    yields = 0;
    await assert.rejects(async () => {
      for await (const batch of tsdb.reader.select([], EVER, abort.signal)) assert.ok(batch);
    }, /given up/);
    assert.equal(yields, 3);
    await tsdb.close();
  });

  test('a stream that nobody iterates, or only returns, holds nothing', async () => {
    const tsdb = await openTestTsdb(newDisk());
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    const { signal } = new AbortController();
    tsdb.reader.select([], EVER, signal);
    await tsdb.reader.select([], EVER, signal)[Symbol.asyncIterator]().return?.();
    assert.equal(tsdb.stats().openViews, 0);
    await tsdb.flush();
    assert.equal(tsdb.stats().headRange, undefined);
    await tsdb.close();
  });

  test('a reader that stopped half-way delays freeing memory, not closing', async () => {
    const files = faultyFiles(newDisk());
    const tsdb = await openTestTsdb(files);
    for (let i = 0; i < 2; i++) {
      await tsdb.writer.append(batchOf(sample('x', T + i, i)));
      await tsdb.flush();
    }
    await tsdb.writer.append(batchOf(sample('x', T + 5, 5)));
    const stuck = tsdb.reader.select([], EVER, new AbortController().signal)[Symbol.asyncIterator]();
    await stuck.next();
    const flushing = tsdb.flush();
    const failed = assert.rejects(flushing, /the store is closing/);
    await until(() => tsdb.stats().blocks === 3);
    await tsdb.close();
    await failed;
    assert.equal(files.openCount, 0);
  });

  test('an aborted stream throws the reason, whatever the disk says then', async () => {
    const abort = new AbortController();
    // Given up while the disk takes its time.
    const clock = { sleep: () => Promise.resolve(abort.abort(new Error('canceled'))) };
    const files = new FaultyFiles({ clock, random: new SeededRandom(1) }, newDisk());
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    await tsdb.flush();
    files.rules = [
      { path: /./, operations: ['read'], effect: { kind: 'delay', delayMs: 1 } },
      { path: /./, operations: ['read'], effect: { kind: 'error', code: 'EBADF' } },
    ];
    await assert.rejects(async () => {
      for await (const batch of tsdb.reader.select([], EVER, abort.signal)) assert.ok(batch);
    }, /^Error: canceled$/);
    assert.equal(tsdb.stats().openViews, 0);
    await tsdb.close();
  });
});

describe('files', () => {
  test('a block that cannot be read does not let older samples in behind newer ones', async () => {
    const files = faultyFiles(newDisk());
    const tsdb = await openTestTsdb(files, { options: { cacheBytesMax: 0 } });
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    await tsdb.flush();
    await tsdb.writer.append(batchOf(sample('x', T + 10, 2)));
    await tsdb.flush();
    await tsdb.writer.append(batchOf(sample('y', T, 1)));
    await tsdb.flush();
    assert.equal(tsdb.stats().activeSeries, 1);
    files.rules = [{ path: /00000002/, operations: ['read'], effect: { kind: 'error', code: 'EIO' } }];
    await assert.rejects(tsdb.writer.append(batchOf(sample('x', T + 5, 9))), {
      name: 'UnavailableError',
      code: 'VED_STORAGE_FAILED',
      message:
        /^cannot append samples: block ".*", which may have newer ones, cannot be read: EIO: read '.*'$/,
    });
    files.rules = [];
    const { refusals } = await tsdb.writer.append(batchOf(sample('x', T + 5, 9)));
    assert.equal(refusals[0]?.reason, 'out-of-order');
    await tsdb.close();
  });

  test('damage, failing flushes and failing rotations leave no file open', async () => {
    const disk = newDisk();
    const files = faultyFiles(disk);
    const tsdb = await openTestTsdb(files);
    for (let i = 0; i < 3; i++) {
      await tsdb.writer.append(batchOf(sample('x', T + i, i)));
      await tsdb.flush();
    }
    assert.equal(files.openCount, 4);
    disk.flipBit(`${'data'}/blocks/00000002-00000002.block`, 20);
    await assert.rejects(readAll(tsdb.reader), /checksum/);
    await until(() => files.openCount === 3);
    await tsdb.writer.append(batchOf(sample('x', T + 9, 9)));
    for (const operation of ['append', 'sync', 'syncDirectory'] as const)
      for (let i = 0; i < 3; i++) {
        disk.failNext(operation, operation === 'syncDirectory' ? 'wal' : '.wal', 'EIO');
        await assert.rejects(tsdb.flush(), { code: 'VED_STORAGE_FAILED' }, operation);
        assert.equal(files.openCount, 3, operation);
      }
    for (let i = 0; i < 3; i++) {
      disk.failNext('append', '.block', 'ENOSPC');
      await assert.rejects(tsdb.flush(), { code: 'VED_STORAGE_FULL' });
      assert.equal(files.openCount, 3);
    }
    await tsdb.flush();
    await tsdb.close();
    assert.equal(files.openCount, 0);
  });

  test('a disk that refuses while the store is opened is told with what to do', async () => {
    const disk = newDisk();
    disk.failNext('append', '.wal', 'ENOSPC');
    await assert.rejects(openTestTsdb(disk), {
      name: 'FatalError',
      code: 'VED_STORAGE_FULL',
      message: 'cannot open the metrics store "data": the disk is full; free space on it and start again',
    });
    disk.failNext('makeDirectory', 'data', 'EACCES');
    await assert.rejects(openTestTsdb(disk), {
      name: 'FatalError',
      code: 'VED_STORAGE_UNUSABLE',
      message: /^cannot open the metrics store "data": EACCES.*; make its files readable and writable/,
    });
  });

  test('a log that cannot be synced at the end still closes every file', async () => {
    const disk = newDisk();
    const files = faultyFiles(disk);
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    await tsdb.flush();
    await tsdb.writer.append(batchOf(sample('x', T + 1, 1)));
    disk.failNext('sync', '.wal', 'EIO');
    await assert.rejects(tsdb.close(), { code: 'VED_STORAGE_FAILED' });
    assert.equal(files.openCount, 0);
    await assert.rejects(tsdb.flush(), /the store is closing/);
  });
});

test('a label value of 1 MB is refused with its batch kept, appended and imported', async () => {
  const tsdb = await openTestTsdb(newDisk());
  const huge: TestSeries = [{ __name__: 'x', path: 'a'.repeat(1_000_000) }, [T, 1]];
  const { acceptedCount, refusals } = await tsdb.writer.append(
    batchOf(sample('a', T, 1), huge, sample('b', T, 1)),
  );
  assert.equal(acceptedCount, 2);
  assert.deepEqual(
    refusals.map(({ reason, count }) => [reason, count]),
    [['labels-too-long', 1]],
  );
  const one = { timestampsMs: Float64Array.of(T), values: Float64Array.of(1), staleFlags: undefined };
  const stream = async function* (): AsyncGenerator<readonly SeriesSamples[]> {
    yield await Promise.resolve([
      { labels: labelsOf({ __name__: 'x', path: 'a'.repeat(1_000_000) }), ...one, histograms: undefined },
    ]);
  };
  const imported = await tsdb.importBlock(stream(), new AbortController().signal);
  assert.deepEqual([imported.sampleCount, imported.refusals[0]?.reason], [0, 'labels-too-long']);
  assert.deepEqual([...(await readAll(tsdb.reader)).keys()], ['a', 'b']);
  await tsdb.close();
});

describe('what a disk says', () => {
  test('after a failed sync the head goes to a block, and a power loss takes nothing', async () => {
    for (let seed = 1; seed < 8; seed++) {
      const disk = new MemoryFiles(new SeededRandom(seed));
      const tsdb = await openTestTsdb(disk);
      await tsdb.writer.append(batchOf(sample('x', T, 1)));
      disk.failNext('sync', '.wal', 'EIO');
      await tsdb.clock.advance(2000);
      assert.match(tsdb.stats().problems.join(), /failed to sync the log/);
      await tsdb.clock.advance(4000);
      await until(() => tsdb.stats().problems.length === 0);
      assert.equal(tsdb.stats().blocks, 1);
      await tsdb.clock.advance(2000);
      const again = await openTestTsdb(disk.restart('power'));
      assert.deepEqual([...(await readAll(again.reader))], [['x', [[T, 1]]]]);
      await again.close();
    }
  });

  test('what was deleted with a whole block stays away when a power loss brings its file back', async () => {
    for (let seed = 1; seed < 8; seed++) {
      const disk = new MemoryFiles(new SeededRandom(seed));
      const tsdb = await openTestTsdb(disk);
      await tsdb.writer.append(batchOf(sample('x', T, 1)));
      await tsdb.deleteSeries([[createMatcher('__name__', '=', 'x')]], EVER);
      await tsdb.cleanTombstones();
      assert.equal(tsdb.stats().blocks, 0);
      const again = await openTestTsdb(disk.restart('power'));
      assert.deepEqual([...(await readAll(again.reader))], []);
      await again.close();
    }
  });

  test('a read that fails is an error to whoever asked, by class and with the reason', async () => {
    const random = new SeededRandom(1);
    const clock = new VirtualClock({ startMs: T });
    const files = new FaultyFiles({ clock, random }, newDisk());
    const tsdb = await openTestTsdb(files, { clock, options: { cacheBytesMax: 0 } });
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    await tsdb.flush();
    for (const effect of [{ kind: 'error', code: 'EIO' }, { kind: 'short-read' }] as const) {
      files.rules = [{ path: /block/, operations: ['read'], effect }];
      await assert.rejects(readAll(tsdb.reader), {
        name: 'UnavailableError',
        code: 'VED_STORAGE_FAILED',
        message: /^cannot read stored samples: (EIO|cannot read ".*": got fewer bytes)/,
      });
      files.rules = [];
      assert.equal((await readAll(tsdb.reader)).size, 1);
    }
    assert.deepEqual(tsdb.stats().problems, []);
    await tsdb.close();
  });

  test('no query waits for a disk that writes slowly; appends wait and are stored', async () => {
    const clock = new VirtualClock({
      startMs: T,
      settle: () => new Promise((resolve) => setImmediate(resolve)),
    });
    const files = new FaultyFiles({ clock, random: new SeededRandom(1) }, newDisk());
    const tsdb = await openTestTsdb(files, { clock });
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    await tsdb.flush();
    await tsdb.writer.append(batchOf(sample('x', T + 1, 2)));
    files.rules = [
      { path: /./, operations: ['append', 'change', 'open'], effect: { kind: 'delay', delayMs: 200 } },
      { path: /./, operations: ['sync'], effect: { kind: 'delay', delayMs: 5000 } },
    ];
    const flushing = tsdb.flush();
    const appending = tsdb.writer.append(batchOf(sample('x', T + 2, 3)));
    const isWaiting = async (work: Promise<unknown>): Promise<boolean> => {
      let isSettled = false;
      void work.finally(() => (isSettled = true));
      await clock.advance(0);
      return !isSettled;
    };
    for (let second = 0; second < 8; second++) {
      const asked = clock.monotonicMs();
      const all = await readAll(tsdb.reader);
      assert.deepEqual(all.get('x')?.slice(0, 2), [
        [T, 1],
        [T + 1, 2],
      ]);
      assert.equal(clock.monotonicMs(), asked);
      if (second === 0) assert.ok(await isWaiting(appending));
      await clock.advance(1000);
    }
    // Compression takes real time, the disk virtual one.
    const settled = async <U>(work: Promise<U>): Promise<U> => {
      let isOver = false;
      const watched = work.finally(() => (isOver = true));
      for (let turn = 0; turn < 1e5 && !isOver; turn++) await clock.advance(100);
      assert.ok(isOver, 'does not end');
      return await watched;
    };
    await settled(flushing);
    assert.equal((await settled(appending)).acceptedCount, 1);
    await settled(tsdb.close());
  });
});

describe('what the owner is told', () => {
  test('the oldest sample is that of blocks and head together', async () => {
    const tsdb = await openTestTsdb(newDisk());
    assert.equal(tsdb.stats().oldestSampleMs, undefined);
    await tsdb.writer.append(batchOf(sample('x', T - 5, 1)));
    assert.equal(tsdb.stats().oldestSampleMs, T - 5);
    await tsdb.flush();
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    assert.deepEqual(tsdb.stats().headRange, { minMs: T, maxMs: T });
    assert.equal(tsdb.stats().oldestSampleMs, T - 5);
    await tsdb.close();
  });

  test('damaged files are a problem until somebody takes them away', async () => {
    const files = newDisk();
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    await tsdb.flush();
    assert.deepEqual(tsdb.stats().problems, []);
    const path = 'data/blocks/00000001-00000001.block';
    files.flipBit(path, 20);
    await tsdb.close();
    const again = await openTestTsdb(files);
    await readAll(again.reader).catch(() => undefined);
    await until(() => files.paths.includes(`${path}.damaged`));
    await again.clock.advance(6000);
    await until(() => again.stats().problems.length === 1);
    assert.deepEqual(again.stats().problems, [
      `1 damaged file was set aside, samples in there are missing from answers: ${path}.damaged; restore from a backup, or remove them to end this message`,
    ]);
    await again.close();
    const third = await openTestTsdb(files);
    assert.equal(third.stats().problems.length, 1);
    await files.remove(`${path}.damaged`);
    await third.clock.advance(6000);
    await until(() => third.stats().problems.length === 0);
    await third.close();
  });

  test('while blocks cannot be written the head grows to its ceiling and no further', async () => {
    const disk = newDisk();
    const tsdb = await openTestTsdb(disk, { options: { headBytesMax: 2 ** 20 } });
    const random = new SeededRandom(3);
    const ofRound = (round: number): TestSeries[] =>
      Array.from({ length: 20 }, (_, i): TestSeries => [
        { __name__: 'x', i: String(i) },
        ...Array.from({ length: 20_000 }, (_, j): [number, number] => [
          T + round * 20_000 + j,
          random.float(),
        ]),
      ]);
    let refused: unknown;
    for (let round = 0; round < 40 && refused === undefined; round++) {
      disk.failNext('append', '.block', 'EIO');
      await tsdb.flush().catch(() => undefined);
      await tsdb.writer.append(batchOf(...ofRound(round))).catch((error: unknown) => (refused = error));
    }
    assert.ok(refused instanceof Error);
    assert.match(
      refused.message,
      /^cannot append samples: no samples are accepted: \d+ MiB of them could not be written to a block yet, the limit is 65 MiB \(from storage\.metrics\.head_bytes_max\)/,
    );
    assert.equal(tsdb.stats().problems.length, 1);
    assert.ok(tsdb.stats().headBytes < 90 * 2 ** 20);
    // One failure is left over from the first round, whose head was empty.
    await assert.rejects(tsdb.flush(), { code: 'VED_STORAGE_FAILED' });
    await tsdb.flush();
    assert.deepEqual(tsdb.stats().problems, []);
    assert.equal((await tsdb.writer.append(batchOf(sample('x', T + 599_999, 1)))).acceptedCount, 1);
    await tsdb.close();
  });

  test('after a batch that failed half-way nothing is accepted, until a restart makes it whole', async () => {
    const files = newDisk();
    let yields = 0;
    // One while the batch is planned, one while it is applied.
    const slicer = {
      shouldYield: () => true,
      yield: () => (++yields === 2 ? Promise.reject(new Error('a bug')) : Promise.resolve()),
    };
    const tsdb = await openTestTsdb(files, { slicer });
    await assert.rejects(tsdb.writer.append(batchOf(sample('x', T, 1))), /^Error: a bug$/);
    await assert.rejects(
      tsdb.writer.append(batchOf(sample('x', T + 1, 1))),
      /an earlier batch failed half-way/,
    );
    assert.match(
      tsdb.stats().problems[0] ?? '',
      /^no samples are accepted: an earlier batch failed half-way/,
    );
    await tsdb.close();
    const again = await openTestTsdb(files);
    assert.deepEqual([...(await readAll(again.reader))], [['x', [[T, 1]]]]);
    await again.close();
  });

  test('a maintenance that fails is a problem until it succeeds', async () => {
    const disk = newDisk();
    const tsdb = await openTestTsdb(disk);
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    disk.failNext('openAppender', '.block', 'EACCES');
    await tsdb.clock.advance(2 * 3_600_000 + 6000);
    await until(() => tsdb.stats().problems.length > 0);
    assert.match(tsdb.stats().problems[0] ?? '', /^samples cannot be moved to blocks.*EACCES/);
    await tsdb.clock.advance(70_000);
    await until(() => tsdb.stats().problems.length === 0);
    assert.equal(tsdb.stats().blocks, 1);
    await tsdb.close();
  });
});
