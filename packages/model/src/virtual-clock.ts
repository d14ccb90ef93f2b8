import { bug } from './bug.ts';
import type { Clock, Timer } from './clock.ts';

/**
 * A clock that stands until told to advance: for tests, simulations and backtests. Timers fire in
 * order of their time, equal ones in order of creation, each followed by a settling pause in which
 * the promises it touched can move on.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #monotonicMs = 0;
  #nextOrder = 0;
  #timers: PendingTimer[] = [];
  readonly #settle: () => Promise<void>;

  /** `settle` waits until nothing moves any more; the default gives promises alone 100 turns (real I/O needs a longer one). */
  constructor(options: { startMs: number; settle?: () => Promise<void> }) {
    this.#nowMs = options.startMs;
    this.#settle = options.settle ?? settlePromises;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  setTimer(delayMs: number, task: () => void): Timer {
    const timer: PendingTimer = {
      dueMs: this.#monotonicMs + Math.max(0, delayMs),
      order: this.#nextOrder++,
      task,
    };
    this.#timers.push(timer);
    return { cancel: () => this.#remove(timer) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const timer = this.setTimer(delayMs, resolve);
      signal?.addEventListener('abort', () => {
        timer.cancel();
        reject(signal.reason as Error);
      });
    });
  }

  yield(): Promise<void> {
    return Promise.resolve();
  }

  /** Timers waiting; for assertions that nothing was left behind. */
  get pendingTimerCount(): number {
    return this.#timers.length;
  }

  /** Moves both clocks forward, firing what becomes due on the way. */
  async advance(byMs: number): Promise<void> {
    if (byMs < 0) bug(`virtual time moves forward only; got ${byMs} ms`);
    const untilMs = this.#monotonicMs + byMs;
    await this.#settle();
    for (let next = this.#firstDue(untilMs); next !== undefined; next = this.#firstDue(untilMs)) {
      this.#remove(next);
      this.#moveTo(next.dueMs);
      next.task();
      await this.#settle();
    }
    this.#moveTo(untilMs);
    await this.#settle();
  }

  /** Sets the wall clock as an administrator would; monotonic time and timers do not move. */
  jumpWallClock(byMs: number): void {
    this.#nowMs += byMs;
  }

  #moveTo(monotonicMs: number): void {
    this.#nowMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }

  #firstDue(untilMs: number): PendingTimer | undefined {
    let first: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) continue;
      if (
        first === undefined ||
        timer.dueMs < first.dueMs ||
        (timer.dueMs === first.dueMs && timer.order < first.order)
      )
        first = timer;
    }
    return first;
  }

  #remove(timer: PendingTimer): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }
}

interface PendingTimer {
  readonly dueMs: number;
  readonly order: number;
  readonly task: () => void;
}

async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}
