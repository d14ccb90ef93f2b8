import { expect, test } from 'vitest';
import { localInputOf } from '../time/local-input.ts';
import { parseSilenceSpanMs, SPAN_PRESETS, spanDraftOf, spanOf, type SpanDraft } from './silence-span.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 10, 0, 0);
const HOUR_MS = 3_600_000;
const forText = (text: string, start = ''): SpanDraft => ({ start, end: { kind: 'for', text } });
const until = (endMs: number, start = ''): SpanDraft => ({
  start,
  end: { kind: 'until', local: localInputOf(endMs) },
});
const check = (draft: SpanDraft, want: readonly [number, number] | string, started?: number): void => {
  const span = spanOf(draft, NOW_MS, started);
  expect(span.kind === 'fault' ? span.fault : [span.startsAtMs, span.endsAtMs]).toEqual(want);
};

test('a length counts from now, or from the beginning that is given', () => {
  check(forText('2h'), [NOW_MS, NOW_MS + 2 * HOUR_MS]);
  check(forText(' 1d12h '), [NOW_MS, NOW_MS + 36 * HOUR_MS]);
  const later = NOW_MS + 5 * HOUR_MS;
  check(forText('1h', localInputOf(later)), [later, later + HOUR_MS]);
});

test('a beginning that has passed does not shorten the length', () => {
  const earlier = NOW_MS - 5 * HOUR_MS;
  check(forText('1h', localInputOf(earlier)), [earlier, NOW_MS + HOUR_MS]);
});

test('what is active already keeps its beginning, and a length counts from now', () => {
  const started = NOW_MS - HOUR_MS + 123;
  check(forText('1h', 'anything'), [started, NOW_MS + HOUR_MS], started);
  check(until(NOW_MS + HOUR_MS), [started, NOW_MS + HOUR_MS], started);
});

test('a moment is taken as it is', () => {
  check(until(NOW_MS + HOUR_MS), [NOW_MS, NOW_MS + HOUR_MS]);
  check(spanDraftOf(NOW_MS, NOW_MS + HOUR_MS), [NOW_MS, NOW_MS + HOUR_MS]);
});

test('what cannot be is named', () => {
  check(forText(''), 'for');
  check(forText('soon'), 'for');
  check(forText('59s'), 'for');
  check(forText('1h', 'yesterday'), 'start');
  check({ start: '', end: { kind: 'until', local: '' } }, 'until');
  check(until(NOW_MS + HOUR_MS, localInputOf(NOW_MS + HOUR_MS)), 'order');
  check(until(NOW_MS - HOUR_MS, localInputOf(NOW_MS - 2 * HOUR_MS)), 'past');
  check(forText('730d'), [NOW_MS, NOW_MS + 730 * 24 * HOUR_MS]);
  check(forText('730d1s'), 'long');
  check(forText('100y'), 'long');
});

test('every preset is a length', () => {
  for (const preset of SPAN_PRESETS) expect(parseSilenceSpanMs(preset)).toBeGreaterThan(0);
});
