import type { ActionBatch, FeedMessage } from './wire.ts';

/** A way to the server: HTTP, or Redis beside it. */
export interface GuardTransport {
  /** For messages and metrics: `http`, `redis`. */
  readonly name: string;
  /**
   * Sends a batch; rejects when it should be sent again later, with `BatchRefusedError` when never. Ends when `signal`
   * aborts. `undefined`: decisions come this way, actions do not leave by it.
   */
  readonly send?: (batch: ActionBatch, signal: AbortSignal) => Promise<void>;
  /** Follows the feed until closed, connecting again by itself. */
  follow(listener: FeedListener): { close(): void };
}

export interface FeedListener {
  /** One message, in order. Returns false when it does not fit what is known: the transport then begins with a snapshot. */
  take(message: FeedMessage): boolean;
  /** The connection is gone; known decisions still hold. */
  lost(error: unknown): void;
}

/** The server read a batch and will not take it, now or later. */
export class BatchRefusedError extends Error {
  override readonly name = 'BatchRefusedError';
}
