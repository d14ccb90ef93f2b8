import type * as http from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

export interface BoundedBodyOptions {
  /** Whether the body is compressed; the limit counts what it unpacks to. */
  readonly isGzip: boolean;
  readonly bytesMax: number;
  /** What is thrown for a longer body, while it comes. */
  readonly tooLarge: () => Error;
}

/** The whole body of an answer, read within a limit. When `signal` aborts, unpacking ends with its reason. */
export async function readBoundedBody(
  response: http.IncomingMessage,
  options: BoundedBodyOptions,
  signal: AbortSignal,
): Promise<Buffer> {
  if (!options.isGzip) return await collect(response, options);
  const gunzip = createGunzip();
  // The compressed side can fail (a cut connection) while only the other side is read.
  response.on('error', (error) => gunzip.destroy(error));
  const onAbort = (): void => void gunzip.destroy(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await collect(response.pipe(gunzip), options);
  } finally {
    signal.removeEventListener('abort', onAbort);
    gunzip.destroy();
  }
}

/** The whole body of an answer to `fetch`; `undefined`, and the connection cut, when it is longer than `bytesMax`. */
export async function readFetched(
  response: Response,
  bytesMax: number,
): Promise<Buffer<ArrayBuffer> | undefined> {
  const pieces: Uint8Array[] = [];
  const isWhole = await eachPiece(response, bytesMax, (piece) => pieces.push(piece));
  return isWhole ? Buffer.concat(pieces) : undefined;
}

/** The same as text in UTF-8, decoded while it comes. */
export async function readFetchedText(response: Response, bytesMax: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  const isWhole = await eachPiece(response, bytesMax, (piece) => {
    text += decoder.decode(piece, { stream: true });
  });
  return isWhole ? text + decoder.decode() : undefined;
}

async function eachPiece(
  response: Response,
  bytesMax: number,
  take: (piece: Uint8Array) => void,
): Promise<boolean> {
  let sizeBytes = 0;
  // Leaving the loop cancels the body, and with it the connection.
  for await (const piece of response.body ?? []) {
    sizeBytes += piece.length;
    if (sizeBytes > bytesMax) return false;
    take(piece);
  }
  return true;
}

async function collect(stream: Readable, { bytesMax, tooLarge }: BoundedBodyOptions): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > bytesMax) throw tooLarge();
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, sizeBytes);
}
