import { reduceResolution, SCHEMA_CUSTOM, type NativeHistogram } from '@vedette/model';

/**
 * Collects the series of one classic histogram and makes a native one with custom buckets of them. Where they do
 * not fit together (counts that fall, a count other than that of the last bucket, nothing at all) there is none.
 */
export class ClassicHistogram {
  readonly #buckets: { readonly bound: number; readonly count: number }[] = [];
  #count: number | undefined;
  #sum = 0;

  /** `count` is cumulative. Of equal bounds the first one stays. */
  addBucket(bound: number, count: number): void {
    this.#buckets.push({ bound, count });
  }

  setCount(count: number): void {
    this.#count = count;
  }

  setSum(sum: number): void {
    this.#sum = sum;
  }

  toHistogram(): NativeHistogram | undefined {
    const buckets = this.#buckets.toSorted((a, b) => a.bound - b.bound);
    const count = this.#count ?? buckets.at(-1)?.count;
    if (count === undefined) return undefined;
    if (buckets.at(-1)?.bound !== Infinity) buckets.push({ bound: Infinity, count });
    const bounds: number[] = [];
    const counts: number[] = [];
    let reached = 0;
    for (const bucket of buckets) {
      if (bucket.bound === bounds.at(-1)) continue;
      // NaN satisfies no comparison.
      if (!(bucket.count >= reached)) return undefined;
      bounds.push(bucket.bound);
      counts.push(bucket.count - reached);
      reached = bucket.count;
    }
    if (reached !== count || bounds[0] === -Infinity) return undefined;
    return reduceResolution(
      {
        schema: SCHEMA_CUSTOM,
        count,
        sum: this.#sum,
        zeroThreshold: 0,
        zeroCount: 0,
        positive: { spans: [{ offset: 0, length: counts.length }], counts: Float64Array.from(counts) },
        negative: { spans: [], counts: new Float64Array(0) },
        customBounds: Float64Array.from(bounds.slice(0, -1)),
        counterReset: 'unknown',
      },
      SCHEMA_CUSTOM,
    );
  }
}
