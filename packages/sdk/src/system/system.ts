import { randomFillSync, randomUUID } from 'node:crypto';

/**
 * What the SDK needs of the machine. Same shapes as the server's `Clock` and `Random`, so that either side can hand
 * its own in; `systemClock` and `systemRandom` are what an application gets that says nothing.
 */
export interface SdkClock {
  /** Wall clock, milliseconds since the Unix epoch. May jump either way. */
  nowMs(): number;
  /** Milliseconds that only grow, from an arbitrary origin, with a fraction. */
  monotonicMs(): number;
  /** Runs `task` once after `delayMs`. Cancelling twice is safe. The timer does not keep the process alive. */
  setTimer(delayMs: number, task: () => void): { cancel(): void };
}

export interface SdkRandom {
  /** A number in [0, 1). */
  float(): number;
  /** Fills `bytes` from a cryptographic source and returns it. */
  fill(bytes: Uint8Array): Uint8Array;
  /** A UUID version 4, lower case. */
  uuid(): string;
}

export const systemClock: SdkClock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, task) => {
    // A delay beyond 2^31-1 ms would fire at once: Node sets it to 1.
    const handle = setTimeout(task, Math.min(delayMs, DELAY_MS_MAX));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

// What Node's timers can hold, 24.8 days: nothing in the SDK waits longer than a minute.
const DELAY_MS_MAX = 2 ** 31 - 1;

export const systemRandom: SdkRandom = {
  float: () => Math.random(),
  fill: (bytes) => randomFillSync(bytes),
  uuid: () => randomUUID(),
};
