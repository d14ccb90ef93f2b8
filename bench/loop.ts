import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { SeededRandom } from '@vedette/model';
import { quantile, timed, type Figure } from './measure.ts';
import { pause, startVedette, type MeasuredProcess } from './server-process.ts';

const QUERIES: readonly string[] = [
  'requests_total{path="/p3"}',
  'sum by (path) (rate(requests_total[5m]))',
  'histogram_quantile(0.99, sum by (le) (rate(latency_bucket[5m])))',
  'sum(rate(requests_total{code=~"5.."}[5m])) / sum(rate(requests_total[5m]))',
  'topk(5, sum by (instance) (avg_over_time(temperature[10m])))',
];
const PAGE_COUNT = 220;
const PAGE_DISTANCE_MS = 15_000;

const LOAD_MS = 30_000;

/** The longest waits of the event loop while 10 targets of 2,700 series are scraped each second and four dashboards ask. */
export async function measureLoopDelay(): Promise<Figure[]> {
  const source = await startPages({ isEndless: true });
  try {
    const targets = Array.from(
      { length: 10 },
      (_, i) => `{ targets: ["${source.address}"], labels: { instance: "i${i}" } }`,
    ).join(', ');
    const config = `global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs: [ { job_name: load, honor_timestamps: false, static_configs: [ ${targets} ] } ]\n`;
    const probeFile = path.join(mkdtempSync(path.join(tmpdir(), 'vedette-probe-')), 'delays.json');
    const probe = pathToFileURL(path.join(import.meta.dirname, 'loop-probe.ts')).href;
    await using server = await startVedette({
      config,
      env: { NODE_OPTIONS: `--import ${probe}`, LOOP_PROBE_FILE: probeFile },
    });
    await pause(5000);
    process.kill(server.pid, 'SIGUSR2');
    const untilMs = performance.now() + LOAD_MS;
    const answerMs: number[] = [];
    const dashboard = async (): Promise<void> => {
      for (let i = 0; performance.now() < untilMs; i++) {
        const query = QUERIES[i % QUERIES.length] ?? '';
        const nowSeconds = Date.now() / 1000;
        const form = new URLSearchParams({
          query,
          start: String(nowSeconds - 600),
          end: String(nowSeconds),
          step: '2',
        });
        answerMs.push(
          await timed(async () =>
            (await fetch(`${server.url}/api/v1/query_range`, { method: 'POST', body: form })).text(),
          ),
        );
        await pause(250);
      }
    };
    await Promise.all([dashboard(), dashboard(), dashboard(), dashboard()]);
    const delays = await readLoopProbe(server, probeFile);
    return [
      {
        name: 'loop delay p99.9 under load',
        value: delays.p999Ms,
        unit: 'ms',
        goal: '≤ 10',
        isReached: delays.p999Ms <= 10,
      },
      { name: 'loop delay maximum under load', value: delays.maxMs, unit: 'ms' },
      { name: 'query p99 under load', value: quantile(answerMs, 0.99), unit: 'ms' },
    ];
  } finally {
    source.server.closeAllConnections();
    source.server.close();
  }
}

/** What the probe inside the server saw since its first signal. */
async function readLoopProbe(
  server: MeasuredProcess,
  file: string,
): Promise<{ p999Ms: number; maxMs: number }> {
  process.kill(server.pid, 'SIGUSR2');
  while (!existsSync(file)) await pause(50);
  return JSON.parse(readFileSync(file, 'utf8')) as { p999Ms: number; maxMs: number };
}

interface Pages {
  readonly server: Server;
  readonly address: string;
  readonly lastMs: number;
  taken(asked: string): number;
}

async function startPages(options: { isEndless?: boolean } = {}): Promise<Pages> {
  const lastMs = Math.floor(Date.now() / 1000) * 1000;
  const firstMs = lastMs - PAGE_COUNT * PAGE_DISTANCE_MS;
  const pages = createPages(firstMs, options.isEndless === true ? 30 : PAGE_COUNT);
  const taken = new Map<string, number>();
  const server = createServer((request, response) => {
    const asked = request.url ?? '';
    const index = taken.get(asked) ?? 0;
    taken.set(asked, index + 1);
    const page = pages[options.isEndless === true ? index % pages.length : index] ?? '';
    response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(page);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    server,
    address: `127.0.0.1:${address.port}`,
    lastMs,
    taken: (asked) => Math.min(taken.get(asked) ?? 0, PAGE_COUNT),
  };
}

const BUCKETS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1.0', '2.5', '5.0', '10.0', '+Inf'];

/** 2,700 series: 1,200 counters, 1,200 histogram buckets, 300 gauges with two decimals. */
function createPages(firstMs: number, count: number): string[] {
  const random = new SeededRandom(42);
  const counters: { series: string; value: number; step: number }[] = [];
  for (let instance = 0; instance < 15; instance++) {
    for (let route = 0; route < 20; route++) {
      for (const [i, code] of ['200', '301', '404', '500'].entries())
        counters.push({
          series: `requests_total{instance="i${instance}",path="/p${route}",code="${code}"}`,
          value: 0,
          step: 200 / (i * 10 + 1),
        });
    }
  }
  for (let instance = 0; instance < 10; instance++) {
    for (let route = 0; route < 10; route++) {
      for (const [i, le] of BUCKETS.entries())
        counters.push({
          series: `latency_bucket{instance="i${instance}",path="/p${route}",le="${le}"}`,
          value: 0,
          step: (i + 1) * 10,
        });
    }
  }
  const gauges = Array.from({ length: 300 }, (_, i) => ({
    series: `temperature{instance="i${i % 15}",sensor="${i}"}`,
    value: 20,
  }));
  return Array.from({ length: count }, (_, page) => {
    const timestampMs = firstMs + page * PAGE_DISTANCE_MS + 1 + Math.floor(random.float() * 20);
    const lines: string[] = [];
    for (const counter of counters)
      lines.push(
        `${counter.series} ${(counter.value += Math.floor(random.float() * counter.step))} ${timestampMs}`,
      );
    for (const gauge of gauges)
      lines.push(`${gauge.series} ${(gauge.value += random.float() - 0.5).toFixed(2)} ${timestampMs}`);
    return `${lines.join('\n')}\n`;
  });
}
