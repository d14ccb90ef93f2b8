import { endOfPair } from './head/series-table.ts';
import type { SeriesLimitHit } from './head/batch-tally.ts';
import type { Head } from './head/head.ts';

/**
 * How many series may be active, in total and with the same value of the label `job`. Checked for new series alone,
 * whichever way they come in: known ones go on, and a restart takes all that was acknowledged.
 */
export interface SeriesLimitOptions {
  /** Active series that the head takes. */
  readonly seriesMax: number;
  /** Active series of one job; 0 or absent: only the total counts. Series without a job are not counted against it. */
  readonly seriesMaxPerJob?: number | undefined;
  /** Limits of single jobs in its place; 0: only the total counts. */
  readonly seriesMaxByJob?: ReadonlyMap<string, number> | undefined;
}

/** A job and how near it is to its limit. */
export interface JobSeries {
  readonly job: string;
  readonly seriesCount: number;
  /** 0: none but the total. */
  readonly limit: number;
}

/**
 * Asks the head's own tables: how many series carry a label pair is known there, so that a check is one walk along the
 * key and one look into a hash table, and a refused series costs no more than a known one.
 */
export class SeriesLimits {
  readonly #head: Head;
  readonly #options: SeriesLimitOptions;
  readonly #hasJobLimits: boolean;

  constructor(head: Head, options: SeriesLimitOptions) {
    this.#head = head;
    this.#options = options;
    this.#hasJobLimits = (options.seriesMaxPerJob ?? 0) > 0 || (options.seriesMaxByJob?.size ?? 0) > 0;
  }

  /** What forbids a series more with this key; `undefined`: it may be created. */
  findHit(key: Uint8Array): SeriesLimitHit | undefined {
    const { series } = this.#head;
    const { seriesMax } = this.#options;
    if (series.count >= seriesMax) return { kind: 'total', limit: seriesMax };
    if (!this.#hasJobLimits) return undefined;
    const pair = this.#findJobPair(key);
    // A job without series is below any limit.
    if (pair === undefined) return undefined;
    const job = series.pairs.valueOf(pair);
    const limit = this.limitOf(job);
    return limit > 0 && series.pairs.seriesCountOf(pair) >= limit ? { kind: 'job', limit, job } : undefined;
  }

  /** 0: only the total counts. */
  limitOf(job: string): number {
    return this.#options.seriesMaxByJob?.get(job) ?? this.#options.seriesMaxPerJob ?? 0;
  }

  /** The key of the configuration that sets the limit. */
  keyOf(hit: SeriesLimitHit): string {
    if (hit.kind === 'total') return 'storage.metrics.series_max';
    const isOwn = this.#options.seriesMaxByJob?.has(hit.job) === true;
    return `storage.metrics.${isOwn ? 'series_max_by_job' : 'series_max_per_job'}`;
  }

  /** Every job of the head with its series; nothing is copied, so a look costs as many steps as there are jobs. */
  *jobs(): Iterable<JobSeries> {
    const { pairs } = this.#head.series;
    for (const pair of pairs.pairsOf('job')) {
      const seriesCount = pairs.seriesCountOf(pair);
      if (seriesCount === 0) continue;
      const job = pairs.valueOf(pair);
      yield { job, seriesCount, limit: this.limitOf(job) };
    }
  }

  /** The pair `job="…"` of a key, as far as some series carries it. Names of a key are sorted. */
  #findJobPair(key: Uint8Array): number | undefined {
    for (let from = 0; from < key.length;) {
      const until = endOfPair(key, from);
      if (startsWithJob(key, from)) {
        const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
        return this.#head.series.pairs.findBytes(view, from, until);
      }
      from = until;
    }
    return undefined;
  }
}

/** Length 3, then the letters of `job`. */
function startsWithJob(key: Uint8Array, from: number): boolean {
  return key[from] === 3 && key[from + 1] === 0x6a && key[from + 2] === 0x6f && key[from + 3] === 0x62;
}
