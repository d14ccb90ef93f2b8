import type { ReferenceTimes } from './reference-times.ts';

/**
 * The windows of a range vector over one series, as index pairs: window i holds the samples
 * `lows[i] ≤ k < highs[i]`, those in (reference - range, reference]. Both borders only grow, so that
 * one pass with two pointers finds them all; the arrays are reused from series to series.
 */
export interface Windows {
  readonly times: ReferenceTimes;
  readonly rangeMs: number;
  readonly lows: Uint32Array;
  readonly highs: Uint32Array;
}

export function createWindows(times: ReferenceTimes, rangeMs: number): Windows {
  return { times, rangeMs, lows: new Uint32Array(times.count), highs: new Uint32Array(times.count) };
}

/** Places the windows over a series; returns how many samples they hold, a sample counted once per window. */
export function placeWindows(windows: Windows, timestampsMs: Float64Array, sampleCount: number): number {
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
