import type { NativeHistogram } from '@vedette/model';
import { divideHistogram } from './histogram-arithmetic.ts';
import { RunningHistogram } from './running-histogram.ts';

/**
 * Sums histograms one by one, or takes their mean, losing nothing to rounding (each number is a Kahan sum).
 * What the caller has to remark on is gathered over all of them.
 */
export class HistogramAccumulator {
  /** Exponential and custom buckets were mixed: there is no result. */
  isIncompatible = false;
  /** Differing custom bounds were reduced to those shared. */
  isReconciled = false;
  #isResetSeen = false;
  #isNoResetSeen = false;
  #sum: RunningHistogram | undefined;
  readonly #isMean: boolean;
  /** The mean is moved along, since the sum would overflow. */
  #isIncremental = false;
  #count = 0;

  constructor(what: 'sum' | 'mean') {
    this.#isMean = what === 'mean';
  }

  /** A first sample after a counter reset met one that is known not to be. */
  get isCounterResetConflict(): boolean {
    return this.#isResetSeen && this.#isNoResetSeen;
  }

  add(histogram: NativeHistogram): void {
    this.#count++;
    this.#isResetSeen ||= histogram.counterReset === 'reset';
    this.#isNoResetSeen ||= histogram.counterReset === 'not-reset';
    if (!this.#isMean && this.#sum?.addInPlace(histogram) === true) return;
    const addend = new RunningHistogram(histogram);
    if (this.#sum === undefined) this.#sum = addend;
    else if (this.#isIncremental) this.#moveMean(this.#sum, histogram);
    else if (this.#isMean && (this.#sum.reaches(OVERFLOW_DANGER) || addend.reaches(OVERFLOW_DANGER)))
      this.#addOrSwitch(this.#sum, histogram);
    else this.#addTo(this.#sum, addend);
  }

  /** The sum or the mean, compacted; `undefined` for nothing at all or an incompatible mix. */
  get result(): NativeHistogram | undefined {
    if (this.#sum === undefined || this.isIncompatible) return undefined;
    if (!this.#isMean || this.#isIncremental) return this.#sum.toHistogram('with-errors');
    const mean = this.#sum.copy();
    mean.scale((value) => value / this.#count);
    return mean.toHistogram('with-errors');
  }

  #addTo(sum: RunningHistogram, addend: RunningHistogram): void {
    const outcome = sum.add(addend);
    if (outcome.kind === 'incompatible') this.isIncompatible = true;
    else this.isReconciled ||= outcome.isReconciled;
  }

  #addOrSwitch(sum: RunningHistogram, histogram: NativeHistogram): void {
    const before = sum.copy();
    this.#addTo(sum, new RunningHistogram(histogram));
    if (!sum.reaches(Infinity)) return;
    this.#isIncremental = true;
    this.#sum = before;
    const count = this.#count - 1;
    before.scale((value) => value / count);
    this.#moveMean(before, histogram);
  }

  #moveMean(mean: RunningHistogram, histogram: NativeHistogram): void {
    const kept = (this.#count - 1) / this.#count;
    mean.scale((value) => value * kept);
    this.#addTo(mean, new RunningHistogram(divideHistogram(histogram, this.#count)));
  }
}

/**
 * No sum can overflow while all numbers are below this: one addition merges fewer than 2^20 buckets into one (from
 * the finest schema to the coarsest it is 4,096). It saves the copy to fall back on.
 */
const OVERFLOW_DANGER = Number.MAX_VALUE / 2 ** 20;
