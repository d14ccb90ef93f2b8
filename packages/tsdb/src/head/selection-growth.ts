import { compareLabels, type Labels, type Matcher } from '@vedette/model';
import type { SeriesTable } from './series-table.ts';
import type { SortedSeries } from './selection-cache.ts';

/**
 * What a selection became by series that came after it: those that the matchers accept stand in their places. The
 * selection itself when there are none, as nearly always: what comes with a deployment concerns few selectors.
 */
export function withCreated(
  selection: SortedSeries,
  created: readonly number[],
  { table, matchers }: { readonly table: SeriesTable; readonly matchers: readonly Matcher[] },
): SortedSeries {
  const accepted = created.filter((series) =>
    matchers.every((matcher) => matcher.matches(table.labelValueOf(series, matcher.name))),
  );
  if (accepted.length === 0) return selection;
  const added = accepted.map((series) => ({ series, labels: table.labelsOf(series) }));
  added.sort((a, b) => compareLabels(a.labels, b.labels));
  return merge(selection, added);
}

/** A selection that was made while series came may have some of them already. */
function merge(
  { ids, labels }: SortedSeries,
  added: readonly { readonly series: number; readonly labels: Labels }[],
): SortedSeries {
  const merged = { ids: [] as Uint32Array[], labels: [] as Labels[] };
  let from = 0;
  for (const one of added) {
    const at = firstNotBefore(labels, from, one.labels);
    merged.ids.push(ids.subarray(from, at));
    for (; from < at; from++) merged.labels.push(labels[from] ?? one.labels);
    if (ids[at] === one.series) continue;
    merged.ids.push(Uint32Array.of(one.series));
    merged.labels.push(one.labels);
  }
  merged.ids.push(ids.subarray(from));
  return { ids: concatenate(merged.ids), labels: merged.labels.concat(labels.slice(from)) };
}

/** First index from `from` on whose labels are not before the wanted ones. */
function firstNotBefore(labels: readonly Labels[], from: number, wanted: Labels): number {
  let [low, high] = [from, labels.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareLabels(labels[middle] ?? wanted, wanted) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function concatenate(parts: readonly Uint32Array[]): Uint32Array {
  const whole = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
