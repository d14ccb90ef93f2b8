import type { StepGrid } from '@vedette/model';
import type { MatrixSelector } from '../syntax/ast.ts';
import { assertSamples } from './downsampled.ts';
import type { QueryContext } from './query-context.ts';
import type { KernelSamples } from './range-kernel.ts';
import { readSamples, type RangeSource } from './range-source.ts';
import { readRangeOf, referenceTimesOf } from './reference-times.ts';
import { createWindows, type Windows } from './windows.ts';

/**
 * Range selectors with `anchored` or `smoothed`, which look past the borders of their windows by at most
 * the lookback.
 *
 * - anchored: the window begins with the last sample at or before its start.
 * - smoothed: the value at each border is interpolated between the samples around it; where there is
 *   none on the far side, the nearest sample inside counts.
 *
 * Nothing is extrapolated. Not taken: prefix sums as in the plain rate; a window's samples are visited.
 */
export interface ExtendedSource {
  readonly isSmoothed: boolean;
  readonly rangeMs: number;
  /** The samples to look at: beyond the window before it, and with `smoothed` after it. */
  readonly windows: Windows;
  /** End of the window of a step, which begins `rangeMs` before. */
  readonly endMs: (step: number) => number;
  readonly series: RangeSource['series'];
}

export function extendedSourceOf(
  context: QueryContext,
  { selector, rangeMs }: MatrixSelector,
  grid: StepGrid,
): ExtendedSource {
  const times = referenceTimesOf(selector, grid, context.grid);
  const { lookbackMs } = context.settings;
  const isSmoothed = selector.extension === 'smoothed';
  const reach = isSmoothed ? { ...times, firstMs: times.firstMs + lookbackMs } : times;
  const windows = createWindows(reach, rangeMs + (isSmoothed ? 2 : 1) * lookbackMs);
  const look = { selector, times: reach, backMs: windows.rangeMs, what: 'range' } as const;
  assertSamples(context, look, isSmoothed ? 'a smoothed range' : 'an anchored range');
  const range = readRangeOf(reach, windows.rangeMs);
  const endMs = (step: number): number => times.firstMs + step * times.stepMs;
  return { isSmoothed, rangeMs, windows, endMs, series: readSamples(context, selector.matchers, range) };
}

/** The samples that count for one window: `first` may stand before its start, `last` after its end. */
export interface ExtendedWindow {
  readonly samples: KernelSamples;
  readonly first: number;
  readonly last: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly isSmoothed: boolean;
}

/** `undefined` when the window has no sample of its own and none to interpolate with. */
export function extendedWindowAt(
  { isSmoothed, rangeMs, windows, endMs: endOf }: ExtendedSource,
  samples: KernelSamples,
  step: number,
): ExtendedWindow | undefined {
  const low = windows.lows[step] ?? 0;
  const high = windows.highs[step] ?? 0;
  if (high <= low) return undefined;
  const endMs = endOf(step);
  const startMs = endMs - rangeMs;
  const { timestampsMs } = samples;
  let first = low;
  while (first + 1 < high && (timestampsMs[first + 1] ?? 0) <= startMs) first++;
  let last = high - 1;
  if (isSmoothed) while (last > low && (timestampsMs[last - 1] ?? 0) >= endMs) last--;
  if ((timestampsMs[last] ?? 0) <= startMs) return undefined;
  if (isSmoothed && (timestampsMs[first] ?? 0) > endMs) return undefined;
  return { samples, first, last, startMs, endMs, isSmoothed };
}

/** The values at both borders of a window. A counter that fell in between counts as having begun at 0. */
export function borderValuesOf(window: ExtendedWindow, isCounter: boolean): { left: number; right: number } {
  const { samples, first, last, startMs, endMs } = window;
  const { values } = samples;
  return {
    left: isBetween(window, 'left') ? interpolate(samples, first, startMs, isCounter) : (values[first] ?? 0),
    right: isBetween(window, 'right')
      ? interpolate(samples, last - 1, endMs, isCounter)
      : (values[last] ?? 0),
  };
}

/** Whether a border lies between two samples, so that what stands there is made of both. */
export function isBetween(
  { samples: { timestampsMs }, first, last, startMs, endMs, isSmoothed }: ExtendedWindow,
  border: 'left' | 'right',
): boolean {
  if (!isSmoothed || first >= last) return false;
  return border === 'left' ? (timestampsMs[first] ?? 0) < startMs : (timestampsMs[last] ?? 0) > endMs;
}

/** On the line from sample `i` to the next. */
export function interpolate(
  { timestampsMs, values }: KernelSamples,
  i: number,
  atMs: number,
  isCounter: boolean,
): number {
  const [fromMs, untilMs] = [timestampsMs[i] ?? 0, timestampsMs[i + 1] ?? 0];
  const after = values[i + 1] ?? 0;
  const before = values[i] ?? 0;
  const base = isCounter && after < before ? 0 : before;
  return base + ((after - base) * (atMs - fromMs)) / (untilMs - fromMs);
}
