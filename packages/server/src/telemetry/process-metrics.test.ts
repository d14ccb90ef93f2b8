import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { registerProcessMetrics } from './process-metrics.ts';

test('a server shows its version, and the process as every application does', (t) => {
  const clock = new VirtualClock({ startMs: 1_800_000_000_000 });
  const metrics = createMetricsRegistry();
  const own = registerProcessMetrics({ clock, metrics }, { version: '1.2.3' });
  t.after(() => own.stop());
  const families = new Map(metrics.collect().map(({ name, samples }) => [name, samples]));
  assert.deepEqual(families.get('vedette_build_info'), [
    {
      name: 'vedette_build_info',
      labels: ['version', '1.2.3', 'nodeversion', process.versions.node],
      value: 1,
    },
  ]);
  const started = families.get('process_start_time_seconds')?.[0]?.value ?? 0;
  assert.ok(Math.abs(1_800_000_000 - process.uptime() - started) < 5);
  assert.ok((families.get('process_cpu_seconds_total')?.[0]?.value ?? 0) > 0);
  assert.ok(own.latest().residentBytes > 10e6);
});
