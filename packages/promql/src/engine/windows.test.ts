import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createWindows, placeWindows } from './windows.ts';

/** Times with gaps: mostly regular, so that guesses are right, with jumps of all sizes, so that they are not. */
const timesArbitrary = fc
  .record({
    firstMs: fc.integer({ min: -500, max: 2500 }),
    gapsMs: fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant(15) }, fc.integer({ min: 1, max: 400 })), {
      maxLength: 60,
    }),
  })
  .map(({ firstMs, gapsMs }) => {
    let timeMs = firstMs;
    return Float64Array.from(gapsMs, (gapMs) => (timeMs += gapMs));
  });

const gridArbitrary = fc.record({
  firstMs: fc.integer({ min: 0, max: 1000 }),
  stepMs: fc.constantFrom(1, 15, 60, 100),
  count: fc.integer({ min: 1, max: 40 }),
});

const rangeArbitrary = fc.constantFrom(1, 15, 59, 60, 300, 5000);

test('each window holds the samples after its begin up to its end, in whatever order series come', () => {
  fc.assert(
    fc.property(
      gridArbitrary,
      rangeArbitrary,
      fc.array(timesArbitrary, { minLength: 1, maxLength: 4 }),
      (times, rangeMs, series) => {
        const windows = createWindows(times, rangeMs);
        for (const timestampsMs of series) {
          const total = placeWindows(windows, timestampsMs, timestampsMs.length);
          let wanted = 0;
          for (let step = 0; step < times.count; step++) {
            const untilMs = times.firstMs + step * times.stepMs;
            const inside = timestampsMs.filter((timeMs) => timeMs > untilMs - rangeMs && timeMs <= untilMs);
            wanted += inside.length;
            const [low, high] = [windows.lows[step] ?? -1, windows.highs[step] ?? -1];
            assert.deepEqual(timestampsMs.slice(low, high), inside, `step ${step}`);
            // Whoever looks one sample back from the end asks for the newest one that is not after it.
            assert.equal(high, timestampsMs.filter((timeMs) => timeMs <= untilMs).length);
            if (inside.length > 0) assert.ok(windows.firstStep <= step && step < windows.endStep);
          }
          assert.equal(total, wanted);
        }
      },
    ),
  );
});

test('a series whose samples end before the first window has none', () => {
  const windows = createWindows({ firstMs: 1000, stepMs: 10, count: 5 }, 100);
  assert.equal(placeWindows(windows, Float64Array.of(100, 200), 2), 0);
  assert.deepEqual([...windows.highs], [2, 2, 2, 2, 2]);
  assert.deepEqual([...windows.lows], [2, 2, 2, 2, 2]);
  assert.equal(placeWindows(windows, Float64Array.of(), 0), 0);
});

test('all windows of one moment are the same', () => {
  const windows = createWindows({ firstMs: 1000, stepMs: 0, count: 3 }, 100);
  assert.equal(placeWindows(windows, Float64Array.of(900, 901, 1000, 1001), 4), 6);
  assert.deepEqual([...windows.lows], [1, 1, 1]);
  assert.deepEqual([...windows.highs], [3, 3, 3]);
});
