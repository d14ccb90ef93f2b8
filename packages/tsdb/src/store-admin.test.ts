import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createMatcher,
  formatLabels,
  MemoryFiles,
  SeededRandom,
  type Matcher,
  type MetricsReader,
} from '@vedette/model';
import {
  batchOf,
  faultyFiles,
  DIRECTORY,
  openTestTsdb,
  readAll,
  START_MS as T,
  type OpenedTsdb,
  type TestSeries,
} from './testing.ts';

const EVER = { fromMs: -Infinity, untilMs: Infinity };
const NEVER = new AbortController().signal;
const named = (name: string): readonly Matcher[] => [createMatcher('__name__', '=', name)];
const sample = (name: string, timestampMs: number, value = 1): TestSeries => [
  { __name__: name },
  [timestampMs, value],
];

async function seriesOf(reader: MetricsReader, range = EVER): Promise<string[]> {
  return (await reader.series({ matcherSets: [], range }, NEVER)).items.map(formatLabels);
}

async function namesOf(reader: MetricsReader): Promise<readonly string[]> {
  return (await reader.labelValues('__name__', { matcherSets: [], range: EVER }, NEVER)).items;
}

/** `x` and `y` with a sample each second: five in a block, five in the head. */
async function fill(tsdb: OpenedTsdb): Promise<void> {
  for (let i = 0; i < 10; i++) {
    if (i === 5) await tsdb.flush();
    await tsdb.writer.append(batchOf(sample('x', T + i * 1000, i), sample('y', T + i * 1000, i)));
  }
}

/** Resolves when the process that uses the disk is dead. */
async function death(files: MemoryFiles): Promise<undefined> {
  for (let turn = 0; turn < 1e5 && !files.isKilled; turn++)
    await new Promise((resolve) => setImmediate(resolve));
  return undefined;
}

const blockNames = (files: MemoryFiles): readonly string[] =>
  files.paths.filter((path) => path.startsWith(`${DIRECTORY}/blocks/`)).map((path) => path.slice(12));

describe('deleting series', () => {
  test('hides a range of head and blocks, before and after a restart', async () => {
    const files = new MemoryFiles(new SeededRandom(1));
    let tsdb = await openTestTsdb(files);
    await fill(tsdb);
    assert.equal(await tsdb.deleteSeries([named('x')], { fromMs: T + 3000, untilMs: T + 7000 }), 1);
    const want = [0, 1, 2, 8, 9].map((i) => [T + i * 1000, i]);
    for (let round = 0; round < 3; round++) {
      const all = await readAll(tsdb.reader);
      assert.deepEqual(all.get('x'), want);
      assert.equal(all.get('y')?.length, 10);
      await tsdb.close();
      tsdb = await openTestTsdb(files);
      assert.deepEqual(tsdb.warnings, []);
    }
    await tsdb.close();
  });

  test('of blocks alone leaves the head where it is; what nothing matches changes nothing', async () => {
    const files = new MemoryFiles(new SeededRandom(1));
    const tsdb = await openTestTsdb(files);
    await fill(tsdb);
    assert.equal(await tsdb.deleteSeries([named('x')], { fromMs: -Infinity, untilMs: T + 4000 }), 1);
    assert.equal(tsdb.stats().blocks, 1);
    const before = tsdb.stats().tombstoneBytes;
    assert.ok(before > 0);
    assert.equal(await tsdb.deleteSeries([named('z')], EVER), 0);
    assert.equal(await tsdb.deleteSeries([named('x')], { fromMs: T + 4000, untilMs: T }), 0);
    assert.equal(await tsdb.deleteSeries([named('x')], { fromMs: T - 10, untilMs: T - 1 }), 0);
    assert.equal(await tsdb.deleteSeries([], EVER), 0);
    assert.deepEqual([tsdb.stats().blocks, tsdb.stats().tombstoneBytes], [1, before]);
    await tsdb.close();
  });

  test('counts a series once, in however many blocks and sets it is, and not when it is deleted already', async () => {
    const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)));
    await fill(tsdb);
    assert.equal(await tsdb.deleteSeries([named('x'), named('y'), named('x')], EVER), 2);
    assert.equal(await tsdb.deleteSeries([named('x')], EVER), 0);
    assert.deepEqual([...(await readAll(tsdb.reader))], []);
    await tsdb.close();
  });

  test('does not hide what is appended later', async () => {
    const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)));
    await fill(tsdb);
    await tsdb.deleteSeries([named('x')], EVER);
    await tsdb.writer.append(batchOf(sample('x', T + 20_000, 20)));
    await tsdb.flush();
    await tsdb.writer.append(batchOf(sample('x', T + 21_000, 21)));
    assert.deepEqual((await readAll(tsdb.reader)).get('x'), [
      [T + 20_000, 20],
      [T + 21_000, 21],
    ]);
    await tsdb.close();
  });

  test('a reader that began before goes on seeing what it saw', async () => {
    const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)));
    await fill(tsdb);
    await tsdb.flush();
    const stream = tsdb.reader.select([], EVER, NEVER)[Symbol.asyncIterator]();
    const first = stream.next();
    await tsdb.deleteSeries([named('x')], EVER);
    const step = await first;
    assert.ok(step.done !== true);
    assert.deepEqual(
      step.value.map(({ labels, timestampsMs }) => [formatLabels(labels), timestampsMs.length]),
      [
        ['x', 10],
        ['y', 10],
      ],
    );
    await stream.return?.();
    await tsdb.close();
  });

  test('a series with nothing left is not listed; label values are until the samples have left the disk', async () => {
    const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)));
    await fill(tsdb);
    await tsdb.deleteSeries([named('x')], { fromMs: T, untilMs: T + 4000 });
    assert.deepEqual(await seriesOf(tsdb.reader, { fromMs: T, untilMs: T + 4000 }), ['y']);
    assert.deepEqual(await seriesOf(tsdb.reader), ['x', 'y']);
    await tsdb.deleteSeries([named('x')], EVER);
    assert.deepEqual(await seriesOf(tsdb.reader), ['y']);
    assert.deepEqual(await namesOf(tsdb.reader), ['x', 'y']);
    await tsdb.cleanTombstones();
    assert.deepEqual(await namesOf(tsdb.reader), ['y']);
    await tsdb.close();
  });

  test('a disk that refuses leaves everything visible and says why', async () => {
    const files = new MemoryFiles(new SeededRandom(1));
    const tsdb = await openTestTsdb(files);
    await fill(tsdb);
    await tsdb.flush();
    files.failNext('append', 'tombstones', 'ENOSPC');
    await assert.rejects(tsdb.deleteSeries([named('x')], EVER), {
      code: 'VED_STORAGE_FULL',
      message: 'cannot delete series: the disk is full; free space on it',
    });
    assert.equal((await readAll(tsdb.reader)).get('x')?.length, 10);
    files.failNext('rename', 'tombstones', 'EIO');
    await assert.rejects(tsdb.deleteSeries([named('x')], EVER), { code: 'VED_STORAGE_FAILED' });
    assert.equal(await tsdb.deleteSeries([named('x')], EVER), 1);
    assert.deepEqual([...(await readAll(tsdb.reader)).keys()], ['y']);
    await tsdb.close();
  });
});

describe('what was deleted does not come back with a restart', () => {
  test('by a late sample that was a repetition while a flush was under way', async () => {
    const files = new MemoryFiles(new SeededRandom(1));
    const options = { outOfOrderWindowMs: 3_600_000 };
    const tsdb = await openTestTsdb(files, { options });
    await tsdb.writer.append(batchOf([{ __name__: 'x' }, [T, 1], [T + 1, 2], [T + 2, 3]]));
    const reading = tsdb.reader.select([], EVER, NEVER)[Symbol.asyncIterator]();
    await reading.next();
    // The frozen epoch stays in memory until the reader is gone.
    const flushing = tsdb.flush();
    for (let turn = 0; tsdb.stats().blocks === 0; turn++) {
      assert.ok(turn < 1e6);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { acceptedCount, refusals } = await tsdb.writer.append(
      batchOf(sample('x', T, 1), sample('x', T + 1, 7)),
    );
    assert.deepEqual([acceptedCount, refusals.map(({ reason }) => reason)], [1, ['duplicate-timestamp']]);
    await reading.return?.();
    await flushing;
    await tsdb.deleteSeries([named('x')], { fromMs: T, untilMs: T + 1 });
    const again = await openTestTsdb(files.restart('process'), { options });
    assert.deepEqual([...(await readAll(again.reader))], [['x', [[T + 2, 3]]]]);
    await again.close();
  });

  for (const work of ['clean', 'compaction'] as const)
    test(`by a ${work} whose block was written and could not be opened`, async () => {
      const files = new MemoryFiles(new SeededRandom(1));
      const watched = faultyFiles(files);
      const tsdb = await openTestTsdb(watched);
      for (let i = 0; i < 12; i++) {
        const two = (name: string): TestSeries => [{ __name__: name }, [T + 2 * i, i], [T + 2 * i + 1, i]];
        await tsdb.writer.append(batchOf(two('x'), two('y')));
        await tsdb.flush();
      }
      await tsdb.deleteSeries([named('x')], { fromMs: T, untilMs: T });
      const path = /-1\.block|00000001-00000012/;
      watched.rules = [{ path, operations: ['read'], effect: { kind: 'error', code: 'EIO' } }];
      if (work === 'clean') await assert.rejects(tsdb.cleanTombstones(), /EIO/);
      else await tsdb.clock.advance(6000);
      // Behind the maintenance.
      await tsdb.deleteSeries([named('x')], EVER);
      const again = await openTestTsdb(files.restart('process'));
      assert.deepEqual([...(await readAll(again.reader)).keys()], ['y']);
      await again.close();
    });

  test('by a file that the disk once refused to remove', async () => {
    const files = new MemoryFiles(new SeededRandom(1));
    const tsdb = await openTestTsdb(files);
    await fill(tsdb);
    await tsdb.flush();
    await tsdb.deleteSeries([named('x')], EVER);
    files.failNext('remove', '00000001-00000001.block', 'EIO');
    files.failNext('remove', '00000001-00000001.block', 'EIO');
    await assert.rejects(tsdb.cleanTombstones(), { code: 'VED_STORAGE_FAILED' });
    await assert.rejects(tsdb.cleanTombstones(), { code: 'VED_STORAGE_FAILED' });
    // Gone with the blocks that took the place of the first: it must not be left alone.
    await tsdb.deleteSeries([named('y')], EVER);
    await tsdb.cleanTombstones();
    assert.deepEqual(blockNames(files), []);
    await tsdb.close();
  });
});

describe('what was deleted leaves the disk', () => {
  test('with cleanTombstones, which writes only the blocks concerned', async () => {
    const files = new MemoryFiles(new SeededRandom(1));
    let tsdb = await openTestTsdb(files);
    await fill(tsdb);
    await tsdb.deleteSeries([named('x')], { fromMs: -Infinity, untilMs: T + 2000 });
    await tsdb.flush();
    await tsdb.cleanTombstones();
    assert.deepEqual(blockNames(files), ['00000001-00000001-1.block', '00000002-00000002.block']);
    assert.equal(files.paths.includes(`${DIRECTORY}/tombstones`), false);
    assert.equal(tsdb.stats().tombstoneBytes, 0);
    const want = [3, 4, 5, 6, 7, 8, 9].map((i) => [T + i * 1000, i]);
    assert.deepEqual((await readAll(tsdb.reader)).get('x'), want);
    await tsdb.deleteSeries([named('x')], { fromMs: T + 4000, untilMs: T + 4000 });
    await tsdb.cleanTombstones();
    assert.equal(blockNames(files)[0], '00000001-00000001-2.block');
    await tsdb.cleanTombstones();
    assert.equal(blockNames(files)[0], '00000001-00000001-2.block');
    await tsdb.close();
    tsdb = await openTestTsdb(files);
    assert.deepEqual(
      (await readAll(tsdb.reader)).get('x'),
      want.filter(([ms]) => ms !== T + 4000),
    );
    await tsdb.close();
  });

  test('with the block, when nothing is left of it; the log does not bring it back', async () => {
    const files = new MemoryFiles(new SeededRandom(1));
    let tsdb = await openTestTsdb(files);
    await fill(tsdb);
    await tsdb.deleteSeries([named('x'), named('y')], EVER);
    await tsdb.cleanTombstones();
    assert.deepEqual(blockNames(files), []);
    await tsdb.writer.append(batchOf(sample('z', T)));
    await tsdb.close();
    tsdb = await openTestTsdb(files);
    assert.deepEqual([...(await readAll(tsdb.reader)).keys()], ['z']);
    await tsdb.flush();
    assert.deepEqual((await readAll(tsdb.reader)).get('z'), [[T, 1]]);
    await tsdb.close();
  });

  test('with compaction', async () => {
    const files = new MemoryFiles(new SeededRandom(1));
    const tsdb = await openTestTsdb(files);
    for (let i = 0; i < 12; i++) {
      await tsdb.writer.append(batchOf(sample('x', T + i, i), sample('y', T + i, i)));
      await tsdb.flush();
    }
    await tsdb.deleteSeries([named('x')], { fromMs: T + 2, untilMs: T + 11 });
    await tsdb.clock.advance(6000);
    // Runs behind the compaction.
    await tsdb.cleanTombstones();
    assert.deepEqual(blockNames(files), ['00000001-00000012.block']);
    assert.equal(tsdb.stats().tombstoneBytes, 0);
    assert.deepEqual((await readAll(tsdb.reader)).get('x'), [
      [T, 0],
      [T + 1, 1],
    ]);
    assert.equal((await readAll(tsdb.reader)).get('y')?.length, 12);
    await tsdb.close();
  });

  test('a kill between the new block and the removal of the old one brings nothing back', async () => {
    for (let changes = 1; ; changes++) {
      const files = new MemoryFiles(new SeededRandom(changes));
      const tsdb = await openTestTsdb(files);
      await fill(tsdb);
      await tsdb.deleteSeries([named('x')], EVER);
      files.killAfter(changes);
      await Promise.race([tsdb.cleanTombstones(), death(files)]);
      const isDone = !files.isKilled;
      const next = await openTestTsdb(files.restart('process'));
      const all = await readAll(next.reader);
      assert.deepEqual([all.get('x'), all.get('y')?.length], [undefined, 10], `killed at change ${changes}`);
      await next.close();
      if (isDone) return;
    }
  });
});

describe('the file of tombstones', () => {
  async function withTombstones(): Promise<MemoryFiles> {
    const files = new MemoryFiles(new SeededRandom(1));
    const tsdb = await openTestTsdb(files);
    await fill(tsdb);
    await tsdb.deleteSeries([named('x')], EVER);
    await tsdb.close();
    return files;
  }

  test('when damaged is set aside, and an operator is told until it is removed', async () => {
    const size = (await (await withTombstones()).read(`${DIRECTORY}/tombstones`)).length;
    for (let offset = 0; offset < size; offset += 3) {
      const files = await withTombstones();
      files.flipBit(`${DIRECTORY}/tombstones`, offset);
      const tsdb = await openTestTsdb(files);
      assert.equal(tsdb.warnings.length, 1, `byte ${offset}`);
      assert.match(tsdb.stats().problems.join(), /deleted samples was damaged/);
      assert.equal((await readAll(tsdb.reader)).get('x')?.length, 10);
      await tsdb.close();
      const again = await openTestTsdb(files);
      assert.deepEqual([again.warnings.length, again.stats().problems.length], [0, 1]);
      await again.close();
    }
  });

  test('when cut short is damaged at every length', async () => {
    const bytes = await (await withTombstones()).read(`${DIRECTORY}/tombstones`);
    for (let length = 0; length < bytes.length; length++) {
      const files = await withTombstones();
      await files.truncate(`${DIRECTORY}/tombstones`, length);
      const tsdb = await openTestTsdb(files);
      assert.equal(tsdb.warnings.length, 1, `${length} bytes`);
      await tsdb.close();
    }
  });

  test('of another version is refused', async () => {
    const files = await withTombstones();
    const { encodeTombstones } = await import('./block/tombstone-file.ts');
    const bytes = encodeTombstones(new Map());
    bytes[4] = 9;
    const { crc32 } = await import('node:zlib');
    new DataView(bytes.buffer).setUint32(12, crc32(bytes.subarray(0, 12)), true);
    await files.writeAtomic(`${DIRECTORY}/tombstones`, bytes);
    await assert.rejects(openTestTsdb(files), { code: 'VED_FORMAT_UNKNOWN' });
  });

  test('forgets blocks that are gone, before another one gets the name', async () => {
    const files = await withTombstones();
    for (const path of files.paths) if (path.endsWith('.block')) await files.remove(path);
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf(sample('x', T + 60_000)));
    await tsdb.flush();
    await tsdb.close();
    const again = await openTestTsdb(files);
    assert.equal((await readAll(again.reader)).get('x')?.length, 1);
    await again.close();
  });
});

describe('snapshots', () => {
  /** The store that a snapshot opens as. */
  async function openCopy(files: MemoryFiles, name: string): Promise<OpenedTsdb> {
    return await openTestTsdb(files, { options: { directory: `${DIRECTORY}/snapshots/${name}` } });
  }

  test('have head, blocks and tombstones as they were, and are stores of their own', async () => {
    const files = new MemoryFiles(new SeededRandom(1));
    const tsdb = await openTestTsdb(files);
    await fill(tsdb);
    await tsdb.deleteSeries([named('x')], { fromMs: T + 2000, untilMs: T + 6000 });
    const want = await readAll(tsdb.reader);
    await tsdb.writer.append(batchOf(sample('x', T + 20_000, 20)));
    const name = await tsdb.snapshot({ hasHead: false });
    assert.match(name, /^20260102T000000Z-[0-9a-f]{16}$/);
    const whole = await tsdb.snapshot({ hasHead: true });
    await tsdb.cleanTombstones();
    await tsdb.deleteSeries([named('x'), named('y')], EVER);
    await tsdb.cleanTombstones();

    const copy = await openCopy(files, name);
    assert.deepEqual([...(await readAll(copy.reader))], [...want]);
    await copy.writer.append(batchOf(sample('x', T + 30_000, 30)));
    await copy.close();
    assert.deepEqual([...(await readAll(tsdb.reader))], []);
    const wholeCopy = await openCopy(files, whole);
    assert.deepEqual((await readAll(wholeCopy.reader)).get('x'), [...want.get('x')!, [T + 20_000, 20]]);
    assert.deepEqual(wholeCopy.warnings, []);
    await wholeCopy.close();
    await tsdb.close();
  });

  test('of an empty store are an empty store', async () => {
    const files = new MemoryFiles(new SeededRandom(1));
    const tsdb = await openTestTsdb(files);
    const copy = await openCopy(files, await tsdb.snapshot({ hasHead: true }));
    assert.deepEqual([...(await readAll(copy.reader))], []);
    await copy.close();
    await tsdb.close();
  });

  test('killed at any change leave nothing that looks whole, or a whole one', async () => {
    for (let changes = 1; ; changes++) {
      const files = new MemoryFiles(new SeededRandom(1));
      const tsdb = await openTestTsdb(files);
      await fill(tsdb);
      files.killAfter(changes);
      const name = await Promise.race([tsdb.snapshot({ hasHead: true }), death(files)]);
      const disk = files.restart('power');
      const next = await openTestTsdb(disk);
      const left = (await disk.list(`${DIRECTORY}/snapshots`)).map((entry) => entry.name);
      assert.ok(!left.some((one) => one.endsWith('.tmp')), left.join());
      for (const one of left) {
        const copy = await openCopy(disk, one);
        assert.equal((await readAll(copy.reader)).get('x')?.length, 10, `killed at change ${changes}`);
        await copy.close();
      }
      await next.close();
      if (name !== undefined) return assert.deepEqual(left, [name]);
    }
  });

  test('that the disk refuses leave nothing behind and say why', async () => {
    const files = new MemoryFiles(new SeededRandom(1));
    const tsdb = await openTestTsdb(files);
    await fill(tsdb);
    files.failNext('link', 'snapshots', 'EDQUOT');
    await assert.rejects(tsdb.snapshot({ hasHead: true }), {
      code: 'VED_STORAGE_FAILED',
      message: /cannot write a snapshot: EDQUOT/,
    });
    assert.deepEqual(await files.list(`${DIRECTORY}/snapshots`), []);
    assert.ok(await tsdb.snapshot({ hasHead: true }));
    await tsdb.close();
  });
});
