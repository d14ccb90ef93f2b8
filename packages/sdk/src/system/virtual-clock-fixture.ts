import type { SdkClock, SdkRandom } from './system.ts';

/**
 * A clock that stands until a test advances it. Timers run in order of their time, equal ones in order of creation; each
 * is followed by 50 turns of the microtask queue, in which the promises that it touched move on.
 */
export class VirtualClock implements SdkClock {
  #nowMs: number;
  #monotonicMs = 1000;
  #timers: { readonly dueMs: number; readonly task: () => void }[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  setTimer(delayMs: number, task: () => void): { cancel(): void } {
    const timer = { dueMs: this.#monotonicMs + Math.max(0, delayMs), task };
    this.#timers.push(timer);
    return { cancel: () => this.#remove(timer) };
  }

  get pendingTimerCount(): number {
    return this.#timers.length;
  }

  async advance(byMs: number): Promise<void> {
    const untilMs = this.#monotonicMs + byMs;
    await settle();
    for (;;) {
      const due = this.#timers.filter((timer) => timer.dueMs <= untilMs);
      const first = due.toSorted((a, b) => a.dueMs - b.dueMs)[0];
      if (first === undefined) break;
      this.#remove(first);
      this.#moveTo(first.dueMs);
      first.task();
      await settle();
    }
    this.#moveTo(untilMs);
    await settle();
  }

  /** As an administrator sets the wall clock: monotonic time and timers do not move. */
  jumpWallClock(byMs: number): void {
    this.#nowMs += byMs;
  }

  #moveTo(monotonicMs: number): void {
    this.#nowMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }

  #remove(timer: object): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }
}

/** Repeatable numbers (a linear congruential generator, Numerical Recipes' constants). */
export class SeededRandom implements SdkRandom {
  #state: number;
  #uuidCount = 0;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  float(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }

  fill(bytes: Uint8Array): Uint8Array {
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(this.float() * 256);
    return bytes;
  }

  uuid(): string {
    this.#uuidCount++;
    return `00000000-0000-4000-8000-${String(this.#uuidCount).padStart(12, '0')}`;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}
