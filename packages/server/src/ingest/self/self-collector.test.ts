import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { createMetricsRegistry, type MetricsRegistry } from '@vedette/sdk';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { RecordingWriter } from './recording-writer.ts';
import { createSelfCollector, type SelfCollector } from './self-collector.ts';

function setUp(): {
  clock: VirtualClock;
  writer: RecordingWriter;
  metrics: MetricsRegistry;
  self: SelfCollector;
} {
  const clock = new VirtualClock({ startMs: 0 });
  const writer = new RecordingWriter();
  const metrics = createMetricsRegistry();
  const self = createSelfCollector(
    { clock, writer, log: SILENT_LOG, metrics },
    { intervalMs: 2000, instance: 'web-1' },
  );
  return { clock, writer, metrics, self };
}

test('every sample of the registry is written with job and instance, as it would be exposed', async (t) => {
  const { clock, writer, metrics, self } = setUp();
  t.after(() => self.stop());
  const requests = metrics.counter({ name: 'requests_total', help: 'h', labelNames: ['route'] });
  const waits = metrics.histogram({ name: 'wait_seconds', help: 'Waits.', buckets: [1] });
  requests.inc(3, '/a');
  waits.observe(0.5);
  self.start();
  await clock.advance(0);
  requests.inc(1, '/a');
  requests.inc(1, '/b');
  await clock.advance(2000);
  const [first, second] = writer.batches;
  const at = (name: string, before = '', after = ''): string =>
    `${name}{${before}instance="web-1", job="vedette"${after}}`;
  assert.equal(first?.get(at('requests_total', '', ', route="/a"')), 3);
  assert.equal(second?.get(at('requests_total', '', ', route="/a"')), 4);
  assert.equal(second?.get(at('requests_total', '', ', route="/b"')), 1);
  assert.equal(first?.get(at('wait_seconds_bucket', '', ', le="1.0"')), 1);
  assert.equal(first?.get(at('wait_seconds_bucket', '', ', le="+Inf"')), 1);
  assert.equal(first?.get(at('wait_seconds_sum')), 0.5);
  assert.equal(first?.get(at('wait_seconds_count')), 1);
  assert.equal(first?.get(at('up')), 1);
  assert.ok((first?.get(at('scrape_samples_scraped')) as number) >= 6);
});

test('a histogram is described once, under the name of its family', async (t) => {
  const { clock, writer, metrics, self } = setUp();
  t.after(() => self.stop());
  metrics.histogram({ name: 'wait_seconds', help: 'Waits.', buckets: [1] });
  self.start();
  await clock.advance(4000);
  assert.deepEqual(
    writer.metadata.filter((metadata) => metadata.family.startsWith('wait_seconds')),
    [{ family: 'wait_seconds', type: 'histogram', help: 'Waits.', unit: '' }],
  );
});

test('readers of gauges run before each tick', async (t) => {
  const { clock, writer, metrics, self } = setUp();
  t.after(() => self.stop());
  const gauge = metrics.gauge({ name: 'g', help: 'h' });
  let value = 0;
  metrics.onCollect(() => gauge.set(++value));
  self.start();
  await clock.advance(4000);
  const series = 'g{instance="web-1", job="vedette"}';
  assert.deepEqual(
    writer.batches.map((batch) => batch.get(series)),
    [1, 2, 3],
  );
});

test('nothing is written after stop', async () => {
  const { clock, writer, self } = setUp();
  self.start();
  await clock.advance(0);
  await self.stop();
  await clock.advance(10_000);
  assert.equal(writer.batches.length, 1);
  assert.equal(clock.pendingTimerCount, 0);
});
