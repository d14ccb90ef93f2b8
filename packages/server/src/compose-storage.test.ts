import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, MemoryFiles, SampleBatchBuilder, SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { StorageMeter } from './compose-storage-meter.ts';
import { TimeSlicer } from './lib/time-slicer.ts';
import { openEmbeddedMetrics } from './store/metrics/embedded.ts';
import { SILENT_LOG } from './telemetry/log.ts';

async function openMeter() {
  const clock = new VirtualClock({ startMs: Date.UTC(2026, 0, 2) });
  const files = new MemoryFiles(new SeededRandom(1));
  files.capacityBytes = 2 ** 20;
  const registry = createMetricsRegistry();
  const store = await openEmbeddedMetrics(
    {
      clock,
      files,
      random: new SeededRandom(1),
      slicer: new TimeSlicer(clock),
      log: SILENT_LOG,
      metrics: registry,
    },
    {
      directory: 'data',
      retentionMs: 86_400_000,
      seriesMax: 10,
      headBytesMax: 2 ** 20,
      cacheBytesMax: 2 ** 20,
      exemplarsMax: 10,
    },
  );
  const remotes: { name: string; problem: string | undefined }[] = [];
  const figures = {
    pendingSamples: 0,
    pendingBytes: 0,
    shards: 1,
    desiredShards: 1,
    highestQueuedMs: 0,
    highestSentMs: 0,
  };
  const forwarding = { stats: () => remotes.map((remote) => ({ ...figures, ...remote })) };
  const meter = new StorageMeter({ clock, files, log: SILENT_LOG, store, registry, forwarding }, 'data');
  return { clock, files, store, meter, remotes };
}

test('free space, rate and the oldest sample are those of the last look', async () => {
  const { clock, files, store, meter } = await openMeter();
  await meter.start();
  const freeBytes = meter.stats().diskFreeBytes;
  assert.equal(freeBytes, 2 ** 20 - files.usedBytes);
  const builder = new SampleBatchBuilder();
  builder.openSeries(labelsOf({ __name__: 'x' }));
  for (let i = 0; i < 10; i++) builder.addSample(clock.nowMs() - 1000 + i, i);
  await store.writer.append(builder.finish());
  await clock.advance(5000);
  const { samplesPerSecond, oldestSampleMs, problems, diskFreeBytes } = meter.stats();
  assert.deepEqual([samplesPerSecond, oldestSampleMs, problems], [2, Date.UTC(2026, 0, 2) - 1000, []]);
  assert.ok(diskFreeBytes < freeBytes);
  meter.stop();
  await store.close();
});

test('a meter that is stopped while it reads sets no timer any more', async () => {
  const { clock, store, meter } = await openMeter();
  await store.close();
  const starting = meter.start();
  meter.stop();
  await starting;
  assert.equal(clock.pendingTimerCount, 0);
});

test('remotes that take nothing are among the problems of the storage', async () => {
  const { store, meter, remotes } = await openMeter();
  remotes.push({ name: 'well', problem: undefined }, { name: 'ill', problem: 'connection refused' });
  assert.deepEqual(meter.stats().problems, ['remote write to "ill" does not succeed: connection refused']);
  await store.close();
});
