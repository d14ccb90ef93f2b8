import { expect, test } from 'vitest';
import { comparedSeriesOf } from './compared-series.ts';

const check = (metric: string, query: string, kind: string, unit: string): void =>
  expect(comparedSeriesOf({ metric, query })).toEqual({ kind, unit });

test('a value has the unit of its name', () => {
  check('process_resident_memory_bytes', 'process_resident_memory_bytes{job="api"}', 'value', 'bytes');
  check('queue_length', 'queue_length{path="a / b"}', 'value', 'short');
  check('errors:ratio', 'errors:ratio{unit="_bytes"}', 'value', 'short');
});

test('a counter is told by its rate', () => {
  check('http_requests_total', 'rate(http_requests_total{job="api"}[5m])', 'rate', 'cps');
  check('node_network_receive_bytes_total', 'rate(node_network_receive_bytes_total[5m])', 'rate', 'Bps');
  check('node_cpu_seconds_total', 'rate(node_cpu_seconds_total{cpu="0"}[5m])', 'rate', 'short');
});

test('a histogram is told by its mean', () => {
  const mean = 'rate(http_seconds_sum{job="api"}[5m]) / rate(http_seconds_count{job="api"}[5m])';
  check('http_seconds', mean, 'mean', 's');
});
