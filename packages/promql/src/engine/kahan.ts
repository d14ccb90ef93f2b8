/**
 * Sums that keep what plain addition loses (Kahan's method with Neumaier's improvement): next to the
 * sum runs the error of each addition, so that 1 + 1e100 + 1 - 1e100 is 2.
 */
export class KahanSum {
  sum = 0;
  compensation = 0;

  add(value: number): void {
    const total = this.sum + value;
    this.compensation = compensationAfter(value, this.sum, this.compensation, total);
    this.sum = total;
  }

  get total(): number {
    return Number.isFinite(this.sum) ? this.sum + this.compensation : this.sum;
  }
}

/** The error carried after `sum + value` gave `total`; an overflow carries none. */
export function compensationAfter(value: number, sum: number, compensation: number, total: number): number {
  if (total === Infinity || total === -Infinity) return 0;
  if (Math.abs(sum) >= Math.abs(value)) return compensation + (sum - total + value);
  return compensation + (value - total + sum);
}

/**
 * The mean of numbers added one by one. It sums and divides, which is exact for equal numbers, until
 * the sum would overflow; from there on it moves a mean along instead.
 */
export class RunningMean {
  #count: number;
  #sum: number;
  #compensation: number;
  #isIncremental = false;

  /** Continues from a sum of `count` numbers with its compensation. */
  constructor(start: { count: number; sum: number; compensation: number } = EMPTY_SUM) {
    this.#count = start.count;
    this.#sum = start.sum;
    this.#compensation = start.compensation;
  }

  add(value: number): void {
    this.#count++;
    const count = this.#count;
    if (!this.#isIncremental) {
      const total = this.#sum + value;
      if (count === 1 || Number.isFinite(total) || Number.isNaN(total)) {
        this.#compensation = compensationAfter(value, this.#sum, this.#compensation, total);
        this.#sum = total;
        return;
      }
      this.#isIncremental = true;
      this.#sum /= count - 1;
      this.#compensation /= count - 1;
    }
    const kept = (count - 1) / count;
    const part = value / count;
    const mean = kept * this.#sum;
    const total = mean + part;
    this.#compensation = compensationAfter(part, mean, kept * this.#compensation, total);
    this.#sum = total;
  }

  get mean(): number {
    if (this.#isIncremental) return this.#sum + this.#compensation;
    return this.#sum / this.#count + this.#compensation / this.#count;
  }
}

const EMPTY_SUM = { count: 0, sum: 0, compensation: 0 };
