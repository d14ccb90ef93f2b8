import type { DataFrame, Field, FieldValue } from '@vedette/dashboard';
import { timesOf } from './reduced.ts';

/** A stretch of time in which a field had one value. */
export interface StateSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly value: FieldValue;
}

export interface StateRow {
  readonly field: Field;
  readonly spans: readonly StateSpan[];
}

/** Rows of one panel; more are scrolled past by nobody. */
export const STATE_ROWS_MAX = 200;

/** Stretches of one row; shorter ones are not seen at any width. */
const SPANS_MAX = 1000;

/**
 * Rows of a state timeline: each value holds until the next point, the last one for as long as the step
 * before it, a gap (`null`) until a value comes. Equal neighbours are one stretch when `isMerged`.
 */
export function stateRowsOf(frames: readonly DataFrame[], isMerged: boolean): StateRow[] {
  return frames
    .flatMap((frame) =>
      frame.fields
        .filter(({ kind }) => kind !== 'time' && kind !== 'other')
        .map((field) => ({ field, spans: spansOf(field, timesOf(frame), isMerged) })),
    )
    .slice(0, STATE_ROWS_MAX);
}

function spansOf({ values }: Field, timesMs: readonly number[], isMerged: boolean): StateSpan[] {
  const spans: StateSpan[] = [];
  const stepMs = (timesMs.at(-1) ?? 0) - (timesMs.at(-2) ?? timesMs.at(-1) ?? 0);
  for (const [i, fromMs] of timesMs.entries()) {
    const value = values[i] ?? null;
    if (value === null) continue;
    const toMs = timesMs[i + 1] ?? fromMs + stepMs;
    const last = spans.at(-1);
    if (isMerged && last?.value === value && last.toMs === fromMs)
      spans[spans.length - 1] = { ...last, toMs };
    else if (spans.length < SPANS_MAX) spans.push({ fromMs, toMs, value });
  }
  return spans;
}

/** The stretch that holds at a moment. */
export function spanAt(spans: readonly StateSpan[], atMs: number): StateSpan | undefined {
  return spans.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
}
