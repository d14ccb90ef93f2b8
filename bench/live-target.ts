/** What `live` has scraped: a shop of three services, each with requests by route and status, and when this was. */
import { once } from 'node:events';
import { createServer } from 'node:http';

export const SERVICES = ['web', 'orders', 'payments'] as const;

const ROUTES = ['/a', '/b', '/c', '/d'];
const STATUSES = ['200', '404', '500'];
const BUCKETS = ['0.05', '0.1', '0.25', '0.5', '1', '+Inf'];

/**
 * Its value says when the scrape was, in seconds since the target's `sinceMs`: how old a shown sample is can be read from it. Not since
 * 1970, since live values carry few digits.
 */
export const SCRAPED_AT = 'shop_scraped_at_seconds';

export interface LiveTarget extends AsyncDisposable {
  readonly address: string;
  readonly sinceMs: number;
}

export async function startLiveTarget(): Promise<LiveTarget> {
  const sinceMs = Date.now();
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(expositionAt(Date.now(), sinceMs));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('cannot listen for scrapes: no port');
  return {
    address: `127.0.0.1:${address.port}`,
    sinceMs,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function expositionAt(nowMs: number, sinceMs: number): string {
  const lines = [`# TYPE ${SCRAPED_AT} gauge`, `${SCRAPED_AT} ${(nowMs - sinceMs) / 1000}`];
  lines.push('# TYPE shop_requests_total counter');
  for (const [service, route, status, n] of combinations(STATUSES))
    lines.push(
      `shop_requests_total{service="${service}",route="${route}",status="${status}"} ${countAt(nowMs, n)}`,
    );
  lines.push('# TYPE shop_request_seconds histogram');
  for (const [service, route, le, n] of combinations(BUCKETS))
    lines.push(
      `shop_request_seconds_bucket{service="${service}",route="${route}",le="${le}"} ${countAt(nowMs, n)}`,
    );
  return `${lines.join('\n')}\n`;
}

/** Each combination with its number, from 1 up within a route, so that buckets are cumulative. */
function* combinations(last: readonly string[]): Generator<[string, string, string, number]> {
  for (const service of SERVICES)
    for (const route of ROUTES) for (const [i, value] of last.entries()) yield [service, route, value, i + 1];
}

/** Grows with the clock, so that it is a counter over restarts too, at a pace that swings. */
function countAt(nowMs: number, n: number): number {
  const seconds = nowMs / 1000;
  return Math.round(n * (seconds * 5 + 20 * Math.sin(seconds / 20)));
}
