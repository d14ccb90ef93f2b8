/**
 * The queries of `bench/queries.ts` inside this process, without HTTP: CPU milliseconds per query,
 * median. `node bench/engine.ts [ROUNDS] [QUERY…]`; with `--cpu-prof` in front it shows where the time
 * goes. Also appends pages of 2,700 known series, the work of one scrape.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { SampleBatchBuilder, SeededRandom, labelsOf, seriesKeyOf } from '@vedette/model';
import { createPromqlEngine } from '@vedette/promql';
import { openTsdb, type Tsdb } from '@vedette/tsdb';
import { SystemClock } from '../packages/server/src/lib/system-clock.ts';
import { SystemRandom } from '../packages/server/src/lib/system-random.ts';
import { DiskFiles } from '../packages/server/src/lib/disk-files.ts';
import { TimeSlicer } from '../packages/server/src/lib/time-slicer.ts';
import { resultJson } from '../packages/server/src/serve/prometheus-api/result-json.ts';
import { median } from './measure.ts';
import { DASHBOARD_QUERIES } from './pages.ts';

const PAGE_COUNT = 220;
const PAGE_DISTANCE_MS = 15_000;

const QUERIES: readonly string[] = [
  ...DASHBOARD_QUERIES,
  'rate(requests_total[5m])',
  'histogram_quantile(0.99, sum by (le, path, instance) (rate(latency_bucket[5m])))',
  'avg by (path) (requests_total)',
  'max by (instance) (max_over_time(temperature[5m]))',
];

const BUCKETS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1.0', '2.5', '5.0', '10.0', '+Inf'];

const clock = new SystemClock();
const signal = new AbortController().signal;

const rounds = Number(process.argv[2] ?? 21);
const queries = process.argv.length > 3 ? process.argv.slice(3) : QUERIES;
const lastMs = Math.floor(Date.now() / 1000) * 1000;
const tsdb = await openTsdb(
  {
    files: new DiskFiles(),
    clock,
    random: new SystemRandom(),
    slicer: new TimeSlicer(clock),
    report: { info: () => undefined, warn: console.warn },
  },
  {
    directory: mkdtempSync(path.join(tmpdir(), 'vedette-engine-')),
    retentionMs: 86_400_000,
    seriesMax: 100_000,
    headBytesMax: 2 ** 28,
    cacheBytesMax: 2 ** 24,
    exemplarsMax: 0,
  },
);
await fill(tsdb);
const engine = createPromqlEngine({ reader: tsdb.reader, slicer: new TimeSlicer(clock), clock });
for (const kind of ['range', 'instant'] as const)
  for (const query of queries) {
    const [cpuMs, chars] = await measure(query, kind);
    console.log(
      `${cpuMs.toFixed(2).padStart(8)} ms CPU ${String(chars).padStart(9)} chars  ${kind} ${query}`,
    );
  }
await tsdb.close();

async function measure(expr: string, kind: 'range' | 'instant'): Promise<[number, number]> {
  const times: number[] = [];
  let chars = 0;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    const result =
      kind === 'range'
        ? await engine.range({ expr, startMs: lastMs - 3_000_000, endMs: lastMs, stepMs: 15_000 }, signal)
        : await engine.instant({ expr, atMs: lastMs }, signal);
    chars = 0;
    const options = { limit: undefined, stats: undefined, slicer: new TimeSlicer(clock) };
    for await (const piece of resultJson(result, options)) chars += Buffer.from(piece).length;
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  return [median(times), chars];
}

async function fill({ writer }: Tsdb): Promise<void> {
  const random = new SeededRandom(42);
  const series = createSeries();
  const appendMs: number[] = [];
  for (let page = 0; page < PAGE_COUNT; page++) {
    const builder = new SampleBatchBuilder(series.length);
    const timestampMs = lastMs - (PAGE_COUNT - page) * PAGE_DISTANCE_MS + 1 + Math.floor(random.float() * 20);
    for (const one of series) {
      one.value = one.isCounter
        ? one.value + Math.floor(random.float() * one.step)
        : Number((one.value + random.float() - 0.5).toFixed(2));
      builder.openSeriesKey(one.key);
      builder.addSample(timestampMs, one.value);
    }
    const batch = builder.finish();
    const before = process.cpuUsage();
    await writer.append(batch);
    const { user, system } = process.cpuUsage(before);
    appendMs.push((user + system) / 1000);
  }
  console.log(
    `${median(appendMs).toFixed(2).padStart(8)} ms CPU append of ${series.length} known series, max ${Math.max(...appendMs.slice(10)).toFixed(1)}`,
  );
}

interface Source {
  readonly key: Uint8Array;
  readonly isCounter: boolean;
  readonly step: number;
  value: number;
}

function createSeries(): Source[] {
  const sources: Source[] = [];
  const add = (labels: Record<string, string>, isCounter: boolean, step: number): void => {
    const key = seriesKeyOf(labelsOf({ ...labels, job: 'bench' }));
    sources.push({ key, isCounter, step, value: isCounter ? 0 : 20 });
  };
  for (let instance = 0; instance < 15; instance++)
    for (let route = 0; route < 20; route++)
      for (const [i, code] of ['200', '301', '404', '500'].entries())
        add(
          { __name__: 'requests_total', instance: `i${instance}`, path: `/p${route}`, code },
          true,
          200 / (i * 10 + 1),
        );
  for (let instance = 0; instance < 10; instance++)
    for (let route = 0; route < 10; route++)
      for (const [i, le] of BUCKETS.entries())
        add(
          { __name__: 'latency_bucket', instance: `i${instance}`, path: `/p${route}`, le },
          true,
          (i + 1) * 10,
        );
  for (let i = 0; i < 300; i++)
    add({ __name__: 'temperature', instance: `i${i % 15}`, sensor: String(i) }, false, 0);
  return sources;
}
