import { bug, type NativeHistogram } from '@vedette/model';
import { hasCustomBounds } from '../histogram/bucket-bounds.ts';
import { hasCounterReset } from '../histogram/counter-reset.ts';
import { divideHistogram } from '../histogram/histogram-arithmetic.ts';
import { interpolateHistograms, type InterpolatedHistogram } from '../histogram/interpolate-histograms.ts';
import { RunningHistogram } from '../histogram/running-histogram.ts';
import { isBetween, type ExtendedWindow } from './extended-windows.ts';
import type { RateMode } from './histogram-rate.ts';
import type { RangeRemarks } from './parted-series.ts';
import type { RangeSeries } from './range-source.ts';
import { ResetFlags } from './reset-flags.ts';

/**
 * rate, increase and delta of histograms over `anchored` and `smoothed` ranges.
 *
 * 1. The change is the histogram at the right border less that at the left one. With `smoothed` a border between
 *    two samples gets a histogram between theirs; a counter that was reset in between counts as having begun empty
 *    at the earlier one.
 * 2. A counter gets back what it lost at each reset between the borders. What a border was interpolated across is in
 *    its histogram already: a reset there counts no second time.
 * 3. Nothing is extrapolated, and start times are not looked at, as with floats.
 *
 * A window that has floats as well as histograms anywhere within the lookback has no answer, and neither has one of
 * exponential and custom buckets.
 */
export class ExtendedHistograms {
  readonly #series: RangeSeries;
  readonly #remarks: RangeRemarks;
  readonly #resets: ResetFlags;

  constructor(series: RangeSeries, remarks: RangeRemarks) {
    this.#series = series;
    this.#remarks = remarks;
    this.#resets = new ResetFlags(series.count, (i) =>
      hasCounterReset(this.#histogramAt(i - 1), this.#histogramAt(i)),
    );
  }

  /** The change over a window of histograms alone. */
  changeOver(window: ExtendedWindow, { isCounter, isPerSecond }: RateMode): NativeHistogram | undefined {
    const { startMs, endMs, first, last } = window;
    if (!this.#hasOneKindOfBuckets(window)) return undefined;
    const left = isBetween(window, 'left')
      ? this.#between(first, startMs, isCounter)
      : this.#histogramAt(first);
    const right = isBetween(window, 'right')
      ? this.#between(last - 1, endMs, isCounter)
      : this.#histogramAt(last);
    this.#remarkOnHints(window, [left, right], isCounter);
    const change = new RunningHistogram(right);
    this.#add(change, left, -1);
    if (isCounter) this.#giveBackLosses(change, window, left, right);
    const total = change.toHistogram();
    const seconds = (endMs - startMs) / 1000;
    return { ...(isPerSecond ? divideHistogram(total, seconds) : total), counterReset: 'gauge' };
  }

  #hasOneKindOfBuckets({ first, last }: ExtendedWindow): boolean {
    const isCustom = hasCustomBounds(this.#histogramAt(first));
    for (let i = first + 1; i <= last; i++) {
      if (hasCustomBounds(this.#histogramAt(i)) === isCustom) continue;
      this.#remarks.mixedSchemas();
      return false;
    }
    return true;
  }

  /** No sample of a counter may be a gauge; of a gauge what stands at the borders must be. */
  #remarkOnHints(
    { first, last }: ExtendedWindow,
    borders: readonly NativeHistogram[],
    isCounter: boolean,
  ): void {
    const isGauge = ({ counterReset }: NativeHistogram): boolean => counterReset === 'gauge';
    if (!isCounter) {
      if (!borders.every(isGauge)) this.#remarks.notGauge();
      return;
    }
    for (let i = first; i <= last; i++) {
      if (!isGauge(this.#histogramAt(i))) continue;
      this.#remarks.notCounter();
      return;
    }
  }

  /** The histogram at a time between sample `i` and the next, which have buckets of one kind. */
  #between(i: number, atMs: number, isCounter: boolean): NativeHistogram {
    const { timestampsMs } = this.#series;
    const [fromMs = 0, untilMs = 0] = timestampsMs.subarray(i, i + 2);
    const fraction = (atMs - fromMs) / (untilMs - fromMs);
    const found = interpolateHistograms(this.#histogramAt(i), this.#histogramAt(i + 1), fraction, isCounter);
    if (found === undefined) return bug('a window has buckets of one kind');
    remarkOnInterpolation(this.#remarks, found);
    return found.histogram;
  }

  #giveBackLosses(
    change: RunningHistogram,
    window: ExtendedWindow,
    left: NativeHistogram,
    right: NativeHistogram,
  ): void {
    const { first, last } = window;
    const isLeftBetween = isBetween(window, 'left');
    let next = first + 1;
    let previous = left;
    if (isLeftBetween && this.#resets.isResetAt(next)) previous = this.#histogramAt(next++);
    if (next > last) return;
    for (; next < last; next++) {
      const isKnownPair = previous === this.#histogramAt(next - 1);
      const current = this.#histogramAt(next);
      if (isKnownPair ? this.#resets.isResetAt(next) : hasCounterReset(previous, current))
        this.#add(change, previous, 1);
      previous = current;
    }
    if (hasCounterReset(previous, right)) this.#add(change, previous, 1);
  }

  #add(change: RunningHistogram, histogram: NativeHistogram, sign: 1 | -1): void {
    const outcome = change.add(new RunningHistogram(histogram), sign);
    if (outcome.kind === 'added' && outcome.isReconciled)
      this.#remarks.reconciledBounds(sign < 0 ? 'subtraction' : 'addition');
  }

  #histogramAt(i: number): NativeHistogram {
    return this.#series.histograms?.get(i) ?? bug(`sample ${i} is no histogram`);
  }
}

/** A histogram between two samples came about by a subtraction, whose layout the addition after it takes over. */
export function remarkOnInterpolation(remarks: RangeRemarks, { isReconciled }: InterpolatedHistogram): void {
  if (!isReconciled) return;
  remarks.reconciledBounds('subtraction');
  remarks.reconciledBounds('addition');
}
