import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetricsRegistry, exposeMetrics } from '@vedette/sdk';
import { withAlertmanagerNames } from './alertmanager-names.ts';

test('what Alertmanager counts, too, is shown a second time under its names and labels', () => {
  const registry = createMetricsRegistry();
  registry
    .counter({
      name: 'vedette_notifications_failed_total',
      help: 'Failed.',
      labelNames: ['integration', 'reason'],
    })
    .inc(2, 'web"hook', 'deadline');
  registry.counter({ name: 'vedette_alerts_invalid_total', help: 'Invalid.' }).inc(3);
  registry
    .histogram({
      name: 'vedette_http_request_duration_seconds',
      help: 'h',
      labelNames: ['route'],
      buckets: [1],
    })
    .observe(0.5, '/x');
  registry.gauge({ name: 'vedette_other', help: 'Ours alone.' }).set(1);
  const names = withAlertmanagerNames(registry);
  const lines = [...exposeMetrics(names, 'prometheus')].join('').split('\n');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('alertmanager_')),
    [
      String.raw`alertmanager_notifications_failed_total{integration="web\"hook",reason="contextDeadlineExceeded"} 2`,
      'alertmanager_alerts_invalid_total{version="v2"} 3',
      'alertmanager_http_request_duration_seconds_bucket{handler="/x",le="1.0"} 1',
      'alertmanager_http_request_duration_seconds_bucket{handler="/x",le="+Inf"} 1',
      'alertmanager_http_request_duration_seconds_sum{handler="/x"} 0.5',
      'alertmanager_http_request_duration_seconds_count{handler="/x"} 1',
    ],
  );
  assert.ok(lines.includes('# TYPE alertmanager_alerts_invalid_total counter'));
  assert.ok(lines.includes('vedette_alerts_invalid_total 3'), 'ours stays');
});

test('a sample keeps its identity from reading to reading, and its value is that of ours', () => {
  const registry = createMetricsRegistry();
  const counter = registry.counter({ name: 'vedette_alerts_invalid_total', help: 'h' });
  const read = () =>
    withAlertmanagerNames(registry)
      .read()
      .find(({ name }) => name === 'alertmanager_alerts_invalid_total') ?? assert.fail();
  const first = read();
  counter.inc(5);
  assert.equal(read().identityOf(0, 0), first.identityOf(0, 0));
  assert.equal(first.valueOf(0, 0), 5);
});
