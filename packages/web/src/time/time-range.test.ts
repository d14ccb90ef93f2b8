import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  boundsOf,
  DEFAULT_RANGE,
  formatSpan,
  parseSpanMs,
  RANGE_PRESETS,
  searchOfTimeRange,
  shiftRange,
  timeRangeOfSearch,
  zoomOut,
  type TimeRange,
} from './time-range.ts';

const NOW = 1_795_000_000_000;
const HOUR = 3_600_000;

test('spans are read as people write them', () => {
  const check = (text: string, want: number | undefined): void => expect(parseSpanMs(text)).toBe(want);
  check('90m', 90 * 60_000);
  check('now-90m', 90 * 60_000);
  check(' 1h30m ', 90 * 60_000);
  check('10s', 10_000);
  check('9s', undefined);
  check('730d', 730 * 86_400_000);
  check('731d', undefined);
  check('0', undefined);
  check('', undefined);
  check('soon', undefined);
  check('-5m', undefined);
});

test('a search without a range, or with nonsense, is the default', () => {
  for (const search of [
    {},
    { range: 'soon' },
    { from: 5 },
    { to: 5 },
    { from: NOW, to: NOW - HOUR },
    { from: NOW, to: NOW },
  ])
    expect(timeRangeOfSearch(search)).toEqual(DEFAULT_RANGE);
});

test('a fixed range wins over a moving one', () => {
  expect(timeRangeOfSearch({ range: '1h', from: NOW - HOUR, to: NOW })).toEqual({
    kind: 'absolute',
    fromMs: NOW - HOUR,
    toMs: NOW,
  });
});

test('every range survives the URL', () => {
  const relative = fc
    .integer({ min: 10, max: 60_000_000 })
    .map((seconds): TimeRange => ({ kind: 'relative', spanMs: seconds * 1000 }));
  const absolute = fc
    .tuple(fc.integer({ min: 0, max: NOW }), fc.integer({ min: 10_000, max: HOUR * 1000 }))
    .map(([fromMs, spanMs]): TimeRange => ({ kind: 'absolute', fromMs, toMs: fromMs + spanMs }));
  fc.assert(
    fc.property(fc.oneof(relative, absolute), (range) => {
      expect(timeRangeOfSearch(searchOfTimeRange(range))).toEqual(range);
    }),
  );
});

test('presets keep their own notation', () => {
  for (const preset of RANGE_PRESETS) expect(formatSpan(parseSpanMs(preset) ?? 0)).toBe(preset);
});

test('shifting back fixes the range, shifting to now lets it move again', () => {
  const back = shiftRange({ kind: 'relative', spanMs: HOUR }, -1, NOW);
  expect(back).toEqual({ kind: 'absolute', fromMs: NOW - 1.5 * HOUR, toMs: NOW - 0.5 * HOUR });
  expect(shiftRange(back, 1, NOW)).toEqual({ kind: 'relative', spanMs: HOUR });
});

test('zooming out doubles the range and never shows the future', () => {
  expect(zoomOut({ kind: 'relative', spanMs: HOUR }, NOW)).toEqual({ kind: 'relative', spanMs: 2 * HOUR });
  expect(zoomOut({ kind: 'absolute', fromMs: NOW - 10 * HOUR, toMs: NOW - 8 * HOUR }, NOW)).toEqual({
    kind: 'absolute',
    fromMs: NOW - 11 * HOUR,
    toMs: NOW - 7 * HOUR,
  });
  expect(boundsOf(zoomOut({ kind: 'absolute', fromMs: NOW - HOUR, toMs: NOW }, NOW), NOW)).toEqual({
    fromMs: NOW - 2 * HOUR,
    toMs: NOW,
  });
});
