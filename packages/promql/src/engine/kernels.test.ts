import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isValidAt, createValidity, NO_LABELS, SeededRandom } from '@vedette/model';
import type { Column } from './column.ts';
import { KahanSum } from './kahan.ts';
import { quantileOfSorted, sortNanFirst } from './quantile.ts';
import { setPoint, type RangeKernel } from './range-kernel.ts';
import { RANGE_KERNELS } from './range-kernels.ts';
import { createWindows, placeWindows, type Windows } from './windows.ts';

/** The sliding kernels against plain definitions that look at each window by itself. */
type Sample = readonly [timestampMs: number, value: number];

const QUANTILE = 0.3;

const DEFINITIONS: Readonly<
  Record<string, (samples: readonly Sample[], rangeMs: number, untilMs: number) => number | undefined>
> = {
  count_over_time: (samples) => samples.length,
  sum_over_time: (samples) => samples.reduce((sum, [, value]) => sum + value, 0),
  avg_over_time: (samples) => samples.reduce((sum, [, value]) => sum + value, 0) / samples.length,
  min_over_time: (samples) => extremeOf(samples, Math.min),
  max_over_time: (samples) => extremeOf(samples, Math.max),
  first_over_time: (samples) => samples[0]?.[1],
  last_over_time: (samples) => samples.at(-1)?.[1],
  ts_of_last_over_time: (samples) => (samples.at(-1)?.[0] ?? 0) / 1000,
  ts_of_max_over_time: (samples) => timeOfLast(samples, extremeOf(samples, Math.max)),
  ts_of_min_over_time: (samples) => timeOfLast(samples, extremeOf(samples, Math.min)),
  quantile_over_time: (samples) =>
    quantileOfSorted(QUANTILE, sortNanFirst(Float64Array.from(samples, ([, value]) => value))),
  resets: (samples) => countPairs(samples, (before, after) => after < before),
  changes: (samples) =>
    countPairs(
      samples,
      (before, after) => before !== after && !(Number.isNaN(before) && Number.isNaN(after)),
    ),
  idelta: (samples) => (samples.length < 2 ? undefined : samples.at(-1)![1] - samples.at(-2)![1]),
  delta: (samples, rangeMs, untilMs) => extrapolate(samples, rangeMs, untilMs, false),
  increase: (samples, rangeMs, untilMs) => extrapolate(samples, rangeMs, untilMs, true),
  rate: (samples, rangeMs, untilMs) => {
    const increase = extrapolate(samples, rangeMs, untilMs, true);
    return increase === undefined ? undefined : increase / (rangeMs / 1000);
  },
};

function extremeOf(samples: readonly Sample[], choose: (...values: number[]) => number): number {
  const numbers = samples.map(([, value]) => value).filter((value) => !Number.isNaN(value));
  return numbers.length === 0 ? NaN : choose(...numbers);
}

function timeOfLast(samples: readonly Sample[], wanted: number): number {
  return (samples.findLast(([, value]) => value === wanted) ?? samples.at(-1)!)[0] / 1000;
}

function countPairs(samples: readonly Sample[], counts: (before: number, after: number) => boolean): number {
  return samples.slice(1).filter(([, value], i) => counts(samples[i]![1], value)).length;
}

function extrapolate(
  samples: readonly Sample[],
  rangeMs: number,
  untilMs: number,
  isCounter: boolean,
): number | undefined {
  if (samples.length < 2) return undefined;
  const [firstMs, first] = samples[0]!;
  const [lastMs, last] = samples.at(-1)!;
  let change = last - first;
  if (isCounter)
    for (const [i, [, value]] of samples.slice(1).entries())
      if (value < samples[i]![1]) change += samples[i]![1];
  const sampled = (lastMs - firstMs) / 1000;
  const interval = sampled / (samples.length - 1);
  let start = (firstMs - (untilMs - rangeMs)) / 1000;
  let end = (untilMs - lastMs) / 1000;
  if (start >= interval * 1.1) start = interval / 2;
  if (isCounter && change > 0 && first >= 0) start = Math.min(start, sampled * (first / change));
  if (end >= interval * 1.1) end = interval / 2;
  return (change * (sampled + start + end)) / sampled;
}

const SHAPES: Readonly<Record<string, (random: SeededRandom, before: number) => number>> = {
  counter: (random, before) => (random.float() < 0.05 ? 0 : before + Math.floor(random.float() * 10)),
  'counter that loses much': (random, before) =>
    random.float() < 0.1 ? random.float() : before + random.float() * 1e15,
  'gauge with NaN': (random) => (random.float() < 0.2 ? NaN : random.float() * 100 - 50),
  'counter that only rises': (random, before) => before + Math.floor(random.float() * 10),
  'counter with NaN': (random, before) =>
    random.float() < 0.1 ? NaN : (before || 0) + Math.floor(random.float() * 10),
  constant: () => 3,
  fractions: (random) => random.float(),
};

/** Near, measured by the size of the values it was made of: their difference may have lost all its digits. */
function isNear(wanted: number, got: number, scale: number): boolean {
  if (Number.isNaN(wanted) || wanted === got) return Object.is(wanted, got) || wanted === got;
  return Math.abs(wanted - got) <= 1e-12 * Math.max(Math.abs(wanted), Math.abs(got), scale);
}

for (const [shape, next] of Object.entries(SHAPES))
  test(`sliding over a ${shape} gives what each window by itself gives`, () => {
    const random = new SeededRandom(7);
    for (let round = 0; round < 40; round++) {
      const samples: Sample[] = [];
      let timestampMs = 0;
      for (let value = next(random, 0); samples.length < 60; value = next(random, value)) {
        timestampMs += 1 + Math.floor(random.float() * 30_000);
        samples.push([timestampMs, value]);
      }
      const rangeMs = 1 + Math.floor(random.float() * 200_000);
      const times = { firstMs: -10_000, stepMs: round % 5 === 0 ? 0 : 7000, count: 150 };
      for (const name of Object.keys(DEFINITIONS)) checkKernel(name, samples, times, rangeMs);
    }
  });

function checkKernel(
  name: string,
  samples: readonly Sample[],
  times: { firstMs: number; stepMs: number; count: number },
  rangeMs: number,
): void {
  const out = runKernel(RANGE_KERNELS.get(name)!(), createWindows(times, rangeMs), samples);
  for (let step = 0; step < times.count; step++) {
    const untilMs = times.firstMs + step * times.stepMs;
    const within = samples.filter(
      ([timestampMs]) => timestampMs > untilMs - rangeMs && timestampMs <= untilMs,
    );
    const wanted = within.length === 0 ? undefined : DEFINITIONS[name]!(within, rangeMs, untilMs);
    assert.equal(isValidAt(out.validity, step), wanted !== undefined, `${name} at step ${step}`);
    if (wanted === undefined) continue;
    const got = out.values[step]!;
    const scale = Math.max(...within.map(([, value]) => Math.abs(value) || 0));
    assert.ok(isNear(wanted, got, scale), `${name} at step ${step}: want ${wanted}, got ${got}`);
  }
}

function runKernel(kernel: RangeKernel, windows: Windows, samples: readonly Sample[]): Column {
  const columns = {
    timestampsMs: Float64Array.from(samples, ([timestampMs]) => timestampMs),
    values: Float64Array.from(samples, ([, value]) => value),
    count: samples.length,
  };
  const { count } = windows.times;
  placeWindows(windows, columns.timestampsMs, columns.count);
  const out: Column = {
    labels: NO_LABELS,
    isNameDropped: false,
    histograms: undefined,
    histogramsHeld: 0,
    values: new Float64Array(count),
    validity: createValidity(count),
  };
  const call = { params: [new Float64Array(count).fill(QUANTILE)], stepTimeMs: () => 0 };
  if (kernel.slide?.(columns, windows, out, call) !== true)
    for (let step = 0; step < count; step++) {
      const [low, high] = [windows.lows[step]!, windows.highs[step]!];
      if (high > low) setPoint(out, step, kernel.ofWindow!(columns, low, high, step, call));
    }
  return out;
}

test('a series gives the same whichever series came before it through the same windows', () => {
  const random = new SeededRandom(11);
  const times = { firstMs: 0, stepMs: 5000, count: 80 };
  const next = SHAPES['counter']!;
  const seriesOf = (timestampsMs: readonly number[]): Sample[] => {
    let value = 0;
    return timestampsMs.map((timestampMs) => [timestampMs, (value = next(random, value))]);
  };
  const even = Array.from({ length: 40 }, (_, i) => i * 10_000);
  const late = even.map((timestampMs) => timestampMs + 7000);
  const onceOff = even.with(39, 390_001);
  const order = [even, even, late, late, even, even.slice(0, 39), even, onceOff, even, [], even];
  for (const name of Object.keys(DEFINITIONS)) {
    const kernel = RANGE_KERNELS.get(name)!();
    const windows = createWindows(times, 60_000);
    for (const [i, timestampsMs] of order.entries()) {
      const samples = seriesOf(timestampsMs);
      const alone = runKernel(RANGE_KERNELS.get(name)!(), createWindows(times, 60_000), samples);
      const { validity, values } = runKernel(kernel, windows, samples);
      assert.deepEqual(validity, alone.validity, `${name}, series ${i}`);
      for (let step = 0; step < times.count; step++)
        if (isValidAt(validity, step)) assert.equal(values[step], alone.values[step], `${name}, series ${i}`);
    }
  }
});

test('sums of windows are those of compensated addition, however much was added before the window', () => {
  const random = new SeededRandom(5);
  const times = { firstMs: 0, stepMs: 1000, count: 100 };
  for (const exponentMax of [0, 3, 17, 40, 300]) {
    const samples = Array.from({ length: 100 }, (_, i): Sample => {
      const value = (random.float() - 0.3) * 10 ** Math.floor(random.float() * exponentMax);
      return [i * 1000, value];
    });
    const { values } = runKernel(RANGE_KERNELS.get('sum_over_time')!(), createWindows(times, 8000), samples);
    for (let step = 0; step < 100; step++) {
      const sum = new KahanSum();
      for (const [, value] of samples.slice(Math.max(0, step - 7), step + 1)) sum.add(value);
      const allowed = Math.abs(sum.total) * Number.EPSILON;
      assert.ok(
        Math.abs(values[step]! - sum.total) <= allowed,
        `10^${exponentMax}, step ${step}: want ${sum.total}, got ${values[step]}`,
      );
    }
  }
});
