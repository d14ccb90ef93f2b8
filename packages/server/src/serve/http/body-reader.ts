/**
 * Reads request bodies whole, within a budget that all requests share.
 *
 * 1. A body above its route's limit is refused by its declared length, else while it comes.
 * 2. What bodies hold together is counted from the first byte until the answer has ended, in work or not. A body
 *    that would go beyond is refused with 503 and asked to come again: a thousand connections that each send nearly
 *    32 MiB and then wait would otherwise take 32 GiB, each within its own limit.
 * 3. The first bytes of each body are free, so that queries go on being answered while large bodies are refused.
 */
import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { InputError, UnavailableError } from '@vedette/model';

// Eight of the largest bodies (remote write's 32 MiB). Senders of Prometheus' size (200 kB) may come a thousand at a time.
export const BODIES_BYTES_MAX = 256 * 1024 * 1024;

// Forms of queries stay below; with every connection in use this is 64 MiB on top.
export const BODY_BYTES_FREE = 64 * 1024;

/** What is known of a request before its body. */
export type BodyOwner = Pick<FastifyRequest, 'headers' | 'routeOptions'>;

/** Reads the bodies of one server. */
export class BodyReader {
  readonly #bytesMax: number;
  readonly #held = new Map<BodyOwner, number>();
  #bytes = 0;

  constructor(bytesMax = BODIES_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Counted bytes: those beyond the free ones. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Resolves with the body of at most the route's limit. Rejects with `InputError` (VED_BODY_TOO_LARGE, VED_BODY_INVALID)
   * or `UnavailableError` (VED_INGEST_BUSY); the rest of the body is left unread. What is held stays counted until `release`.
   */
  read(request: BodyOwner, payload: Readable): Promise<Buffer> {
    const { bodyLimit } = request.routeOptions;
    const declared = Number(request.headers['content-length'] ?? NaN);
    if (declared > bodyLimit) return Promise.reject(tooLarge(bodyLimit));
    return new Promise((resolve, reject) => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      const finish = (settle: () => void): void => {
        payload.off('data', onData).off('end', onEnd).off('error', onError);
        settle();
      };
      const onData = (chunk: Uint8Array): void => {
        length += chunk.length;
        if (length > bodyLimit) finish(() => reject(tooLarge(bodyLimit)));
        else if (!this.#hold(request, length)) finish(() => reject(this.#busy()));
        else chunks.push(chunk);
      };
      const onEnd = (): void => finish(() => resolve(Buffer.concat(chunks, length)));
      const onError = (cause: Error): void =>
        finish(() =>
          reject(new InputError('VED_BODY_INVALID', `cannot read the body: ${cause.message}`, { cause })),
        );
      payload.on('data', onData).on('end', onEnd).on('error', onError);
    });
  }

  /** The request has been answered, or its sender has gone. */
  release(request: BodyOwner): void {
    this.#bytes -= this.#held.get(request) ?? 0;
    this.#held.delete(request);
  }

  /** False when it would be too much; a body alone is never too much. */
  #hold(request: BodyOwner, length: number): boolean {
    const before = this.#held.get(request) ?? 0;
    const counted = Math.max(0, length - BODY_BYTES_FREE);
    const others = this.#bytes - before;
    if (others > 0 && others + counted > this.#bytesMax && counted > 0) return false;
    this.#bytes = others + counted;
    this.#held.set(request, counted);
    return true;
  }

  #busy(): UnavailableError {
    return new UnavailableError(
      'VED_INGEST_BUSY',
      `cannot take the body now: bodies of ${this.#bytes} bytes are held, the limit is ${this.#bytesMax}; send again later`,
    );
  }
}

function tooLarge(bodyLimit: number): InputError {
  return new InputError(
    'VED_BODY_TOO_LARGE',
    `cannot take the body: it is longer than the limit of ${bodyLimit} bytes`,
  );
}
