import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { SampleColumns } from '../chunk/sample-columns.ts';
import { SampleBuffer } from '../query/sample-buffer.ts';
import { LateSamples } from './late-samples.ts';

const EVER = { fromMs: -Infinity, untilMs: Infinity };

function columnsOf(timestampMs: number, value: number, staleFlag = 0): SampleColumns {
  return {
    timestampsMs: Float64Array.of(timestampMs),
    values: Float64Array.of(value),
    staleFlags: Uint8Array.of(staleFlag),
  };
}

/** `[time, value, stale]` of what is read. */
function readOf(late: LateSamples, place: { epoch: number; seq: number }, range = EVER): number[][] {
  const buffer = new SampleBuffer();
  late.read(1, place, range, buffer);
  const { timestampsMs, values, staleFlags } = buffer.within(0, EVER);
  return Array.from(timestampsMs, (timestampMs, i) => [timestampMs, values[i] ?? NaN, staleFlags?.[i] ?? 0]);
}

describe('LateSamples', () => {
  test('samples of any order read as sorted ones, by batch and range', () => {
    const place = fc.record({ timestampMs: fc.integer({ min: -3000, max: 3000 }), seq: fc.nat(20) });
    const query = fc.record({
      seq: fc.nat(21),
      fromMs: fc.integer({ min: -3500, max: 3500 }),
      spanMs: fc.nat(3000),
    });
    const places = fc.uniqueArray(place, {
      selector: ({ timestampMs }) => timestampMs,
      maxLength: 1500,
      size: 'max',
    });
    fc.assert(
      fc.property(places, query, (samples, { seq, fromMs, spanMs }) => {
        const late = new LateSamples();
        for (const [i, one] of samples.entries()) {
          assert.equal(late.find(1, one.timestampMs), undefined);
          late.add(1, { epoch: 5, seq: one.seq }, columnsOf(one.timestampMs, i, i % 2), 0);
          assert.deepEqual(late.find(1, one.timestampMs), { value: i, isStale: i % 2 === 1 });
        }
        const range = { fromMs, untilMs: fromMs + spanMs };
        const want = samples
          .map((one, i) => ({ ...one, i }))
          .filter((one) => one.seq <= seq && one.timestampMs >= fromMs && one.timestampMs <= range.untilMs)
          .sort((a, b) => a.timestampMs - b.timestampMs)
          .map(({ timestampMs, i }) => [timestampMs, i, i % 2]);
        assert.deepEqual(readOf(late, { epoch: 5, seq }, range), want);
        assert.equal(late.overlaps(1, { epoch: 5, seq }, range), want.length > 0);
        assert.equal(late.sampleCount, samples.length);
      }),
      { numRuns: 60 },
    );
  });

  test('pages grow, are cut when full, and are filled when samples come in order', () => {
    for (const order of [1, -1]) {
      const late = new LateSamples();
      for (let i = 0; i < 5000; i++) late.add(1, { epoch: 1, seq: 1 }, columnsOf(order * i, i), 0);
      assert.deepEqual(
        readOf(late, { epoch: 1, seq: 1 }).map(([timestampMs]) => timestampMs),
        Array.from({ length: 5000 }, (_, i) => order * i).sort((a, b) => a - b),
      );
      // In order nothing is wasted; against it, pages stay half empty.
      assert.ok(late.sizeBytes < 5000 * (order === 1 ? 26 : 54), `${late.sizeBytes} bytes`);
    }
  });

  test('an epoch is dropped as a whole and leaves the other', () => {
    const late = new LateSamples();
    assert.equal(late.has(1), false);
    late.add(1, { epoch: 1, seq: 1 }, columnsOf(10, 1), 0);
    late.add(1, { epoch: 2, seq: 2 }, columnsOf(20, 2), 0);
    late.add(7, { epoch: 1, seq: 1 }, columnsOf(10, 1), 0);
    assert.deepEqual(late.find(1, 10), { value: 1, isStale: false });
    late.drop(1, 1);
    late.drop(7, 1);
    late.drop(7, 1);
    assert.equal(late.find(1, 10), undefined);
    assert.deepEqual([late.has(1), late.has(7), late.sampleCount], [true, false, 1]);
    assert.deepEqual(readOf(late, { epoch: 1, seq: 9 }), []);
    assert.deepEqual(readOf(late, { epoch: 2, seq: 9 }), [[20, 2, 0]]);
    late.drop(1, 2);
    assert.deepEqual([late.sampleCount, late.sizeBytes], [0, 0]);
  });
});

test('two runs that increase become one, the first one counts at equal times', () => {
  const run = fc.uniqueArray(fc.integer({ min: 0, max: 60 })).map((times) => times.sort((a, b) => a - b));
  fc.assert(
    fc.property(run, run, run, (before, first, second) => {
      const buffer = new SampleBuffer();
      const put = (times: readonly number[], value: number): void => {
        for (const timestampMs of times) {
          const { columns } = buffer;
          columns.timestampsMs[buffer.count] = timestampMs;
          columns.values[buffer.count] = value;
          columns.staleFlags[buffer.count++] = value % 2;
        }
      };
      put(before, 7);
      const start = buffer.count;
      put(first, 1);
      const from = buffer.count;
      put(second, 2);
      buffer.mergeRuns(start, from);
      const merged = new Map([...second.map((t) => [t, 2] as const), ...first.map((t) => [t, 1] as const)]);
      const { timestampsMs, values, staleFlags } = buffer.columns;
      const got = Array.from(timestampsMs.subarray(0, buffer.count), (t, i) => [t, values[i], staleFlags[i]]);
      assert.deepEqual(got, [
        ...before.map((t) => [t, 7, 1]),
        ...[...merged].sort(([a], [b]) => a - b).map(([t, value]) => [t, value, value % 2]),
      ]);
    }),
  );
});
