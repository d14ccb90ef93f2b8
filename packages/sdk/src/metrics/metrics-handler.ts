/**
 * The page of a registry for applications: as a string, or as an answer of `node:http` (and of every framework that
 * has its request and response), in the format that the scraper likes best, compressed when it takes gzip. Encoding
 * runs in slices of 5 ms, so 100,000 series do not hold up the requests beside them.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { inSlices, systemSlicingClock, type SlicingClock } from '../system/slicing.ts';
import { exposeFamilies } from './exposition.ts';
import type { FamilyView } from './instruments.ts';
import { PAGE_CONTENT_TYPES, pageFormatOf, type PageFormat } from './negotiation.ts';
import { exposeProtobuf } from './protobuf-exposition.ts';

/** A registry, or what puts several together (`mergeRegistries` of `@vedette/sdk/prom-client`). */
export interface MetricsSource {
  read(): readonly FamilyView[] | Promise<readonly FamilyView[]>;
}

interface PageDeps {
  /** Default: the machine's. */
  readonly clock?: SlicingClock;
}

/** The page as one string. `format` is a text format: protobuf is no text. */
export async function renderMetrics(
  source: MetricsSource,
  format: Exclude<PageFormat, 'protobuf'>,
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
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD', 'content-length': 0 }).end();
    return;
  }
  const format = pageFormatOf(request.headers.accept);
  const isCompressed = acceptsGzip(request.headers['accept-encoding']);
  const headers = {
    'content-type': PAGE_CONTENT_TYPES[format],
    vary: 'Accept, Accept-Encoding',
    ...(isCompressed && { 'content-encoding': 'gzip' }),
  };
  try {
    const families = request.method === 'HEAD' ? [] : await source.read();
    response.writeHead(200, headers);
    if (request.method === 'HEAD') response.end();
    else await send(response, inSlices(clock, piecesOf(families, format)), isCompressed);
  } catch {
    // A reader that went away cannot be told, nor can one that has half of a page.
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { 'content-type': 'text/plain' }).end('cannot collect metrics\n');
  }
}

function* piecesOf(families: readonly FamilyView[], format: PageFormat): Generator<string | Uint8Array> {
  if (format === 'protobuf') yield* exposeProtobuf(families);
  else yield* exposeFamilies(families, format);
}

async function send(
  response: Writable,
  pieces: AsyncIterable<string | Uint8Array>,
  isCompressed: boolean,
): Promise<void> {
  const page = Readable.from(bytesOf(pieces), { objectMode: false });
  if (!isCompressed) {
    await pipeline(page, response);
    return;
  }
  const { createGzip } = await import('node:zlib');
  await pipeline(page, createGzip({ level: GZIP_LEVEL }), response);
}

// Fast: level 6 takes three times as long for a tenth less, and the page is read once.
const GZIP_LEVEL = 1;

async function* bytesOf(pieces: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    if (piece.length > 0) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
  }
}

/** True when gzip is named and not refused; `*` alone is not enough, for nobody who says so reads metrics. */
function acceptsGzip(acceptEncoding: string | string[] | undefined): boolean {
  const ranges = String(acceptEncoding ?? '').split(',');
  return ranges.some((range) => /^\s*(x-)?gzip\s*(;\s*q=(?!0(\.0*)?\s*$)[\d.]+\s*)?$/i.test(range));
}
