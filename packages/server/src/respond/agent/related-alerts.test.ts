import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertFixture, MINUTE_MS, NOW_MS, reportOn, Story } from './agent-fixture.ts';
import { relatingAlertsOf } from './agent-world.ts';
import { labelsOf } from '@vedette/model';

const earlier = { startsAtMs: NOW_MS - 6 * MINUTE_MS };

test('three hundred alerts of one rule leave room for those of others, and are counted', async () => {
  const others = Array.from({ length: 300 }, (_, i) =>
    alertFixture({ alertname: 'QueueDeep', job: 'api', instance: 'a:1', shard: `s${i}` }, earlier),
  );
  const report = await reportOn({
    query: new Story().query,
    alerts: [alertFixture({ alertname: 'Slow', job: 'api', instance: 'a:1' })],
    others: [...others, alertFixture({ alertname: 'Errors', job: 'api' })],
  });
  const names = report.relatedAlerts.map(({ name }) => name);
  assert.deepEqual(names.toSorted(), ['Errors', 'QueueDeep', 'QueueDeep', 'QueueDeep']);
  const texts = report.relatedAlerts.map(({ text }) => text).filter((text) => text.includes('more'));
  assert.deepEqual(texts, [
    'same instance, job, began 1 minute before; 297 more of this name have to do with it',
  ]);
});

test('alerts that a route puts together since it groups by nothing are not related by that', () => {
  const alerts = [alertFixture({ alertname: 'A' }), alertFixture({ alertname: 'B' })];
  assert.deepEqual(relatingAlertsOf({ key: 'k', labels: labelsOf({}), alerts }), []);
  assert.deepEqual(relatingAlertsOf({ key: 'k', labels: labelsOf({ job: 'a' }), alerts }), alerts);
  assert.deepEqual(relatingAlertsOf(undefined), []);
});
