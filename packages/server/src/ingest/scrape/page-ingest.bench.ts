/**
 * How fast a page is read: the first time, when every line becomes a series, and afterwards. The page is
 * that of this machine's prometheus-node-exporter where one is installed, else a made-up one of its shape.
 * Run: node packages/server/src/ingest/scrape/page-ingest.bench.ts
 */
import { spawn } from 'node:child_process';
import * as http from 'node:http';
import { bench, run, summary } from 'mitata';
import { labelsOf } from '@vedette/model';
import { SystemClock } from '../../lib/system-clock.ts';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import type { PageFormat } from './content-type.ts';
import { protobufPage, textPage, type TestFamily } from './exposition-fixture.ts';
import { ExpositionReader } from './exposition-reader.ts';
import { PageIngest } from './page-ingest.ts';
import { createSampleLabels } from './sample-labels.ts';
import { CLASSIC_HISTOGRAMS } from './scrape-fixture.ts';
import { TargetCache } from './target-cache.ts';
import { TargetMetadata } from './target-metadata.ts';

const MADE_UP_SAMPLES = 504;

const labels = createSampleLabels({
  targetLabels: labelsOf({ instance: '127.0.0.1:9100', job: 'node' }),
  honorLabels: false,
  metricRelabelRules: [],
  limits: { labelCountMax: 128, nameBytesMax: 1024, valueBytesMax: 16_384 },
  isLegacyNames: false,
});
const slicer = new TimeSlicer(new SystemClock());

const scrape = async (
  page: Uint8Array,
  cache: TargetCache,
  metadata: TargetMetadata,
  format: PageFormat = 'text',
): Promise<number> => {
  const ingest = new PageIngest({ slicer }, { cache, metadata });
  await ingest.readPage(page, {
    format,
    timestampMs: 1_700_000_000_000,
    labels,
    honorTimestamps: true,
    trackTimestampsStaleness: false,
    sampleCountMax: 1_000_000,
    histograms: CLASSIC_HISTOGRAMS,
  });
  await ingest.addStaleMarkers(1_700_000_000_000);
  const batch = ingest.finish();
  cache.commit();
  metadata.commit();
  return batch.timestampsMs.length;
};

const page = await pageOf();
const warm = new TargetCache();
const warmMetadata = new TargetMetadata();
const sampleCount = await scrape(page, warm, warmMetadata);
console.log(`page: ${page.length} bytes, ${sampleCount} samples`);

const families = madeUpFamilies();
const protobuf = protobufPage(families);
const openMetrics = Buffer.from(textPage(families, 'openmetrics'));
console.log(`made-up: ${protobuf.length} bytes of protobuf, ${openMetrics.length} of OpenMetrics`);
const warmProtobuf = new TargetCache();
const warmOpenMetrics = new TargetCache();

summary(() => {
  bench('first scrape', async () => await scrape(page, new TargetCache(), new TargetMetadata()));
  bench('known page', async () => await scrape(page, warm, warmMetadata));
  bench(`known protobuf, ${MADE_UP_SAMPLES} samples`, async () =>
    await scrape(protobuf, warmProtobuf, new TargetMetadata(), 'protobuf'));
  bench(`known OpenMetrics with starts, ${MADE_UP_SAMPLES} samples and as many starts`, async () =>
    await scrape(openMetrics, warmOpenMetrics, new TargetMetadata(), 'openmetrics'));
  bench('parser alone, no cache', () => {
    const reader = new ExpositionReader(page, 'text');
    while (reader.nextLine()) if (reader.readHead() === 'series') reader.readTail();
  });
});
const result = await run();
for (const { alias, runs } of result.benchmarks) {
  if (alias.includes('samples')) continue;
  const meanNs = runs[0]?.stats?.avg ?? NaN;
  const megabytes = (page.length / meanNs) * 1000;
  const samples = (sampleCount / meanNs) * 1000;
  console.log(`${alias}: ${megabytes.toFixed(0)} MB/s, ${samples.toFixed(2)} M samples/s`);
}
process.exit(0);

async function pageOf(): Promise<Uint8Array> {
  const exporter = spawn('prometheus-node-exporter', ['--web.listen-address=127.0.0.1:0']);
  try {
    const port = await new Promise<number>((resolve, reject) => {
      exporter.on('error', reject).on('exit', () => reject(new Error('the exporter does not start')));
      exporter.stderr.on('data', (text: Buffer) => {
        const port = /address=127\.0\.0\.1:(\d+)/.exec(text.toString())?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    });
    return await fetchPage(port);
  } catch (error) {
    console.log(`made-up page, because there is no exporter: ${String(error)}`);
    return madeUpPage();
  } finally {
    exporter.kill();
  }
}

function fetchPage(port: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    http
      .get(`http://127.0.0.1:${port}/metrics`, (response) => {
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', () => resolve(Buffer.concat(chunks)));
      })
      .on('error', reject);
  });
}

/** Counters of the shape of node_exporter's, with created times. */
function madeUpFamilies(): TestFamily[] {
  return Array.from({ length: MADE_UP_SAMPLES / 8 }, (_, family) => ({
    name: `node_family_${family}_seconds`,
    type: 'counter' as const,
    help: `Time spent in the made-up mode number ${family}.`,
    metrics: Array.from({ length: 8 }, (_cpu, cpu) => ({
      labels: { cpu: String(cpu), mode: 'idle' },
      value: family * 1234.56 + cpu,
      createdSeconds: 1_600_000_000,
    })),
  }));
}

function madeUpPage(): Uint8Array {
  const lines: string[] = [];
  for (let family = 0; family < 150; family++) {
    lines.push(`# HELP node_family_${family}_seconds_total Time spent in the made-up mode number ${family}.`);
    lines.push(`# TYPE node_family_${family}_seconds_total counter`);
    for (let i = 0; i < 8; i++)
      lines.push(
        `node_family_${family}_seconds_total{cpu="${i}",mode="idle"} ${(family * 1234.56 + i).toFixed(2)}`,
      );
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}
