import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExpr, PROMQL_FEATURES } from '@vedette/promql';
import { isCacheable } from './cacheable.ts';

const features = new Set(PROMQL_FEATURES);
const check = (isKept: boolean, ...texts: readonly string[]): void => {
  for (const text of texts) assert.equal(isCacheable(parseExpr(text, features)), isKept, text);
};

test('what dashboards ask is kept', () => {
  check(
    true,
    'up',
    'sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (job) (rate(http_requests_total[5m]))',
    'histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m])))',
    'topk(5, sum by (instance) (rate(x_total[5m] offset 1h)))',
    '100 * (1 - avg(rate(cpu_total{mode="idle"}[1m])))',
    'max_over_time(rate(x[5m])[1h:1m])',
    'avg(last_over_time(x[5m]) > 0 and y)',
    'count({__name__=~"a|b"})',
    'min(-x)',
    'label_replace(x, "a", "$1", "b", "(.*)") or vector(0)',
  );
});

test('what refers to the range, or looks past its step, is not', () => {
  check(
    false,
    'x @ start()',
    'rate(x[5m] @ end())',
    'x @ 5',
    'x offset -1m',
    'x offset (step() * 2)',
    'rate(x[range()])',
    'max_over_time(x[1h:step()])',
    'max_over_time(x[1h:] offset -5m)',
    'x * step()',
    'vector(end())',
    'rate(x[5m] smoothed)',
    'increase(x[5m] anchored)',
    'info(x)',
  );
});

test('sums that run over the range are not, however deep they stand', () => {
  check(false, 'avg_over_time(x[5m])', 'sum(max_over_time(sum_over_time(x[5m])[1h:]))');
});

test('what is decided by an order that the range decides is not', () => {
  check(
    false,
    'sum(a or b)',
    'sum(a / on (x) b)',
    'topk(1, label_replace(x, "a", "$1", "b", "(.*)"))',
    'avg(rate({__name__=~"a|b"}[5m]))',
    'sum(-{job="a"})',
    'limitk(2, quantile by (a) (0.5, x))',
    'stddev(sort(x))',
    'max(histogram_quantile(0.9, x))',
    'sum(topk(3, x))',
  );
});
