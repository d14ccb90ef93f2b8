/**
 * Whether a series can have left what it used to be, without putting its values in order: what `deviationOf` says of
 * thousands that did not is never read, and ordering their values is most of its work.
 *
 * Every score is at most (the farthest excursion) / (the wider one of interquartile range and `SPREAD_RATIO_MIN` of the
 * level); how rare movement is never raises it above that. So a largest possible excursion and a smallest possible
 * spread bound it from above, and those are had from counts: the values before fall into buckets of equal width, and the
 * median and the quartiles lie within the buckets of their ranks.
 *
 * Rejected: comparing with the fifth largest value of before, which dropped errors that come in every minute now and
 * came in seven of ninety before.
 */
import { LASTING_SCORE, SPREAD_RATIO_MIN } from './deviation.ts';

// Each as wide as a thirtieth of all that was: noise has its quartiles ten buckets apart, so that it is told by these.
const BUCKETS = 32;

// Some units in the last place: this sums up in another order than the measure itself.
const ROUNDING = 2 ** -49;

const counts = new Uint32Array(BUCKETS);

/** `false` promises that `deviationOf` has a score below `LASTING_SCORE`; `true` promises nothing. Holes are NaN. */
export function mayDeviate(before: Float64Array, now: Float64Array): boolean {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let known = 0;
  for (let i = 0; i < before.length; i++) {
    const value = before[i] ?? Number.NaN;
    if (value - value !== 0) continue;
    known++;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  // Of nothing nothing can be told apart; the measure has the exact limit.
  if (known === 0) return false;
  const width = (most - least) / BUCKETS;
  const perWidth = width === 0 ? 0 : 1 / width;
  // Too far apart for numbers, or too near.
  if (!(width < Number.POSITIVE_INFINITY && perWidth < Number.POSITIVE_INFINITY)) return true;
  if (width === 0 && most !== least) return true;
  count(before, least, perWidth);
  const middle = (known - 1) / 2;
  const quarter = (known - 1) / 4;
  const medianLeast = least + bucketOf(Math.floor(middle)) * width;
  const medianMost = least + (bucketOf(Math.ceil(middle)) + 1) * width;
  const range = (bucketOf(Math.floor(3 * quarter)) - bucketOf(Math.ceil(quarter)) - 1) * width;
  const level = medianLeast > 0 ? medianLeast : medianMost < 0 ? -medianMost : 0;
  const spread = Math.max(range, SPREAD_RATIO_MIN * level);
  const slack = ROUNDING * Math.max(Math.abs(least), Math.abs(most));
  return farthest(now, medianLeast - slack, medianMost + slack) >= LASTING_SCORE * (spread - slack);
}

/** Afterwards each bucket has the number of values in it and in those below. */
function count(before: Float64Array, least: number, perWidth: number): void {
  counts.fill(0);
  for (let i = 0; i < before.length; i++) {
    const value = before[i] ?? Number.NaN;
    if (value - value !== 0) continue;
    const bucket = ((value - least) * perWidth) | 0;
    const at = bucket < BUCKETS ? bucket : BUCKETS - 1;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  let below = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    below += counts[bucket] ?? 0;
    counts[bucket] = below;
  }
}

/** Where the value of this rank fell. */
function bucketOf(rank: number): number {
  let from = 0;
  let until = BUCKETS - 1;
  while (from < until) {
    const bucket = (from + until) >> 1;
    if ((counts[bucket] ?? 0) > rank) until = bucket;
    else from = bucket + 1;
  }
  return from;
}

/** The level on which two points in succession stayed, or half of the largest, on either side of a median between these. */
function farthest(now: Float64Array, medianLeast: number, medianMost: number): number {
  let far = 0;
  let lastUp = Number.NEGATIVE_INFINITY;
  let lastDown = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < now.length; i++) {
    const value = now[i] ?? Number.NaN;
    if (value - value !== 0) continue;
    const up = value - medianLeast;
    const down = medianMost - value;
    const stayedUp = up < lastUp ? up : lastUp;
    const stayedDown = down < lastDown ? down : lastDown;
    if (stayedUp > far) far = stayedUp;
    if (stayedDown > far) far = stayedDown;
    if (up / 2 > far) far = up / 2;
    if (down / 2 > far) far = down / 2;
    lastUp = up;
    lastDown = down;
  }
  return far;
}
