import type { Random } from '@vedette/model';

/**
 * Random series for the comparison, made so that Prometheus 2.42 (closed ranges) and 3 (left-open ones) must agree:
 * no sample lies on a whole or half second, and queries are asked at whole seconds only.
 *
 * Gauges are multiples of 1/64, so that sums of them are exact in whatever order they are added: what differs then
 * is meaning, not rounding.
 */
export interface Scene {
  readonly series: readonly SceneSeries[];
  /** Times of the first and the last round of samples; whole seconds. */
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface SceneSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [timestampMs: number, value: number | 'stale'])[];
}

/** 15 s apart: an hour. */
export const ROUND_COUNT = 240;
const ROUND_DISTANCE_MS = 15_000;

const LE = ['0.1', '0.25', '1', '2.5', '10', '+Inf'];
const ZONES = ['a', 'b', 'c'];
const PATHS = ['/', '/cart', '/pay', '/x y', 'é'];
const CODES = ['200', '404', '500'];

type Walk = () => number;

export function createScene(random: Random, lastMs: number): Scene {
  const firstMs = lastMs - ROUND_COUNT * ROUND_DISTANCE_MS;
  const series: SceneSeries[] = [];
  const add = (labels: Record<string, string>, walk: Walk): void => {
    series.push({ labels, samples: samplesOf(random, walk, firstMs) });
  };
  for (const path of PATHS) {
    for (const code of CODES) add({ __name__: 'c_total', path, code }, counter(random, 40));
    for (const zone of ZONES) add({ __name__: 'g', path, zone }, gauge(random, 20, 0.004));
    add({ __name__: 'limit', path, tier: path.length > 3 ? 'gold' : 'iron' }, constant(path.length * 10));
    add({ __name__: 'd', path }, distinct(random));
    addBuckets(random, path, add);
  }
  for (const zone of ZONES) {
    add({ __name__: 'big', zone }, gauge(random, 1e12, 0));
    add({ __name__: 'wild', zone }, wild(random));
  }
  add({ __name__: 'single' }, counter(random, 5));
  return { series, firstMs, lastMs };
}

/** Gaps shorter and longer than the lookback, late births, deaths with and without a staleness marker. */
function samplesOf(random: Random, walk: Walk, firstMs: number): SceneSeries['samples'] {
  const samples: [number, number | 'stale'][] = [];
  const birth = random.float() < 0.2 ? Math.floor(random.float() * ROUND_COUNT) : 0;
  const death = random.float() < 0.1 ? Math.floor(random.float() * ROUND_COUNT) : ROUND_COUNT;
  let gap = 0;
  for (let round = birth; round < death; round++) {
    const value = walk();
    if (gap > 0) {
      gap--;
      continue;
    }
    const timestampMs = firstMs + round * ROUND_DISTANCE_MS + jitterMs(random);
    samples.push([timestampMs, random.float() < 0.004 ? 'stale' : value]);
    if (random.float() < 0.01) gap = random.float() < 0.7 ? 1 + Math.floor(random.float() * 4) : 25;
  }
  const last = samples.at(-1);
  if (last !== undefined && random.float() < 0.3) last[1] = 'stale';
  return samples;
}

/** Within the second, but neither on its borders nor in its middle. */
function jitterMs(random: Random): number {
  return 1 + Math.floor(random.float() * 498) + (random.float() < 0.5 ? 0 : 500);
}

/** Whole numbers with resets. */
function counter(random: Random, stepMax: number): Walk {
  let value = Math.floor(random.float() * 1000);
  return () => {
    value = random.float() < 0.015 ? 0 : value + Math.floor(random.float() * stepMax);
    return value;
  };
}

function gauge(random: Random, start: number, nanShare: number): Walk {
  let value = start;
  return () => {
    value += Math.floor(random.float() * 256 - 128) / 64;
    return random.float() < nanShare ? NaN : value;
  };
}

function constant(value: number): Walk {
  return () => value;
}

/** Never twice the same value among all series: what picks by value has no ties. */
function distinct(random: Random): Walk {
  const offset = random.float();
  let value = 50;
  return () => {
    value += random.float() * 6 - 3;
    return value + offset / 1024;
  };
}

function wild(random: Random): Walk {
  const values = [0, -0, 1, -1, Infinity, -Infinity, NaN, 0.5, 3, -1024];
  return () => values[Math.floor(random.float() * values.length)] ?? 0;
}

/** A classic histogram: cumulative buckets, their count and sum. */
function addBuckets(
  random: Random,
  path: string,
  add: (labels: Record<string, string>, walk: Walk) => void,
): void {
  const counts = LE.map(() => 0);
  let sum = 0;
  const draw = (): void => {
    for (let i = 0; i < 12; i++) {
      const bucket = Math.floor(random.float() * LE.length);
      sum += bucket;
      for (let k = bucket; k < LE.length; k++) counts[k] = (counts[k] ?? 0) + 1;
    }
  };
  for (const [i, le] of LE.entries())
    add({ __name__: 'h_bucket', path, le }, () => {
      if (i === 0) draw();
      return counts[i] ?? 0;
    });
  add({ __name__: 'h_sum', path }, () => sum);
  add({ __name__: 'h_count', path }, () => counts.at(-1) ?? 0);
}
