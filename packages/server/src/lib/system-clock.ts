import type { Clock, Timer } from '@vedette/model';

/** Node holds at most 2^31-1 ms in one timer; longer delays are cut in pieces. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * The machine's clocks and Node's timers.
 *
 * Whoever yields waits in line, and one is let in per turn of the event loop. If all came back in the same
 * turn, four queries in slices of 5 ms would hold the loop for 20.
 */
export class SystemClock implements Clock {
  /** Those that wait in `yield`, the first one first. */
  #yielding: (() => void)[] = [];

  nowMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  setTimer(delayMs: number, task: () => void): Timer {
    let handle: NodeJS.Timeout;
    const arm = (restMs: number): void => {
      const pieceMs = Math.min(restMs, TIMER_MS_MAX);
      handle = setTimeout(() => (restMs > pieceMs ? arm(restMs - pieceMs) : task()), pieceMs);
      handle.unref();
    };
    arm(Math.max(0, delayMs));
    return { cancel: () => clearTimeout(handle) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      const timer = this.setTimer(delayMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  yield(): Promise<void> {
    return new Promise((resolve) => {
      this.#yielding.push(resolve);
      if (this.#yielding.length === 1) setImmediate(() => this.#resumeNext());
    });
  }

  #resumeNext(): void {
    this.#yielding.shift()?.();
    // An immediate asked for by an immediate runs in the next turn.
    if (this.#yielding.length > 0) setImmediate(() => this.#resumeNext());
  }
}
