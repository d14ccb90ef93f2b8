import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetricsRegistry } from '@vedette/sdk';
import { openMetricsExposition, prefersOpenMetrics, textExposition } from './exposition.ts';

function families() {
  const registry = createMetricsRegistry();
  registry.counter({ name: 'x_total', help: 'Says "x"\\ and\nmore.', labelNames: ['a'] }).inc(2, 'q"\\\n');
  registry.gauge({ name: 'g', help: 'G.' }).set(-Infinity);
  registry.histogram({ name: 'h', help: 'H.', buckets: [0.5] }).observe(0.25);
  registry.counter({ name: 'unused_total', help: 'Never.', labelNames: ['a'] });
  return registry.collect();
}

test('text is escaped as Prometheus reads it', () => {
  assert.equal(
    textExposition(families()),
    [
      '# HELP x_total Says "x"\\\\ and\\nmore.',
      '# TYPE x_total counter',
      'x_total{a="q\\"\\\\\\n"} 2',
      '# HELP g G.',
      '# TYPE g gauge',
      'g -Inf',
      '# HELP h H.',
      '# TYPE h histogram',
      'h_bucket{le="0.5"} 1',
      'h_bucket{le="+Inf"} 1',
      'h_sum 0.25',
      'h_count 1',
      '',
    ].join('\n'),
  );
});

test('OpenMetrics names counters without their suffix and marks its end', () => {
  const text = openMetricsExposition(families());
  assert.match(text, /^# TYPE x counter\n# HELP x Says \\"x\\"/);
  assert.match(text, /\nx_total\{a=/);
  assert.match(text, /\n# EOF\n$/);
});

test('the format is the one the caller prefers', () => {
  const check = (accept: string, want: boolean): void =>
    assert.equal(prefersOpenMetrics(accept), want, accept);
  check('', false);
  check('*/*', false);
  check('text/html,*/*;q=0.8', false);
  check('application/openmetrics-text', true);
  check('application/openmetrics-text; version=1.0.0; charset=utf-8', true);
  check('application/openmetrics-text;version=2.0.0', false);
  check('application/openmetrics-text;q=0.5,text/plain;q=0.7', false);
  check(
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    true,
  );
});
