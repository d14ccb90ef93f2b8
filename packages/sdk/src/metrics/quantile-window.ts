/**
 * Quantiles of the values of the last while, for one series of a summary.
 *
 * The sketch is DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
 * guarantees", VLDB 2019), whose buckets are those of a native histogram: at schema 6 neighbouring bounds lie 1.1 %
 * apart, so the middle of a bucket is at most 0.54 % from each value in it. It is rank-exact but for that, whatever
 * the distribution, and merges without loss, which t-digest (prom-client's choice) does not.
 *
 * 1. The window is cut into `AGE_SLOTS` slots, each with a sketch; the oldest is emptied when time enters it again.
 * 2. A reading merges the slots and walks to each rank. It is kept until a value comes or a slot ends.
 * 3. Memory: at most `SKETCH_BUCKETS_MAX` buckets for each slot; values over more than 16 octaves make the sketch
 *    coarser (1.1 % at 32 octaves) rather than larger.
 */
import { LogBuckets, type LogBucketsOptions } from './log-buckets.ts';

// As Prometheus' clients do: the age of what is shown varies by a fifth of the window.
const AGE_SLOTS = 5;
// 16 octaves at schema 6, microseconds to a tenth of a second: 5 slots of 24 kB when all are populated, which few are.
const SKETCH_BUCKETS_MAX = 1024;

const SKETCH: LogBucketsOptions = { schema: 6, bucketsMax: SKETCH_BUCKETS_MAX, zeroThreshold: 2 ** -128 };

class Slot {
  readonly buckets = new LogBuckets(SKETCH);
  count = 0;
  min = Infinity;
  max = -Infinity;

  add(value: number, weight: number): void {
    this.buckets.add(value, weight);
    this.count += weight;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
  }

  absorb(other: Slot): void {
    this.buckets.absorb(other.buckets);
    this.count += other.count;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
  }

  clear(): void {
    this.buckets.clear();
    this.count = 0;
    this.min = Infinity;
    this.max = -Infinity;
  }
}

export class QuantileWindow {
  readonly #quantiles: readonly number[];
  readonly #slotMs: number;
  /** By number of the slot since the clock's origin, modulo `AGE_SLOTS`; made when first used. */
  readonly #slots: (Slot | undefined)[] = Array.from({ length: AGE_SLOTS }, () => undefined);
  #slotNumber = -Infinity;
  #values: readonly number[] | undefined;

  constructor(options: { readonly quantiles: readonly number[]; readonly windowMs: number }) {
    this.#quantiles = options.quantiles;
    this.#slotMs = options.windowMs / AGE_SLOTS;
  }

  observe(value: number, weight: number, monotonicMs: number): void {
    this.#enter(monotonicMs);
    const at = this.#slotNumber % AGE_SLOTS;
    (this.#slots[at] ??= new Slot()).add(value, weight);
    this.#values = undefined;
  }

  /** One value for each quantile; NaN when the window holds nothing. Not to be changed. */
  valuesAt(monotonicMs: number): readonly number[] {
    this.#enter(monotonicMs);
    this.#values ??= this.#compute();
    return this.#values;
  }

  #enter(monotonicMs: number): void {
    const number = Math.floor(monotonicMs / this.#slotMs);
    if (number <= this.#slotNumber) return;
    for (let next = Math.max(this.#slotNumber + 1, number - AGE_SLOTS + 1); next <= number; next++)
      this.#slots[next % AGE_SLOTS]?.clear();
    this.#slotNumber = number;
    this.#values = undefined;
  }

  #compute(): readonly number[] {
    const all = new Slot();
    for (const slot of this.#slots) if (slot !== undefined && slot.count > 0) all.absorb(slot);
    if (all.count === 0) return this.#quantiles.map(() => Number.NaN);
    const steps = stepsOf(all.buckets);
    return this.#quantiles.map((quantile) => {
      if (quantile === 0) return all.min;
      if (quantile === 1) return all.max;
      const estimate = valueAt(steps, quantile * (all.count - 1));
      return Math.min(Math.max(estimate, all.min), all.max);
    });
  }
}

interface Step {
  readonly value: number;
  readonly count: number;
}

/** Buckets from the least value to the greatest, each with the value in whose ratio both of its bounds lie. */
function stepsOf(buckets: LogBuckets): readonly Step[] {
  const width = 2 ** (2 ** -buckets.schema);
  const middleOf = (bucket: number): number => (2 * 2 ** (bucket * 2 ** -buckets.schema)) / (width + 1);
  const negative = buckets
    .sorted('negative')
    .map(({ bucket, count }) => ({ value: -middleOf(bucket), count }));
  const positive = buckets
    .sorted('positive')
    .map(({ bucket, count }) => ({ value: middleOf(bucket), count }));
  return [...negative.toReversed(), { value: 0, count: buckets.zeroCount }, ...positive];
}

function valueAt(steps: readonly Step[], rank: number): number {
  let below = 0;
  for (const { value, count } of steps) {
    below += count;
    if (below > rank) return value;
  }
  return Infinity;
}
