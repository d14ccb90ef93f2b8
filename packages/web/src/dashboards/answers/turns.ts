/**
 * Lets so many of a page's questions run at once, the others wait in the order they came. Browsers bound this
 * themselves over HTTP/1.1; through a proxy that speaks HTTP/2 a page of a hundred panels would ask all at once, and
 * the server refuses a client of which too many wait. Who gives up while waiting leaves without a place.
 */
export class Turns {
  readonly #runningMax: number;
  #runningCount = 0;
  /** In the order they came: starts the one that waits. */
  readonly #waiting = new Set<() => void>();

  constructor(runningMax: number) {
    this.#runningMax = runningMax;
  }

  /** Runs `ask` in its turn. Rejects with the reason of `signal` when it aborts before. */
  async run<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#runningCount < this.#runningMax) this.#runningCount++;
    else await this.#place(signal);
    try {
      return await ask();
    } finally {
      this.#leave();
    }
  }

  /** The one who leaves hands its place on, so that nobody who comes in between takes it. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#runningCount--;
    else next();
  }

  #place(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.delete(start);
        reject(signal.reason as Error);
      };
      const start = (): void => {
        this.#waiting.delete(start);
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      this.#waiting.add(start);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }
}
