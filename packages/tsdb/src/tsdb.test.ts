import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMatcher, MemoryFiles, SeededRandom, VirtualClock, type Files } from '@vedette/model';
import { batchOf, DIRECTORY, openTestTsdb, readAll, START_MS as T, type TestSeries } from './testing.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const newDisk = (): MemoryFiles => new MemoryFiles(new SeededRandom(1));
const sample = (name: string, timestampMs: number, value: number): TestSeries => [
  { __name__: name },
  [timestampMs, value],
];
const blockPaths = (files: MemoryFiles): string[] => files.paths.filter((path) => path.includes('.block'));
/** Waits for what background work is to bring about; how many turns that takes is up to the thread pool. */
const until = async (isTrue: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 1e6 && !isTrue(); turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(isTrue(), `never came true: ${String(isTrue)}`);
};
/** Moves time until maintenance looks again. */
const tick = async (clock: VirtualClock): Promise<void> => await clock.advance(6000);

test('a reader in slices of somebody reads the same and yields as that one says', async () => {
  const tsdb = await openTestTsdb(newDisk());
  await tsdb.writer.append(batchOf(sample('x', T, 1), sample('y', T, 2)));
  await tsdb.flush();
  await tsdb.writer.append(batchOf(sample('x', T + 1, 3)));
  let yields = 0;
  const slicer = { shouldYield: () => true, yield: () => Promise.resolve(void yields++) };
  const reader = tsdb.reader.inSlicesOf?.(slicer);
  assert.ok(reader);
  assert.deepEqual(await readAll(reader), await readAll(tsdb.reader));
  assert.ok(yields > 2, `${yields} yields`);
  await tsdb.close();
});

describe('flush', () => {
  test('two hours after its first sample the head becomes a block, and the log shrinks', async () => {
    const files = newDisk();
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    await tsdb.clock.advance(HOUR_MS);
    assert.equal(tsdb.stats().blocks, 0);
    await tsdb.clock.advance(HOUR_MS + 10_000);
    await until(() => tsdb.stats().blocks === 1 && tsdb.stats().headRange === undefined);
    assert.equal(tsdb.stats().headChunks, 0);
    assert.equal(files.paths.filter((path) => path.endsWith('.wal')).length, 1);
    assert.deepEqual([...(await readAll(tsdb.reader))], [['x', [[T, 1]]]]);
    await tsdb.close();
    const again = await openTestTsdb(files);
    assert.deepEqual([...(await readAll(again.reader))], [['x', [[T, 1]]]]);
    await again.close();
  });

  test('a store that restarts every hour flushes all the same', async () => {
    const files = newDisk();
    let nowMs = T;
    for (let i = 0; i < 3; i++) {
      const clock = new VirtualClock({ startMs: nowMs });
      const tsdb = await openTestTsdb(files, { clock });
      await tsdb.writer.append(batchOf(sample('x', nowMs, i)));
      await clock.advance(HOUR_MS);
      nowMs = clock.nowMs();
      if (i === 2) await until(() => tsdb.stats().blocks === 1);
      await tsdb.close();
    }
  });

  test('a head above its limit is flushed early', async () => {
    const tsdb = await openTestTsdb(newDisk(), { options: { headBytesMax: 1000 } });
    const samples = Array.from({ length: 500 }, (_, i): [number, number] => [T + i, Math.sin(i)]);
    await tsdb.writer.append(batchOf([{ __name__: 'x' }, ...samples]));
    await tick(tsdb.clock);
    await until(() => tsdb.stats().blocks === 1);
    await tsdb.close();
  });

  test('a flush that fails is tried again, with nothing lost or doubled', async () => {
    for (const operation of ['append', 'sync', 'rename', 'openAppender', 'remove'] as const) {
      const files = newDisk();
      const tsdb = await openTestTsdb(files);
      await tsdb.writer.append(batchOf(sample('x', T, 1)));
      files.failNext(operation, operation === 'remove' ? '00000001.wal' : '.block', 'EIO');
      await assert.rejects(tsdb.flush(), { code: 'VED_STORAGE_FAILED' }, operation);
      await tsdb.writer.append(batchOf(sample('x', T + 1, 2)));
      const want = [
        [
          'x',
          [
            [T, 1],
            [T + 1, 2],
          ],
        ],
      ];
      assert.deepEqual([...(await readAll(tsdb.reader))], want, operation);
      await tsdb.flush();
      assert.deepEqual([...(await readAll(tsdb.reader))], want, operation);
      await tsdb.close();
      const again = await openTestTsdb(files);
      assert.deepEqual([...(await readAll(again.reader))], want, operation);
      await again.close();
    }
  });

  test('a series without samples for a whole epoch leaves the head, and is known again by its block', async () => {
    const tsdb = await openTestTsdb(newDisk());
    await tsdb.writer.append(batchOf(sample('x', T, 1), sample('y', T, 1)));
    await tsdb.flush();
    await tsdb.writer.append(batchOf(sample('y', T + 1, 2)));
    assert.equal(tsdb.stats().activeSeries, 2);
    await tsdb.flush();
    assert.equal(tsdb.stats().activeSeries, 1);
    const result = await tsdb.writer.append(batchOf([{ __name__: 'x' }, [T - 1, 0], [T, 1], [T + 1, 2]]));
    assert.deepEqual(result, {
      acceptedCount: 2,
      acceptedHistogramCount: 0,
      acceptedExemplarCount: 0,
      createdSeriesCount: 0,
      refusals: [{ reason: 'out-of-order', count: 1, example: 'x' }],
    });
    assert.deepEqual((await readAll(tsdb.reader)).get('x'), [
      [T, 1],
      [T + 1, 2],
    ]);
    await tsdb.close();
  });

  test('ids of series that left are given to others, who share nothing with them', async () => {
    const tsdb = await openTestTsdb(newDisk());
    for (let round = 0; round < 6; round++) {
      const series = Array.from({ length: 50 }, (_, i) => sample(`x${round}_${i}`, T + round, round));
      await tsdb.writer.append(batchOf(...series, sample('y', T + round, round)));
      await tsdb.flush();
    }
    assert.ok(tsdb.stats().activeSeries <= 101);
    const all = await readAll(tsdb.reader);
    assert.equal(all.size, 301);
    for (const [name, samples] of all)
      if (name !== 'y') assert.deepEqual(samples, [[T + Number(name[1]), Number(name[1])]]);
    assert.equal(all.get('y')?.length, 6);
    await tsdb.close();
  });

  test('a reader that began before a flush reads on while the head is dropped', async () => {
    const tsdb = await openTestTsdb(newDisk());
    const series = Array.from({ length: 600 }, (_, i) => sample(`x${i}`, T, i));
    await tsdb.writer.append(batchOf(...series));
    const range = { fromMs: T, untilMs: T };
    const stream = tsdb.reader.select([], range, new AbortController().signal)[Symbol.asyncIterator]();
    let count = (await stream.next()).value?.length ?? 0;
    const flushing = tsdb.flush();
    await until(() => tsdb.stats().blocks === 1);
    assert.ok(tsdb.stats().openViews > 0);
    assert.equal((await readAll(tsdb.reader)).size, 600);
    for (let next = await stream.next(); next.done !== true; next = await stream.next())
      count += next.value.length;
    assert.equal(count, 600);
    await flushing;
    assert.equal(tsdb.stats().headChunks, 0);
    await tsdb.close();
  });
});

describe('blocks', () => {
  test('twelve small blocks become one, and what they held stays', async () => {
    const files = newDisk();
    const tsdb = await openTestTsdb(files);
    const want: [number, number][] = [];
    for (let i = 0; i < 12; i++) {
      tsdb.clock.jumpWallClock(2 * HOUR_MS);
      const nowMs = tsdb.clock.nowMs();
      want.push([nowMs, i]);
      await tsdb.writer.append(batchOf(sample('x', nowMs, i), sample(`y${i}`, nowMs, i)));
      await tsdb.flush();
    }
    await tick(tsdb.clock);
    await until(() => tsdb.stats().blocks === 1 && blockPaths(files).length === 1);
    assert.deepEqual(blockPaths(files), [`${DIRECTORY}/blocks/00000001-00000012.block`]);
    assert.deepEqual((await readAll(tsdb.reader)).get('x'), want);
    assert.equal((await readAll(tsdb.reader)).size, 13);
    await tsdb.close();
    const again = await openTestTsdb(files);
    await again.writer.append(batchOf(sample('z', T, 1)));
    await again.flush();
    assert.equal(blockPaths(files)[1], `${DIRECTORY}/blocks/00000013-00000013.block`);
    await again.close();
  });

  test('blocks go when their newest sample is older than the retention', async () => {
    const tsdb = await openTestTsdb(newDisk(), { options: { retentionMs: DAY_MS } });
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    await tsdb.flush();
    tsdb.clock.jumpWallClock(DAY_MS - 6000);
    await tsdb.clock.advance(600_000);
    assert.equal(tsdb.stats().blocks, 1);
    await tsdb.clock.advance(610_000);
    await until(() => tsdb.stats().blocks === 0);
    assert.deepEqual((await readAll(tsdb.reader)).size, 0);
    await tsdb.close();
  });

  test('a flipped bit anywhere in a block sets it aside with a report, and the rest serves', async () => {
    const files = newDisk();
    const tsdb = await openTestTsdb(files);
    for (const [i, name] of ['x', 'y'].entries()) {
      await tsdb.writer.append(batchOf(sample(name, T + i, i)));
      await tsdb.flush();
    }
    await tsdb.close();
    const path = blockPaths(files)[0] ?? '';
    const size = (await files.read(path)).length;
    for (let offset = 0; offset < size; offset += 3) {
      const copy = newDisk();
      for (const other of files.paths) await copy.writeAtomic(other, await files.read(other));
      copy.flipBit(path, offset);
      const damaged = await openTestTsdb(copy);
      // The first question may meet the damage; it fails with a clear error, and the next one does not.
      const first = await readAll(damaged.reader).catch((error: unknown) => {
        assert.ok(error instanceof Error && /cannot read stored samples: the checksum/.test(error.message));
        return undefined;
      });
      const answer = first ?? (await readAll(damaged.reader));
      await until(() => copy.paths.includes(`${path}.damaged`));
      assert.deepEqual([...answer], [['y', [[T + 1, 1]]]], `byte ${offset}`);
      assert.match(damaged.warnings[0]?.message ?? '', /a damaged block was set aside/);
      assert.equal(damaged.warnings[0]?.fields['file'], `${path}.damaged`);
      await damaged.close();
    }
  });

  test('a block of another version is refused with a remedy', async () => {
    const files = newDisk();
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    await tsdb.flush();
    await tsdb.close();
    const path = blockPaths(files)[0] ?? '';
    const bytes = await files.read(path);
    const { crc32 } = await import('node:zlib');
    bytes[4] = 9;
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(12, crc32(bytes.subarray(0, 12)), true);
    await files.writeAtomic(path, bytes);
    await assert.rejects(openTestTsdb(files), {
      code: 'VED_FORMAT_UNKNOWN',
      message: `cannot read block "${path}": got version 9, want 1; run the version of Vedette that wrote it, or move the file away to start without what it holds`,
    });
  });

  test('labels are found in head and blocks alike', async () => {
    const tsdb = await openTestTsdb(newDisk());
    const { signal } = new AbortController();
    await tsdb.writer.append(batchOf([{ __name__: 'x', code: '200' }, [T, 1]]));
    await tsdb.flush();
    await tsdb.writer.append(batchOf([{ __name__: 'x', code: '500' }, [T + 5, 1]]));
    const request = { matcherSets: [], range: { fromMs: T, untilMs: T + 9 } };
    assert.deepEqual((await tsdb.reader.labelValues('code', request, signal)).items, ['200', '500']);
    const early = { ...request, range: { fromMs: T, untilMs: T } };
    assert.deepEqual((await tsdb.reader.labelValues('code', early, signal)).items, ['200']);
    const matched = { ...request, matcherSets: [[createMatcher('code', '=~', '[25]..')]] };
    assert.equal((await tsdb.reader.series(matched, signal)).items.length, 2);
    assert.deepEqual((await tsdb.reader.labelNames(matched, signal)).items, ['__name__', 'code']);
    await tsdb.close();
  });
});

describe('full disk', () => {
  test('writing stops at the floor, reading goes on, and writing resumes by itself', async () => {
    const files = newDisk();
    files.capacityBytes = 100_000;
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    files.capacityBytes = files.usedBytes + 1;
    await tick(tsdb.clock);
    await until(() => tsdb.stats().isFull);
    await assert.rejects(tsdb.writer.append(batchOf(sample('x', T + 1, 2))), {
      name: 'UnavailableError',
      code: 'VED_STORAGE_FULL',
      message:
        /^cannot append samples: the disk of "data" has 0\.0 MiB free, want at least 0\.0 MiB; free space/,
    });
    assert.deepEqual([...(await readAll(tsdb.reader))], [['x', [[T, 1]]]]);
    assert.match(tsdb.warnings[0]?.message ?? '', /the disk is nearly full: no samples are accepted/);
    files.capacityBytes = 100_000;
    await tick(tsdb.clock);
    await until(() => !tsdb.stats().isFull);
    assert.equal((await tsdb.writer.append(batchOf(sample('x', T + 1, 2)))).acceptedCount, 1);
    await tsdb.close();
  });

  test('a write to the log that fails half-way leaves nothing applied, now or after a restart', async () => {
    for (const code of ['ENOSPC', 'EIO']) {
      const files = newDisk();
      const tsdb = await openTestTsdb(files);
      await tsdb.writer.append(batchOf(sample('x', T, 1)));
      files.failNext('append', '.wal', code);
      await assert.rejects(tsdb.writer.append(batchOf(sample('x', T + 1, 2), sample('new', T, 1))), {
        name: 'UnavailableError',
        code: code === 'ENOSPC' ? 'VED_STORAGE_FULL' : 'VED_STORAGE_FAILED',
      });
      assert.deepEqual([...(await readAll(tsdb.reader))], [['x', [[T, 1]]]]);
      await tsdb.writer.append(batchOf(sample('x', T + 2, 3), sample('new', T, 4)));
      const want = [
        ['new', [[T, 4]]],
        [
          'x',
          [
            [T, 1],
            [T + 2, 3],
          ],
        ],
      ];
      assert.deepEqual([...(await readAll(tsdb.reader))], want);
      await tsdb.close();
      const again = await openTestTsdb(files.restart('process'));
      assert.deepEqual(again.warnings, []);
      assert.deepEqual([...(await readAll(again.reader))], want);
      await again.close();
    }
  });

  test('while the log cannot be repaired nothing is accepted', async () => {
    const files = newDisk();
    const tsdb = await openTestTsdb(files);
    files.failNext('append', '.wal', 'EIO');
    files.failNext('truncate', '.wal', 'EIO');
    files.failNext('truncate', '.wal', 'EIO');
    await assert.rejects(tsdb.writer.append(batchOf(sample('x', T, 1))), { code: 'VED_STORAGE_FAILED' });
    await assert.rejects(tsdb.writer.append(batchOf(sample('x', T, 1))), /cannot repair the log/);
    assert.equal((await tsdb.writer.append(batchOf(sample('x', T, 1)))).acceptedCount, 1);
    await tsdb.close();
    const again = await openTestTsdb(files);
    assert.deepEqual([...(await readAll(again.reader))], [['x', [[T, 1]]]]);
    await again.close();
  });
});

describe('the log', () => {
  test('a series is spelled out once an epoch, and only referred to after that', async () => {
    const tsdb = await openTestTsdb(newDisk());
    const labels = { __name__: 'x', path: 'p'.repeat(1000) };
    const grown = async (timestampMs: number): Promise<number> => {
      const before = tsdb.stats().walBytes;
      await tsdb.writer.append(batchOf([labels, [timestampMs, 1]]));
      return tsdb.stats().walBytes - before;
    };
    assert.ok((await grown(T)) > 1000);
    assert.ok((await grown(T + 1)) < 60);
    await tsdb.flush();
    assert.ok((await grown(T + 2)) > 1000);
    assert.ok((await grown(T + 3)) < 60);
    await tsdb.close();
  });

  test('a label set beyond 16 KiB is refused, one at the limit is not', async () => {
    const tsdb = await openTestTsdb(newDisk());
    // The key: one length byte, the name, two bytes of length, the value.
    const ofSize = (bytes: number): TestSeries => [{ x: 'v'.repeat(bytes - 4) }, [T, 1]];
    assert.equal((await tsdb.writer.append(batchOf(ofSize(16_384)))).acceptedCount, 1);
    const { refusals } = await tsdb.writer.append(batchOf(ofSize(16_385)));
    assert.deepEqual(
      refusals.map(({ reason, detail }) => [reason, detail]),
      [
        [
          'labels-too-long',
          'label "x" has a value of 16,381 bytes, all labels of a series together may have 16,384 (LABEL_SET_BYTES_MAX)',
        ],
      ],
    );
    await tsdb.close();
  });
});

describe('the log after a restart', () => {
  test('what a series had before the running epoch still decides about repetitions', async () => {
    const files = newDisk();
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    await tsdb.flush();
    await tsdb.writer.append(batchOf(sample('x', T, 1), sample('y', T, 1)));
    await tsdb.close();
    const again = await openTestTsdb(files);
    const check = async (timestampMs: number, value: number, reason: string | undefined): Promise<void> => {
      const result = await again.writer.append(batchOf(sample('x', timestampMs, value)));
      assert.equal(result.refusals[0]?.reason, reason);
    };
    await check(T, 1, undefined);
    await check(T, 2, 'duplicate-timestamp');
    await check(T - 1, 2, 'out-of-order');
    assert.deepEqual((await readAll(again.reader)).get('x'), [[T, 1]]);
    await again.close();
  });

  test('a NaN keeps its payload through the log and a block', async () => {
    const files: Files = newDisk();
    let tsdb = await openTestTsdb(files);
    const batch = batchOf([{ __name__: 'x' }, [T, 1], [T + 1, 2]]);
    new Uint32Array(batch.values.buffer).set([0x123, 0x7ff8_0000]);
    await tsdb.writer.append(batch);
    await tsdb.close();
    tsdb = await openTestTsdb(files);
    for (let i = 0; i < 2; i++) {
      for await (const [series] of tsdb.reader.select(
        [],
        { fromMs: T, untilMs: T },
        new AbortController().signal,
      ))
        assert.deepEqual([...new Uint32Array(series!.values.slice(0, 1).buffer)], [0x123, 0x7ff8_0000]);
      await tsdb.flush();
    }
    await tsdb.close();
  });

  test('acknowledged samples are replayed even when the limit of series was lowered', async () => {
    const files = newDisk();
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf(sample('x', T, 1), sample('y', T, 1)));
    await tsdb.close();
    const again = await openTestTsdb(files, { options: { seriesMax: 1 } });
    assert.equal((await readAll(again.reader)).size, 2);
    await again.close();
  });

  test('closing twice is safe and leaves no timer', async () => {
    const tsdb = await openTestTsdb(newDisk());
    await tsdb.writer.append(batchOf(sample('x', T, 1)));
    await tsdb.close();
    await tsdb.close();
    assert.equal(tsdb.clock.pendingTimerCount, 0);
  });
});
