import type {
  Labels,
  LabelRequest,
  MetricMetadata,
  Page,
  QueryResult,
  SeriesExemplars,
  TimeRange,
} from '@vedette/model';
import type { QuerySource } from './query-source.ts';

/**
 * PromQL over whatever holds the samples. Whole expressions are handed over, so that a remote engine
 * evaluates its own PromQL. Adapters: embedded (`promql` over a `MetricsReader`); later a Prometheus URL.
 *
 * All calls may overlap. Results are owned by the caller. They reject with `InputError` (the
 * expression or a parameter is wrong; a parse error has `line:column` in its text), `ExecutionError`
 * (VED_QUERY_TOO_LARGE, VED_QUERY_EXECUTION), `TimeoutError`, or `CanceledError` when `signal` aborts.
 */
export interface PromQuery {
  /** Evaluates at one time. */
  instant(request: InstantRequest, signal: AbortSignal): Promise<QueryResult>;
  /** Evaluates on the grid start, start + step, … ≤ end. At most 11,000 points. */
  range(request: RangeRequest, signal: AbortSignal): Promise<QueryResult>;
  series(request: LabelRequest, signal: AbortSignal): Promise<Page<Labels>>;
  labelNames(request: LabelRequest, signal: AbortSignal): Promise<Page<string>>;
  labelValues(name: string, request: LabelRequest, signal: AbortSignal): Promise<Page<string>>;
  /** What is known of metric families, sorted by family; of one family when it is named. */
  metadata(family: string | undefined, signal: AbortSignal): Promise<readonly MetricMetadata[]>;
  /** Exemplars in `range` of the series that any selector of the expression matches; sorted by label set. */
  exemplars(expr: string, range: TimeRange, signal: AbortSignal): Promise<readonly SeriesExemplars[]>;
}

export interface InstantRequest {
  readonly expr: string;
  readonly atMs: number;
  readonly options?: QueryOptions | undefined;
}

export interface RangeRequest {
  readonly expr: string;
  readonly startMs: number;
  /** Inclusive; not before startMs. */
  readonly endMs: number;
  /** Whole milliseconds above 0. */
  readonly stepMs: number;
  readonly options?: QueryOptions | undefined;
}

/** Narrow the server's own settings, which they never widen, and say how to treat one query. */
export interface QueryOptions {
  /** Samples downsampled up to this resolution (ms) may answer for times of which the samples themselves are there, too. */
  readonly coarsestMs?: number | undefined;
  /** Leaves downsampled samples out: for rules, whose answers must not change with what is still there. */
  readonly isRawOnly?: boolean | undefined;
  readonly lookbackMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly samplesMax?: number | undefined;
  /** Who asks; decides about turns. */
  readonly source?: QuerySource | undefined;
  /** Whether everything is to be evaluated, whatever is kept of earlier answers. */
  readonly isUncached?: boolean | undefined;
}
