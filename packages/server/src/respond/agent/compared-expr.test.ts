import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printExpr } from '@vedette/promql';
import { comparedExprOf, measuredOf, restrict } from './compared-expr.ts';

function check(expr: string, want: string, limit?: number): void {
  const found = comparedExprOf(expr);
  if (typeof found === 'string') assert.fail(found);
  assert.deepEqual([found.text, found.limit], [want, limit]);
}

test('the comparison of a rule is taken off, and what it watches stays', () => {
  check('up == 0', 'up');
  check('up == bool 0', 'up');
  check('replicas != 3', 'replicas');
  check('0.1 > a / b', 'a / b', 0.1);
  check('(rate(x[5m]) > -5)', 'rate(x[5m])', -5);
  check('a / b > 0.1 and b > 100', 'a / b', 0.1);
  check('a > 1 unless on (job) b', 'a', 1);
  check('a > 1 or b > 2', 'a', 1);
  check('a > b', 'a');
  check('(a > 5) * 100', 'a * 100');
  check('absent(up{job="x"})', 'count(up{job="x"})');
  check('absent_over_time(up{job="x"}[5m])', 'count(up{job="x"})');
  check('count(up == 0) > 3', 'count(up == 0)', 3);
  check('max_over_time((a > 1)[1h:5m]) > 2', 'max_over_time((a > 1)[1h:5m])', 2);
});

test('only a share of the same counters is 0 where its part is missing', () => {
  const isFilled = (expr: string): boolean => {
    const found = comparedExprOf(expr);
    if (typeof found === 'string') assert.fail(found);
    return measuredOf(found.expr).includes(' or 0 * (');
  };
  const part = 'sum by (job) (rate(x{code=~"5.."}[5m]))';
  assert.ok(isFilled(`${part} / sum by (job) (rate(x[5m])) > 0.1`));
  assert.ok(isFilled('(sum(rate(x{job="a",code="500"}[5m])) / sum(rate(x{job="a"}[5m]))) > 0.1'));
  for (const other of [
    'sum(rate(x[5m])) > 1',
    'sum(rate(x[5m])) / sum(rate(x[5m]))',
    'sum(rate(x{job="a"}[5m])) / sum(rate(x{job="b"}[5m]))',
    'sum(rate(hits[5m])) / sum(rate(asked[5m]))',
    'x{code="500"} / x',
    'rate(x{code="500"}[5m]) / ignoring (code) rate(x[5m])',
    'rate(x_sum[5m]) / rate(x_count[5m])',
  ])
    assert.ok(!isFilled(`${other} > 0.1`), other);
});

test('a limit is one of what is compared, not of a 0 or 1 or an absence made of it', () => {
  check('absent(up{job="x"}) > 0', 'count(up{job="x"})');
  check('(a > bool 5) > 0', 'a', 5);
  check('(a > bool 5) == 1', 'a', 5);
  check('(a == bool 5) > 0', 'a');
});

test('what counts as 0 or 1 stays where it is reckoned with', () => {
  check('(a > bool 5) + (b > bool 3) >= 1', '(a > bool 5) + (b > bool 3)', 1);
  check('((a > bool 5) and b) * 100 > 0', '((a > bool 5) and b) * 100', 0);
  check('absent(a) + absent(b) > 1', 'absent(a) + absent(b)', 1);
  check('(a and b) / (c > 0) > 2', 'a / c', 2);
});

test('what reads no series has nothing to compare', () => {
  const nothing = 'the expression reads no series: there is nothing to compare';
  assert.equal(comparedExprOf('vector(1)'), nothing);
  assert.equal(comparedExprOf('time() > bool 5'), nothing);
});

test("the alert's labels restrict the series wherever that leaves the result as it is", () => {
  const pairs = [
    ['job', 'a"b\n\\'],
    ['instance', 'i'],
  ] as const;
  const checkRestricted = (expr: string, want: string): void => {
    const found = comparedExprOf(expr);
    if (typeof found === 'string') assert.fail(found);
    assert.equal(printExpr(restrict(found.expr, pairs)), want);
  };
  const job = String.raw`job="a\"b\n\\"`;
  checkRestricted('x > 1', `x{instance="i",${job}}`);
  checkRestricted('x{instance="i"} > 1', `x{instance="i",${job}}`);
  checkRestricted('sum by (job) (rate(x[5m])) > 1', `sum by (job) (rate(x{${job}}[5m]))`);
  checkRestricted('sum without (job) (x) > 1', `sum without (job) (x{instance="i"})`);
  checkRestricted('sum(x) > 1', 'sum(x)');
  checkRestricted('topk(3, x) > 1', 'topk(3, x)');
  checkRestricted('a / on (job) group_left b > 1', `a{${job}} / on (job) group_left () b{${job}}`);
  checkRestricted(
    'label_replace(x, "job", "$1", "y", "(.*)") > 1',
    'label_replace(x, "job", "$1", "y", "(.*)")',
  );
});
