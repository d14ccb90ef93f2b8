import type { TFunction } from 'i18next';

/** Grafana's names of calculations, as `legend.sortBy` carries them, and ours. */
const CALCS = {
  lastNotNull: 'Last *',
  last: 'Last',
  firstNotNull: 'First *',
  first: 'First',
  min: 'Min',
  max: 'Max',
  mean: 'Mean',
  median: 'Median',
  sum: 'Total',
  count: 'Count',
  range: 'Range',
  delta: 'Delta',
  diff: 'Difference',
  stdDev: 'StdDev',
  variance: 'Variance',
} as const;

/** Name of a calculation for people; of an unknown one (`p95`) its id. */
export function calcName(t: TFunction, calc: string): string {
  return isKnown(calc) ? t(`panel.calc.${calc}`) : calc;
}

/** Index of the calculation that a legend is to be sorted by; -1 the name, `undefined` none. */
export function sortColumnOf(sortBy: string, calcs: readonly string[]): number | undefined {
  if (sortBy === 'Name') return -1;
  const at = calcs.findIndex((calc) => calc === sortBy || (isKnown(calc) && CALCS[calc] === sortBy));
  return at < 0 ? undefined : at;
}

function isKnown(calc: string): calc is keyof typeof CALCS {
  return Object.hasOwn(CALCS, calc);
}
