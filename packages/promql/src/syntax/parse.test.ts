import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMatcher, InputError } from '@vedette/model';
import { selectorsOf, type Expr } from './ast.ts';
import { EXPR_DEPTH_MAX } from './depth.ts';
import { EXPR_CHARACTERS_MAX, parseExpr as parseWith, parseMetricSelector } from './parse.ts';
import { printExpr } from './print.ts';
import { PROMQL_FEATURES, type PromqlFeature } from './features.ts';
import { ALL_FEATURES } from '../test-support/storage.ts';

const parseExpr = (text: string): Expr => parseWith(text, ALL_FEATURES);

/** The tree with all brackets written out. */
function shapeOf(expr: Expr): string {
  if (expr.kind === 'binary') return `(${shapeOf(expr.left)} ${expr.op} ${shapeOf(expr.right)})`;
  if (expr.kind === 'unary') return `(${expr.op}${shapeOf(expr.expr)})`;
  return expr.kind === 'paren' ? shapeOf(expr.expr) : printExpr(expr);
}

const shape = (text: string, want: string): void => assert.equal(shapeOf(parseExpr(text)), want);
const refused = (text: string, want: string): void =>
  assert.throws(
    () => parseExpr(text),
    (error: unknown) => {
      assert.ok(error instanceof InputError, String(error));
      assert.equal(error.code, 'VED_QUERY_INVALID');
      assert.equal(error.message, want);
      return true;
    },
    text,
  );
test('operators bind as in Prometheus, a sign as tightly as a product', () => {
  shape('a + b * c', '(a + (b * c))');
  shape('a - b - c', '((a - b) - c)');
  shape('a ^ b ^ c', '(a ^ (b ^ c))');
  shape('-a ^ 2', '(-(a ^ 2))');
  shape('-a * b', '((-a) * b)');
  shape('a or b and c unless d', '(a or ((b and c) unless d))');
  shape('a + b > c == d', '(((a + b) > c) == d)');
  shape('a atan2 b % c', '((a atan2 b) % c)');
  shape('2 ^ -1 * 3', '((2 ^ -1) * 3)');
});

test('offset and @ belong to the operand before them, in either order', () => {
  shape('-a offset 5m', '(-a offset 5m)');
  shape('a @ 1.5 offset -1h', 'a @ 1.500 offset -1h');
  shape('a offset 1m @ end()', 'a @ end() offset 1m');
  shape(
    'sum(a[5m:] @ start()) by (b)'.replace('a[5m:] @ start()', 'rate(a[5m:] @ start())'),
    'sum by (b) (rate(a[5m:] @ start()))',
  );
});

test('words of the language are metric names where an operand stands', () => {
  shape('sum + by', '(sum + by)');
  shape('offset offset 5m', 'offset offset 5m');
  shape('fill + fill(0) fill', '(fill + fill)');
  shape('anchored + smoothed offset 5m', '(anchored + smoothed offset 5m)');
  shape('step - range * min_of', '(step - (range * min_of))');
  shape('sum by (bool, on, inf_, a:b) (x)', 'sum by (bool, on, inf_, a:b) (x)');
  // These stand behind operators only.
  refused('bool > 1', '1:1: parse error: unexpected <bool>');
  refused('(on + 1)', '1:2: parse error: unexpected <on>');
  shape('topk(1, topk)', 'topk(1, topk)');
});

test('numbers have many forms', () => {
  const value = (text: string): number => {
    const expr = parseExpr(text);
    return expr.kind === 'number' ? expr.value : NaN;
  };
  assert.deepEqual(
    ['1', '.5', '2.', '1e3', '1E-2', '0x1F', '1_000', '010', '08', '1h30m', '+Inf', '-inf'].map(value),
    [1, 0.5, 2, 1000, 0.01, 31, 1000, 8, 8, 5400, Infinity, -Infinity],
  );
  assert.ok(Object.is(value('-0'), -0));
});

test('names may be quoted, and a quoted name stands alone in braces', () => {
  shape('{"a.b", "x y"="1"}', '{"x y"="1",__name__="a.b"}');
  shape('{"a", "b"}', '{__name__="a",__name__="b"}');

  shape('sum by ("a.b") (x)', 'sum by ("a.b") (x)');
  shape("x{a='\\'', b=`\\d`}", 'x{a="\'",b="\\\\d"}');
});

test('comments and line breaks are blanks, and positions count lines', () => {
  shape('a # the first\n + # and\nb', '(a + b)');
  refused('a +\n  * b', '2:3: parse error: unexpected <op:*>');
});

test('syntax errors have the words and the position of Prometheus', () => {
  refused('', '1:1: parse error: no expression found in input');
  refused('# only this', '1:1: parse error: no expression found in input');
  refused('1 +', '1:4: parse error: unexpected end of input');
  refused('*1', '1:1: parse error: unexpected <op:*>');
  refused('(1', '1:3: parse error: unclosed left parenthesis');
  refused('1)', "1:3: parse error: unexpected right parenthesis ')'");
  refused('.', "1:1: parse error: unexpected character: '.'");
  refused('a b', '1:3: parse error: unexpected identifier "b"');
  refused('1 $ 2', "1:3: parse error: unexpected character: '$'");
  refused('1foo', '1:1: parse error: bad number or duration syntax: "1"');
  refused('"abc', '1:1: parse error: unterminated quoted string');
  refused('`abc', '1:1: parse error: unterminated raw string');
  refused('"\\q"', "1:1: parse error: unknown escape sequence U+0071 'q'");
  refused("'\\\"'", `1:1: parse error: unknown escape sequence U+0022 '"'`);
  refused('"\\xfg"', "1:1: parse error: illegal character U+0067 'g' in escape sequence");
  refused('"\\x"', `1:1: parse error: illegal character U+0022 '"' in escape sequence`);
  refused('"\\ud800"', '1:1: parse error: escape sequence is an invalid Unicode code point');
  refused('a{', '1:3: parse error: unexpected end of input inside braces');
  refused('a{b}', '1:4: parse error: unexpected "}" in label matching, expected label matching operator');
  refused('a{b=1}', "1:5: parse error: unexpected character inside braces: '1'");
  refused(
    'a{b="1" c="2"}',
    '1:9: parse error: unexpected identifier "c" in label matching, expected "," or "}"',
  );
  refused('a[5m', '1:5: parse error: unclosed left bracket');
  refused('a]', "1:2: parse error: unexpected right bracket ']'");
  refused('a}', "1:2: parse error: unexpected character: '}'");
  refused(
    'a offset',
    '1:9: parse error: unexpected end of input in offset, expected number, duration, step(), or range()',
  );
  refused('a @ b', '1:5: parse error: unexpected identifier "b" in @, expected timestamp');
  refused('a{{', "1:3: parse error: unexpected left brace '{'");
  refused('a{b!"c"}', `1:4: parse error: unexpected character after '!' inside braces: '"'`);
  refused('a !b', "1:3: parse error: unexpected character after '!': 'b'");
  refused('a = b', '1:3: parse error: unexpected "="');
  refused('a =~ b', "1:3: parse error: unexpected character after '=': '~'");
  refused('a @', '1:4: parse error: unexpected end of input in @, expected timestamp');
  refused('b + a @ inf', '1:5: parse error: timestamp out of bounds for @ modifier: +Inf');
  refused('a @ nan', '1:1: parse error: timestamp out of bounds for @ modifier: NaN');
  refused('a sum', '1:3: parse error: unexpected <aggr:sum>');
  refused('a start', '1:3: parse error: unexpected "start"');
  refused('abs(a,)', '1:6: parse error: trailing commas not allowed in function call args');
  refused('sum by (1) (a)', '1:9: parse error: unexpected number "1" in grouping opts, expected label');
  refused('sum by ("") (a)', '1:9: parse error: invalid label name for grouping: ""');
});

test('a selector must select something, once', () => {
  refused('{}', '1:1: parse error: vector selector must contain at least one non-empty matcher');
  refused('{x=~".*"}', '1:1: parse error: vector selector must contain at least one non-empty matcher');
  refused('a{__name__="b"}', '1:1: parse error: metric name must not be set twice: "a" or "b"');
  refused('a{"b"}', '1:1: parse error: metric name must not be set twice: "a" or "b"');
  assert.throws(() => parseExpr('a{b=~"("}'), /1:6: parse error: cannot parse regular expression/);
});

test('a bare selector is a name, matchers in braces, or both, and nothing else', () => {
  const check = (text: string, want: readonly string[]): void =>
    assert.deepEqual(parseMetricSelector(text).map(formatMatcher), want);
  check('up', ['__name__="up"']);
  check(' {a="b", c!~"d",} # words', ['a="b"', 'c!~"d"']);
  check('sum{a=""}', ['a=""', '__name__="sum"']);
  check('{"a.b", "c d"="e"}', ['__name__="a.b"', '"c d"="e"']);
  // Whether so much may be asked for is for others to say.
  check('{}', []);
  const refusedBare = (text: string, message: string): void =>
    assert.throws(() => parseMetricSelector(text), { code: 'VED_QUERY_INVALID', message });
  refusedBare('', '1:1: parse error: unexpected end of input');
  refusedBare('up offset 5m', '1:4: parse error: unexpected <offset>');
  refusedBare('up @ 5', '1:4: parse error: unexpected "@"');
  refusedBare('up[5m]', '1:3: parse error: unexpected "["');
  refusedBare('up anchored', '1:4: parse error: unexpected <anchored>');
  refusedBare('(up)', '1:1: parse error: unexpected "("');
  refusedBare('sum(up)', '1:4: parse error: unexpected "("');
  refusedBare('up up', '1:4: parse error: unexpected identifier "up"');
  refusedBare('up + 1', '1:4: parse error: unexpected <op:+>');
  refusedBare('-up', '1:1: parse error: unexpected <op:->');
  refusedBare('1', '1:1: parse error: unexpected number "1"');
  refusedBare('"x"', '1:1: parse error: unexpected string "\\"x\\""');
  refusedBare('bool', '1:1: parse error: unexpected <bool>');
  refusedBare('up{', '1:4: parse error: unexpected end of input inside braces');
  assert.throws(() => parseMetricSelector('inf'), /1:1: parse error: unexpected/);
  assert.throws(() => parseMetricSelector('a'.repeat(EXPR_CHARACTERS_MAX + 1)), /expression is too long/);
});

test('ranges, offsets and @ stand behind selectors only, once and above zero', () => {
  refused('a[0s]', '1:3: parse error: duration must be greater than 0');
  refused('(a + b)[5m]', '1:8: parse error: ranges only allowed for vector selectors');
  refused('a offset 1m [5m]', '1:13: parse error: no offset modifiers allowed before range');
  refused('a @ 1 [5m]', '1:7: parse error: no @ modifiers allowed before range');
  refused('a offset 1m offset 2m', '1:1: parse error: offset may not be set multiple times');
  refused('a @ 1 @ 2', '1:1: parse error: @ <timestamp> may not be set multiple times');
  refused('a[1m][1m:1m]', '1:1: parse error: subquery is only allowed on instant vector, got matrix instead');
  refused(
    '1 offset 1m',
    '1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
  );
});

test('types are checked, with the words of Prometheus', () => {
  refused('1 == 1', '1:3: parse error: comparisons between scalars must use BOOL modifier');
  refused('1 and 1', '1:1: parse error: set operator "and" not allowed in binary scalar expression');
  refused('a and 1', '1:1: parse error: set operator "and" not allowed in binary scalar expression');
  refused('a + bool b', '1:3: parse error: bool modifier can only be used on comparison operators');
  refused('a == on(b) 1', '1:1: parse error: vector matching only allowed between instant vectors');
  refused('a and on(b) group_left(c) d', '1:1: parse error: no grouping allowed for "and" operation');
  refused(
    'a / on(b) group_left(b) c',
    '1:3: parse error: label "b" must not occur in ON and GROUP clause at once',
  );
  refused('a + "b"', '1:5: parse error: binary expression must contain only scalar and instant vector types');
  refused(
    '-"a"',
    '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
  );
  refused(
    'rate(a)',
    '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
  );
  refused(
    'topk(a, b)',
    '1:6: parse error: expected type scalar in aggregation parameter, got instant vector',
  );
  refused(
    'count_values(1, a)',
    '1:14: parse error: expected type string in aggregation parameter, got scalar',
  );
  refused('sum(1)', '1:5: parse error: expected type instant vector in aggregation expression, got scalar');
});

test('arguments are counted', () => {
  refused('nope(a)', '1:1: parse error: unknown function with name "nope"');
  refused('floor()', '1:1: parse error: expected 1 argument(s) in call to "floor", got 0');
  refused('floor(a, b)', '1:1: parse error: expected 1 argument(s) in call to "floor", got 2');
  refused('round(a, 1, 2)', '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3');
  refused(
    'label_join(a, "b")',
    '1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 2',
  );
  refused(
    'sum(a, b)',
    '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2',
  );
  refused(
    'topk(a)',
    '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1',
  );
  refused('sum()', '1:1: parse error: no arguments for aggregate expression provided');
});

test('syntax is checked before types, and types from the inside out, left to right', () => {
  refused('sum(1) +', '1:9: parse error: unexpected end of input');
  refused('rate(a) + nope(b)', '1:11: parse error: unknown function with name "nope"');
  refused(
    'sum(rate(a)) + "b"',
    '1:10: parse error: expected type range vector in call to function "rate", got instant vector',
  );
});

test('brackets hold durations only', () => {
  const expected = 'expected number, duration, step(), or range()';
  refused('a[]', `1:3: parse error: unexpected "]" in subquery or range selector, ${expected}`);
  refused('a["5m"]', "1:3: parse error: unexpected character in duration expression: '\"'");
  refused('a[x]', "1:3: parse error: unexpected character in duration expression: 'x'");
  refused('a[', '1:3: parse error: unexpected end of input in duration expression');
  refused('a[5m x]', "1:6: parse error: unexpected character: 'x', expected ':'");
  refused('a[5m 6m]', '1:6: parse error: unexpected duration "6m" in subquery or range, expected ":" or "]"');
  refused('a[5m:', '1:6: parse error: unclosed left bracket');
  refused('a[5m::1m]', "1:6: parse error: unexpected colon ':'");
  refused('a[5m:1m:]', "1:8: parse error: unexpected colon ':'");
  refused(
    'a[5m:*]',
    '1:6: parse error: unexpected <op:*> in subquery selector, expected number, duration, step(), range(), or "]"',
  );
  refused('a[5m:1m 1m]', '1:9: parse error: unexpected duration "1m" in subquery selector, expected "]"');
  refused('a[5mm]', '1:3: parse error: bad number or duration syntax: "5mm"');
  refused('a[5m1h]', '1:3: parse error: not a valid duration string: "5m1h"');
  refused('a[5y1hs]', '1:3: parse error: unknown unit "hs" in duration "5y1hs"');
  refused('a[-1]', '1:3: parse error: duration must be greater than 0');
  refused('a[5m:0]', '1:6: parse error: duration must be greater than 0');
  refused('a[1e10]', '1:3: parse error: duration out of range');
  refused('a offset -1e10', '1:10: parse error: duration out of range');
});

test('durations may be expressions, with the precedences of numbers', () => {
  shape('a[ 5m + step() ]', 'a[5m + step()]');
  shape('a[2*1m+30:(STEP()) ^ 2]', 'a[2 * 1m + 30:(step()) ^ 2]');
  shape('a[-5m + 35m]', 'a[-5m + 35m]');
  shape('a[min_of(1h, max_of(range() / 4, 1m))]', 'a[min_of(1h, max_of(range() / 4, 1m))]');
  shape('a[-(2m - 5m)]', 'a[-(2m - 5m)]');
  shape('a[+step() % 7]', 'a[step() % 7]');
  // Behind offset one operand is all that is taken.
  shape('a offset (1m + 1m) + 2', '(a offset (1m + 1m) + 2)');
  shape('a offset 100 + 2', '(a offset 1m40s + 2)');
  shape('a offset -2 ^ 2', '(a offset -2s ^ 2)');
  shape('a offset -min_of(step(), 1s) * 3', '(a offset -min_of(step(), 1s) * 3)');
  shape('a offset +(5 * 2)', 'a offset (5 * 2)');
  refused('a[1m / 0]', '1:6: parse error: division by zero');
  refused('a[1m % 0]', '1:6: parse error: modulo by zero');
  refused('a offset (1m', '1:13: parse error: unclosed left parenthesis');
  refused(
    'a offset min_of(1m)',
    '1:19: parse error: unexpected ")" in offset, expected number, duration, step(), or range()',
  );
  refused('a offset step() offset 5m', '1:1: parse error: offset may not be set multiple times');
  refused('a offset step() [5m]', '1:17: parse error: no offset modifiers allowed before range');
});

test('anchored and smoothed stand behind selectors, one of them', () => {
  shape('rate(a[5m] anchored offset 1m @ 3)', 'rate(a[5m] anchored @ 3.000 offset 1m)');
  shape('a offset 1m smoothed', 'a smoothed offset 1m');
  refused('a anchored smoothed', '1:1: parse error: anchored and smoothed modifiers cannot be used together');
  refused('a[5m:] anchored', '1:1: parse error: anchored modifier is not supported for subqueries');
  refused('abs(a) smoothed', '1:1: parse error: smoothed modifier not implemented');
});

test('fill takes a number with a sign, for one side or both', () => {
  shape('a + on (b) group_left fill(-2) c', '(a + c)');
  assert.equal(
    printExpr(parseExpr('a+fill_right(1)fill_left(+Inf) b')),
    'a + fill_left (+Inf) fill_right (1) b',
  );
  assert.equal(printExpr(parseExpr('a * fill_left(2) fill_right(2) b')), 'a * fill (2) b');
  refused('a + fill(x) b', '1:10: parse error: unexpected identifier "x"');
  refused('a + fill(1) fill_left(2) b', '1:22: parse error: unexpected "("');
  refused(
    'a + fill(1) 2',
    '1:1: parse error: filling in missing series only allowed between instant vectors',
  );
  refused('a or fill(1) b', '1:1: parse error: filling in missing series not allowed for set operators');
});

test('the second argument of info is a label selector, which may be empty', () => {
  shape('info(a, {b=~".+"})', 'info(a, {b=~".+"})');
  shape('info(a, {})', 'info(a, {})');
  // It names no series to read by itself.
  assert.deepEqual(
    selectorsOf(parseExpr('info(rate(a[5m]), {b="c"}) + d')).map(({ name }) => name),
    ['a', 'd'],
  );
  refused('info(a, b)', '1:9: parse error: expected label selectors only, got vector selector instead');
  refused('info(a, abs(b))', '1:9: parse error: expected label selectors only');
  refused(
    'info(a, 1)',
    '1:1: parse error: expected type instant vector in call to function "info", got scalar',
  );
  refused(
    'info(a, {b="c"}, {})',
    '1:1: parse error: expected at most 2 argument(s) in call to "info", got 3',
  );
});

test('trims of histograms bind like comparisons', () => {
  shape('a + 1 </ 2 * 3 == 4', '(((a + 1) </ (2 * 3)) == 4)');
  refused('a >/ bool 1', '1:3: parse error: bool modifier can only be used on comparison operators');
});

test('what is experimental is refused by name unless it is switched on', () => {
  const gated = (text: string, feature: PromqlFeature, want: string): void => {
    const others = new Set(PROMQL_FEATURES.filter((name) => name !== feature));
    assert.throws(() => parseWith(text, others), { message: `1:1: parse error: ${want}` });
    assert.doesNotThrow(() => parseWith(text, new Set([feature])));
  };
  gated('mad_over_time(a[5m])', 'promql-experimental-functions', 'function "mad_over_time" is not enabled');
  gated('start()', 'promql-experimental-functions', 'function "start" is not enabled');
  gated(
    'limitk(1, a)',
    'promql-experimental-functions',
    'limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions',
  );
  gated(
    'a[5m] anchored',
    'promql-extended-range-selectors',
    'anchored modifier is experimental and not enabled',
  );
  gated('a smoothed', 'promql-extended-range-selectors', 'smoothed modifier is experimental and not enabled');
  gated(
    'a + fill(0) b',
    'promql-binop-fill-modifiers',
    'binop fill modifiers are experimental and not enabled',
  );
  // Stable since Prometheus 3.14.
  assert.doesNotThrow(() => parseWith('first_over_time(a[5m + step()])'));
});

test('depth and length have a limit that is named, and the limit itself is allowed', () => {
  const nested = (depth: number): string => `${'('.repeat(depth - 1)}1${')'.repeat(depth - 1)}`;
  assert.equal(parseExpr(nested(EXPR_DEPTH_MAX)).kind, 'paren');
  assert.throws(() => parseExpr(nested(EXPR_DEPTH_MAX + 1)), /nested too deeply; want at most 500 levels/);
  assert.throws(() => parseExpr(`1${'+1'.repeat(EXPR_DEPTH_MAX)}`), /nested too deeply/);
  assert.equal(parseExpr(`1${'+1'.repeat(EXPR_DEPTH_MAX - 1)}`).kind, 'binary');
  // Walked to its end at each operator, this one would take seconds and then the stack.
  assert.throws(() => parseExpr(`1${'+1'.repeat(400_000)}`), /1:1000: parse error: .*nested too deeply/);
  assert.throws(() => parseExpr('-'.repeat(100_000)), /nested too deeply/);
  for (const duration of [
    '('.repeat(100_000),
    '-'.repeat(100_000),
    'min_of('.repeat(50_000),
    `1${'+1'.repeat(100_000)}`,
  ])
    assert.throws(() => parseExpr(`a[${duration}`), /nested too deeply/);
  assert.throws(
    () => parseExpr(' '.repeat(EXPR_CHARACTERS_MAX + 1)),
    /too long; got 1000001 characters, want at most 1000000/,
  );
});

test('a text as long as allowed is parsed or refused without delay', () => {
  // Quadratic work on these would take minutes, and the runner would stop the test.
  const repeat = (piece: string): string => piece.repeat(Math.floor(EXPR_CHARACTERS_MAX / piece.length) - 20);
  for (const text of [
    `a{${repeat('b!="c",\n')}}`,
    `sum by (${repeat('a,\n')}b) (c)`,
    `label_join(a, "b", "", ${repeat('"c",\n')}"d")`,
  ])
    assert.equal(typeof parseExpr(text).position.line, 'number');
  assert.throws(() => parseExpr(`"${repeat('x')}`), InputError);
  assert.throws(() => parseExpr(repeat('\n1 ')), InputError);
});
