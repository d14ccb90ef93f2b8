import { columnsOf, createBucketColumns, type BucketColumns } from '../chunk/bucket-chunk.ts';
import { CHUNK_SAMPLES_MAX } from '../chunk/chunk.ts';

/**
 * Buckets of one series, increasing in time, in columns that grow. Two runs of them are merged bucket by bucket;
 * merging is associative, so that it does not matter in which order blocks come together.
 *
 * What holds exactly: count, min, max, first, last and the marker, always; the sum up to rounding; the loss of a
 * counter where the samples of one part all lie before those of the other. Where they interleave (late samples
 * that came in another block), a reset between samples of different parts is not seen.
 */
export class BucketBuffer {
  #columns: BucketColumns = createBucketColumns(CHUNK_SAMPLES_MAX);
  /** For merging; made when it is first needed. */
  #spare: BucketColumns | undefined;
  count = 0;

  get columns(): BucketColumns {
    return this.#columns;
  }

  clear(): void {
    this.count = 0;
  }

  /** Makes room for so many more; ask for `columns` again after it. */
  reserve(added: number): void {
    if (this.#columns.endsMs.length < this.count + added)
      this.#columns = grown(this.#columns, this.count, Math.max(this.count + added, this.count * 2));
  }

  /** Ends with a bucket of `source`: merged into the last one when that has the same end, else behind it. */
  put(source: BucketColumns, i: number, endMs = source.endsMs[i] ?? 0): void {
    const last = this.count - 1;
    if (last >= 0 && this.#columns.endsMs[last] === endMs) {
      mergeBucket(this.#columns, last, source, i);
      return;
    }
    this.reserve(1);
    copyBucket(source, i, this.#columns, this.count);
    this.#columns.endsMs[this.count++] = endMs;
  }

  /** Merges buckets that were stored later; nearly always they follow, sharing one bucket at most. */
  merge(later: BucketBuffer): void {
    const theirs = later.columns;
    const firstMs = theirs.endsMs[0] ?? Infinity;
    if (this.count === 0 || later.count === 0 || (this.#columns.endsMs[this.count - 1] ?? 0) <= firstMs) {
      for (let i = 0; i < later.count; i++) this.put(theirs, i);
      return;
    }
    const own = this.#columns;
    const ownCount = this.count;
    this.#columns = this.#spare ?? createBucketColumns(ownCount);
    this.#spare = own;
    this.count = 0;
    for (let a = 0, b = 0; a < ownCount || b < later.count;) {
      const endA = a < ownCount ? (own.endsMs[a] ?? 0) : Infinity;
      const endB = b < later.count ? (theirs.endsMs[b] ?? 0) : Infinity;
      if (endA <= endB) this.put(own, a++);
      else this.put(theirs, b++);
    }
  }

  /** Takes out the buckets from index `start` on that end in one of the ranges. */
  drop(start: number, ranges: readonly { readonly fromMs: number; readonly untilMs: number }[]): void {
    const { endsMs } = this.#columns;
    let kept = start;
    for (let i = start; i < this.count; i++) {
      const endMs = endsMs[i] ?? 0;
      if (ranges.some(({ fromMs, untilMs }) => endMs >= fromMs && endMs <= untilMs)) continue;
      if (kept < i) copyBucket(this.#columns, i, this.#columns, kept);
      kept++;
    }
    this.count = kept;
  }
}

function grown(columns: BucketColumns, count: number, capacity: number): BucketColumns {
  const larger = createBucketColumns(capacity);
  const targets = columnsOf(larger);
  for (const [k, column] of columnsOf(columns).entries()) targets[k]?.set(column.subarray(0, count));
  return larger;
}

function copyBucket(source: BucketColumns, i: number, target: BucketColumns, at: number): void {
  target.endsMs[at] = source.endsMs[i] ?? 0;
  target.counts[at] = source.counts[i] ?? 0;
  target.firstsMs[at] = source.firstsMs[i] ?? 0;
  target.lastsMs[at] = source.lastsMs[i] ?? 0;
  target.sums[at] = source.sums[i] ?? 0;
  target.mins[at] = source.mins[i] ?? 0;
  target.maxs[at] = source.maxs[i] ?? 0;
  target.firsts[at] = source.firsts[i] ?? 0;
  target.lasts[at] = source.lasts[i] ?? 0;
  target.losses[at] = source.losses[i] ?? 0;
  target.stalesMs[at] = source.stalesMs[i] ?? 0;
}

/** Puts bucket `i` of `source` into bucket `at` of `target`; of two samples at one time that of the target counts. */
function mergeBucket(target: BucketColumns, at: number, source: BucketColumns, i: number): void {
  const staleMs = Math.max(target.stalesMs[at] ?? 0, source.stalesMs[i] ?? 0);
  const endMs = target.endsMs[at] ?? 0;
  if (target.counts[at] === 0) copyBucket(source, i, target, at);
  else if (source.counts[i] !== 0) mergeSamples(target, at, source, i);
  target.endsMs[at] = endMs;
  const isNewest = target.counts[at] === 0 || staleMs > (target.lastsMs[at] ?? 0);
  target.stalesMs[at] = isNewest ? staleMs : 0;
}

function mergeSamples(target: BucketColumns, at: number, source: BucketColumns, i: number): void {
  const { firstsMs, lastsMs, firsts, lasts, losses, counts, sums, mins, maxs } = target;
  const first = source.firsts[i] ?? 0;
  const last = source.lasts[i] ?? 0;
  const firstMs = source.firstsMs[i] ?? 0;
  const lastMs = source.lastsMs[i] ?? 0;
  let loss = (losses[at] ?? 0) + (source.losses[i] ?? 0);
  if ((lastsMs[at] ?? 0) < firstMs) loss += lossBetween(lasts[at] ?? 0, first);
  else if (lastMs < (firstsMs[at] ?? 0)) loss += lossBetween(last, firsts[at] ?? 0);
  losses[at] = loss;
  if (firstMs < (firstsMs[at] ?? 0)) {
    firsts[at] = first;
    firstsMs[at] = firstMs;
  }
  if (lastMs > (lastsMs[at] ?? 0)) {
    lasts[at] = last;
    lastsMs[at] = lastMs;
  }
  counts[at] = (counts[at] ?? 0) + (source.counts[i] ?? 0);
  sums[at] = (sums[at] ?? 0) + (source.sums[i] ?? 0);
  mins[at] = leastOf(mins[at] ?? 0, source.mins[i] ?? 0);
  maxs[at] = -leastOf(-(maxs[at] ?? 0), -(source.maxs[i] ?? 0));
}

/** What a counter that went from one value to the next has lost. */
function lossBetween(before: number, after: number): number {
  return after < before ? before : 0;
}

/** NaN counts only when there is nothing else. */
function leastOf(a: number, b: number): number {
  return b < a || Number.isNaN(a) ? b : a;
}
