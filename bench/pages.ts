import { createServer } from 'node:http';
import { SeededRandom } from '@vedette/model';

const PAGE_COUNT = 30;
const TARGETS = 10;
const BUCKETS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1.0', '2.5', '5.0', '10.0', '+Inf'];

/** What a dashboard asks about the pages. */
export const DASHBOARD_QUERIES: readonly string[] = [
  'requests_total{path="/p3"}',
  'sum by (path) (rate(requests_total[5m]))',
  'histogram_quantile(0.99, sum by (le) (rate(latency_bucket[5m])))',
  'sum(rate(requests_total{code=~"5.."}[5m])) / sum(rate(requests_total[5m]))',
  'topk(5, sum by (instance) (avg_over_time(temperature[10m])))',
];

export const SERIES_PER_PAGE = 2700;

/** An exporter on loopback whose page changes with every request. */
export interface Pages extends AsyncDisposable {
  readonly address: string;
  /** Pages handed out so far. */
  readonly served: number;
}

/** Pages without timestamps, made before, in turns. */
export async function startPages(): Promise<Pages> {
  const pages = createPages(PAGE_COUNT);
  let served = 0;
  const server = createServer((_, response) => {
    const page = pages[served++ % pages.length] ?? '';
    response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(page);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    address: `127.0.0.1:${address.port}`,
    get served() {
      return served;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Ten targets of them each second; Prometheus' own words, which all three read. */
export function scrapeConfig({ address }: Pages, job: string): string {
  const targets = Array.from(
    { length: TARGETS },
    (_, i) => `{ targets: ["${address}"], labels: { instance: "i${i}" } }`,
  ).join(', ');
  return `global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs: [ { job_name: ${job}, static_configs: [ ${targets} ] } ]\n`;
}

interface Walk {
  readonly series: string;
  readonly next: () => string;
}

/** 1,200 counters, 1,200 histogram buckets, 300 gauges with two decimals. */
function createPages(count: number): string[] {
  const walks = createWalks();
  return Array.from({ length: count }, () =>
    walks.map(({ series, next }) => `${series} ${next()}\n`).join(''),
  );
}

function createWalks(): Walk[] {
  const random = new SeededRandom(42);
  const walks: Walk[] = [];
  const counter = (series: string, step: number): void => {
    let value = 0;
    walks.push({ series, next: () => String((value += Math.floor(random.float() * step))) });
  };
  for (let replica = 0; replica < 15; replica++)
    for (let route = 0; route < 20; route++)
      for (const [i, code] of ['200', '301', '404', '500'].entries())
        counter(`requests_total{replica="r${replica}",path="/p${route}",code="${code}"}`, 200 / (i * 10 + 1));
  for (let replica = 0; replica < 10; replica++)
    for (let route = 0; route < 10; route++)
      for (const [i, le] of BUCKETS.entries())
        counter(`latency_bucket{replica="r${replica}",path="/p${route}",le="${le}"}`, (i + 1) * 10);
  for (let sensor = 0; sensor < 300; sensor++) {
    let value = 20;
    walks.push({
      series: `temperature{replica="r${sensor % 15}",sensor="${sensor}"}`,
      next: () => (value += random.float() - 0.5).toFixed(2),
    });
  }
  return walks;
}
