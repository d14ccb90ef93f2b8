import type { ReferenceTimes } from './reference-times.ts';

/**
 * The windows of a range vector over one series, as index pairs: window i holds the samples
 * `lows[i] ≤ k < highs[i]`, those in (reference - range, reference]. Both borders only grow, so that
 * one pass with two pointers finds them all; the arrays are reused from series to series.
 *
 * Series of one scrape target have the same timestamps. Where a series has those of the one before, which
 * costs a comparison, everything that follows from timestamps alone stays as it is: `placing` tells.
 */
export interface Windows {
  readonly times: ReferenceTimes;
  readonly rangeMs: number;
  readonly lows: Uint32Array;
  readonly highs: Uint32Array;
  /** Windows before the first of these steps and from the last one on are empty: a pod's series lives an hour of a week. */
  firstStep: number;
  endStep: number;
  /** Changes whenever the windows do: what was derived from them and the timestamps holds until then. */
  placing: number;
  /** The array that was placed over last, if it was one of a batch, and the batch. */
  placedArray: Float64Array | undefined;
  placedBatch: object | undefined;
  /** A copy of the timestamps that the windows were placed over. */
  placedMs: Float64Array;
  placedCount: number;
  /** Samples in all windows, a sample counted once per window. */
  total: number;
}

export function createWindows(times: ReferenceTimes, rangeMs: number): Windows {
  return {
    times,
    rangeMs,
    lows: new Uint32Array(times.count),
    highs: new Uint32Array(times.count),
    firstStep: 0,
    endStep: 0,
    placing: 0,
    placedArray: undefined,
    placedBatch: undefined,
    placedMs: new Float64Array(0),
    placedCount: -1,
    total: 0,
  };
}

/**
 * Places the windows over a series; returns how many samples they hold, a sample counted once per window.
 * `batch` is the one that the series came in, if any: until the next one its arrays keep their content, so that
 * the same array again needs no comparison.
 */
export function placeWindows(
  windows: Windows,
  timestampsMs: Float64Array,
  sampleCount: number,
  batch?: object,
): number {
  const isSameLength = windows.placedCount === sampleCount;
  const isSameArray = windows.placedArray === timestampsMs && windows.placedBatch === batch;
  if (isSameLength && isSameArray && batch !== undefined) return windows.total;
  windows.placedArray = timestampsMs;
  windows.placedBatch = batch;
  if (isSameLength && startsEqual(windows.placedMs, timestampsMs, sampleCount)) return windows.total;
  windows.placing++;
  if (windows.placedMs.length < sampleCount) windows.placedMs = new Float64Array(sampleCount);
  copyStart(timestampsMs, windows.placedMs, sampleCount);
  windows.placedCount = sampleCount;
  windows.total = findBorders(windows, timestampsMs, sampleCount);
  return windows.total;
}

function findBorders(windows: Windows, timestampsMs: Float64Array, sampleCount: number): number {
  const { lows, highs, rangeMs } = windows;
  const { firstMs, stepMs } = windows.times;
  placeSteps(windows, timestampsMs[0] ?? 0, timestampsMs[sampleCount - 1] ?? 0, sampleCount);
  const { firstStep, endStep } = windows;
  lows.fill(0, 0, firstStep);
  highs.fill(0, 0, firstStep);
  lows.fill(sampleCount, endStep);
  highs.fill(sampleCount, endStep);
  // Where the range is a multiple of the step, a window begins where an earlier one ended.
  const stepsBack = stepMs > 0 && rangeMs % stepMs === 0 ? rangeMs / stepMs : Infinity;
  let low = 0;
  let high = 0;
  let total = 0;
  /** By how many samples the last window moved on: samples are regular, so that this one nearly always does the same. */
  let moved = 0;
  for (let step = firstStep; step < endStep; step++) {
    const untilMs = firstMs + step * stepMs;
    const afterMs = untilMs - rangeMs;
    const guess = high + moved;
    const isInside = guess > high && guess < sampleCount;
    if (isInside && (timestampsMs[guess - 1] ?? 0) <= untilMs && (timestampsMs[guess] ?? 0) > untilMs)
      high = guess;
    else {
      const from = high;
      high = countUntil(timestampsMs, from, sampleCount, untilMs);
      moved = high - from;
    }
    low = step >= stepsBack ? (highs[step - stepsBack] ?? 0) : countUntil(timestampsMs, low, high, afterMs);
    lows[step] = low;
    highs[step] = high;
    total += high - low;
  }
  return total;
}

/** First index from `from` on, below `end`, whose time is after `untilMs`; `end` when none is. */
function countUntil(timestampsMs: Float64Array, from: number, end: number, untilMs: number): number {
  let at = from;
  while (at < end && (timestampsMs[at] ?? 0) <= untilMs) at++;
  return at;
}

/** Finds the steps that have samples from `oldestMs` to `newestMs` in their windows; one too many does no harm. */
function placeSteps(windows: Windows, oldestMs: number, newestMs: number, sampleCount: number): void {
  const { firstMs, stepMs, count } = windows.times;
  windows.firstStep = 0;
  windows.endStep = sampleCount === 0 ? 0 : count;
  // All at one time (`@`, instant queries).
  if (sampleCount === 0 || !(stepMs > 0)) return;
  const stepAt = (timeMs: number): number => Math.floor((timeMs - firstMs) / stepMs);
  windows.firstStep = Math.min(count, Math.max(0, stepAt(oldestMs)));
  windows.endStep = Math.min(count, Math.max(windows.firstStep, stepAt(newestMs + windows.rangeMs) + 2));
}

function startsEqual(a: Float64Array, b: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (a[i] !== b[i]) return false;
  return true;
}

function copyStart(source: Float64Array, target: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) target[i] = source[i] ?? 0;
}
