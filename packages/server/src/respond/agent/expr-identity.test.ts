import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertFixture, NOW_MS, reportOn, ruleFixture, Story } from './agent-fixture.ts';
import { identityOfExpr } from './expr-identity.ts';

test('what every selector asks for names what an alert is about', () => {
  const check = (expr: string | undefined, want: Record<string, string>): void =>
    assert.deepEqual(Object.fromEntries(identityOfExpr(expr)), want, String(expr));
  check('sum by (route) (rate(x{job="shop",code=~"5.."}[5m]))', { job: 'shop' });
  check('sum(x{job="shop",namespace="a"}) / sum(y{job="shop",namespace="b"}) > 1', { job: 'shop' });
  check('sum(x{job="shop"}) / sum(y)', {});
  check('sum(x{job="shop"}) unless sum(y{job="bar"})', {});
  check('x{job=~"shop"} + y{job!="shop"} + z{job=""}', {});
  // What is none of these names says how something is measured, not what it is.
  check('sum(x{code="500",le="0.1",severity="high",job="shop"})', { job: 'shop' });
  check('vector(1)', {});
  check('sum(x{job="shop"}', {});
  check('', {});
  check(undefined, {});
});

test('an alert without a job is about the job of its expression', async () => {
  const story = new Story();
  for (const code of ['200', '500'])
    story.counter({ __name__: 'http_requests_total', job: 'shop', instance: 'a:80', code }, (minute) =>
      code === '200' ? 50 : minute > -10 ? 25 : 0.1,
    );
  story.gauge({ __name__: 'up', job: 'shop', instance: 'a:80' }, () => 1, { noise: 0 });
  const requests = 'http_requests_total{job="shop"';
  const expr = `sum(rate(${requests},code="500"}[5m])) / sum(rate(${requests}}[5m])) > 0.1`;
  const report = await reportOn({
    query: story.query,
    alerts: [
      alertFixture(
        { alertname: 'Errors', severity: 'critical', service: 'added' },
        { startsAtMs: NOW_MS - 300_000 },
      ),
    ],
    rules: [
      ruleFixture('Errors', expr, [
        ['service', 'added'],
        ['severity', 'critical'],
      ]),
    ],
  });
  assert.equal(report.blastRadius.text, 'job shop with 1 target; 100 % of all requests; 33.4 % of them fail');
  assert.equal(report.blastRadius.targets.total, 1);
  assert.ok((report.blastRadius.traffic?.errorRatio ?? 0) > 0.3, JSON.stringify(report.blastRadius));
  assert.deepEqual(
    report.gaps.map(({ what }) => what).filter((what) => what === 'targets' || what === 'traffic'),
    [],
  );
});
