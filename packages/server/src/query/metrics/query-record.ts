import type { QuerySource } from './query-source.ts';

export type QueryKind = 'instant' | 'range';

/** As counted by `vedette_query_total`. */
export type QueryOutcome = 'success' | 'canceled' | 'timeout' | 'busy' | 'refused' | 'failed';

/** A query as it was asked. An instant query has no step, and ends where it starts. */
export interface QueryQuestion {
  readonly kind: QueryKind;
  readonly expr: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly source: QuerySource;
}

/** A query that ended. */
export interface QueryRecord extends QueryQuestion {
  /** When it arrived. */
  readonly atMs: number;
  readonly outcome: QueryOutcome;
  /** For its turn. */
  readonly waitMs: number;
  readonly runMs: number;
  /** In the answer; 0 without one, as the two below. */
  readonly series: number;
  readonly samples: number;
  readonly samplesPeak: number;
}
