/** The page of a registry for applications: as a string, or as an answer of `node:http` and what is built on it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { inSlices, systemSlicingClock, type SlicingClock } from '../system/slicing.ts';
import { exposeFamilies, type ExpositionFormat } from './exposition.ts';
import { metricsAcceptOf, metricsHeadersOf, openMetricsPage, type MetricsSource } from './metrics-page.ts';

interface PageDeps {
  /** Default: the machine's. */
  readonly clock?: SlicingClock;
}

/** The page as one string. `format` is a text format: protobuf is no text. */
export async function renderMetrics(
  source: MetricsSource,
  format: ExpositionFormat,
  { clock = systemSlicingClock }: PageDeps = {},
): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of inSlices(clock, exposeFamilies(await source.read(), format))) pieces.push(piece);
  return pieces.join('');
}

/**
 * Answers `GET` and `HEAD` with the page; other methods with 405. Never throws: when the source fails, the answer is 500.
 *
 * ```ts
 * createServer(metricsHandler(registry)).listen(9100, '127.0.0.1');
 * app.get('/metrics', metricsHandler(registry)); // Express
 * ```
 */
export function metricsHandler(
  source: MetricsSource,
  { clock = systemSlicingClock }: PageDeps = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => void answer({ source, clock, request, response });
}

interface Exchange {
  readonly source: MetricsSource;
  readonly clock: SlicingClock;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Ends when the answer has been handed over or its reader has gone; never rejects. */
async function answer({ source, clock, request, response }: Exchange): Promise<void> {
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD', 'content-length': 0 }).end();
    return;
  }
  const accept = metricsAcceptOf(headers.accept, headers['accept-encoding']);
  if (method === 'HEAD') {
    response.writeHead(200, metricsHeadersOf(accept)).end();
    return;
  }
  try {
    const page = await openMetricsPage(source, accept, clock);
    await pipeline(page.body, response.writeHead(200, page.headers));
  } catch {
    // A reader that went away cannot be told, nor can one that has half of a page.
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { 'content-type': 'text/plain' }).end('cannot collect metrics\n');
  }
}
