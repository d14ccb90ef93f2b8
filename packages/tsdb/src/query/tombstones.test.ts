import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TimeRange } from '@vedette/model';
import { decodeTombstones, encodeTombstones } from '../block/tombstone-file.ts';
import { SampleBuffer } from './sample-buffer.ts';
import { isCovered, runsOf, Tombstones } from './tombstones.ts';

const SERIES = 12;
const TIMES = 20;

const deletion = fc.record({
  ids: fc.uniqueArray(fc.nat(SERIES - 1), { minLength: 1 }),
  times: fc.tuple(fc.nat(TIMES - 1), fc.nat(TIMES - 1)),
});

const rangeOf = ([a, b]: readonly [number, number]): TimeRange => ({
  fromMs: Math.min(a, b),
  untilMs: Math.max(a, b),
});

const build = (deletions: readonly { ids: readonly number[]; times: [number, number] }[]): Tombstones => {
  let tombstones = Tombstones.NONE;
  for (const { ids, times } of deletions)
    tombstones = tombstones.with({ range: rangeOf(times), runs: runsOf(Uint32Array.from(ids).sort()) });
  return tombstones;
};

test('what is deleted from a series is the union of what was deleted, sorted and without touching ranges', () => {
  fc.assert(
    fc.property(fc.array(deletion, { maxLength: 12 }), (deletions) => {
      const tombstones = build(deletions);
      for (let series = 0; series <= SERIES; series++) {
        const ranges = tombstones.of(series);
        for (const [i, { fromMs, untilMs }] of ranges.entries()) {
          assert.ok(fromMs <= untilMs);
          assert.ok(i === 0 || fromMs > ranges[i - 1]!.untilMs + 1);
        }
        for (let at = 0; at < TIMES; at++) {
          const want = deletions.some(
            ({ ids, times }) =>
              ids.includes(series) && rangeOf(times).fromMs <= at && at <= rangeOf(times).untilMs,
          );
          assert.equal(isCovered(ranges, at, at), want, `series ${series} at ${at}`);
        }
      }
    }),
  );
});

test('tombstones come back from their file as they were written', () => {
  fc.assert(
    fc.property(fc.array(deletion, { maxLength: 8 }), fc.array(deletion, { maxLength: 8 }), (a, b) => {
      const written = new Map([
        ['00000001-00000001.block', build(a)],
        ['00000002-00000012-3.block', build(b)],
      ]);
      const read = decodeTombstones(encodeTombstones(written), 'tombstones');
      assert.deepEqual([...read.keys()], [...written.keys()]);
      for (const [name, tombstones] of written)
        for (let series = 0; series <= SERIES; series++)
          assert.deepEqual(read.get(name)?.of(series), tombstones.of(series));
    }),
  );
});

test('a deletion of a million neighbours takes one run', () => {
  const ids = Uint32Array.from({ length: 1_000_000 }, (_, i) => 5 + i);
  assert.deepEqual([...runsOf(ids)], [5, 1_000_005]);
  const tombstones = Tombstones.NONE.with({ range: { fromMs: 1, untilMs: 2 }, runs: runsOf(ids) });
  assert.ok(encodeTombstones(new Map([['00000001-00000001.block', tombstones]])).length < 80);
  assert.deepEqual(
    [4, 5, 1_000_004, 1_000_005].map((series) => tombstones.of(series).length),
    [0, 1, 1, 0],
  );
});

test('a chunk is covered by one range that includes both its ends', () => {
  const ranges = [
    { fromMs: 10, untilMs: 20 },
    { fromMs: 30, untilMs: 40 },
  ];
  assert.equal(isCovered(ranges, 10, 20), true);
  assert.equal(isCovered(ranges, 9, 20), false);
  assert.equal(isCovered(ranges, 30, 41), false);
  assert.equal(isCovered(ranges, 15, 35), false);
  assert.equal(isCovered([], 1, 1), false);
});

test('dropping from a buffer leaves what came before, and the rest in order', () => {
  fc.assert(
    fc.property(fc.array(deletion, { maxLength: 6 }), fc.nat(5), (deletions, start) => {
      const ranges = build(deletions.map(({ times }) => ({ ids: [0], times }))).of(0);
      const buffer = new SampleBuffer();
      const { columns } = buffer;
      for (let i = 0; i < start + TIMES; i++) {
        columns.timestampsMs[i] = i < start ? 7 : i - start;
        columns.values[i] = 100 + i;
        columns.staleFlags[i] = i & 1;
      }
      buffer.count = start + TIMES;
      buffer.drop(start, ranges);
      const want = Array.from({ length: start + TIMES }, (_, i) => i).filter(
        (i) => i < start || !isCovered(ranges, i - start, i - start),
      );
      const count = want.length;
      assert.equal(buffer.count, count);
      assert.deepEqual(
        [...buffer.columns.values.subarray(0, count)],
        want.map((i) => 100 + i),
      );
      assert.deepEqual(
        [...buffer.columns.staleFlags.subarray(0, count)],
        want.map((i) => i & 1),
      );
      assert.deepEqual(
        [...buffer.columns.timestampsMs.subarray(start, count)],
        want.slice(start).map((i) => i - start),
      );
    }),
  );
});
