/**
 * A bucket stands for the samples of a series in (end - resolution, end]; its end is a multiple of the resolution
 * since the epoch. Up to 1,024 of them make a chunk of encoding 3. Every byte is described in
 * `docs/formats/chunk.md`; this is the idea.
 *
 * 1. What is kept of the samples is what can be put together from parts: count, sum, min, max, the first and the
 *    last with their times, and what a counter lost to resets between these two. So a bucket whose samples
 *    stand in two blocks, or twelve buckets of five minutes, are merged into one without the samples.
 * 2. The increase of a counter is last - first + loss, and over neighbours the loss between last and next first,
 *    as `rate` computes it: no increase is stored, which would be a column of deltas beside two that have them.
 * 3. A staleness marker is no sample; its time is kept while it is the newest, so that a series which ended does.
 * 4. A column is encoded as values of a float chunk are; one that repeats an earlier column (the min of a rising
 *    counter is its first, the max its last) takes two bytes. Columns stand one behind the other and can be
 *    skipped: a query for the max decodes counts and maxima.
 *
 * Rejected: a chunk per kind of aggregate, as Thanos has them: times and counts would stand there five times.
 */

/** The numbers of buckets in columns, under the names of what they hold. All times are milliseconds since the epoch. */
export interface BucketColumns {
  /** Ends of the buckets, increasing. */
  readonly endsMs: Float64Array;
  /** Samples, staleness markers not among them. 0: there is a marker alone, and nothing else has a meaning. */
  readonly counts: Float64Array;
  readonly firstsMs: Float64Array;
  readonly lastsMs: Float64Array;
  readonly sums: Float64Array;
  /** NaN counts only when there is nothing else. */
  readonly mins: Float64Array;
  readonly maxs: Float64Array;
  readonly firsts: Float64Array;
  readonly lasts: Float64Array;
  /** Sum of the values from which a counter fell between first and last. */
  readonly losses: Float64Array;
  /** Time of a staleness marker behind the last sample; 0 when there is none. */
  readonly stalesMs: Float64Array;
}

export type BucketColumn = keyof BucketColumns;

/** In the order of the file; `endsMs` stands before them. */
export const STORED_COLUMNS = [
  'counts',
  'firstsMs',
  'lastsMs',
  'sums',
  'firsts',
  'lasts',
  'mins',
  'maxs',
  'losses',
  'stalesMs',
] as const satisfies readonly BucketColumn[];

/** Kind of a column that equals an earlier one; its number stands in the place of the shape. */
export const SAME_AS = 4;

/** Bit 0 of the second byte: the column of staleness markers is there. */
export const HAS_STALE_COLUMN = 1;

export function createBucketColumns(capacity: number): BucketColumns {
  const column = (): Float64Array => new Float64Array(capacity);
  return {
    endsMs: column(),
    counts: column(),
    firstsMs: column(),
    lastsMs: column(),
    sums: column(),
    mins: column(),
    maxs: column(),
    firsts: column(),
    lasts: column(),
    losses: column(),
    stalesMs: column(),
  };
}

/** All of a bucket's columns. */
export function columnsOf(columns: BucketColumns): readonly Float64Array[] {
  return [columns.endsMs, ...STORED_COLUMNS.map((name) => columns[name])];
}
