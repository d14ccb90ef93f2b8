import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  labelsOf,
  parseDurationMs,
  MemoryFiles,
  SampleBatchBuilder,
  SeededRandom,
  VirtualClock,
} from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { exemplarStorageSchema, embeddedStorageSchema, outOfOrderWindowMsOf } from './config.ts';
import { describeMetricsAdmin, type AdminHarness } from './admin.contract.ts';
import { describeMetricsExemplars } from './exemplars.contract.ts';
import { openEmbeddedMetrics, type EmbeddedMetrics } from './embedded.ts';
import { describeHistograms, type StoredHarness } from './histogram.contract.ts';
import {
  CONTRACT_START_MS,
  describeMetricsReader,
  describeMetricsWriter,
  type HarnessOptions,
  type MetricsHarness,
} from './port.contract.ts';

/** Yields at every question, so that whatever can come between two slices does. */
const eagerSlicer = {
  shouldYield: () => true,
  yield: () => new Promise<void>((resolve) => setImmediate(resolve)),
};

interface StorePlace {
  readonly files: MemoryFiles;
  readonly directory: string;
}

const newPlace = (): StorePlace => ({
  files: new MemoryFiles(new SeededRandom(1)),
  directory: 'data/metrics',
});

const random = new SeededRandom(2);

async function openStore(
  clock: VirtualClock,
  metrics = createMetricsRegistry(),
  { files, directory, ...options }: StorePlace & HarnessOptions & { headBytesMax?: number } = newPlace(),
): Promise<EmbeddedMetrics> {
  return await openEmbeddedMetrics(
    { files, clock, random, slicer: eagerSlicer, log: SILENT_LOG, metrics },
    {
      directory,
      retentionMs: 30 * 86_400_000,
      seriesMax: 1000,
      headBytesMax: 2 ** 20,
      cacheBytesMax: 2 ** 20,
      exemplarsMax: 1000,
      ...options,
    },
  );
}

async function open(options: HarnessOptions = {}): Promise<MetricsHarness> {
  const clock = new VirtualClock({ startMs: CONTRACT_START_MS });
  const store = await openStore(clock, createMetricsRegistry(), { ...newPlace(), ...options });
  return { writer: store.writer, reader: store.reader, clock, seriesMax: 1000, close: () => store.close() };
}

async function openAdmin(place = newPlace()): Promise<AdminHarness> {
  const clock = new VirtualClock({ startMs: CONTRACT_START_MS });
  const store = await openStore(clock, createMetricsRegistry(), place);
  const { writer, reader, admin } = store;
  return {
    writer,
    reader,
    admin,
    clock,
    seriesMax: 1000,
    reopen: async () => {
      await store.close();
      return await openAdmin(place);
    },
    openSnapshot: (name) => openAdmin({ ...place, directory: `${place.directory}/snapshots/${name}` }),
    close: () => store.close(),
  };
}

describeMetricsWriter('embedded', open);
describeMetricsReader('embedded', () => open());
describeMetricsExemplars('embedded', () => open());
describeMetricsAdmin('embedded', () => openAdmin());
describeHistograms('embedded', () => openStored(newPlace()));

/** On a disk that outlives the store; what is in memory goes to a block as soon as maintenance looks. */
async function openStored(
  place: StorePlace,
  clock = new VirtualClock({ startMs: CONTRACT_START_MS }),
): Promise<StoredHarness> {
  const store = await openStore(clock, createMetricsRegistry(), { ...place, headBytesMax: 1 });
  const close = (): Promise<void> => store.close();
  return {
    writer: store.writer,
    reader: store.reader,
    clock,
    seriesMax: 1000,
    close,
    settle: async () => {
      // Maintenance looks every five seconds.
      for (let look = 0; look < 1000 && store.stats().headRange !== undefined; look++) {
        await clock.advance(5001);
        await new Promise(setImmediate);
      }
      assert.equal(store.stats().headRange, undefined);
    },
    reopen: async () => {
      await close();
      return await openStored(place, clock);
    },
  };
}

test('the store shows its figures as metrics and as statistics', async () => {
  const metrics = createMetricsRegistry();
  const store = await openStore(new VirtualClock({ startMs: CONTRACT_START_MS }), metrics);
  const builder = new SampleBatchBuilder();
  for (const code of ['200', '404']) {
    builder.openSeries(labelsOf({ __name__: 'http_requests_total', code }));
    builder.addSample(CONTRACT_START_MS, 1);
  }
  await store.writer.append(builder.finish());
  const valueOf = (name: string): number | undefined =>
    metrics.collect().find((family) => family.name === name)?.samples[0]?.value;
  assert.equal(valueOf('vedette_tsdb_head_series'), 2);
  assert.equal(valueOf('vedette_tsdb_samples_appended_total'), 2);
  assert.equal(valueOf('vedette_tsdb_samples_appended_total'), 2);
  assert.ok((valueOf('vedette_tsdb_wal_bytes') ?? 0) > 0);
  assert.equal(valueOf('vedette_tsdb_disk_full'), 0);
  const stats = store.stats();
  assert.equal(stats.diskBytes, stats.walBytes + stats.blockBytes);
  assert.deepEqual(stats.headRange, { minMs: CONTRACT_START_MS, maxMs: CONTRACT_START_MS });
  assert.deepEqual(await store.cardinality({ limit: 1 }), {
    seriesCount: 2,
    seriesCountByMetricName: [{ name: 'http_requests_total', value: 2 }],
    labelValueCountByLabelName: [{ name: 'code', value: 2 }],
    memoryInBytesByLabelName: [{ name: '__name__', value: 29 }],
    seriesCountByLabelValuePair: [{ name: '__name__=http_requests_total', value: 2 }],
    labelPairCount: 3,
  });
  await store.close();
});

test('late samples are counted', async () => {
  const metrics = createMetricsRegistry();
  const clock = new VirtualClock({ startMs: CONTRACT_START_MS });
  const store = await openStore(clock, metrics, { ...newPlace(), outOfOrderWindowMs: 60_000 });
  for (const timestampMs of [CONTRACT_START_MS, CONTRACT_START_MS - 1]) {
    const builder = new SampleBatchBuilder();
    builder.openSeries(labelsOf({ __name__: 'x' }));
    builder.addSample(timestampMs, 1);
    await store.writer.append(builder.finish());
  }
  const valueOf = (name: string): number | undefined =>
    metrics.collect().find((family) => family.name === name)?.samples[0]?.value;
  assert.equal(valueOf('vedette_tsdb_out_of_order_samples_total'), 1);
  assert.equal(valueOf('vedette_tsdb_out_of_order_samples_total'), 1);
  assert.equal(valueOf('vedette_tsdb_head_out_of_order_samples'), 1);
  await store.close();
});

test('exemplars are kept as upstream keeps them by default, or not at all', () => {
  assert.deepEqual(exemplarStorageSchema.parse({}), { max_exemplars: 100_000 });
  assert.deepEqual(exemplarStorageSchema.parse({ max_exemplars: 0 }), { max_exemplars: 0 });
  for (const bad of [{ max_exemplars: -1 }, { max_exemplars: 1.5 }, { max: 1 }])
    assert.equal(exemplarStorageSchema.safeParse(bad).success, false);
});

test('the window of late samples goes by our key or by that of Prometheus', () => {
  const windowOf = (ours: string | undefined, theirs: string | undefined): number =>
    outOfOrderWindowMsOf({
      metrics: embeddedStorageSchema.parse(ours === undefined ? {} : { out_of_order_window: ours }),
      tsdb: theirs === undefined ? undefined : { out_of_order_time_window: parseDurationMs(theirs) },
    });
  assert.equal(windowOf(undefined, undefined), 0);
  assert.equal(windowOf('30m', undefined), 1_800_000);
  assert.equal(windowOf(undefined, '1h'), 3_600_000);
});

test('the configuration has defaults, units and no unknown keys', () => {
  assert.deepEqual(embeddedStorageSchema.parse({}), {
    engine: 'embedded',
    retention: 2_592_000_000,
    retention_size: 0,
    retention_rules: [],
    out_of_order_window: 0,
    series_max: 1_000_000,
    series_max_per_job: 250_000,
    series_max_by_job: {},
    head_bytes_max: 268_435_456,
    cache_bytes_max: 33_554_432,
    created_zero_samples: false,
  });
  assert.equal(embeddedStorageSchema.parse({ retention: '15d' }).retention, 15 * 86_400_000);
  assert.equal(embeddedStorageSchema.parse({ head_bytes_max: '64MB' }).head_bytes_max, 2 ** 26);
  for (const bad of [{ engine: 'gorilla' }, { retention: 'ages' }, { series_max: 0 }, { retenton: '1d' }])
    assert.equal(embeddedStorageSchema.safeParse(bad).success, false);
});
