import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, type MatcherOp } from './matcher.ts';
import { formatDurationMs, parseDurationMs } from './duration.ts';

test('matchers accept what Prometheus accepts', () => {
  const check = (op: MatcherOp, pattern: string, value: string, want: boolean): void =>
    assert.equal(
      createMatcher('x', op, pattern).matches(value),
      want,
      `${op} ${pattern} on ${JSON.stringify(value)}`,
    );
  check('=', 'a', 'a', true);
  check('!=', 'a', '', true);
  check('=~', 'a|b', 'b', true);
  check('=~', 'a|b', 'ab', false);
  check('=~', '(a|b)', 'b', true);
  check('=~', 'ab?', 'a', true);
  check('=~', 'ab.*', 'abc\nd', true);
  check('=~', '.*', '', true);
  check('=~', '.+', '', false);
  check('=~', 'x?', '', true);
  check('=~', '5..', '503', true);
  check('=~', '5..', '5034', false);
  check('!~', '5..', '200', true);
  check('=~', '(?i)abc', 'ABC', true);
  check('=~', '', '', true);
  check('=~', '😀*', '', true);
  check('=~', 'a|b.*', 'a', true);
});

test('a pattern that would hang a backtracking engine answers at once', () => {
  assert.equal(createMatcher('x', '=~', '(a+)+b').matches('a'.repeat(5000)), false);
});

test('a broken pattern is refused with its reason', () => {
  assert.throws(() => createMatcher('x', '=~', 'a('), {
    code: 'VED_QUERY_INVALID',
    message: /cannot parse regular expression "a\("/,
  });
});

test('durations read and print as in Prometheus', () => {
  const check = (text: string, wantMs: number | undefined, printed = text): void => {
    assert.equal(parseDurationMs(text), wantMs);
    if (wantMs !== undefined) assert.equal(formatDurationMs(wantMs), printed);
  };
  check('5m', 300_000);
  check('1h30m', 5_400_000);
  check('0s', 0);
  check('0', 0, '0s');
  check('60s', 60_000, '1m');
  check('1w', 604_800_000);
  check('8d', 691_200_000);
  check('1y', 31_536_000_000);
  check('1s500ms', 1500);
  check('', undefined);
  check('5', undefined);
  check('1m1h', undefined);
  check('1.5h', undefined);
});
