import {
  ExecutionError,
  isValidAt,
  NO_LABELS,
  type Labels,
  type NativeHistogram,
  type QueryResult,
} from '@vedette/model';
import type { PromQuery } from '../../query/metrics/port.ts';

/** One rule in a running group. */
export interface RuleRuntime {
  readonly id: string;
  readonly kind: 'recording' | 'alerting';
  /** Series that the rule had written when the process stopped, to be ended if they do not come again. */
  lastWritten(): readonly Labels[];
  /**
   * Asks the expression and does what the rule does; returns the samples to write. Rejects when the
   * rule cannot be evaluated; what was active then stays as it was.
   */
  evaluate(evaluation: Evaluation): Promise<readonly OutputSample[]>;
}

export interface Evaluation {
  /** The slot of the group. */
  readonly atMs: number;
  /** The slot less the query offset: what is asked, and where samples are written. */
  readonly queryAtMs: number;
  readonly intervalMs: number;
  readonly limit: number;
  readonly signal: AbortSignal;
}

export interface OutputSample {
  readonly labels: Labels;
  readonly value: number;
  readonly histogram?: NativeHistogram | undefined;
}

/**
 * Series one rule may give, whatever `limit` says: at 1 kB each this is 50 MB, and a rule over it has
 * lost its `by (…)`.
 */
export const SERIES_PER_RULE_MAX = 50_000;

/** Asks an expression for an instant vector; a scalar counts as one series without labels. */
export async function queryVector(
  query: PromQuery,
  expr: string,
  evaluation: Evaluation,
): Promise<readonly OutputSample[]> {
  const result = await query.instant({ expr, atMs: evaluation.queryAtMs }, evaluation.signal);
  const vector = vectorOf(result);
  if (vector.length > SERIES_PER_RULE_MAX) {
    throw new ExecutionError(
      'VED_QUERY_TOO_LARGE',
      `the expression gives ${vector.length} series, limit is ${SERIES_PER_RULE_MAX} per rule; aggregate them with by (…)`,
    );
  }
  return vector;
}

function vectorOf(result: QueryResult): readonly OutputSample[] {
  switch (result.kind) {
    case 'scalar':
      return [{ labels: NO_LABELS, value: result.values[0] ?? Number.NaN }];
    case 'series':
      return result.series
        .filter((series) => isValidAt(series.validity, 0))
        .map((series) => ({
          labels: series.labels,
          value: series.values[0] ?? Number.NaN,
          histogram: series.histograms?.get(0),
        }));
    case 'string':
    case 'samples':
      throw new ExecutionError('VED_QUERY_EXECUTION', 'rule result is not a vector or scalar');
  }
}

/** Upstream's words for a rule over its limit. */
export function limitErrorOf(limit: number, count: number, what: 'alerts' | 'series'): ExecutionError {
  return new ExecutionError('VED_QUERY_TOO_LARGE', `exceeded limit of ${limit} with ${count} ${what}`);
}

/** Upstream's words for two results that become one series or one alert. */
export function duplicateErrorOf(applied: 'alert' | 'rule'): ExecutionError {
  return new ExecutionError(
    'VED_QUERY_EXECUTION',
    `vector contains metrics with the same labelset after applying ${applied} labels`,
  );
}
