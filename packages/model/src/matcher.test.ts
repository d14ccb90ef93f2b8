import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { createMatcher, PATTERN_CHARACTERS_MAX, quotePattern, type MatcherOp } from './matcher.ts';
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

test('a list of values is known as such, escapes included, and has no limit of its own', () => {
  const check = (pattern: string, want: readonly string[] | undefined): void =>
    assert.deepEqual(createMatcher('x', '=~', pattern).literals, want, pattern);
  check('a|b', ['a', 'b']);
  check('(?:a|)', ['a', '']);
  check(String.raw`10\.0\.0\.1:9100|b\|c\\`, ['10.0.0.1:9100', 'b|c\\']);
  check(String.raw`a\d`, undefined);
  check('a.b', undefined);
  const values = Array.from({ length: 100_000 }, (_, i) => `host-${i}:9100`);
  assert.equal(createMatcher('x', '=~', values.join('|')).matches('host-99999:9100'), true);
});

test('whether a pattern is taken as a list of values or compiled, it accepts the same', () => {
  const part = fc.constantFrom('a', 'b', '|', '.', '\\', '(', ')', '(?:', '?', '*', '-', '_', '\n', '😀');
  const value = fc.array(fc.constantFrom('a', 'b', '.', '-', '_', '|', '\\', '\n', '😀'), { maxLength: 3 });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), value, (parts, values) => {
      const pattern = parts.join('');
      let judge: RE2JS | undefined;
      try {
        RE2JS.compile(pattern);
        judge = RE2JS.compile(`^(?s:${pattern})$`);
      } catch {
        assert.throws(() => createMatcher('x', '=~', pattern), pattern);
        return;
      }
      const text = values.join('');
      assert.equal(createMatcher('x', '=~', pattern).matches(text), judge.matcher(text).matches(), pattern);
    }),
    { numRuns: 2000 },
  );
});

test('a pattern with unbalanced brackets is refused, also where they would balance inside ours', () => {
  for (const pattern of ['a)?(', ')(', 'a(', 'a)|(b'])
    assert.throws(() => createMatcher('x', '=~', pattern), { code: 'VED_QUERY_INVALID' });
});

test('a pattern may be as long as its limit; a longer one is refused and not repeated in full', () => {
  const pattern = (length: number): string => `.${'a'.repeat(length - 1)}`;
  assert.equal(createMatcher('x', '=~', pattern(PATTERN_CHARACTERS_MAX)).matches('a'), false);
  for (const long of [pattern(PATTERN_CHARACTERS_MAX + 1), '('.repeat(10_000)])
    assert.throws(
      () => createMatcher('x', '=~', long),
      ({ message }: Error) => /cannot parse regular expression/.test(message) && message.length < 600,
    );
  assert.throws(() => createMatcher('x', '=~', pattern(40_000)), /got 40000 characters, want at most 32768/);
});

test('a quoted text is a pattern that matches itself and nothing else', () => {
  assert.equal(quotePattern('team.ops(1)'), 'team\\.ops\\(1\\)');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (text, other) => {
      const matcher = createMatcher('a', '=~', quotePattern(text));
      assert.ok(matcher.matches(text));
      assert.equal(matcher.matches(other), other === text);
      assert.ok(new RegExp(`^${quotePattern(text)}$`).test(text));
    }),
  );
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
