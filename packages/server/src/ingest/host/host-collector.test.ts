import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { createMetricsRegistry, type MetricsRegistry } from '@vedette/sdk';
import { SILENT_LOG, type Log } from '../../telemetry/log.ts';
import { RecordingWriter } from '../self/recording-writer.ts';
import { createFixtureFiles, FIXTURE_MACHINE, FIXTURE_STATS, type FileTexts } from './collector-fixture.ts';
import { hostConfig, hostOptionsOf } from './config.ts';
import { createHostCollector, type HostCollector } from './host-collector.ts';
import type { HostFiles } from './host-files.ts';

interface Setup {
  readonly clock: VirtualClock;
  readonly writer: RecordingWriter;
  readonly metrics: MetricsRegistry;
  readonly texts: FileTexts;
  readonly words: string[];
  readonly host: HostCollector;
}

const TEXTS: FileTexts = {
  '/proc/loadavg': '0.5 0.4 0.3 1/2 3\n',
  '/proc/meminfo': 'MemTotal: 4 kB\nMemFree: 1 kB\n',
  '/proc/mounts': '/dev/a / ext4 rw 0 0\n',
};

function setUp(
  overrides: { config?: unknown; platform?: string; statFileSystem?: HostFiles['statFileSystem'] } = {},
): Setup {
  const clock = new VirtualClock({ startMs: 1_700_000_000_000 });
  const writer = new RecordingWriter();
  const metrics = createMetricsRegistry();
  const texts = { ...TEXTS };
  const words: string[] = [];
  const log: Log = { ...SILENT_LOG, warn: (message) => words.push(message) };
  const files = createFixtureFiles(texts, overrides.statFileSystem ?? (() => Promise.resolve(FIXTURE_STATS)));
  const machine = { ...FIXTURE_MACHINE, platform: overrides.platform ?? 'linux' };
  const host = createHostCollector(
    { clock, writer, log, metrics, files, machine },
    { ...hostOptionsOf(hostConfig.parse(overrides.config)), instance: 'web-1' },
  );
  return { clock, writer, metrics, texts, words, host };
}

const series = (name: string, labels = ''): string => `${name}{${labels}instance="web-1", job="node"}`;

function counterOf(metrics: MetricsRegistry, name: string): number {
  return metrics.collect().find((family) => family.name === name)?.samples[0]?.value ?? Number.NaN;
}

test('the first tick comes at once and is whole; the next ones follow every 2 s', async () => {
  const { clock, writer, host } = setUp();
  host.start();
  await clock.advance(4000);
  assert.deepEqual(
    writer.timestampsMs.map((timestampMs) => timestampMs - 1_700_000_000_000),
    [0, 2000, 4000],
  );
  for (const batch of writer.batches) {
    assert.equal(batch.get(series('node_load1')), 0.5);
    assert.equal(batch.get(series('node_memory_MemTotal_bytes')), 4096);
    assert.equal(
      batch.get(
        `node_filesystem_size_bytes{device="/dev/a", fstype="ext4", instance="web-1", job="node", mountpoint="/"}`,
      ),
      4_096_000,
    );
    assert.equal(batch.get(series('up')), 1);
  }
  await host.stop();
  assert.equal(clock.pendingTimerCount, 0);
});

test('one failing collector ends its own series and no other', async () => {
  const { clock, writer, host, texts } = setUp();
  host.start();
  await clock.advance(0);
  delete texts['/proc/loadavg'];
  await clock.advance(2000);
  const [first, second] = writer.batches;
  const success = (collector: string): string =>
    series('node_scrape_collector_success', `collector="${collector}", `);
  assert.equal(first?.get(success('loadavg')), 1);
  assert.equal(second?.get(success('loadavg')), 0);
  assert.equal(second?.get(series('node_load1')), 'stale');
  assert.equal(second?.get(series('node_memory_MemTotal_bytes')), 4096);
  await host.stop();
});

test('a hung file system delays the first tick by half a second and no later one', async () => {
  const { clock, writer, host } = setUp({ statFileSystem: () => new Promise(() => undefined) });
  host.start();
  await clock.advance(499);
  assert.equal(writer.batches.length, 0);
  await clock.advance(1);
  assert.equal(writer.batches.length, 1);
  await clock.advance(9500);
  assert.equal(writer.batches.length, 6);
  assert.equal(writer.batches.at(-1)?.get(series('node_load1')), 0.5);
  const error = `node_filesystem_device_error{device="/dev/a", fstype="ext4", instance="web-1", job="node", mountpoint="/"}`;
  assert.equal(writer.batches.at(-1)?.get(error), 1);
  await host.stop();
});

test('collectors that are switched off do not run', async () => {
  const { clock, writer, host } = setUp({ config: { collectors: { loadavg: false, meminfo: true } } });
  host.start();
  await clock.advance(0);
  const names = [...(writer.batches[0]?.keys() ?? [])];
  assert.ok(names.some((name) => name.startsWith('node_memory_')));
  assert.ok(!names.some((name) => name.includes('load')));
  await host.stop();
});

test('on another system one notice says what is missing, and the basics are there', async () => {
  const { clock, writer, words, host } = setUp({ platform: 'darwin' });
  host.start();
  await clock.advance(6000);
  assert.deepEqual(words, [
    'only processors, load and memory are watched on this system; the rest needs Linux',
  ]);
  assert.equal(writer.batches[3]?.get(series('node_load1')), 0.5);
  assert.equal(writer.batches[3]?.get(series('node_memory_MemTotal_bytes')), 4096);
  await host.stop();
});

test('families are described once, with their types', async () => {
  const { clock, writer, host } = setUp();
  host.start();
  await clock.advance(4000);
  const described = writer.metadata.filter((metadata) => metadata.family === 'node_load1');
  assert.deepEqual(described, [
    { family: 'node_load1', type: 'gauge', help: 'Load average over 1 min.', unit: '' },
  ]);
  await host.stop();
});

test('a full store loses ticks, says so and is asked again', async () => {
  const { clock, writer, metrics, words, host } = setUp();
  writer.isFull = true;
  host.start();
  await clock.advance(2000);
  assert.deepEqual(words, Array(2).fill('samples of this tick were not stored'));
  assert.equal(counterOf(metrics, 'vedette_host_append_failures_total'), 2);
  writer.isFull = false;
  await clock.advance(2000);
  assert.equal(writer.batches.length, 1);
  assert.ok(writer.metadata.length > 50);
  await host.stop();
});

test('refused samples are counted by reason', async () => {
  const { clock, writer, metrics, words, host } = setUp();
  writer.refusals = [{ reason: 'out-of-order', count: 3, example: 'up' }];
  host.start();
  await clock.advance(2000);
  assert.equal(counterOf(metrics, 'vedette_host_refused_samples_total'), 6);
  assert.equal(words[0], 'the store refused samples');
  await host.stop();
});
