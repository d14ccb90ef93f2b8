/**
 * The sorted order of the samples in a window that slides over a series, for `quantile_over_time`.
 *
 * 1. All samples of the series are sorted once; from then on a sample is its place in that order, its rank.
 *    Equal values share a rank.
 * 2. The window is a count per rank, with sums over 32 ranks and over 1,024. A sample that enters or leaves
 *    changes three counts.
 * 3. The k-th of the window is found by walking the sums from the coarse to the fine: a hundred small steps at
 *    most in a series of 32,768 samples.
 *
 * So a series costs one sort and per step what entered and left, where sorting every window took ten times as
 * long for windows of 240 samples. Rejected: a sorted copy of the window with insertions, which moves half the
 * window for each sample; two heaps, which know one quantile only and cannot let go of samples inside.
 *
 * Sorting puts NaN last, and quantiles want it first: NaN is counted on its own.
 */
export class SlidingRanks {
  /** Of the series, without NaN, increasing. */
  #sorted = new Float64Array(0);
  /** Of each sample of the series; `NAN_RANK` for NaN. */
  #ranks = new Int32Array(0);
  /** Samples of the window by rank, by 32 ranks, by 1,024 ranks. */
  #fine = new Uint32Array(0);
  #middle = new Uint32Array(0);
  #coarse = new Uint32Array(0);
  #nanCount = 0;

  /** Begins a series of `count` samples with an empty window. */
  open(values: Float64Array, count: number): void {
    const sorted = values.slice(0, count).sort();
    let numberCount = count;
    while (numberCount > 0 && Number.isNaN(sorted[numberCount - 1])) numberCount--;
    this.#sorted = sorted.subarray(0, numberCount);
    if (this.#ranks.length < count) {
      this.#ranks = new Int32Array(count);
      this.#fine = new Uint32Array(count);
      this.#middle = new Uint32Array((count >> 5) + 1);
      this.#coarse = new Uint32Array((count >> 10) + 1);
    } else for (const counts of [this.#fine, this.#middle, this.#coarse]) counts.fill(0);
    this.#nanCount = 0;
    for (let i = 0; i < count; i++) this.#ranks[i] = rankOf(this.#sorted, values[i] ?? 0);
  }

  /** Puts sample `index` of the series into the window (`change` 1) or takes it out (-1). */
  move(index: number, change: 1 | -1): void {
    const rank = this.#ranks[index] ?? 0;
    if (rank === NAN_RANK) {
      this.#nanCount += change;
      return;
    }
    this.#fine[rank] = (this.#fine[rank] ?? 0) + change;
    this.#middle[rank >> 5] = (this.#middle[rank >> 5] ?? 0) + change;
    this.#coarse[rank >> 10] = (this.#coarse[rank >> 10] ?? 0) + change;
  }

  /** The value at `place` in the order of the window, NaN first; the window has more samples than that. */
  valueAt(place: number): number {
    if (place < this.#nanCount) return NaN;
    let left = place - this.#nanCount;
    let coarse = 0;
    for (; left >= (this.#coarse[coarse] ?? Infinity); coarse++) left -= this.#coarse[coarse] ?? 0;
    let middle = coarse << 5;
    for (; left >= (this.#middle[middle] ?? Infinity); middle++) left -= this.#middle[middle] ?? 0;
    let rank = middle << 5;
    for (; left >= (this.#fine[rank] ?? Infinity); rank++) left -= this.#fine[rank] ?? 0;
    return this.#sorted[rank] ?? NaN;
  }
}

const NAN_RANK = -1;

/** The first place of a value among sorted ones that include it; zeros by sign, -0 first. */
function rankOf(sorted: Float64Array, value: number): number {
  if (Number.isNaN(value)) return NAN_RANK;
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  if (value === 0 && !Object.is(value, -0)) while (Object.is(sorted[low], -0)) low++;
  return low;
}
