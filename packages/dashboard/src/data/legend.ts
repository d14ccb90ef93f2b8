import type { DataFrame, Field } from '../frame.ts';

/**
 * The name of a series. A legend with `{{label}}` in it is filled; without a legend the name is the
 * series as Prometheus writes it; `__auto` leaves out what all series of the answer have in common.
 */
export function legendOf(field: Field, legend: string, shared: ReadonlySet<string>): string {
  const labels = field.labels ?? {};
  if (legend === '__auto') return autoName(field, labels, shared);
  if (legend === '') return seriesName(labels) || field.name;
  return fillLegend(legend, labels);
}

/** Labels that have one and the same value in every series of a query, by the query's letter. */
export function sharedLabels(frames: readonly DataFrame[]): ReadonlyMap<string, ReadonlySet<string>> {
  const groups = new Map<string, Readonly<Record<string, string>>[]>();
  for (const { refId, fields } of frames) {
    for (const { labels } of fields) {
      if (labels === undefined) continue;
      const group = groups.get(refId) ?? [];
      group.push(labels);
      groups.set(refId, group);
    }
  }
  return new Map([...groups].map(([refId, group]) => [refId, commonNames(group)]));
}

function commonNames([first, ...rest]: readonly Readonly<Record<string, string>>[]): Set<string> {
  const names = Object.keys(first ?? {});
  return new Set(names.filter((name) => rest.every((labels) => labels[name] === first?.[name])));
}

/** Bounded, so that a legend of braces costs a constant per character. */
const PLACE = /\{\{\s{0,16}([^{}]{1,128}?)\s{0,16}\}\}/g;

function fillLegend(legend: string, labels: Readonly<Record<string, string>>): string {
  return legend.replaceAll(PLACE, (_place, name: string) =>
    Object.hasOwn(labels, name) ? (labels[name] ?? '') : '',
  );
}

function autoName(
  field: Field,
  labels: Readonly<Record<string, string>>,
  shared: ReadonlySet<string>,
): string {
  const telling = Object.entries(labels).filter(([name]) => name !== '__name__' && !shared.has(name));
  const [only] = telling;
  if (only !== undefined && telling.length === 1) return only[1];
  if (telling.length === 0) return seriesName(labels) || field.name;
  return `{${pairsText(telling)}}`;
}

function seriesName(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = '' } = labels;
  const rest = Object.entries(labels).filter(([key]) => key !== '__name__');
  return rest.length === 0 ? name : `${name}{${pairsText(rest)}}`;
}

function pairsText(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ');
}
