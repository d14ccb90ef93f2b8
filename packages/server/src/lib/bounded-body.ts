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
