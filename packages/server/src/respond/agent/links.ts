/** Addresses of our own pages, as paths: whoever shows them puts the server's address before. */
import type { Labels, TimeRange } from '@vedette/model';
import { labelsFilter, uiPath } from '../../lib/ui-path.ts';

/** An address longer than this is refused on its way by proxies; the page is then opened without its search. */
const LINK_CHARS_MAX = 4000;

export function explorePath(expr: string, range?: TimeRange): string {
  return bounded(uiPath(['explore'], { expr }, range));
}

/** The alerts with exactly these labels. */
export function alertPath(labels: Labels): string {
  return bounded(uiPath(['alerts'], { filter: labelsFilter(labels) }));
}

/** A new silence for these labels; made by a person. */
export function silencePath(labels: Labels): string {
  return bounded(uiPath(['alerts', 'silences', 'new'], { filter: labelsFilter(labels) }));
}

/** The page of the report itself. */
export function analysisPath(fingerprint: string): string {
  return uiPath(['alerts', 'analysis', fingerprint]);
}

function bounded(path: string): string {
  return path.length <= LINK_CHARS_MAX ? path : path.replace(/\?.*$/, '');
}
