import {
  clearValidAt,
  isValidAt,
  labelValueOf,
  METRIC_NAME,
  type Labels,
  type NativeHistogram,
} from '@vedette/model';
import { HistogramAccumulator } from '../histogram/histogram-accumulator.ts';
import type { Position } from '../syntax/ast.ts';
import { extraSamplesOf } from './budget.ts';
import type { Column } from './column.ts';
import { workOn, type QueryContext } from './query-context.ts';

/**
 * sum and avg of the histograms of one group, beside the accumulator of its floats: sparse, by step. A step with
 * both kinds, or with buckets that cannot be added, has no answer.
 */
export class HistogramTotals {
  readonly #context: QueryContext;
  readonly #position: Position;
  readonly #what: 'sum' | 'mean';
  readonly #byStep = new Map<number, HistogramAccumulator>();
  #held = 0;

  /** `position` is that of what is aggregated. */
  constructor(context: QueryContext, position: Position, what: 'sum' | 'mean') {
    this.#context = context;
    this.#position = position;
    this.#what = what;
  }

  /** Adds the histograms of one series, whose labels are for remarks only. */
  async add(histograms: ReadonlyMap<number, NativeHistogram>, labels: Labels): Promise<void> {
    for (const [step, histogram] of histograms) {
      let accumulator = this.#byStep.get(step);
      if (accumulator === undefined) {
        accumulator = new HistogramAccumulator(this.#what);
        this.#byStep.set(step, accumulator);
        this.#hold(NUMBERS_PER_BUCKET * (1 + extraSamplesOf(histogram)));
      }
      if (this.#context.isPauseDue(workOn(1, extraSamplesOf(histogram)))) await this.#context.pause();
      if (accumulator.isIncompatible) continue;
      accumulator.add(histogram);
      if (accumulator.isIncompatible)
        this.#context.annotations.warnOfMixedSchemas(labelValueOf(labels, METRIC_NAME), this.#position);
    }
  }

  /** Puts the answers into `out`, which has those of the floats. */
  async finish(out: Column): Promise<void> {
    const { annotations, budget } = this.#context;
    for (const [step, accumulator] of this.#byStep) {
      if (this.#context.isPauseDue(workOn(1, 0))) await this.#context.pause();
      if (accumulator.isReconciled) annotations.infoOfReconciledBounds('aggregation', this.#position);
      if (isValidAt(out.validity, step)) {
        annotations.warn('encountered a mix of histograms and floats for aggregation', this.#position);
        clearValidAt(out.validity, step);
        continue;
      }
      const { result } = accumulator;
      if (result === undefined) continue;
      if (accumulator.isCounterResetConflict) annotations.warnOfResetConflict('aggregation', this.#position);
      budget.putHistogram(out, step, result);
    }
    budget.release(this.#held);
  }

  #hold(count: number): void {
    this.#held += count;
    this.#context.budget.hold(count);
  }
}

/** An accumulator keeps the index, the sum and its rounding error. */
const NUMBERS_PER_BUCKET = 3;
