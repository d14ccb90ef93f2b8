import type { Silence, SilenceOrder } from '../api/alertmanager.ts';
import { formatMatchers, parseMatchers, type MatcherDraft } from './matchers.ts';
import { spanDraftOf, spanOf, type SpanDraft } from './silence-span.ts';

/** A silence as it stands in the form. */
export interface SilenceDraft {
  /** Rows of the form, empty ones included; a text that cannot be read is kept as it is. */
  readonly matchers:
    | { readonly kind: 'rows'; readonly rows: readonly MatcherDraft[] }
    | { readonly kind: 'text'; readonly text: string };
  readonly span: SpanDraft;
  readonly createdBy: string;
  readonly comment: string;
}

export const EMPTY_ROW: MatcherDraft = { name: '', op: '=', value: '' };

/** Long enough to look into something, short enough to be forgotten without harm. */
const SPAN_DEFAULT = '2h';

export function newDraft({ filter = '', comment = '', author = '' } = {}): SilenceDraft {
  const read = parseMatchers(filter);
  return {
    matchers:
      read.kind === 'fault'
        ? { kind: 'text', text: filter }
        : { kind: 'rows', rows: read.matchers.length === 0 ? [EMPTY_ROW] : read.matchers },
    span: { start: '', end: { kind: 'for', text: SPAN_DEFAULT } },
    createdBy: author,
    comment,
  };
}

export function draftOf({ matchers, startsAtMs, endsAtMs, createdBy, comment }: Silence): SilenceDraft {
  return {
    matchers: { kind: 'rows', rows: matchers },
    span: spanDraftOf(startsAtMs, endsAtMs),
    createdBy,
    comment,
  };
}

/** The conditions, without empty rows; `undefined` while one of them is not whole. */
export function matchersOf({ matchers }: SilenceDraft): readonly MatcherDraft[] | undefined {
  if (matchers.kind === 'text') {
    const read = parseMatchers(matchers.text);
    return read.kind === 'matchers' && read.matchers.length > 0 ? read.matchers : undefined;
  }
  const rows = matchers.rows
    .map((row) => ({ ...row, name: row.name.trim() }))
    .filter(({ name, value }) => name !== '' || value !== '');
  return rows.length > 0 && rows.every(({ name }) => name !== '') ? rows : undefined;
}

/** What to send; `undefined` while something is missing. `known` is the silence that is changed. */
export function orderOf(draft: SilenceDraft, nowMs: number, known?: Silence): SilenceOrder | undefined {
  const matchers = matchersOf(draft);
  const span = spanOf(draft.span, nowMs, known?.state === 'active' ? known.startsAtMs : undefined);
  const [createdBy, comment] = [draft.createdBy.trim(), draft.comment.trim()];
  if (matchers === undefined || span.kind === 'fault' || createdBy === '' || comment === '') return undefined;
  const { startsAtMs, endsAtMs } = span;
  return { id: known?.id, matchers, startsAtMs, endsAtMs, createdBy, comment };
}

/** Whether the change makes a new silence in place of the old one: what was muted by whom stays on record. */
export function isReplacement(draft: SilenceDraft, known: Silence): boolean {
  const matchers = matchersOf(draft);
  return matchers !== undefined && keyOf(matchers) !== keyOf(known.matchers);
}

function keyOf(matchers: readonly MatcherDraft[]): string {
  return formatMatchers(matchers.toSorted((a, b) => (formatMatchers([a]) < formatMatchers([b]) ? -1 : 1)));
}
