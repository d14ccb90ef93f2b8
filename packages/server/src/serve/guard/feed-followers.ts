/**
 * Those who follow the decisions: bounded, and let go at once when the server stops, since a feed has no end of its
 * own that a stopping server could wait for.
 */
// One per process of an application; a hundred processes are a large house. Each holds a connection of the 1,024.
export const FEED_FOLLOWERS_MAX = 256;

export class FeedFollowers {
  readonly #leaving = new Set<() => void>();
  #isClosed = false;

  /**
   * A place, with the signal that ends it: `signal`'s end, or the server's. `undefined`: all are taken. `leave` twice
   * is safe.
   */
  enter(signal: AbortSignal): { readonly signal: AbortSignal; readonly leave: () => void } | undefined {
    if (this.#isClosed || this.#leaving.size >= FEED_FOLLOWERS_MAX) return undefined;
    const controller = new AbortController();
    const leave = (): void => {
      this.#leaving.delete(leave);
      signal.removeEventListener('abort', leave);
      controller.abort();
    };
    this.#leaving.add(leave);
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    return { signal: controller.signal, leave };
  }

  /** Everybody leaves, and nobody comes any more. */
  close(): void {
    this.#isClosed = true;
    for (const leave of this.#leaving) leave();
  }
}
