import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { vectorText } from '../test-support/expr-arbitrary.ts';
import { childrenOf, type Expr } from './ast.ts';
import { parseExpr } from './parse.ts';
import { printExpr } from './print.ts';

/** The tree without positions and without the functions of matchers. */
function contentOf(expr: Expr): unknown {
  const { position: _position, ...rest } = expr;
  const matchers =
    expr.kind === 'vector' ? expr.matchers.map(({ name, op, value }) => `${name}${op}${value}`).sort() : [];
  return JSON.stringify([
    { ...rest, matchers, expr: 0, left: 0, right: 0, args: 0, param: 0, selector: 0 },
    childrenOf(expr).map(contentOf),
  ]);
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
  check('"\\x41\\u00e9\\n\\xff"', '"Aé\\n\\xff"');
});
