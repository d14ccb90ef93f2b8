import type { Clock, Labels, Timer } from '@vedette/model';
import { TimeoutError } from '@vedette/model';
import type { DiscoveryDeps, TargetDiscovery } from './discovery.ts';

export interface PolledDiscoveryOptions {
  /** Word of the configuration key, for metrics: `http`, `dns`. */
  readonly kind: string;
  /** What is asked, for messages. */
  readonly source: string;
  readonly refreshMs: number;
  /** Asks once; rejects when nothing can be said. The signal aborts at the deadline. */
  readonly look: (signal: AbortSignal) => Promise<readonly Labels[]>;
}

/** An answer that takes longer is none; a shorter refresh interval shortens it. */
const LOOK_MS_MAX = 30_000;

/** Asks somebody else for targets, again and again: one look at a time, the next one interval after the last ended. */
export class PolledDiscovery implements TargetDiscovery {
  readonly isLocal = false;
  readonly #deps: DiscoveryDeps;
  readonly #options: PolledDiscoveryOptions;
  readonly #stop = new AbortController();
  #targets: readonly Labels[] = [];
  #timer: Timer | undefined;
  #isStarted = false;
  #lastFailure = '';

  constructor(deps: DiscoveryDeps, options: PolledDiscoveryOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  targets(): readonly Labels[] {
    return this.#targets;
  }

  async refresh(): Promise<boolean> {
    try {
      const found = await this.#look();
      this.#lastFailure = '';
      if (JSON.stringify(found) === JSON.stringify(this.#targets)) return false;
      this.#targets = found;
      return true;
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#report(error);
      return false;
    }
  }

  start(onChange: () => void): void {
    if (this.#isStarted || this.#stop.signal.aborted) return;
    this.#isStarted = true;
    const go = (): void =>
      void this.refresh().then((hasChanged) => {
        if (this.#stop.signal.aborted) return;
        if (hasChanged) onChange();
        this.#timer = this.#deps.clock.setTimer(this.#options.refreshMs, go);
      });
    go();
  }

  stop(): void {
    this.#stop.abort();
    this.#timer?.cancel();
  }

  async #look(): Promise<readonly Labels[]> {
    const { refreshMs, look } = this.#options;
    return await withDeadline(this.#deps.clock, {
      ms: Math.min(refreshMs, LOOK_MS_MAX),
      stop: this.#stop.signal,
      run: look,
    });
  }

  /** Each failure is counted; the log tells a lasting one once. */
  #report(error: unknown): void {
    const { kind, source } = this.#options;
    this.#deps.metrics.discoveryFailures.inc(1, kind);
    const failure = error instanceof Error ? error.message : String(error);
    if (failure === this.#lastFailure) return;
    this.#lastFailure = failure;
    this.#deps.log.warn('cannot discover targets; the last good ones stay', { kind, source, error });
  }
}

async function withDeadline<T>(
  clock: Clock,
  {
    ms,
    stop,
    run,
  }: { readonly ms: number; readonly stop: AbortSignal; readonly run: (signal: AbortSignal) => Promise<T> },
): Promise<T> {
  const deadline = new AbortController();
  const timer = clock.setTimer(ms, () =>
    deadline.abort(new TimeoutError('VED_SCRAPE_FAILED', `no answer within ${ms} ms`)),
  );
  const signal = AbortSignal.any([stop, deadline.signal]);
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([run(signal), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    timer.cancel();
  }
}
