import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SeededRandom } from '@vedette/model';
import { deviationOf, LASTING_SCORE, type Deviation } from './deviation.ts';

const NAN = Number.NaN;
const points = (...values: number[]): Float64Array => Float64Array.from(values);
const constant = (value: number, count: number): Float64Array => new Float64Array(count).fill(value);
/** 0, 1, … 9 again and again: median 4.5, quartiles 2 and 7 for whole hundreds. */
const SAW = Float64Array.from({ length: 200 }, (_, i) => i % 10);

function near(actual: number, wanted: number): void {
  assert.ok(
    Math.abs(actual - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)),
    `got ${actual}, want ${wanted}`,
  );
}

test('a level that lasts is counted in interquartile ranges of before', () => {
  const deviation = deviationOf(SAW, points(5, 5, 54.5, 54.5, 54.5, 54.5));
  near(deviation.score, 50 / (5 * 1.02));
  const { direction, before, now, excess, isGone, firstIndex } = deviation;
  assert.deepEqual(
    { direction, before, now, excess, isGone, firstIndex },
    { direction: 'up', before: 4.5, now: 54.5, excess: 50, isGone: false, firstIndex: 2 },
  );
});

test('what falls deviates as much as what rises', () => {
  const deviation = deviationOf(SAW, points(-45.5, -45.5, -45.5));
  near(deviation.score, 50 / (5 * 1.02));
  assert.equal(deviation.direction, 'down');
  assert.equal(deviation.firstIndex, 0);
});

test('one point alone counts half, and lasts nowhere', () => {
  const deviation = deviationOf(SAW, points(5, 54.5, 5, 5));
  near(deviation.score, 25 / (5 * 1.02));
  assert.equal(deviation.firstIndex, -1);
});

test('holes and infinities are passed over on both sides', () => {
  const holed = Float64Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? NAN : (SAW[i >> 1] ?? NAN)));
  assert.deepEqual(deviationOf(holed, points(NAN, 54.5, Number.POSITIVE_INFINITY, 54.5)), {
    ...deviationOf(SAW, points(54.5, 54.5)),
    firstIndex: 1,
  });
});

test('too little before, or nothing now, is no finding', () => {
  const none = (before: Float64Array, now: Float64Array): void => {
    const { score, firstIndex } = deviationOf(before, now);
    assert.deepEqual({ score, firstIndex }, { score: 0, firstIndex: -1 });
  };
  none(points(), points());
  none(points(), points(1, 2, 3));
  none(points(1, 1, 1), points(100, 100, 100));
  none(points(NAN, NAN, NAN, NAN, 1), points(100, 100, 100));
  none(SAW, points());
  none(SAW, points(NAN, NAN));
  assert.ok(Number.isNaN(deviationOf(SAW, points(NAN)).now));
  assert.ok(Number.isNaN(deviationOf(points(NAN), points(1)).before));
});

test('what was always measured and no longer is, is gone; what had holes anyway is not', () => {
  assert.equal(deviationOf(SAW, points(NAN, NAN)).isGone, true);
  assert.equal(deviationOf(SAW, points(NAN, 5)).isGone, false);
  assert.equal(deviationOf(SAW, points(5, 5, 5, NAN)).isGone, false);
  assert.equal(deviationOf(SAW, points(5, 5, NAN, NAN)).isGone, true);
  assert.equal(deviationOf(SAW, points()).isGone, false);
  const holed = SAW.map((value, i) => (i % 5 === 0 ? NAN : value));
  assert.equal(deviationOf(holed, points(NAN, NAN)).isGone, false);
});

test('what is too little has a negative excess', () => {
  near(deviationOf(SAW, points(-45.5, -45.5, -45.5)).excess, -50);
  near(deviationOf(SAW, points(5, 5, 54.5, 5)).excess, 25);
});

test('few points before make the judgement weaker, not impossible', () => {
  const scoreAfter = (count: number): number => deviationOf(SAW.subarray(0, count), points(54.5, 54.5)).score;
  assert.ok(deviationOf(points(1, 2, 3, 4), points(30, 30, 30)).score > LASTING_SCORE);
  near(scoreAfter(20), 50 / (5 * 1.2));
  near(scoreAfter(40), 50 / (5 * 1.1));
});

test('a level that never moved has 2 % of itself as its spread', () => {
  const before = constant(100, 100);
  near(deviationOf(before, constant(110, 20)).score, 5 / 1.04);
  near(deviationOf(before, constant(101, 20)).score, 0.5 / 1.04);
  near(deviationOf(constant(3, 100), constant(2, 20)).score, 1 / 0.0624);
  assert.equal(deviationOf(before, before).score, 0);
});

test('a counter that never counted: one step is a little strange, steps at each point very much, none infinitely', () => {
  const before = constant(0, 200);
  const one = deviationOf(before, points(0, 0, 0, 1, 0, 0, 0, 0, 0, 0));
  const all = deviationOf(before, constant(0.02, 60));
  assert.ok(one.score > 1 && one.score < LASTING_SCORE, `one: ${one.score}`);
  assert.ok(all.score > 10 && all.score < 100, `all: ${all.score}`);
  assert.equal(all.firstIndex, 0);
  assert.equal(one.firstIndex, -1);
  near(deviationOf(before, constant(1e9, 60)).score, all.score);
});

test('rare steps before make steps now usual', () => {
  const before = Float64Array.from({ length: 200 }, (_, i) => (i % 10 === 0 ? 1 : 0));
  assert.ok(deviationOf(before, points(0, 0, 0, 1, 0, 0, 0, 0, 1, 0)).score < 1);
  assert.ok(deviationOf(before, points(0, 1, 1, 0, 0, 0, 0, 0, 0, 0)).score < LASTING_SCORE);
  const burst = deviationOf(before, points(0, 0, 0, 0, 0, 40, 40, 40, 40, 40));
  assert.ok(burst.score > 20, `${burst.score}`);
  assert.equal(burst.firstIndex, 5);
  const busy = deviationOf(before, constant(1, 20));
  assert.ok(busy.score > LASTING_SCORE && busy.firstIndex === 0, `${busy.score}`);
});

test('a small part of a level stays small, however long it lasts', () => {
  const before = Float64Array.from({ length: 200 }, (_, i) => (i === 7 ? 1030 : 1000));
  assert.ok(deviationOf(before, constant(1030, 200)).score < LASTING_SCORE);
});

test('noise alone hardly ever lasts', () => {
  const random = new SeededRandom(3);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float());
  let found = 0;
  for (let i = 0; i < 2000; i++) {
    const before = Float64Array.from({ length: 100 }, normal);
    if (deviationOf(before, Float64Array.from({ length: 60 }, normal)).firstIndex !== -1) found++;
  }
  assert.equal(found, 0);
});

test('the largest numbers there are give a number', () => {
  const { score } = deviationOf(points(-1e308, 1e308, 0, 5, 1e308), points(1.7e308, -1.7e308));
  assert.ok(Number.isFinite(score));
  assert.ok(Number.isFinite(deviationOf(constant(5e-324, 10), constant(1.7e308, 3)).score));
});

test('a day at 5 s is longer than the buffer and judged alike', () => {
  const long = Float64Array.from({ length: 17_280 }, (_, i) => i % 10);
  near(deviationOf(long, points(54.5, 54.5)).score, 50 / (5 * (1 + 4 / 17_280)));
});

// Measured with nine digits: of values that differ by less, rounding decides which one is larger.
const value = fc.integer({ min: -1e9, max: 1e9 }).map((x) => x / 1000);
const series = fc.array(fc.oneof({ weight: 9, arbitrary: value }, fc.constant(NAN), fc.constant(0)), {
  minLength: 8,
  maxLength: 60,
});
const flipped = (direction: Deviation['direction']): Deviation['direction'] =>
  direction === 'up' ? 'down' : 'up';

test('property: the unit does not matter', () => {
  fc.assert(
    fc.property(series, series, fc.constantFrom(0.001, 0.5, 60, 1024), (before, now, factor) => {
      const plain = deviationOf(Float64Array.from(before), Float64Array.from(now));
      const scaled = deviationOf(
        Float64Array.from(before, (x) => x * factor),
        Float64Array.from(now, (x) => x * factor),
      );
      near(scaled.score, plain.score);
      if (plain.score > 0) assert.equal(scaled.direction, plain.direction);
    }),
  );
});

test('property: turned upside down, only the direction turns', () => {
  fc.assert(
    fc.property(series, series, (before, now) => {
      const plain = deviationOf(Float64Array.from(before), Float64Array.from(now));
      const turned = deviationOf(
        Float64Array.from(before, (x) => -x),
        Float64Array.from(now, (x) => -x),
      );
      near(turned.score, plain.score);
      // Of a tie the upward side is told, both times.
      if (turned.direction === 'up' && plain.direction === 'up') return;
      assert.equal(turned.direction, flipped(plain.direction));
      assert.equal(turned.firstIndex, plain.firstIndex);
    }),
  );
});

test('property: where a series that moves lies does not matter', () => {
  const moving = fc.array(fc.double({ min: 100, max: 200, noNaN: true }), { minLength: 8, maxLength: 60 });
  fc.assert(
    fc.property(moving, moving, fc.constantFrom(-50, 25, 64), (before, now, shift) => {
      // Their range is beyond 2 % of any level here.
      const ends = [100, 200, 100, 200, 100, 200, 100, 200, ...before];
      const plain = deviationOf(Float64Array.from(ends), Float64Array.from(now));
      const shifted = deviationOf(
        Float64Array.from(ends, (x) => x + shift),
        Float64Array.from(now, (x) => x + shift),
      );
      assert.ok(Math.abs(plain.score - shifted.score) < 1e-6);
    }),
  );
});

test('property: the order of before does not matter', () => {
  fc.assert(
    fc.property(series, series, fc.nat(), (before, now, seed) => {
      const random = new SeededRandom(seed);
      const mixed = before
        .map((x) => ({ x, key: random.float() }))
        .sort((a, b) => a.key - b.key)
        .map(({ x }) => x);
      const plain = deviationOf(Float64Array.from(before), Float64Array.from(now));
      near(deviationOf(Float64Array.from(mixed), Float64Array.from(now)).score, plain.score);
    }),
  );
});

test('property: what is further away is not less strange', () => {
  const rise = fc.double({ min: 0, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(series, series, rise, (before, now, by) => {
      const median = deviationOf(Float64Array.from(before), points()).before;
      // All above the median, so that one side is asked.
      const above = Float64Array.from(now, (x) => (Number.isNaN(median) ? 0 : median) + Math.abs(x));
      const plain = deviationOf(Float64Array.from(before), above);
      const raised = deviationOf(
        Float64Array.from(before),
        above.map((x) => x + by),
      );
      assert.ok(raised.score >= plain.score - 1e-9 * plain.score, `${raised.score} < ${plain.score}`);
    }),
  );
});

test('property: the score is finite and not negative, and what was given stays as it was', () => {
  const any = fc.array(fc.double(), { maxLength: 40 });
  fc.assert(
    fc.property(any, any, (before, now) => {
      const given = [Float64Array.from(before), Float64Array.from(now)] as const;
      const { score, firstIndex } = deviationOf(...given);
      assert.ok(Number.isFinite(score) && score >= 0);
      assert.ok(firstIndex >= -1 && firstIndex < Math.max(now.length, 0));
      assert.deepEqual(given, [Float64Array.from(before), Float64Array.from(now)]);
    }),
  );
});
