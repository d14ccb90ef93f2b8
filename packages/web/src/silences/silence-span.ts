import { parseDurationMs } from '@vedette/model';
import { localInputOf, parseLocalInput } from '../time/local-input.ts';

/** From when to when, as it stands in the form. Local times are those of `<input type="datetime-local">`. */
export interface SpanDraft {
  /** Empty: now. */
  readonly start: string;
  readonly end:
    | { readonly kind: 'for'; readonly text: string }
    | { readonly kind: 'until'; readonly local: string };
}

export const SPAN_PRESETS = ['1h', '2h', '4h', '8h', '1d', '3d', '1w'] as const;

export type SpanFault = 'for' | 'start' | 'until' | 'order' | 'past' | 'long';

export type Span =
  | { readonly kind: 'span'; readonly startsAtMs: number; readonly endsAtMs: number }
  | { readonly kind: 'fault'; readonly fault: SpanFault };

/** Less is over before the form is closed. */
const SPAN_MS_MIN = 60_000;

/** Two years: what is to be quiet for longer is a rule or a route to be changed. */
const SPAN_MS_MAX = 2 * 365 * 86_400_000;

/**
 * The moments that a draft means. `started` is the beginning of a silence that is active already: it stays,
 * and a length then counts from now.
 */
export function spanOf(draft: SpanDraft, nowMs: number, started?: number): Span {
  const startsAtMs = started ?? (draft.start === '' ? nowMs : parseLocalInput(draft.start));
  if (startsAtMs === undefined) return fault('start');
  const endsAtMs = endOf(draft, started === undefined ? Math.max(startsAtMs, nowMs) : nowMs);
  if (endsAtMs === undefined) return fault(draft.end.kind);
  if (endsAtMs <= startsAtMs) return fault('order');
  if (endsAtMs <= nowMs) return fault('past');
  if (endsAtMs - nowMs > SPAN_MS_MAX) return fault('long');
  return { kind: 'span', startsAtMs, endsAtMs };
}

/** The draft for a silence that is there. */
export function spanDraftOf(startsAtMs: number, endsAtMs: number): SpanDraft {
  return { start: localInputOf(startsAtMs), end: { kind: 'until', local: localInputOf(endsAtMs) } };
}

/** `90m`, `4h`, `1d12h`; `undefined` when it is no span of a minute or more. */
export function parseSilenceSpanMs(text: string): number | undefined {
  const spanMs = parseDurationMs(text.trim());
  return spanMs !== undefined && spanMs >= SPAN_MS_MIN ? spanMs : undefined;
}

function endOf({ end }: SpanDraft, fromMs: number): number | undefined {
  if (end.kind === 'until') return parseLocalInput(end.local);
  const spanMs = parseSilenceSpanMs(end.text);
  return spanMs === undefined ? undefined : fromMs + spanMs;
}

function fault(name: SpanFault): Span {
  return { kind: 'fault', fault: name };
}
