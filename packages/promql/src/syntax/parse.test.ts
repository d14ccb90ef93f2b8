import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '@vedette/model';
import type { Expr } from './ast.ts';
import { EXPR_CHARACTERS_MAX, EXPR_DEPTH_MAX, parseExpr } from './parse.ts';
import { printExpr } from './print.ts';

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
const unsupported = (text: string, want: RegExp): void =>
  assert.throws(
    () => parseExpr(text),
    (error: unknown) =>
      error instanceof InputError && error.code === 'VED_QUERY_UNSUPPORTED' && want.test(error.message),
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
  shape('bool > bool bool', '(bool > bool)');
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
  shape('{"a.b", "x y"="1"}', '{"a.b","x y"="1"}');
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
  refused('1)', "1:2: parse error: unexpected right parenthesis ')'");
  refused('.', "1:1: parse error: unexpected character: '.'");
  refused('a b', '1:3: parse error: unexpected identifier "b"');
  refused('1 $ 2', "1:3: parse error: unexpected character: '$'");
  refused('1foo', '1:1: parse error: bad number or duration syntax: "1foo"');
  refused('"abc', '1:1: parse error: unterminated quoted string');
  refused('`abc', '1:1: parse error: unterminated raw string');
  refused('"\\q"', '1:1: parse error: invalid syntax in string literal');
  refused('a{', '1:3: parse error: unexpected end of input inside braces');
  refused('a{b}', '1:4: parse error: unexpected "}" in label matching, expected label matching operator');
  refused('a{b=1}', '1:5: parse error: unexpected number "1" in label matching, expected string');
  refused(
    'a{b="1" c="2"}',
    '1:9: parse error: unexpected identifier "c" in label matching, expected "," or "}"',
  );
  refused('a[5m', '1:5: parse error: unexpected end of input in brackets');
  refused('a]', "1:2: parse error: unexpected right bracket ']'");
  refused('a}', "1:2: parse error: unexpected right brace '}'");
  refused(
    'a offset',
    '1:9: parse error: unexpected end of input in offset, expected number, duration, step(), or range()',
  );
  refused('a @ b', '1:5: parse error: unexpected identifier "b" in @ modifier, expected timestamp');
  refused('a @ inf', '1:5: parse error: timestamp out of bounds for @ modifier: inf');
});

test('a selector must select something, once', () => {
  refused('{}', '1:1: parse error: vector selector must contain at least one non-empty matcher');
  refused('{x=~".*"}', '1:1: parse error: vector selector must contain at least one non-empty matcher');
  refused('a{__name__="b"}', '1:1: parse error: metric name must not be set twice: "a" or "b"');
  refused('{"a", "b"}', '1:1: parse error: metric name must not be set twice: "a" or "b"');
  assert.throws(() => parseExpr('a{b=~"("}'), /1:6: parse error: cannot parse regular expression/);
});

test('ranges, offsets and @ stand behind selectors only, once and above zero', () => {
  refused('a[0s]', '1:3: parse error: duration must be greater than 0');
  refused('(a + b)[5m]', '1:8: parse error: ranges only allowed for vector selectors');
  refused('a offset 1m [5m]', '1:13: parse error: no offset modifiers allowed before range');
  refused('a @ 1 [5m]', '1:7: parse error: no @ modifiers allowed before range');
  refused('a offset 1m offset 2m', '1:1: parse error: offset may not be set multiple times');
  refused('a @ 1 @ 2', '1:1: parse error: @ <timestamp> may not be set multiple times');
  refused('a[1m][1m:1m]', '1:1: parse error: subquery is only allowed on instant vector, got range vector');
  refused(
    '1 offset 1m',
    '1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
  );
});

test('types are checked, with the words of Prometheus', () => {
  refused('1 == 1', '1:3: parse error: comparisons between scalars must use BOOL modifier');
  refused('1 and 1', '1:3: parse error: set operator "and" not allowed in binary scalar expression');
  refused('a and 1', '1:3: parse error: set operator "and" not allowed in binary scalar expression');
  refused('a + bool b', '1:3: parse error: bool modifier can only be used on comparison operators');
  refused('a == on(b) 1', '1:3: parse error: vector matching only allowed between instant vectors');
  refused('a and on(b) group_left(c) d', '1:3: parse error: no grouping allowed for "and" operation');
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

test('what is valid but not evaluated yet is refused by name', () => {
  unsupported('a </ 1', /1:3: parse error: the histogram operator "<\/" is not supported yet/);
  unsupported('a + fill(0) b', /the modifier "fill" is not supported yet/);
  unsupported('a[5m] anchored', /the modifier "anchored" is not supported yet/);
  unsupported('rate(a[5m + step()])', /a duration expression is not supported yet/);
  unsupported('a offset (1m + 1m)', /a duration expression is not supported yet/);
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
