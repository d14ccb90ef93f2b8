import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationOf, RANGE_POINTS_MAX, rangeOf, timeOf } from './times.ts';

const NOW_MS = Date.parse('2026-01-31T12:00:00Z');

test('times are relative, RFC 3339 or Unix seconds', () => {
  const check = (written: string | number | undefined, wantMs: number): void =>
    assert.equal(timeOf('time', written, NOW_MS), wantMs);
  check(undefined, NOW_MS);
  check('now', NOW_MS);
  check('now-1h30m', NOW_MS - 5_400_000);
  check('now - 1d', NOW_MS - 86_400_000);
  check('now+5m', NOW_MS + 300_000);
  check('2026-01-31T13:00:00+01:00', NOW_MS);
  check(' 1769860800 ', NOW_MS);
  check(1_769_860_800.5, NOW_MS + 500);
  check(0, 0);
});

test('what is no time is refused with its argument and what it may be', () => {
  const check = (written: string | number): void =>
    assert.throws(
      () => timeOf('start', written, NOW_MS),
      new RegExp(`^InputError: start: must be now, now-1h, RFC 3339 .* or Unix seconds; got `),
    );
  check('yesterday');
  check('now-');
  check('now-1');
  check('now-5x');
  check('2026-01-31');
  check('');
  check(1e300);
  check('NaN');
  check(NaN);
});

test('a duration is one, and more than nothing', () => {
  assert.equal(durationOf('window', '1h30m'), 5_400_000);
  for (const written of ['0', '0s', '5', '-5m', '5m]) or up[1m', ''])
    assert.throws(() => durationOf('window', written), /window: must be a duration such as/);
});

test('a range has at most 120 points, at steps that people choose', () => {
  const check = (start: string, step: string | undefined, wantStepMs: number, isRaised: boolean): void => {
    const range = rangeOf({ start, step }, NOW_MS);
    assert.equal(range.endMs, NOW_MS);
    assert.deepEqual({ stepMs: range.stepMs, isRaised: range.isRaised }, { stepMs: wantStepMs, isRaised });
    assert.ok((range.endMs - range.startMs) / range.stepMs + 1 <= RANGE_POINTS_MAX);
  };
  check('now-1s', undefined, 1000, false);
  check('now-119s', undefined, 1000, false);
  check('now-120s', undefined, 2000, false);
  check('now-1h', undefined, 60_000, false);
  check('now-1h', '5m', 300_000, false);
  check('now-1h', '15s', 60_000, true);
  check('now-30d', undefined, 28_800_000, false);
  check('now-30y', '1h', 93 * 86_400_000, true);
});

test('without a start an hour is looked at; a start at or after the end is refused', () => {
  assert.equal(rangeOf({}, NOW_MS).startMs, NOW_MS - 3_600_000);
  assert.equal(rangeOf({ end: 'now-1d' }, NOW_MS).startMs, NOW_MS - 90_000_000);
  assert.throws(
    () => rangeOf({ start: 'now', end: 'now' }, NOW_MS),
    /start: must lie before end; got 2026-01-31T12/,
  );
});
