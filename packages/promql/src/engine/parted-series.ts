import { bug, labelValueOf, METRIC_NAME, type NativeHistogram } from '@vedette/model';
import type { Position } from '../syntax/ast.ts';
import { quoteGo } from '../syntax/go-quote.ts';
import { extraSamplesOf } from './budget.ts';
import type { HistogramOperation } from './query-annotations.ts';
import type { QueryContext } from './query-context.ts';
import type { KernelSamples } from './range-kernel.ts';
import type { RangeSeries } from './range-source.ts';

/**
 * Range functions over a series that has native histograms, maybe floats beside them.
 *
 * 1. The series is parted: its floats go through the kernel of the function as if nothing else were there, so
 *    that kernels know floats only.
 * 2. At each window with a histogram in it the function's rule is asked (`HistogramRule`). It sees both parts
 *    and says what the point is: a histogram, a number, a hole, or what the kernel made of the floats.
 *
 * The parts cost two passes and copies over a series that has histograms, next to nothing beside the work on a
 * histogram; a series of floats never comes here.
 */
export class PartedSeries {
  readonly series: RangeSeries;
  readonly floats: KernelSamples;
  /** The histograms and their times, in order. */
  readonly histograms: readonly NativeHistogram[];
  readonly timestampsMs: Float64Array;
  /** When the counter of each histogram began, as in `RangeSeries`. */
  readonly startsMs: Float64Array | undefined;
  /** How many histograms stand before sample i of the series. */
  readonly #before: Uint32Array;
  /** What the histograms before sample i count for beyond one sample each. */
  readonly #extraBefore: Float64Array;

  constructor(series: RangeSeries, histograms: ReadonlyMap<number, NativeHistogram>) {
    const { timestampsMs, values, startsMs, weights, losses, count } = series;
    const isFloat = (_: number, i: number): boolean => !histograms.has(i);
    const floats = {
      timestampsMs: new Float64Array(count),
      values: new Float64Array(count),
      startsMs: startsMs && new Float64Array(count),
      weights: weights?.filter(isFloat),
      losses: losses?.filter(isFloat),
      count: 0,
    };
    const found: NativeHistogram[] = [];
    this.timestampsMs = new Float64Array(histograms.size);
    this.startsMs = startsMs && new Float64Array(histograms.size);
    this.#before = new Uint32Array(count + 1);
    this.#extraBefore = new Float64Array(count + 1);
    let extra = 0;
    for (let i = 0; i < count; i++) {
      const histogram = histograms.get(i);
      if (histogram === undefined) {
        floats.timestampsMs[floats.count] = timestampsMs[i] ?? 0;
        floats.values[floats.count] = values[i] ?? 0;
        if (floats.startsMs !== undefined) floats.startsMs[floats.count] = startsMs?.[i] ?? 0;
        floats.count++;
      } else {
        this.timestampsMs[found.length] = timestampsMs[i] ?? 0;
        if (this.startsMs !== undefined) this.startsMs[found.length] = startsMs?.[i] ?? 0;
        found.push(histogram);
        extra += extraSamplesOf(histogram);
      }
      this.#before[i + 1] = found.length;
      this.#extraBefore[i + 1] = extra;
    }
    this.series = series;
    this.floats = floats;
    this.histograms = found;
  }

  /** Histogram `i` of this part; asked only for those that are there. */
  histogramAt(i: number): NativeHistogram {
    return this.histograms[i] ?? bug(`no histogram ${i} of ${this.histograms.length}`);
  }

  /** What the histograms among these samples count for beyond one sample each. */
  extraSamplesBetween(from: number, until: number): number {
    return (this.#extraBefore[until] ?? 0) - (this.#extraBefore[from] ?? 0);
  }

  /** The window over samples `from` to before `until` of the series. */
  windowOf(from: number, until: number, untilMs: number): HistogramWindow {
    const low = this.#before[from] ?? 0;
    const high = this.#before[until] ?? 0;
    return { from, until, low, high, floatLow: from - low, floatHigh: until - high, untilMs };
  }
}

/** One window of a parted series: indices of its samples from `…low` to before `…high`. */
export interface HistogramWindow {
  /** In the whole series. */
  readonly from: number;
  readonly until: number;
  /** Among the histograms. */
  readonly low: number;
  readonly high: number;
  /** Among the floats. */
  readonly floatLow: number;
  readonly floatHigh: number;
  /** Where the window ends. */
  readonly untilMs: number;
}

/** What a call makes of a window: `floats` leaves the point that the kernel wrote, `undefined` a hole. */
export type HistogramAnswer = number | NativeHistogram | 'floats' | undefined;

/** What is common to all windows of one series. */
export interface HistogramCall {
  readonly parted: PartedSeries;
  readonly rangeMs: number;
  readonly remarks: RangeRemarks;
}

/** How a range function treats windows with histograms. Made anew per series: it may gather things over the whole of it. */
export type HistogramRule = (call: HistogramCall) => (window: HistogramWindow) => HistogramAnswer;

/** Annotations that name the series they are about. */
export class RangeRemarks {
  readonly #annotations: QueryContext['annotations'];
  readonly #position: Position;
  readonly #metricName: string;

  constructor(context: QueryContext, position: Position, { labels }: RangeSeries) {
    this.#annotations = context.annotations;
    this.#position = position;
    this.#metricName = labelValueOf(labels, METRIC_NAME);
  }

  mixed(): void {
    this.#annotations.warnOfMixedSamples(this.#metricName, this.#position);
  }

  mixedSchemas(): void {
    this.#annotations.warnOfMixedSchemas(this.#metricName, this.#position);
  }

  notCounter(): void {
    const name = quoteGo(this.#metricName);
    this.#annotations.warn(`this native histogram metric is not a counter: ${name}`, this.#position);
  }

  notGauge(): void {
    const name = quoteGo(this.#metricName);
    this.#annotations.warn(`this native histogram metric is not a gauge: ${name}`, this.#position);
  }

  resetConflict(operation: HistogramOperation): void {
    this.#annotations.warnOfResetConflict(operation, this.#position);
  }

  reconciledBounds(operation: HistogramOperation): void {
    this.#annotations.infoOfReconciledBounds(operation, this.#position);
  }

  ignored(): void {
    this.#annotations.infoOfIgnoredInRange(this.#metricName, this.#position);
  }
}
