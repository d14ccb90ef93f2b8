/** Addresses of pages of the UI, with everything escaped that comes from outside. `packages/web/src/router.tsx` and `search.ts` read them. */
import { formatMatcher, type Labels } from '@vedette/model';
import type { ToolLink } from '../tool.ts';

export interface LinkRange {
  readonly fromMs: number;
  readonly toMs: number;
}

type Search = Readonly<Record<string, string | undefined>>;

export function uiPath(segments: readonly string[], search: Search = {}, range?: LinkRange): string {
  const path = `/${segments.map((one) => segmentOf(one)).join('/')}`;
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search))
    if (value !== undefined && value !== '') params.set(name, value.toWellFormed());
  if (range !== undefined) {
    params.set('from', String(Math.round(range.fromMs)));
    params.set('to', String(Math.round(range.toMs)));
  }
  const text = params.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** A segment of dots alone would be another folder. */
function segmentOf(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/^\.+$/, (dots) => '%2E'.repeat(dots.length));
}

export function exploreLink(expr: string, range?: LinkRange, view?: 'table'): ToolLink {
  return { label: 'Explore', path: uiPath(['explore'], { expr, view }, range) };
}

export function runbookPath(id: string): string {
  return uiPath(['runbook', id]);
}

/** `{alertname="X",job="api"}`: exactly what has these labels. */
export function filterOf(labels: Labels): string {
  const parts: string[] = [];
  for (let i = 0; i < labels.length; i += 2)
    parts.push(formatMatcher({ name: labels[i] ?? '', op: '=', value: labels[i + 1] ?? '' }));
  return `{${parts.join(',')}}`;
}
