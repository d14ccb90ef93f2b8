import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { vectorText } from '../test-support/expr-arbitrary.ts';
import type { Matcher } from '@vedette/model';
import type { Expr } from './ast.ts';
import { parseExpr as parseWith } from './parse.ts';
import { ALL_FEATURES } from '../test-support/storage.ts';
import { printExpr } from './print.ts';

const parseExpr = (text: string): Expr => parseWith(text, ALL_FEATURES);

/** The tree as text, without positions and the functions of matchers, whose order means nothing. */
function contentOf(expr: Expr): string {
  return JSON.stringify(expr, (key, value: unknown) => {
    if (key === 'position' || key === 'opPosition') return undefined;
    if (key === 'matchers' && Array.isArray(value))
      return value.map((matcher: Matcher) => `${matcher.name}${matcher.op}${matcher.value}`).sort();
    // JSON has no such numbers.
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  });
}

test('what is printed parses to the same tree, and prints the same again', () => {
  fc.assert(
    fc.property(vectorText(4), (text) => {
      const expr = parseExpr(text);
      const printed = printExpr(expr);
      const again = parseExpr(printed);
      assert.ok(contentOf(again) === contentOf(expr), printed);
      assert.equal(printExpr(again), printed);
    }),
    { numRuns: 1000 },
  );
});

test('an expression is printed as Prometheus formats it', () => {
  const check = (text: string, want = text): void => assert.equal(printExpr(parseExpr(text)), want);
  check('SUM(a) BY (b,c)', 'sum by (b, c) (a)');
  check('sum by () (a)', 'sum(a)');
  check('sum without () (a)', 'sum without () (a)');
  check('a/on(b)group_left c', 'a / on (b) group_left () c');
  check('a>bool 1', 'a > bool 1');
  check('a + ignoring () b', 'a + b');
  check('rate(a{b="c"}[90s] offset 1h30m)', 'rate(a{b="c"}[1m30s] offset 1h30m)');
  check('label_replace(a,"x","$1","y","(.*)")', 'label_replace(a, "x", "$1", "y", "(.*)")');
  check('a - ignoring() group_left c', 'a - ignoring () group_left () c');
  check('a+fill(-23)b', 'a + fill (-23) b');
  check('a + on (b) group_left () fill (0) c');
  check('a{b="c"}[5m] anchored @ start() offset 1m');
  check('a{c="d", b="c"} offset -7m', 'a{b="c",c="d"} offset -7m');
  check('{"a.b"="c", ``="0"}', '{""="0","a.b"="c"}');
  check('{"_0"="1"}', '{_0="1"}');
  check('sum by ("ü") (a) / on ("ü", b) c', 'sum by ("ü") (a) / on ("ü", b) c');
  check('a @ 10', 'a @ 10.000');
  check('INF + -inf', '+Inf + -Inf');
  check('foo[200-min_of(-step()^+step(),1)]', 'foo[200 - min_of(-step() ^ step(), 1)]');
  check('foo offset -min_of(10s, +max_of(step() ^ 2, 2))', 'foo offset -min_of(10s, max_of(step() ^ 2, 2))');
  check('"\\x41\\u00e9\\n\\xff"', '"Aé\\n\\xff"');
});
