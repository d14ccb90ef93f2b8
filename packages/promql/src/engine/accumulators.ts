import { createValidity, isValidAt } from '@vedette/model';
import { countValid, type Column } from './column.ts';
import { compensationAfter, RunningMean } from './kahan.ts';

/** Adds up the columns of one group, step by step, one column at a time. */
export interface Accumulator {
  /** Arrays of one value per step it keeps; for the accounting. */
  readonly arrayCount: number;
  add(column: Column): void;
  /** Writes the answer into an empty column. */
  finish(out: Column): void;
}

export const ACCUMULATORS = {
  sum: (count: number) => new Sum(count),
  avg: (count: number) => new Mean(count),
  count: (count: number) => new Count(count),
  group: (count: number) => new Count(count, 1),
  min: (count: number) => new Extreme(count, keepSmaller),
  max: (count: number) => new Extreme(count, keepLarger),
  stdvar: (count: number) => new Variance(count, (variance) => variance),
  stddev: (count: number) => new Variance(count, Math.sqrt),
} satisfies Record<string, (count: number) => Accumulator>;

/** Calls `visit` for each step at which the column has a value. */
function forEachValid({ validity, values }: Column, visit: (step: number, value: number) => void): void {
  for (let byte = 0; byte < validity.length; byte++) {
    const bits = validity[byte] ?? 0;
    if (bits === 0) continue;
    for (let bit = 0; bit < 8; bit++)
      if ((bits & (1 << bit)) !== 0) visit(byte * 8 + bit, values[byte * 8 + bit] ?? 0);
  }
}

function uniteValidity(target: Uint8Array, source: Uint8Array): void {
  for (let byte = 0; byte < target.length; byte++) target[byte] = (target[byte] ?? 0) | (source[byte] ?? 0);
}

/** Whether the column has no holes, as most have none: their loops look at no bits. */
function isFull(validity: Uint8Array, count: number): boolean {
  return countValid(validity) === count;
}

class Sum implements Accumulator {
  readonly arrayCount = 2;
  readonly #sums: Float64Array;
  readonly #errors: Float64Array;
  readonly #validity: Uint8Array;

  constructor(count: number) {
    this.#sums = new Float64Array(count);
    this.#errors = new Float64Array(count);
    this.#validity = createValidity(count);
  }

  add({ values, validity }: Column): void {
    if (isFull(validity, values.length)) addAllCompensated(values, this.#sums, this.#errors);
    else addCompensated(values, validity, this.#sums, this.#errors);
    uniteValidity(this.#validity, validity);
  }

  finish(out: Column): void {
    out.validity.set(this.#validity);
    for (let step = 0; step < this.#sums.length; step++) {
      const sum = this.#sums[step] ?? 0;
      out.values[step] = Number.isFinite(sum) ? sum + (this.#errors[step] ?? 0) : sum;
    }
  }
}

/**
 * The hot loops of `sum`, on their own so that the compiler sees plain arrays only. The error of an addition is
 * found without a branch (Knuth); after an overflow it means nothing and is not looked at.
 */
function addCompensated(
  values: Float64Array,
  validity: Uint8Array,
  sums: Float64Array,
  errors: Float64Array,
): void {
  for (let step = 0; step < sums.length; step++) {
    const bits = validity[step >> 3] ?? 0;
    // Holes are long: what was not there yet, or is gone.
    if (bits === 0) step |= 7;
    if ((bits & (1 << (step & 7))) === 0) continue;
    const value = values[step] ?? 0;
    const sum = sums[step] ?? 0;
    const total = sum + value;
    const part = total - sum;
    sums[step] = total;
    errors[step] = (errors[step] ?? 0) + (sum - (total - part) + (value - part));
  }
}

/** The same for a column without holes: half the time. */
function addAllCompensated(values: Float64Array, sums: Float64Array, errors: Float64Array): void {
  for (let step = 0; step < sums.length; step++) {
    const value = values[step] ?? 0;
    const sum = sums[step] ?? 0;
    const total = sum + value;
    const part = total - sum;
    sums[step] = total;
    errors[step] = (errors[step] ?? 0) + (sum - (total - part) + (value - part));
  }
}

class Mean implements Accumulator {
  readonly arrayCount = 3;
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  readonly #errors: Float64Array;
  readonly #validity: Uint8Array;
  /** Steps whose sum would overflow, which is next to never. */
  readonly #overflowing = new Map<number, RunningMean>();

  constructor(count: number) {
    this.#counts = new Float64Array(count);
    this.#sums = new Float64Array(count);
    this.#errors = new Float64Array(count);
    this.#validity = createValidity(count);
  }

  add({ values, validity }: Column): void {
    const isEasy = this.#overflowing.size === 0 && isFull(validity, values.length);
    const done = isEasy ? addAllFinite(values, this.#sums, this.#errors, this.#counts) : 0;
    for (let step = done; step < this.#sums.length; step++) {
      if (((validity[step >> 3] ?? 0) & (1 << (step & 7))) === 0) continue;
      const value = values[step] ?? 0;
      const sum = this.#sums[step] ?? 0;
      const count = this.#counts[step] ?? 0;
      const total = sum + value;
      const overflows = count > 0 && (total === Infinity || total === -Infinity);
      if (overflows || (this.#overflowing.size > 0 && this.#overflowing.has(step))) {
        this.#addOverflowing(step, value);
        continue;
      }
      this.#counts[step] = count + 1;
      this.#sums[step] = total;
      this.#errors[step] = compensationAfter(value, sum, this.#errors[step] ?? 0, total);
    }
    uniteValidity(this.#validity, validity);
  }

  finish(out: Column): void {
    out.validity.set(this.#validity);
    for (let step = 0; step < this.#sums.length; step++) {
      const count = this.#counts[step] ?? 0;
      out.values[step] = (this.#sums[step] ?? 0) / count + (this.#errors[step] ?? 0) / count;
    }
    for (const [step, mean] of this.#overflowing) out.values[step] = mean.mean;
  }

  /** The first of them takes over what the step has so far; every later value comes here, too. */
  #addOverflowing(step: number, value: number): void {
    let mean = this.#overflowing.get(step);
    if (mean === undefined) {
      mean = new RunningMean({
        count: this.#counts[step] ?? 0,
        sum: this.#sums[step] ?? 0,
        compensation: this.#errors[step] ?? 0,
      });
      this.#overflowing.set(step, mean);
    }
    mean.add(value);
  }
}

/** Adds and counts the values of a column without holes up to the first sum that is not finite; returns its step. */
function addAllFinite(
  values: Float64Array,
  sums: Float64Array,
  errors: Float64Array,
  counts: Float64Array,
): number {
  let step = 0;
  for (; step < sums.length; step++) {
    const value = values[step] ?? 0;
    const sum = sums[step] ?? 0;
    const total = sum + value;
    if (!(Math.abs(total) < Infinity)) break;
    const part = total - sum;
    sums[step] = total;
    errors[step] = (errors[step] ?? 0) + (sum - (total - part) + (value - part));
    counts[step] = (counts[step] ?? 0) + 1;
  }
  return step;
}

class Count implements Accumulator {
  readonly arrayCount = 1;
  /** Columns without holes: one number counts them at every step. */
  #fullCount = 0;
  /** Of the other columns. */
  readonly #counts: Float64Array;
  readonly #countMax: number;

  /** `countMax` 1 makes it `group`. */
  constructor(count: number, countMax = Infinity) {
    this.#counts = new Float64Array(count);
    this.#countMax = countMax;
  }

  add(column: Column): void {
    const counts = this.#counts;
    if (isFull(column.validity, counts.length)) this.#fullCount++;
    else
      forEachValid(column, (step) => {
        counts[step] = (counts[step] ?? 0) + 1;
      });
  }

  finish(out: Column): void {
    for (let step = 0; step < this.#counts.length; step++) {
      const count = this.#fullCount + (this.#counts[step] ?? 0);
      if (count === 0) continue;
      out.values[step] = Math.min(count, this.#countMax);
      out.validity[step >> 3] = (out.validity[step >> 3] ?? 0) | (1 << (step & 7));
    }
  }
}

/** NaN gives way to any number. */
class Extreme implements Accumulator {
  readonly arrayCount = 1;
  readonly #kept: Float64Array;
  readonly #validity: Uint8Array;
  readonly #keepBetter: typeof keepSmaller;

  constructor(count: number, keepBetter: typeof keepSmaller) {
    this.#kept = new Float64Array(count).fill(NaN);
    this.#validity = createValidity(count);
    this.#keepBetter = keepBetter;
  }

  add({ values, validity }: Column): void {
    this.#keepBetter(values, validity, this.#kept);
    uniteValidity(this.#validity, validity);
  }

  finish(out: Column): void {
    out.validity.set(this.#validity);
    out.values.set(this.#kept);
  }
}

// Two loops instead of one that is told how to compare: a call per point took longer than all else.

function keepSmaller(values: Float64Array, validity: Uint8Array, kept: Float64Array): void {
  for (let step = 0; step < kept.length; step++) {
    const value = values[step] ?? 0;
    const current = kept[step] ?? 0;
    if (value < current || Number.isNaN(current)) if (isValidAt(validity, step)) kept[step] = value;
  }
}

function keepLarger(values: Float64Array, validity: Uint8Array, kept: Float64Array): void {
  for (let step = 0; step < kept.length; step++) {
    const value = values[step] ?? 0;
    const current = kept[step] ?? 0;
    if (value > current || Number.isNaN(current)) if (isValidAt(validity, step)) kept[step] = value;
  }
}

/** Welford's running variance; an infinity or NaN among the values makes it NaN. */
class Variance implements Accumulator {
  readonly arrayCount = 3;
  readonly #counts: Float64Array;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;
  readonly #validity: Uint8Array;
  readonly #convert: (variance: number) => number;

  constructor(count: number, convert: (variance: number) => number) {
    this.#counts = new Float64Array(count);
    this.#means = new Float64Array(count);
    this.#squares = new Float64Array(count);
    this.#validity = createValidity(count);
    this.#convert = convert;
  }

  add(column: Column): void {
    forEachValid(column, (step, value) => {
      const count = (this.#counts[step] ?? 0) + 1;
      const before = this.#means[step] ?? 0;
      const delta = value - before;
      const mean = before + delta / count;
      this.#counts[step] = count;
      this.#means[step] = mean;
      this.#squares[step] = (this.#squares[step] ?? 0) + delta * (value - mean);
    });
    uniteValidity(this.#validity, column.validity);
  }

  finish(out: Column): void {
    out.validity.set(this.#validity);
    for (let step = 0; step < this.#counts.length; step++)
      out.values[step] = this.#convert((this.#squares[step] ?? 0) / (this.#counts[step] ?? 0));
  }
}
