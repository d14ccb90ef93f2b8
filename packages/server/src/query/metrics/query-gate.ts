import { CanceledError, TimeoutError, UnavailableError, type Clock } from '@vedette/model';

export interface QueryGateOptions {
  readonly clock: Clock;
  readonly runningMax: number;
  readonly queuedMax: number;
  /** How long a query may wait for its turn. */
  readonly waitMsMax: number;
  /** What the two limits are called in errors; by default the keys of the configuration. */
  readonly limitNames?: { readonly running: string; readonly queued: string };
}

const CONFIGURED = { running: 'query.max_concurrency', queued: 'query.max_queued' };

/**
 * Lets a limited number of queries run; a limited number more waits in order of arrival, the rest is
 * refused at once. Waiting ends early when the caller's signal aborts or the wait takes too long.
 */
export class QueryGate {
  readonly #options: QueryGateOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: QueryGateOptions) {
    this.#options = options;
  }

  get runningCount(): number {
    return this.#running;
  }

  get queuedCount(): number {
    return this.#waiting.length;
  }

  /** Runs `work` in its turn and gives its result; it waits `waitMs` at most when that is shorter than others may. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>, waitMs = Infinity): Promise<T> {
    await this.#enter(signal, Math.min(waitMs, this.#options.waitMsMax));
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(signal: AbortSignal, waitMs: number): Promise<void> {
    const { runningMax, queuedMax, limitNames = CONFIGURED } = this.#options;
    if (signal.aborted) throw canceled(signal);
    if (this.#running < runningMax) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= queuedMax)
      throw new UnavailableError(
        'VED_QUERY_BUSY',
        `cannot start query: ${this.#running} run (${limitNames.running}) and ${this.#waiting.length} wait ` +
          `(${limitNames.queued}); try again later`,
      );
    await this.#wait(signal, waitMs);
  }

  /** The slot of a finished query is handed on, so `#running` stays as it is. */
  #wait(signal: AbortSignal, waitMs: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const start = (): void => {
        stopWaiting();
        resolve();
      };
      const giveUp = (error: Error): void => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        stopWaiting();
        reject(error);
      };
      const onAbort = (): void => giveUp(canceled(signal));
      const timer = clock.setTimer(Math.max(0, waitMs), () =>
        giveUp(
          new TimeoutError('VED_QUERY_TIMEOUT', `query timed out in query queue; limit is ${waitMs} ms`),
        ),
      );
      const stopWaiting = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
      };
      signal.addEventListener('abort', onAbort);
      this.#waiting.push(start);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}

function canceled(signal: AbortSignal): CanceledError {
  return new CanceledError('VED_QUERY_CANCELED', 'query was canceled by its caller', {
    cause: signal.reason,
  });
}
