/**
 * The page of a registry as an answer to `GET /metrics`, whatever carries it: in the format that the scraper likes best,
 * compressed when it takes gzip. Encoding runs in slices of 5 ms, so 100,000 series do not hold up the requests beside
 * them.
 */
import { pipeline, Readable } from 'node:stream';
import { inSlices, systemSlicingClock, type SlicingClock } from '../system/slicing.ts';
import { exposeFamilies } from './exposition.ts';
import type { FamilyView } from './instruments.ts';
import { PAGE_CONTENT_TYPES, pageFormatOf, type PageFormat } from './negotiation.ts';
import { exposeProtobuf } from './protobuf-exposition.ts';

/** A registry, or what puts several together (`mergeRegistries` of `@vedette/sdk/prom-client`). */
export interface MetricsSource {
  read(): readonly FamilyView[] | Promise<readonly FamilyView[]>;
}

export interface MetricsPage {
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes, made as they are read. Who destroys it half-way stops the work. */
  readonly body: Readable;
}

/** What a scraper takes: headers of its request. */
export interface MetricsAccept {
  readonly format: PageFormat;
  readonly isCompressed: boolean;
}

export function metricsAcceptOf(
  accept: string | undefined,
  acceptEncoding: string | readonly string[] | undefined,
): MetricsAccept {
  return { format: pageFormatOf(accept), isCompressed: acceptsGzip(acceptEncoding) };
}

export function metricsHeadersOf({ format, isCompressed }: MetricsAccept): Record<string, string> {
  return {
    'content-type': PAGE_CONTENT_TYPES[format],
    vary: 'Accept, Accept-Encoding',
    ...(isCompressed && { 'content-encoding': 'gzip' }),
  };
}

/** Reads the source; rejects when that fails. */
export async function openMetricsPage(
  source: MetricsSource,
  accept: MetricsAccept,
  clock: SlicingClock = systemSlicingClock,
): Promise<MetricsPage> {
  const families = await source.read();
  const pieces = inSlices(clock, piecesOf(families, accept.format));
  const body = Readable.from(bytesOf(pieces), { objectMode: false });
  return { headers: metricsHeadersOf(accept), body: accept.isCompressed ? await compressed(body) : body };
}

function* piecesOf(families: readonly FamilyView[], format: PageFormat): Generator<string | Uint8Array> {
  if (format === 'protobuf') yield* exposeProtobuf(families);
  else yield* exposeFamilies(families, format);
}

async function* bytesOf(pieces: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    if (piece.length > 0) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
  }
}

// Fast: level 6 takes three times as long for a tenth less, and the page is read once.
const GZIP_LEVEL = 1;

async function compressed(body: Readable): Promise<Readable> {
  const { createGzip } = await import('node:zlib');
  // A failure, and a reader that goes, end both streams; who reads the second one sees it there.
  return pipeline(body, createGzip({ level: GZIP_LEVEL }), () => undefined);
}

/** True when gzip is named and not refused; `*` alone is not enough, for nobody who says so reads metrics. */
function acceptsGzip(acceptEncoding: string | readonly string[] | undefined): boolean {
  const ranges = String(acceptEncoding ?? '').split(',');
  return ranges.some((range) => /^\s*(x-)?gzip\s*(;\s*q=(?!0(\.0*)?\s*$)[\d.]+\s*)?$/i.test(range));
}
