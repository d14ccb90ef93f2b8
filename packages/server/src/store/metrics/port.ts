/**
 * The ports of metrics storage. `MetricsWriter` and `MetricsReader` are declared, with their contracts, in
 * `model`, since the engine itself speaks them; `port.contract.ts` holds the suites that every adapter passes.
 */
import type { Exemplar, Labels, Matcher, TimeRange } from '@vedette/model';
import type { JsonCursor } from '../../lib/json-cursor.ts';

export type { MetricsReader, MetricsWriter } from '@vedette/model';

/** What an operator may do to stored samples. Calls are applied one after the other. */
export interface MetricsAdmin {
  /**
   * Hides the samples in `range` of the series that satisfy every matcher of any set (at least one): queries that
   * begin after it resolves do not see them, a restart does not bring them back. The disk keeps them until
   * `cleanTombstones` or the next compaction of their block. Resolves with the number of series touched.
   */
  deleteSeries(matcherSets: readonly (readonly Matcher[])[], range: TimeRange): Promise<number>;
  /** Removes exemplars for which `isGone` says so, for good; resolves with how many. */
  deleteExemplars(isGone: (series: Labels, exemplar: Exemplar) => boolean): Promise<number>;
  /** Rewrites the files that hold deleted samples. */
  cleanTombstones(): Promise<void>;
  /**
   * Writes a consistent copy of everything acknowledged (`hasHead`: false leaves out what is in no block yet) below
   * the data directory and resolves with its name; an ordinary start can open it as a data directory of samples.
   * With `into`, a free path on the same file system, it is written there; what is not finished is at that path
   * with `.tmp`.
   */
  snapshot(options: { readonly hasHead: boolean; readonly into?: string }): Promise<string>;
}

/**
 * The HTTP API of a Prometheus-compatible engine. Calls may overlap. They reject with
 * - `InputError` (VED_QUERY_INVALID) and `ExecutionError` (VED_QUERY_EXECUTION) in the engine's words;
 * - `TimeoutError` (VED_QUERY_TIMEOUT) when the engine says so;
 * - `UnsupportedError` (VED_ENGINE_UNSUPPORTED) when the engine has no such path;
 * - `UnavailableError` (VED_ENGINE_UNAVAILABLE) when it does not answer, refuses us, or answers with something else;
 * - the reason of `signal` when that aborts: the request is then torn down.
 */
export interface PrometheusApi {
  /** Its address without credentials, for messages. */
  readonly url: string;
  /** `read` gets the cursor at the value of `data` and must leave it behind it; absent data leave `undefined`. */
  call<T>(
    request: PrometheusApiRequest,
    read: (data: JsonCursor) => T | Promise<T>,
    signal: AbortSignal,
  ): Promise<PrometheusApiAnswer<T>>;
}

export interface PrometheusApiRequest {
  /** Below the address: `/api/v1/query`. */
  readonly path: string;
  readonly form?: URLSearchParams;
  /** A form is posted where the path takes one, since expressions may be longer than an address. */
  readonly method: 'GET' | 'POST';
}

export interface PrometheusApiAnswer<T> {
  readonly data: T | undefined;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

/** What every metrics store can say of itself and be told, beside reading and writing. */
export interface MetricsStore {
  /** Figures of this moment; cheap enough for every scrape of our own metrics. */
  stats(): MetricsStoreStats;
  /** Makes everything acknowledged durable and lets go of files. Closing twice is safe; appends after it reject. */
  close(): Promise<void>;
}

export interface MetricsStoreStats {
  readonly activeSeries: number;
  /** Chunks in the head. */
  readonly headChunks: number;
  /** Times of the oldest and the newest sample in the head; `undefined` when it is empty. */
  readonly headRange: { readonly minMs: number; readonly maxMs: number } | undefined;
  /** Estimate of the memory that the head takes. */
  readonly headBytes: number;
  readonly walBytes: number;
  /** Immutable block files. */
  readonly blocks: number;
  /** Log and blocks together. */
  readonly diskBytes: number;
  /** Samples accepted since the start. */
  readonly samplesAppendedTotal: number;
  /** The oldest sample that queries find; `undefined` when there is none. */
  readonly oldestSampleMs: number | undefined;
  /** What is wrong with the store now, in sentences for operators; empty when all is well. */
  readonly problems: readonly string[];
}
