import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { SeededRandom } from '@vedette/model';

/** How much data both scrapers get: 120 pages, 15 s apart, make half an hour. */
export const PAGE_COUNT = 120;
const PAGE_DISTANCE_MS = 15_000;

/** Pages of an exposition, handed to every scraper in the same order and in its own pace; the path says who asks. */
export interface ServedPages {
  readonly address: string;
  /** Pages that the scraper of this path has taken. */
  taken(path: string): number;
}

/**
 * A page is taken when its scraper comes again by the same connection. Who gave up at a deadline, as on a busy machine,
 * has closed it, and gets the page once more: what it took nevertheless has the same values at the same times. When all
 * are taken the last one, `afterwards`, is given for ever.
 */
export async function servePages(
  t: TestContext,
  pages: readonly string[],
  { afterwards = '', contentType = 'text/plain; version=0.0.4; charset=utf-8' } = {},
): Promise<ServedPages> {
  const readers = new Map<string, { index: number; socket: Socket }>();
  const server = createServer(({ url = '', socket }, response) => {
    const before = readers.get(url);
    const index = before === undefined ? 0 : before.index + (before.socket === socket ? 1 : 0);
    readers.set(url, { index, socket });
    response.writeHead(200, { 'Content-Type': contentType }).end(pages[index] ?? afterwards);
  });
  // Longer than any pause between two scrapes.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the page server has no address');
  return {
    address: `127.0.0.1:${address.port}`,
    taken: (path) => Math.min(readers.get(path)?.index ?? 0, pages.length),
  };
}

/**
 * Half an hour of an invented shop. Timestamps are explicit, jittered, and never whole seconds, so that no sample lies on the
 * border of a range when queries are asked at whole seconds: closed and left-open ranges then agree.
 */
export interface PageServer extends ServedPages {
  readonly firstMs: number;
  readonly lastMs: number;
  /** Samples on all pages together. */
  readonly sampleCount: number;
}

export async function startPageServer(
  t: TestContext,
  options: { seed: number; lastMs: number },
): Promise<PageServer> {
  const lastMs = Math.floor(options.lastMs / 1000) * 1000;
  const firstMs = lastMs - PAGE_COUNT * PAGE_DISTANCE_MS;
  const pages = createPages(new SeededRandom(options.seed), firstMs);
  return {
    ...(await servePages(t, pages)),
    firstMs,
    lastMs,
    sampleCount: pages.reduce((sum, page) => sum + page.split('\n').length - 1, 0),
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
