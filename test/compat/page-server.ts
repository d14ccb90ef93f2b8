import { createServer } from 'node:http';
import type { TestContext } from 'node:test';
import { SeededRandom } from '@vedette/model';

/** How much data both scrapers get: 120 pages, 15 s apart, make half an hour. */
export const PAGE_COUNT = 120;
const PAGE_DISTANCE_MS = 15_000;

/**
 * Hands every scraper the same sequence of pages, one per request and in its own pace; the path says
 * who asks. Timestamps are explicit, jittered, and never whole seconds, so that no sample lies on the
 * border of a range when queries are asked at whole seconds: closed and left-open ranges then agree.
 */
export interface PageServer {
  readonly address: string;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Samples on all pages together. */
  readonly sampleCount: number;
  /** Pages that the scraper of this path has taken. */
  taken(path: string): number;
}

export async function startPageServer(
  t: TestContext,
  options: { seed: number; lastMs: number },
): Promise<PageServer> {
  const lastMs = Math.floor(options.lastMs / 1000) * 1000;
  const firstMs = lastMs - PAGE_COUNT * PAGE_DISTANCE_MS;
  const pages = createPages(new SeededRandom(options.seed), firstMs);
  const taken = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const index = taken.get(path) ?? 0;
    taken.set(path, index + 1);
    response
      .writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' })
      .end(pages[index] ?? '');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the page server has no address');
  return {
    address: `127.0.0.1:${address.port}`,
    firstMs,
    lastMs,
    sampleCount: pages.reduce((sum, page) => sum + page.split('\n').length - 1, 0),
    taken: (path) => Math.min(taken.get(path) ?? 0, PAGE_COUNT),
  };
}

const BUCKETS = ['0.1', '0.5', '1.0', '2.5', '+Inf'];

interface Walk {
  readonly name: string;
  readonly labels: string;
  readonly next: () => string;
}

function createPages(random: SeededRandom, firstMs: number): string[] {
  const walks = createWalks(random);
  return Array.from({ length: PAGE_COUNT }, (_, page) => {
    const lines: string[] = [];
    for (const { name, labels, next } of walks) {
      const value = next();
      // A series is missing now and then: gaps longer and shorter than the lookback both occur.
      if (random.float() < 0.03) continue;
      const timestampMs = firstMs + page * PAGE_DISTANCE_MS + 1 + Math.floor(random.float() * 990);
      lines.push(`${name}{${labels}} ${value} ${timestampMs}`);
    }
    return `${lines.join('\n')}\n`;
  });
}

function createWalks(random: SeededRandom): Walk[] {
  const walks: Walk[] = [];
  for (const path of ['/', '/cart', '/pay', '/login']) {
    for (const code of ['200', '404', '500'])
      walks.push({
        name: 'requests_total',
        labels: `path="${path}",code="${code}"`,
        next: counterOf(random, 40),
      });
    walks.push({
      name: 'temperature',
      labels: `path="${path}",zone="${path.length % 2 === 0 ? 'a' : 'b'}"`,
      next: gaugeOf(random),
    });
    walks.push({ name: 'limit', labels: `path="${path}"`, next: () => String(path.length * 10) });
    const counts = BUCKETS.map(() => 0);
    const draw = (): void => {
      for (let i = 0; i < 12; i++) {
        const bucket = Math.floor(random.float() * BUCKETS.length);
        for (let j = bucket; j < BUCKETS.length; j++) counts[j] = (counts[j] ?? 0) + 1;
      }
    };
    for (const [i, le] of BUCKETS.entries()) {
      walks.push({
        name: 'latency_bucket',
        labels: `path="${path}",le="${le}"`,
        next: () => {
          if (i === 0) draw();
          return String(counts[i]);
        },
      });
    }
  }
  return walks;
}

/** A counter that restarts from zero about every fifty pages. */
function counterOf(random: SeededRandom, stepMax: number): () => string {
  let value = Math.floor(random.float() * 1000);
  return () => {
    value = random.float() < 0.02 ? 0 : value + Math.floor(random.float() * stepMax);
    return String(value);
  };
}

function gaugeOf(random: SeededRandom): () => string {
  let value = 20;
  return () => {
    value += random.float() * 4 - 2;
    return random.float() < 0.01 ? 'NaN' : value.toFixed(3);
  };
}
