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
  const { firstMs, stepMs, count } = windows.times;
  let low = 0;
  let high = 0;
  let total = 0;
  for (let step = 0; step < count; step++) {
    const untilMs = firstMs + step * stepMs;
    const afterMs = untilMs - rangeMs;
    while (high < sampleCount && (timestampsMs[high] ?? 0) <= untilMs) high++;
    while (low < high && (timestampsMs[low] ?? 0) <= afterMs) low++;
    lows[step] = low;
    highs[step] = high;
    total += high - low;
  }
  return total;
}

function startsEqual(a: Float64Array, b: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (a[i] !== b[i]) return false;
  return true;
}

function copyStart(source: Float64Array, target: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) target[i] = source[i] ?? 0;
}
