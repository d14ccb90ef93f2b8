import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatGoDuration, parseGoDurationMs } from './go-duration.ts';

test('durations of Go add up, with fractions and in any order of units', () => {
  const check = (text: string, wantMs: number | undefined): void =>
    assert.equal(parseGoDurationMs(text), wantMs, text);
  check('0', 0);
  check('0s', 0);
  check('1m30s', 90_000);
  check('1.5h', 5_400_000);
  check('.5s', 500);
  check('5s1m', 65_000);
  check('300ms', 300);
  check('1ns', 1);
  check('5', undefined);
  check('1d', undefined);
  check('-1s', undefined);
  check('', undefined);
  check('1m 30s', undefined);
  check(`${'9'.repeat(30)}h`, undefined);
});

test('durations print as in Go', () => {
  const check = (ms: number, want: string): void => assert.equal(formatGoDuration(ms), want);
  check(0, '0s');
  check(500, '500ms');
  check(1500, '1.5s');
  check(60_000, '1m0s');
  check(3_600_000, '1h0m0s');
  check(5_430_250, '1h30m30.25s');
});

test('what is printed is read again', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10 ** 12 }), (ms) => {
      assert.equal(parseGoDurationMs(formatGoDuration(ms)), ms);
    }),
  );
});
