import type { MetricType } from '@vedette/model';

/** By the number of the enumeration, which is the same in both versions. */
const TYPES: readonly MetricType[] = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
];

/** A number that a later version may have added is unknown. */
export function metricTypeOf(code: number): MetricType {
  return TYPES[code] ?? 'unknown';
}
