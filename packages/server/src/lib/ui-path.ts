/** Addresses of pages of the UI, as paths, with everything escaped that comes from outside. `packages/web/src/router.tsx` and `search.ts` read them. */
import { formatMatcher, type Labels, type TimeRange } from '@vedette/model';

type Search = Readonly<Record<string, string | undefined>>;

/** `/explore?expr=up&from=1&to=2`; what has no text is left out of the search. */
export function uiPath(segments: readonly string[], search: Search = {}, range?: TimeRange): string {
  const path = `/${segments.map((one) => segmentOf(one)).join('/')}`;
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search))
    if (value !== undefined && value !== '') params.set(name, value.toWellFormed());
  if (range !== undefined) {
    params.set('from', String(Math.round(range.fromMs)));
    params.set('to', String(Math.round(range.untilMs)));
  }
  const text = params.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** A segment of dots alone would be another folder. */
function segmentOf(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/^\.+$/, (dots) => '%2E'.repeat(dots.length));
}

export function runbookPath(id: string): string {
  return uiPath(['runbook', id]);
}

/** `{alertname="X",job="api"}`: exactly what has these labels, as filters of pages take it. */
export function labelsFilter(labels: Labels): string {
  const parts: string[] = [];
  for (let i = 0; i < labels.length; i += 2)
    parts.push(formatMatcher({ name: labels[i] ?? '', op: '=', value: labels[i + 1] ?? '' }));
  return `{${parts.join(',')}}`;
}
