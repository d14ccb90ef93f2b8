import type { RelatedSeries } from '@vedette/api';
import { unitOfExpr } from '../explore/unit-of-expr.ts';

export interface ComparedSeries {
  /** What its numbers are: the values, what a counter grew by a second, or the mean of what a histogram saw. */
  readonly kind: 'value' | 'rate' | 'mean';
  readonly unit: string;
}

/** Told by the expression that was compared: the agent's own, one of three forms. */
export function comparedSeriesOf({ metric, query }: Pick<RelatedSeries, 'metric' | 'query'>): ComparedSeries {
  if (!query.startsWith('rate(')) return { kind: 'value', unit: unitOfExpr(metric) };
  if (query.includes(') / rate(')) return { kind: 'mean', unit: unitOfExpr(metric) };
  const unit = unitOfExpr(`rate(${metric})`);
  // Seconds a second are a plain number.
  return { kind: 'rate', unit: unit === 'short' && !metric.includes('_seconds') ? 'cps' : unit };
}
