import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatMatchers,
  MATCHER_OPS,
  matchersOfLabels,
  parseMatchers,
  type MatcherDraft,
} from './matchers.ts';

const check = (text: string, ...want: readonly [name: string, op: string, value: string][]): void => {
  const read = parseMatchers(text);
  const got = read.kind === 'matchers' ? read.matchers.map(({ name, op, value }) => [name, op, value]) : read;
  expect([text, got]).toEqual([text, want]);
};
const refuse = (text: string, fault: string, column: number): void =>
  expect([text, parseMatchers(text)]).toEqual([text, { kind: 'fault', fault, column }]);

test('conditions are read with and without braces, quotes and blanks', () => {
  check('{alertname="X",instance="y"}', ['alertname', '=', 'X'], ['instance', '=', 'y']);
  check('alertname=X , instance != web-1', ['alertname', '=', 'X'], ['instance', '!=', 'web-1']);
  check('a=~"x|y"\nb!~"^z$"\n', ['a', '=~', 'x|y'], ['b', '!~', '^z$']);
  check(' { a = "b" , } ', ['a', '=', 'b']);
  check('a=""', ['a', '=', '']);
  check('{}');
  check('');
});

test('quotes keep what has a meaning outside of them', () => {
  check('{a="x,y}=\\"z\\"",b="c"}', ['a', '=', 'x,y}="z"'], ['b', '=', 'c']);
  check(String.raw`a="C:\\temp\\\"x\""`, ['a', '=', String.raw`C:\temp\"x"`]);
  check('"my label"="v", "a,b"=~"c"', ['my label', '=', 'v'], ['a,b', '=~', 'c']);
});

test("Go's escapes are read as templates write them, bytes of UTF-8 included", () => {
  check(String.raw`a="\n\t\r\a\v\x01\u00e9\U0001f642\101"`, ['a', '=', '\n\t\r\x07\v\x01é🙂A']);
  check(String.raw`a="\xf0\x9f\x99\x82"`, ['a', '=', '🙂']);
});

test('names in any script and with blanks are read as links hold them', () => {
  check(
    '{überfällig="ja",部署="运维",host name="x"}',
    ['überfällig', '=', 'ja'],
    ['部署', '=', '运维'],
    ['host name', '=', 'x'],
  );
});

test('a fault names what is missing, and where', () => {
  refuse('a', 'operator', 2);
  refuse('a=', 'value', 3);
  refuse('="x"', 'name', 1);
  refuse('a="x', 'quote', 3);
  refuse(String.raw`a="\q"`, 'escape', 4);
  refuse(String.raw`a="\U00110000"`, 'escape', 4);
  refuse('a="x" b="y"', 'comma', 7);
  refuse('{a="x"', 'brace', 7);
  refuse('a="x"}', 'brace', 6);
  refuse('{a="x"}}', 'brace', 8);
  refuse('a=~x{2}', 'comma', 5);
  refuse(',', 'name', 1);
});

test('what is written is read again as the same conditions', () => {
  const text = fc.string({
    unit: fc.constantFrom(
      'a',
      '1',
      ' ',
      '"',
      '\\',
      ',',
      '{',
      '}',
      '=',
      '~',
      '\n',
      '\t',
      'é',
      '🙂',
      '\x01',
      "'",
    ),
    maxLength: 8,
  });
  const matcher: fc.Arbitrary<MatcherDraft> = fc.record({
    name: text.filter((name) => name !== ''),
    op: fc.constantFrom(...MATCHER_OPS),
    value: text,
  });
  fc.assert(
    fc.property(fc.array(matcher, { maxLength: 4 }), (matchers) => {
      expect(parseMatchers(formatMatchers(matchers))).toEqual({ kind: 'matchers', matchers });
    }),
  );
});

test('no text makes the reader fail but with a fault on the text', () => {
  const piece = fc.constantFrom('{', '}', ',', '=', '!', '~', '"', '\\', 'a', 'é', ' ', '\\x', '\\u12', '\n');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const read = parseMatchers(text);
      if (read.kind === 'fault') expect(read.column).toBeLessThanOrEqual(text.length + 1);
    }),
  );
});

test('the labels of an alert become conditions, its name first', () => {
  expect(formatMatchers(matchersOfLabels({ job: 'api', alertname: 'Down', a: 'x"y' }))).toBe(
    String.raw`{alertname="Down", a="x\"y", job="api"}`,
  );
});
