import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { mayDeviate } from './deviation-bound.ts';
import { deviationOf, LASTING_SCORE } from './deviation.ts';

const SPLIT = 90;
const POINTS = 120;

type Shape = (random: SeededRandom, i: number) => number;

const normal = (random: SeededRandom): number =>
  Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float());

/** What is stored of real things: noise, steps, rare events, counters, wild magnitudes, holes. */
const SHAPES: readonly (readonly [name: string, shape: (random: SeededRandom) => Shape])[] = [
  ['noise', () => (random) => 100 + normal(random)],
  ['a step of any size', (random) => stepOf(random, () => random.float() * 8)],
  ['a step of a rigid level', (random) => stepOf(random, () => 0, 1000 * 10 ** (2 * random.float()))],
  ['rare events', (random) => rareOf(random.float() * 0.3, random.float())],
  ['rare events of any size', (random) => rareOf(0.1, 0.3, () => 10 ** (6 * random.float()))],
  ['heavy tails', () => (random) => 1 / (random.float() + 1e-6)],
  ['a slow drift', (random) => (_, i) => 50 + i * random.float() * 0.1],
  ['levels below zero', (random) => stepOf(random, () => random.float(), -1000)],
  ['enormous values', (random) => stepOf(random, () => random.float(), 1e300)],
  ['values next to each other', (random) => stepOf(random, () => random.float() * 1e-3, 1e15)],
  ['tiny values', (random) => stepOf(random, () => random.float() * 1e-300, 1e-300)],
  ['hardly any values', (random) => stepOf(random, () => random.float() * 1e-318, 1e-312)],
  ['whole numbers', () => (random) => Math.floor(random.float() * 4)],
];

function stepOf(random: SeededRandom, noise: () => number, level = 10): Shape {
  const size = level * (random.float() - 0.5) * 10 ** (-3 * random.float());
  const at = SPLIT + Math.floor(random.float() * (POINTS - SPLIT));
  return (_, i) => level + noise() + (i >= at ? size : 0);
}

function rareOf(before: number, now: number, size: () => number = () => 1): Shape {
  return (random, i) => (random.float() < (i < SPLIT ? before : now) ? size() : 0);
}

test('what deviates is never left out, whatever the series looks like', () => {
  const random = new SeededRandom(11);
  let deviating = 0;
  for (const [name, make] of SHAPES)
    for (let round = 0; round < 400; round++) {
      const shape = make(random);
      const holes = round % 4 === 0 ? random.float() : 0;
      const column = Float64Array.from({ length: POINTS }, (_, i) =>
        random.float() < holes ? Number.NaN : shape(random, i),
      );
      const [before, now] = [column.subarray(0, SPLIT), column.subarray(SPLIT)];
      const { score } = deviationOf(before, now);
      if (score < LASTING_SCORE) continue;
      deviating++;
      assert.ok(mayDeviate(before, now), `${name}, round ${round}: ${score} was left out`);
    }
  assert.ok(deviating > 500, `${deviating} of the cases deviate`);
});

test('of noise hardly anything is looked at further', () => {
  const random = new SeededRandom(12);
  let kept = 0;
  for (let round = 0; round < 1000; round++) {
    const column = Float64Array.from({ length: POINTS }, () => 100 + 5 * normal(random));
    if (mayDeviate(column.subarray(0, SPLIT), column.subarray(SPLIT))) kept++;
  }
  assert.ok(kept < 50, `${kept} of 1000 are looked at`);
});

test('errors that come in every minute now and came in seven of ninety before are let through', () => {
  const before = Float64Array.from({ length: SPLIT }, (_, i) => (i % 13 === 0 ? 1 : 0));
  const now = new Float64Array(30).fill(1);
  assert.ok(deviationOf(before, now).score > LASTING_SCORE);
  assert.ok(mayDeviate(before, now));
});

test('holes, infinities and no values at all are no reason to look further', () => {
  const hole = new Float64Array(SPLIT).fill(Number.NaN);
  const infinite = new Float64Array(30).fill(Number.POSITIVE_INFINITY);
  assert.equal(mayDeviate(hole, new Float64Array(30).fill(5)), false);
  assert.equal(mayDeviate(new Float64Array(SPLIT).fill(5), infinite), false);
  assert.equal(mayDeviate(new Float64Array(0), new Float64Array(0)), false);
});
