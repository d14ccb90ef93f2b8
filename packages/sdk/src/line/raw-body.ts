import type { IncomingMessage } from 'node:http';
import type { SdkClock } from '../system/system.ts';

/** The bytes of a body, or why there are none. */
export type RawBody =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' | 'too-slow' | 'cut-off' | 'parsed-before' };

// LINE puts up to some hundred events of 1 to 5 kB into a webhook.
export const WEBHOOK_BYTES_MAX = 1024 * 1024;

// LINE itself gives up on a webhook after seconds.
const BODY_MS_MAX = 10_000;

/**
 * Reads the body as it came. A body that something before has read is taken from where frameworks leave its bytes:
 * `rawBody`, or `body` by `express.raw()`. One that was parsed and not kept is no more to be had.
 */
export async function readRawBody(
  request: IncomingMessage & { readonly rawBody?: unknown; readonly body?: unknown },
  clock: SdkClock,
): Promise<RawBody> {
  const kept = keptBytes(request.rawBody) ?? keptBytes(request.body);
  if (kept !== undefined)
    return kept.length > WEBHOOK_BYTES_MAX ? { kind: 'too-large' } : { kind: 'bytes', bytes: kept };
  if (request.readableEnded) return { kind: 'parsed-before' };
  if (Number(request.headers['content-length'] ?? 0) > WEBHOOK_BYTES_MAX) return { kind: 'too-large' };
  return await readStream(request, clock);
}

function keptBytes(body: unknown): Uint8Array | undefined {
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  return body instanceof Uint8Array ? body : undefined;
}

function readStream(request: IncomingMessage, clock: SdkClock): Promise<RawBody> {
  return new Promise((resolve) => {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    const end = (result: RawBody): void => {
      timer.cancel();
      request.removeListener('data', onData);
      resolve(result);
    };
    const onData = (piece: Uint8Array): void => {
      bytes += piece.length;
      if (bytes > WEBHOOK_BYTES_MAX) end({ kind: 'too-large' });
      else pieces.push(piece);
    };
    const timer = clock.setTimer(BODY_MS_MAX, () => end({ kind: 'too-slow' }));
    request.on('data', onData);
    request.once('end', () => end({ kind: 'bytes', bytes: Buffer.concat(pieces) }));
    request.once('error', () => end({ kind: 'cut-off' }));
  });
}
