import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findExpressionFault } from './expression.ts';

const variables = new Map([
  ['job', 'x'],
  ['n', 'x'],
  ['metric', 'x'],
  ['window', 'x'],
  ['step', '15s'],
]);
const isFine = (expr: string): void => assert.equal(findExpressionFault(expr, variables), undefined);
const fails = (expr: string, message: RegExp): void =>
  assert.match(findExpressionFault(expr, variables) ?? '(none)', message);

test('macros and variables stand wherever Grafana fills them in', () => {
  isFine('rate(x{job=~"$job"}[$__rate_interval])');
  isFine('rate(x[${__interval}]) * $__range_s');
  isFine('increase(x[${__range_s}s])');
  isFine('max_over_time(x[$window:$step] offset $step)');
  isFine('x{a="${job:regex}", b=\'[[job]]\', c=`$job`}');
  isFine('rate(x[${window}m])');
});

test('a variable outside of texts may be a name, a number, a span, or several of them', () => {
  isFine('topk($n, $metric{job="$job"})');
  isFine('sum by ($job) (x) > $n');
  isFine('[[metric]]{job="a"} offset $window');
});

test('the place of a fault is that in the expression as written', () => {
  fails('sum(rate(x{job="$job"}[$__rate_interval]) +', /^1:44: unclosed left parenthesis/);
  fails('x{job="${job}"} y', /^1:17: unexpected/);
  fails('x{job="$job"}\n  + $job y', /^2:10: unexpected/);
});

test('a name that is no variable of the file is a fault, in a text it is a text', () => {
  fails('rate(x[$typo])', /^1:8: /);
  isFine('label_replace(x, "a", "$1", "b", "(.*)")');
});

test('quotes, comments and brackets within texts do not lead astray', () => {
  isFine('x{a="\\"[", b="$job"} # "$job [\n > 1');
  isFine('x{a="["} > $n');
});

test('an expression of many variables is judged after a bounded number of attempts', () => {
  const names = Array.from({ length: 30 }, (_, i) => `v${i}`);
  const many = new Map(names.map((name) => [name, 'x']));
  assert.equal(findExpressionFault(names.map((name) => `$${name}`).join(' + '), many), undefined);
  assert.match(
    findExpressionFault(`${names.map((name) => `$${name}`).join(' + ')} +`, many) ?? '',
    /unexpected end/,
  );
});

test('the longest expression is judged, one character more is not', () => {
  isFine(`${'x'.repeat(20_000)}`);
  fails(`${'x'.repeat(20_001)}`, /longer than 20000 characters \(EXPR_CHARACTERS_MAX\)/);
});
