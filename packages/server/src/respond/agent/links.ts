/** Addresses of our own pages, as paths: whoever shows them puts the server's address before. */
import { formatMatcher, type Labels } from '@vedette/model';

/** An address longer than this is refused on its way by proxies; the page is then opened without its search. */
const LINK_CHARS_MAX = 4000;

export function explorePath(
  expr: string,
  range?: { readonly fromMs: number; readonly untilMs: number },
): string {
  const search = new URLSearchParams({ expr });
  if (range !== undefined) {
    search.set('from', String(Math.round(range.fromMs)));
    search.set('to', String(Math.round(range.untilMs)));
  }
  return bounded('/explore', search);
}

/** The alerts with exactly these labels. */
export function alertPath(labels: Labels): string {
  return bounded('/alerts', new URLSearchParams({ filter: filterOf(labels) }));
}

/** A new silence for these labels; made by a person. */
export function silencePath(labels: Labels): string {
  return bounded('/alerts/silences/new', new URLSearchParams({ filter: filterOf(labels) }));
}

export function runbookPath(id: string): string {
  return `/runbook/${encodeURIComponent(id)}`;
}

/** The page of the report itself. */
export function analysisPath(fingerprint: string): string {
  return `/alerts/analysis/${encodeURIComponent(fingerprint)}`;
}

function filterOf(labels: Labels): string {
  const parts: string[] = [];
  for (let i = 0; i < labels.length; i += 2)
    parts.push(formatMatcher({ name: labels[i] ?? '', op: '=', value: labels[i + 1] ?? '' }));
  return `{${parts.join(', ')}}`;
}

function bounded(path: string, search: URLSearchParams): string {
  const link = `${path}?${search.toString()}`;
  return link.length <= LINK_CHARS_MAX ? link : path;
}
