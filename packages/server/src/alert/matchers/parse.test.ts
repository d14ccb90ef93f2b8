import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { InputError, labelsOf, type Matcher } from '@vedette/model';
import fc from 'fast-check';
import { sharedFile, sharedSkip } from '../shared-fixture.ts';
import { parseClassicMatchers } from './classic.ts';
import {
  compareMatchers,
  createAlertMatcher,
  formatAlertMatcher,
  formatAlertMatchers,
  matchesAll,
} from './matcher.ts';
import { parseMatcher, parseMatchers, parseUtf8Matcher } from './parse.ts';
import { parseUtf8Matchers } from './utf8.ts';

interface Case {
  readonly api: 'classic-matchers' | 'matchers' | 'matcher';
  readonly input: string;
  readonly error?: string;
  readonly expect?: readonly { op: string; name: string; value: string }[];
}

const parseWith = (api: Case['api'], input: string): readonly Matcher[] => {
  switch (api) {
    case 'classic-matchers':
      return parseClassicMatchers(input);
    case 'matchers':
      return parseUtf8Matchers(input);
    case 'matcher':
      return [parseUtf8Matcher(input)];
  }
};

const refusalOf = (parse: () => unknown): string => {
  try {
    parse();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'accepted';
};

test('the recorded parser cases give the same matchers and the same errors', { skip: sharedSkip() }, () => {
  const cases = JSON.parse(readFileSync(sharedFile('matcher-cases.json'), 'utf8')) as Case[];
  assert.equal(cases.length, 77);
  for (const { api, input, error, expect } of cases) {
    if (error !== undefined)
      assert.equal(
        refusalOf(() => parseWith(api, input)),
        error,
        input,
      );
    else
      assert.deepEqual(
        parseWith(api, input).map(({ op, name, value }) => ({ op, name, value })),
        expect,
        input,
      );
  }
});

test('the default mode takes the classic reading where only that one, or another one, is there', () => {
  const check = (text: string, value: string, kind: string | undefined): void => {
    const { matchers, notice } = parseMatchers(text);
    assert.deepEqual([matchers[0]?.value, notice?.kind], [value, kind], text);
  };
  check('a=b', 'b', undefined);
  check('a=', '', 'incompatible');
  check('a=~\\d+', '\\d+', 'incompatible');
  check('a="\\xf0\\x9f\\x99\\x82"', '\\xf0\\x9f\\x99\\x82', 'disagreement');
  check('"a b"=c', 'c', undefined);
  check('a🙂=c', 'c', undefined);
});

test('a text that neither grammar reads is refused with the classic words', () => {
  assert.equal(
    refusalOf(() => parseMatchers('a-b')),
    'bad matcher format: a-b',
  );
  assert.match(
    refusalOf(() => parseMatchers('a=~"("')),
    /missing closing/,
  );
});

test('the notice suggests a text that both grammars read alike', () => {
  const { notice } = parseMatchers('a=, b=~x{2} ,c!=q\\d');
  assert.ok(notice?.kind === 'incompatible');
  assert.equal(notice.suggestion, 'a="",b=~"x{2}",c!="q\\\\d"');
  assert.equal(notice.reason, '2:3: unexpected ,: expected label value');
  assert.equal(parseMatchers(notice.suggestion).notice, undefined);
});

test('the strict modes read with one grammar', () => {
  assert.equal(
    refusalOf(() => parseMatchers('a=', 'utf8-strict')),
    'end of input: expected label value',
  );
  assert.equal(parseMatchers('a="\\xf0\\x9f\\x99\\x82"', 'utf8-strict').matchers[0]?.value, '🙂');
  assert.equal(
    refusalOf(() => parseMatchers('"a b"=c', 'classic')),
    'bad matcher format: "a b"=c',
  );
});

test('a single matcher has no braces and no company', () => {
  assert.equal(parseMatcher('a=b').name, 'a');
  assert.equal(
    refusalOf(() => parseMatcher('{a=b}')),
    'unexpected open or close brace: {a=b}',
  );
  assert.equal(parseMatcher('a=b,c=d').value, 'b,c=d');
  assert.equal(
    refusalOf(() => parseMatcher('a=b,c=d', 'utf8-strict')),
    'expected 1 matcher, found 2',
  );
  assert.equal(
    refusalOf(() => parseMatcher('', 'utf8-strict')),
    'no matchers',
  );
});

test('errors of the UTF-8 grammar point at the code point', () => {
  const check = (input: string, want: string): void =>
    assert.equal(
      refusalOf(() => parseUtf8Matchers(input)),
      want,
      input,
    );
  check('🙂', "end of input: expected an operator such as '=', '!=', '=~' or '!~'");
  check('🙂 !x', "2:3: !: expected one of '=~'");
  check('a!', "1:2: unexpected end of input, expected one of '=~'");
  check('a="b', '2:4: "b: missing end "');
  check('a="\\', '2:4: "\\: missing end "');
  check("a='b'", "2:3: ': invalid input");
  check('{a=b}}', '5:6: }: expected end of input');
  check('a=b c=d', '4:5: unexpected c: expected a comma or close brace');
  check('a=b,,', '4:5: unexpected ,: expected a matcher or close brace after comma');
  check('"\\ud800"=b', '0:8: "\\ud800": invalid input');
  check('"\\400"=b', '0:6: "\\400": invalid input');
});

test('matchers print as group keys hold them', () => {
  const check = (name: string, op: Matcher['op'], value: string, want: string): void =>
    assert.equal(formatAlertMatcher(createAlertMatcher(name, op, value)), want);
  check('a', '=', 'b', 'a="b"');
  check('a', '!=', 'x"\\\n\t', 'a!="x\\"\\\\\\n\t"');
  check('a b', '=~', 'x\t"', '"a b"=~"x\\t\\""');
  check('é', '!~', 'x', 'é!~"x"');
  const sorted = [...parseMatchers('b=x,a!~z,a=~z,a!=z,a=z,a=a').matchers].sort(compareMatchers);
  assert.equal(formatAlertMatchers(sorted), '{a="a",a="z",a!="z",a=~"z",a!~"z",b="x"}');
});

test('a regular expression matches the whole value, and its dot no newline', () => {
  const check = (pattern: string, value: string, want: boolean): void =>
    assert.equal(createAlertMatcher('a', '=~', pattern).matches(value), want, `${pattern} ${value}`);
  check('b.d', 'bcd', true);
  check('b.d', 'xbcd', false);
  check('b.d', 'b\nd', false);
  check('.*', 'a\nb', false);
  check('b|c', 'c', true);
  check('a\\.b', 'a.b', true);
  assert.equal(createAlertMatcher('a', '=~', 'b.d').value, 'b.d');
  assert.match(
    refusalOf(() => createAlertMatcher('a', '=~', 'a.)?(')),
    /cannot parse/,
  );
});

test('an absent label has the empty value', () => {
  const labels = labelsOf({ a: 'b' });
  assert.ok(matchesAll(parseMatchers('a=b,c=""').matchers, labels));
  assert.ok(!matchesAll(parseMatchers('a=b,c!=""').matchers, labels));
  assert.ok(matchesAll([], labels));
});

test('what is printed is read again as the same matcher', () => {
  const text = fc
    .array(
      fc.constantFrom(
        'a',
        'Z',
        '_',
        '9',
        ' ',
        '\n',
        '\t',
        '"',
        '\\',
        '=',
        '~',
        ',',
        '}',
        'é',
        '🙂',
        '\u0001',
      ),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.constantFrom('=' as const, '!=' as const), text, (name, op, value) => {
      const [read] = parseUtf8Matchers(formatAlertMatcher(createAlertMatcher(name, op, value)));
      assert.deepEqual([read?.name, read?.op, read?.value], [name, op, value]);
    }),
  );
});

test('no text makes either parser fail but with an InputError', () => {
  const piece = fc.constantFrom('{', '}', ',', '=', '!', '~', '"', '\\', 'a', 'é', ' ', '\\x', '(', '\n');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      refusalOf(() => parseMatchers(pieces.join('')));
      refusalOf(() => parseMatchers(pieces.join(''), 'utf8-strict'));
    }),
  );
});

test('long runs of blanks and backslashes take linear time', () => {
  const long = 200_000;
  assert.equal(parseClassicMatchers(`a=b${' '.repeat(long)}c`)[0]?.value.length, long + 2);
  assert.equal(parseClassicMatchers(`a=${'\\'.repeat(long)}`)[0]?.value.length, long / 2);
});
