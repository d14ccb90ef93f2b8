import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { FatalError, labelsOf, MemoryFiles, SeededRandom, seriesKeyOf, VirtualClock } from '@vedette/model';
import { HistogramDecoder } from '../chunk/histogram-decoder.ts';
import { HistogramEncoder } from '../chunk/histogram-encoder.ts';
import { ZERO_FLAG } from '../head/head.ts';
import {
  DIRECTORY,
  START_MS as T,
  batchOf,
  eagerSlicer,
  floatsOf,
  histogramOf,
  openTestTsdb,
  readAll,
} from '../testing.ts';
import { Wal } from './wal.ts';
import {
  FRAME_BYTES,
  readRecord,
  WalRecordWriter,
  type ReplayColumns,
  type WalRecordVisitor,
} from './wal-record.ts';
import { replayWal } from './wal-replay.ts';
import { linkRecord, segmentHeader, segmentName } from './wal-segment.ts';

const WAL = `${DIRECTORY}/wal`;
const newDisk = (): MemoryFiles => new MemoryFiles(new SeededRandom(1));

/** A store whose log holds `count` batches, one record each, closed. */
async function loggedStore(count: number): Promise<{ files: MemoryFiles; path: string }> {
  const files = newDisk();
  const tsdb = await openTestTsdb(files);
  for (let i = 0; i < count; i++) await tsdb.writer.append(batchOf([{ __name__: 'x' }, [T + i, i]]));
  await tsdb.close();
  return { files, path: `${WAL}/00000001.wal` };
}

/** Offsets at which the records of a segment begin, and its end. */
async function boundsOf(files: MemoryFiles, path: string): Promise<number[]> {
  const bytes = await files.read(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const bounds = [16];
  for (let at = 16; at < bytes.length; bounds.push(at)) at += FRAME_BYTES + view.getUint32(at, true);
  return bounds;
}

async function reopen(
  files: MemoryFiles,
): Promise<{ times: number[]; warnings: { message: string; fields: Readonly<Record<string, unknown>> }[] }> {
  const tsdb = await openTestTsdb(files);
  const samples = (await readAll(tsdb.reader)).get('x') ?? [];
  await tsdb.close();
  return { times: samples.map(([timestampMs]) => timestampMs - T), warnings: tsdb.warnings };
}

describe('replay', () => {
  test('a log cut at any byte gives the batches before, and says what was cut off', async () => {
    const { files, path } = await loggedStore(4);
    const whole = await files.read(path);
    const bounds = await boundsOf(files, path);
    for (let size = 0; size < whole.length; size++) {
      const copy = newDisk();
      await copy.writeAtomic(path, whole.subarray(0, size));
      const { times, warnings } = await reopen(copy);
      const kept = bounds.filter((bound) => bound <= size).length - 1;
      assert.deepEqual(
        times,
        Array.from({ length: Math.max(0, kept) }, (_, i) => i),
      );
      if (bounds.includes(size)) assert.deepEqual(warnings, []);
      else {
        const last = bounds.findLast((bound) => bound <= size) ?? 0;
        assert.equal(warnings.length, 1);
        assert.match(warnings[0]?.message ?? '', /ended in the middle of a record, which was cut off/);
        assert.equal(warnings[0]?.fields['file'], path);
        assert.equal(warnings[0]?.fields['cutBytes'], size - last);
      }
    }
  });

  test('a flipped bit stops the replay there; what follows is set aside, never deleted', async () => {
    const { files, path } = await loggedStore(3);
    const whole = await files.read(path);
    const bounds = await boundsOf(files, path);
    for (let offset = 0; offset < whole.length; offset++) {
      const copy = newDisk();
      await copy.writeAtomic(path, whole);
      copy.flipBit(path, offset);
      const { times, warnings } = await reopen(copy);
      const kept = bounds.filter((bound) => bound <= offset).length - 1;
      assert.equal(times.length, Math.max(0, kept), `byte ${offset}`);
      assert.match(warnings[0]?.message ?? '', /the log is damaged; what follows the damage was set aside/);
      const aside = await copy.read(`${path}.damaged`);
      assert.equal(aside.length, whole.length - (offset < 16 ? 0 : (bounds[kept] ?? 0)));
      assert.equal(warnings[0]?.fields['lostBytes'], aside.length);
      assert.deepEqual((await reopen(copy)).warnings, []);
    }
  });

  test('segments after a damaged one are set aside, too', async () => {
    const files = newDisk();
    for (let i = 0; i < 3; i++) {
      const tsdb = await openTestTsdb(files);
      await tsdb.writer.append(batchOf([{ __name__: 'x' }, [T + i, i]]));
      await tsdb.close();
    }
    files.flipBit(`${WAL}/00000002.wal`, 40);
    const { times, warnings } = await reopen(files);
    assert.deepEqual(times, [0]);
    assert.equal(warnings.length, 2);
    assert.ok(files.paths.includes(`${WAL}/00000003.wal.damaged`));
    // Numbers are not used again, so that nothing set aside is ever overwritten.
    assert.ok(files.paths.includes(`${WAL}/00000004.wal`));
  });

  test('zeros at the end, as file systems leave them, are a torn tail', async () => {
    const { files, path } = await loggedStore(2);
    const whole = await files.read(path);
    await files.writeAtomic(path, Uint8Array.from([...whole, ...new Uint8Array(100)]));
    const { times, warnings } = await reopen(files);
    assert.deepEqual(times, [0, 1]);
    assert.equal(warnings[0]?.fields['cutBytes'], 100);
    assert.equal(
      files.paths.some((one) => one.endsWith('.damaged')),
      false,
    );
  });

  test('a segment of another version is refused with a remedy', async () => {
    const { files, path } = await loggedStore(1);
    const bytes = await files.read(path);
    bytes[4] = 2;
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(12, crc32(bytes.subarray(0, 12)), true);
    await files.writeAtomic(path, bytes);
    await assert.rejects(openTestTsdb(files), {
      name: 'FatalError',
      code: 'VED_FORMAT_UNKNOWN',
      message: `cannot read log segment "${path}": got version 2, want 1; run the version of Vedette that wrote it, or move the file away to start without what it holds`,
    });
  });

  test('a segment that is missing, or stands under another name, makes no sample of other series', async () => {
    const files = newDisk();
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf([{ __name__: 'x' }, [T, 0]]));
    const path = `${WAL}/00000001.wal`;
    const first = await files.read(path);
    await tsdb.writer.append(batchOf([{ __name__: 'x' }, [T + 1, 1]]));
    await tsdb.close();
    const second = (await files.read(path)).slice(first.length);
    const write = async (segment: number, ...records: Uint8Array[]): Promise<void> =>
      files.writeAtomic(
        `${WAL}/${segmentName(segment)}`,
        Buffer.concat([segmentHeader(segment), ...records]),
      );
    await write(1, first.slice(16));
    await write(2, second);
    assert.deepEqual((await reopen(files)).times, [0, 1]);
    await write(3, second);
    await files.remove(`${WAL}/00000002.wal`);
    await assert.rejects(openTestTsdb(files), {
      code: 'VED_STORAGE_CORRUPT',
      message: `cannot read log segment "${WAL}/00000003.wal" at byte 16: cannot read stored samples: a log record writes to series 0, which none defined; put a missing segment back, or move this one and those after it away to start without what they hold`,
    });
    await files.rename(`${WAL}/00000003.wal`, `${WAL}/00000002.wal`);
    const { times, warnings } = await reopen(files);
    assert.deepEqual(times, [0]);
    assert.equal(warnings[0]?.fields['reason'], 'the header is that of segment 3');
  });

  test('whole records that are missing at the end of a segment make what follows unusable, and are told', async () => {
    const files = newDisk();
    const tsdb = await openTestTsdb(files);
    await tsdb.writer.append(batchOf([{ __name__: 'x' }, [T, 0]]));
    const { length } = await files.read(`${WAL}/00000001.wal`);
    await tsdb.writer.append(batchOf([{ __name__: 'x' }, [T + 1, 1]]));
    await tsdb.close();
    const again = await openTestTsdb(files);
    await again.writer.append(batchOf([{ __name__: 'x' }, [T + 2, 2]]));
    await again.close();
    await files.truncate(`${WAL}/00000001.wal`, length);
    const { times, warnings } = await reopen(files);
    assert.deepEqual(times, [0]);
    assert.match(String(warnings[0]?.fields['reason']), /^the segment before, 1, has \d+ bytes and had \d+$/);
    assert.ok(files.paths.includes(`${WAL}/00000002.wal.damaged`));
  });

  test('a log larger than what is read at a time comes back whole', async () => {
    const files = newDisk();
    const tsdb = await openTestTsdb(files);
    const perBatch = 60_000;
    for (let batch = 0; batch < 8; batch++) {
      const samples = Array.from({ length: perBatch }, (_, i): [number, number] => [
        T + batch * perBatch + i,
        i,
      ]);
      await tsdb.writer.append(batchOf([{ __name__: 'x' }, ...samples]));
    }
    assert.ok(tsdb.stats().walBytes > 4 * 2 ** 20);
    await tsdb.close();
    assert.equal((await reopen(files)).times.length, 8 * perBatch);
  });
});

describe('Wal', () => {
  const deps = (files: MemoryFiles) => ({
    files,
    clock: new VirtualClock({ startMs: T }),
    report: { info: () => undefined, warn: () => undefined },
  });

  test('what was appended is durable a second later, without another append', async () => {
    for (const [waitMs, isThere] of [
      [999, false],
      [1000, true],
    ] as const) {
      // A disk that keeps nothing of what was not synced.
      const files = new MemoryFiles({ float: () => 0, fill: (bytes) => bytes, uuid: () => '' });
      const all = deps(files);
      const wal = await Wal.open(all, WAL, 1);
      await wal.append(new Uint8Array(50).fill(0xab));
      await all.clock.advance(waitMs);
      const left = await files.restart('power').read(`${WAL}/00000001.wal`);
      assert.equal(left.filter((byte) => byte === 0xab).length, isThere ? 50 : 0);
    }
  });

  test('a sync that fails is tried again', async () => {
    const files = newDisk();
    const all = deps(files);
    const wal = await Wal.open(all, WAL, 1);
    await wal.append(new Uint8Array(50));
    files.failNext('sync', '.wal', 'EIO');
    await all.clock.advance(1000);
    assert.equal(all.clock.pendingTimerCount, 1);
    await all.clock.advance(1000);
    assert.equal(all.clock.pendingTimerCount, 0);
    await wal.close();
  });

  test('segments are cut at 64 MiB and removed from the front', async () => {
    const files = newDisk();
    const wal = await Wal.open(deps(files), WAL, 7);
    for (let i = 0; i < 5; i++) await wal.append(new Uint8Array(2 ** 25));
    assert.deepEqual(
      files.paths.map((path) => path.slice(WAL.length + 1)),
      ['00000007.wal', '00000008.wal', '00000009.wal'],
    );
    await wal.removeBefore(9);
    assert.equal(files.paths.length, 1);
    assert.equal(wal.sizeBytes, 2 ** 25 + 16 + linkRecord({ number: 8, sizeBytes: 0 }).length);
    await wal.close();
    await assert.rejects(wal.append(new Uint8Array(1)), { code: 'VED_STORAGE_FAILED' });
  });

  test('a log whose sync failed is doubtful until blocks have what it holds', async () => {
    const files = newDisk();
    const all = deps(files);
    const wal = await Wal.open(all, WAL, 1);
    await wal.append(new Uint8Array(50));
    files.failNext('sync', '.wal', 'EIO');
    await all.clock.advance(2000);
    // The sync that was tried again says yes, which means nothing.
    assert.equal(all.clock.pendingTimerCount, 0);
    assert.equal(wal.isDoubtful, true);
    assert.match(wal.problem ?? '', /^the disk failed to sync the log/);
    const floor = await wal.rotate();
    assert.equal(wal.isDoubtful, true);
    await wal.removeBefore(floor);
    assert.equal(wal.isDoubtful, false);
    assert.equal(wal.problem, undefined);
    await wal.close();
  });

  test('segments below the floor are deleted unread', async () => {
    const { files } = await loggedStore(2);
    let count = 0;
    const report = { info: () => undefined, warn: () => undefined };
    await replayWal({ files, slicer: eagerSlicer, report }, { directory: WAL, first: 2 }, () => {
      count++;
      return Promise.resolve();
    });
    assert.equal(count, 0);
    assert.deepEqual(files.paths, []);
  });
});

test('a record reads as it was written', () => {
  const writer = new WalRecordWriter();
  const key = seriesKeyOf(labelsOf({ __name__: 'up' }));
  const batch = batchOf([{ __name__: 'up' }, [5, 1], [7, -2.5], [1e12, NaN]]);
  batch.staleFlags[1] = 1;
  writer.begin({ minMs: -Infinity, maxMs: 9, lateMinMs: Infinity });
  writer.defineSeries(300, key, { timestampMs: -4, value: -0, isStale: true, histogram: undefined });
  writer.addSamples(300, floatsOf(batch), 0, 2);
  writer.addSamples(1, floatsOf(batch), 2, 3);
  writer.finish();
  const said: unknown[] = [];
  readRecord(writer.bytes.subarray(FRAME_BYTES), newColumns(), {
    window: (window) => said.push(window),
    define: (...all) => said.push(all),
    exemplar: (...all) => said.push(all),
    newestHistogram: (...all) => said.push(all),
    samples: (reference, { timestampsMs, values, staleFlags }, count) =>
      said.push([
        reference,
        [...timestampsMs].slice(0, count),
        [...values].slice(0, count),
        [...staleFlags].slice(0, count),
      ]),
  });
  assert.deepEqual(said, [
    { minMs: -Infinity, maxMs: 9, lateMinMs: Infinity },
    [300, key, { timestampMs: -4, value: -0, isStale: true, histogram: undefined }],
    [300, [5, 7], [1, -2.5], [0, 1]],
    [1, [1e12], [NaN], [0]],
  ]);
});

test('a record of exemplars is read as it was written, wherever it is cut off it is corruption', () => {
  const writer = new WalRecordWriter();
  const key = seriesKeyOf(labelsOf({ __name__: 'x' }));
  const exemplars = [
    { labels: labelsOf({ trace_id: 'ä' }), value: -0, timestampMs: -5 },
    { labels: labelsOf({}), value: Infinity, timestampMs: 1e12 },
  ];
  writer.beginExemplars();
  for (const exemplar of exemplars) writer.addExemplar(key, exemplar);
  writer.finish();
  const payload = writer.bytes.slice(FRAME_BYTES);
  const read = (bytes: Uint8Array): unknown[] => {
    const said: unknown[] = [];
    const never = (): never => assert.fail('there are exemplars alone');
    const exemplar = (of: Uint8Array, one: unknown): unknown => said.push([[...of], one]);
    readRecord(bytes, newColumns(), { ...nobody, window: never, define: never, samples: never, exemplar });
    return said;
  };
  assert.deepEqual(
    read(payload),
    exemplars.map((one) => [[...key], one]),
  );
  for (let length = 2; length < payload.length; length++) {
    let count = 0;
    try {
      count = read(payload.subarray(0, length)).length;
    } catch (error) {
      assert.match(String(error), /cannot read stored samples/);
      continue;
    }
    assert.equal(count, 1, `cut to ${length} bytes`);
  }
});

test('labels in a record that cannot be those of a series are corruption, not a bug', () => {
  const part = (text: string): number[] => [Buffer.byteLength(text), ...Buffer.from(text)];
  const impossible: readonly (readonly number[])[] = [
    [0x80],
    [5, 97],
    part('a'),
    [...part('a'), 0],
    [...part('b'), ...part('1'), ...part('a'), ...part('1')],
    [...part('a'), ...part('1'), ...part('a'), ...part('1')],
    [0x81, 0, 97, ...part('1')],
    [1, 0xff, ...part('1')],
  ];
  const x = [...part('__name__'), ...part('x')];
  const records = (key: readonly number[]): number[][] => [
    [1, ...new Uint8Array(16), 5, 0, key.length, ...key, 0],
    [4, key.length, ...key, 0, 0, ...new Uint8Array(8)],
    [4, x.length, ...x, key.length, ...key, 0, ...new Uint8Array(8)],
  ];
  for (const record of records(x)) readRecord(Uint8Array.from(record), newColumns(), nobody);
  const noSeries = records([]).slice(0, 2);
  for (const record of [...impossible.flatMap(records), ...noSeries])
    assert.throws(
      () => readRecord(Uint8Array.from(record), newColumns(), nobody),
      { code: 'VED_STORAGE_CORRUPT' },
      String(record),
    );
});

/** A visitor that looks at everything and keeps nothing. */
const nobody: WalRecordVisitor = {
  window: () => undefined,
  define: () => undefined,
  newestHistogram: () => undefined,
  exemplar: () => undefined,
  samples: () => undefined,
};

function newColumns(): ReplayColumns {
  return {
    timestampsMs: new Float64Array(1),
    values: new Float64Array(1),
    staleFlags: new Uint8Array(1),
    histograms: undefined,
    hasZeros: false,
  };
}

/** A record with a definition by histogram, histograms among floats, a marker and a zero. */
function recordOfAll(): Uint8Array {
  const encoder = new HistogramEncoder();
  const writer = new WalRecordWriter();
  const batch = batchOf([{}, [5, 1], [7, 0], [9, 2], [10, 0], [11, 3]]);
  batch.staleFlags.set([0, 0, 1, ZERO_FLAG], 0);
  writer.begin({ minMs: 0, maxMs: 99, lateMinMs: Infinity });
  const histogram = encoder.encodeOne(4, histogramOf([1, 2, 3]));
  const last = { timestampMs: 4, value: 0, isStale: false, histogram };
  writer.defineSeries(3, seriesKeyOf(labelsOf({ __name__: 'h' })), last);
  const histograms = new Map([
    [1, encoder.encodeOne(7, histogramOf([4, 5, 6]))],
    [3, encoder.encodeOne(10, histogramOf([]))],
  ]);
  writer.addSamples(3, { ...floatsOf(batch), histograms, hasZeros: true }, 0, 4);
  writer.addSamples(3, { ...floatsOf(batch), histograms, hasZeros: true }, 4, 5);
  writer.finish();
  return writer.bytes.slice(FRAME_BYTES);
}

test('histograms of a record read as they were written, each beside its sample', () => {
  const said: unknown[] = [];
  const decoder = new HistogramDecoder();
  readRecord(recordOfAll(), newColumns(), {
    ...nobody,
    define: (reference, _key, last) => said.push([reference, last]),
    newestHistogram: (reference, { timestampMs, histogram }) =>
      said.push([reference, timestampMs, ...decoder.decode(histogram ?? new Uint8Array(0))]),
    samples: (reference, { staleFlags, histograms, hasZeros }, count) =>
      said.push([
        reference,
        [...staleFlags.subarray(0, count)],
        hasZeros,
        [...(histograms ?? [])].map(([index, chunk]) => [index, ...decoder.decode(chunk)]),
      ]),
  });
  assert.deepEqual(said, [
    [3, undefined],
    [3, 4, histogramOf([1, 2, 3])],
    [
      3,
      [0, 0, 1, 2],
      true,
      [
        [1, histogramOf([4, 5, 6])],
        [3, histogramOf([])],
      ],
    ],
    [3, [0], false, []],
  ]);
});

test('a record of a batch cut anywhere or mutated is read or refused as corrupt, and never anything else', () => {
  const record = recordOfAll();
  const check = (bytes: Uint8Array): void => {
    try {
      readRecord(bytes, newColumns(), nobody);
    } catch (error) {
      assert.ok(error instanceof FatalError, String(error));
    }
  };
  for (let end = 0; end < record.length; end++) check(record.subarray(0, end));
  // The kind stays: this is about batches.
  const flip = fc.tuple(fc.integer({ min: 1, max: record.length - 1 }), fc.nat(255));
  fc.assert(
    fc.property(fc.array(flip, { minLength: 1, maxLength: 6 }), (flips) => {
      const bytes = record.slice();
      for (const [at, byte] of flips) bytes[at] = byte;
      check(bytes);
    }),
    { numRuns: 20_000 },
  );
});
