import { DELTA_EXPIRY_MS, OTLP_LIMITS } from './limits.ts';
import type { PointHead } from './otlp-metrics.ts';

/** Why a delta could not be added. */
export interface DeltaFault {
  readonly reason: 'out-of-order-delta' | 'series-limit-delta';
  readonly text: string;
}

/** What a series adds up to. */
export interface DeltaTotal<T> {
  readonly reason?: undefined;
  readonly sum: T;
  /** When the first delta of the sum began; 0 where unknown. */
  readonly startMs: number;
}

/** How one kind of points adds up. */
export interface Summation<T> {
  /** `undefined` when the two do not add up. Neither is changed. */
  add(sum: T, delta: T): T | undefined;
  /** What a sum costs in memory beside its series. */
  bucketCountOf(sum: T): number;
}

/** Memory that all kinds of sums share. */
export class DeltaBudget {
  seriesCount = 0;
  bucketCount = 0;

  get isFull(): boolean {
    return this.seriesCount >= OTLP_LIMITS.deltaSeriesMax || this.bucketCount >= OTLP_LIMITS.deltaBucketsMax;
  }
}

interface DeltaState<T> {
  readonly startMs: number;
  readonly sum: T;
  /** Time and start of the last delta: together they tell a repeated one from a new one. */
  readonly lastMs: number;
  readonly lastStartMs: number;
  readonly seenMs: number;
}

/** The sums of the series of one kind of points. `DeltaAccumulator` tells the rules. */
export class DeltaSums<T> {
  readonly #summation: Summation<T>;
  readonly #budget: DeltaBudget;
  /** In the order in which they were last seen. */
  readonly #states = new Map<string, DeltaState<T>>();

  constructor(summation: Summation<T>, budget: DeltaBudget) {
    this.#summation = summation;
    this.#budget = budget;
  }

  /** `nowMs` is monotonic. The series is known by its key, any text that tells it from others. */
  add(
    key: string,
    head: PointHead,
    { delta, nowMs }: { delta: T; nowMs: number },
  ): DeltaTotal<T> | DeltaFault {
    const state = this.#states.get(key);
    if (state === undefined && this.#budget.isFull) this.expire(nowMs);
    const fault = state === undefined ? this.#findFull() : findOlder(state, head);
    if (fault !== undefined) return fault;
    const next = this.#next(state, head, delta);
    if (state !== undefined) this.forget(key);
    this.#states.set(key, { ...next, seenMs: nowMs });
    this.#budget.seriesCount++;
    this.#budget.bucketCount += this.#summation.bucketCountOf(next.sum);
    return { sum: next.sum, startMs: next.startMs };
  }

  forget(key: string): void {
    const state = this.#states.get(key);
    if (state === undefined) return;
    this.#states.delete(key);
    this.#budget.seriesCount--;
    this.#budget.bucketCount -= this.#summation.bucketCountOf(state.sum);
  }

  /** Forgets the series that were silent for too long. */
  expire(nowMs: number): void {
    for (const [key, { seenMs }] of this.#states) {
      if (nowMs - seenMs < DELTA_EXPIRY_MS) return;
      this.forget(key);
    }
  }

  #next(state: DeltaState<T> | undefined, head: PointHead, delta: T): Omit<DeltaState<T>, 'seenMs'> {
    const { startMs, timestampMs } = head;
    const isRepeated = state?.lastMs === timestampMs && state.lastStartMs === startMs;
    if (state !== undefined && isRepeated) return state;
    const last = { lastMs: timestampMs, lastStartMs: startMs };
    const sum = state === undefined ? undefined : this.#summation.add(state.sum, delta);
    if (state === undefined || sum === undefined) return { ...last, startMs, sum: delta };
    return { ...last, startMs: state.startMs, sum };
  }

  #findFull(): DeltaFault | undefined {
    const { seriesCount, bucketCount, isFull } = this.#budget;
    if (!isFull) return undefined;
    return {
      reason: 'series-limit-delta',
      text: `a new series of delta temporality, while the sums of ${seriesCount} with ${bucketCount} buckets are kept; limits are ${OTLP_LIMITS.deltaSeriesMax} and ${OTLP_LIMITS.deltaBucketsMax}; send cumulative temporality`,
    };
  }
}

function findOlder(state: DeltaState<unknown>, { timestampMs }: PointHead): DeltaFault | undefined {
  if (timestampMs >= state.lastMs) return undefined;
  return {
    reason: 'out-of-order-delta',
    text: `a delta at ${timestampMs} ms after one at ${state.lastMs} ms of the same series`,
  };
}
