import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RANGE_POINTS_MAX, readDuration, readRange, readStep, readTime } from './times.ts';

const NOW_MS = Date.parse('2026-01-31T12:00:00Z');

test('times are relative, RFC 3339 or Unix seconds', () => {
  const check = (written: string | number | undefined, wantMs: number | undefined): void =>
    assert.equal(readTime('time', written, NOW_MS), wantMs);
  check(undefined, undefined);
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
      () => readTime('start', written, NOW_MS),
      /invalid parameter "start": must be now, now-1h, RFC 3339 .* or Unix seconds; got /,
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

test('a duration is one, more than nothing, and no more than may be', () => {
  const read = (written: string): number => readDuration('window', written, 86_400_000);
  assert.equal(read('1h30m'), 5_400_000);
  for (const written of ['0', '0s', '5', '-5m', '5m]) or up[1m', ''])
    assert.throws(() => read(written), /"window": must be a duration above 0 such as/);
  assert.throws(() => read('25h'), /"window": must be at most 1d; got 1d1h/);
});

test('a step is one that people choose, and never gives more points than may be', () => {
  const check = (rangeMs: number, step: string | undefined, wantStepMs: number, isRaised: boolean): void => {
    const { stepMs, tooShortMs } = readStep(step, rangeMs);
    assert.deepEqual([stepMs, tooShortMs !== undefined], [wantStepMs, isRaised]);
  };
  const HOUR_MS = 3_600_000;
  check(1000, undefined, 1000, false);
  check(119_000, undefined, 1000, false);
  check(120_000, undefined, 2000, false);
  check(HOUR_MS, undefined, 60_000, false);
  check(HOUR_MS, '5m', 300_000, false);
  check(HOUR_MS, '300', 300_000, false);
  check(HOUR_MS, '15s', 60_000, true);
  check(720 * HOUR_MS, undefined, 28_800_000, false);
  for (const step of ['0', '-1m', 'soon', '1e300'])
    assert.throws(() => readStep(step, HOUR_MS), /invalid parameter "step": /);
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4e12 }),
      fc.option(fc.integer({ min: 1, max: 1e7 })),
      (rangeMs, ms) => {
        const { stepMs } = readStep(ms === null ? undefined : `${ms}ms`, rangeMs);
        assert.ok(
          stepMs >= 1 && Math.floor(rangeMs / stepMs) + 1 <= RANGE_POINTS_MAX,
          `${stepMs} of ${rangeMs}`,
        );
      },
    ),
  );
});

test('without a start so much before the end is looked at; a start after the end is refused', () => {
  const read = (start: string | undefined, end: string | undefined) =>
    readRange({ start, end }, NOW_MS, 3_600_000);
  assert.deepEqual(read(undefined, undefined), { fromMs: NOW_MS - 3_600_000, untilMs: NOW_MS });
  assert.equal(read(undefined, 'now-1d').fromMs, NOW_MS - 90_000_000);
  assert.deepEqual(read('now', 'now'), { fromMs: NOW_MS, untilMs: NOW_MS });
  assert.throws(() => read('now', 'now-1s'), /"end": must not lie before start; got start 2026-01-31T12/);
});
