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
import { ExpositionReader } from './exposition-reader.ts';
import { PageIngest, TargetMetadata } from './page-ingest.ts';
import { createSampleLabels } from './sample-labels.ts';
import { TargetCache } from './target-cache.ts';

const labels = createSampleLabels({
  targetLabels: labelsOf({ instance: '127.0.0.1:9100', job: 'node' }),
  honorLabels: false,
  metricRelabelRules: [],
  limits: { labelCountMax: 128, nameBytesMax: 1024, valueBytesMax: 16_384 },
  isLegacyNames: false,
});
const slicer = new TimeSlicer(new SystemClock());

const scrape = async (page: Uint8Array, cache: TargetCache, metadata: TargetMetadata): Promise<number> => {
  const ingest = new PageIngest({ slicer }, { cache, metadata });
  await ingest.readPage(page, {
    format: 'text',
    timestampMs: 1_700_000_000_000,
    labels,
    honorTimestamps: true,
    trackTimestampsStaleness: false,
    sampleCountMax: 1_000_000,
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

summary(() => {
  bench('first scrape', async () => await scrape(page, new TargetCache(), new TargetMetadata()));
  bench('known page', async () => await scrape(page, warm, warmMetadata));
  bench('parser alone, no cache', () => {
    const reader = new ExpositionReader(page, 'text');
    while (reader.nextLine()) if (reader.readHead() === 'series') reader.readTail();
  });
});
const result = await run();
for (const { alias, runs } of result.benchmarks) {
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
