import type { Clock, Random, Timer } from '@vedette/model';

/** The browser's clock: the only place of the UI that reads the time or sets a timer. */
export const browserClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs: number, task: () => void): Timer {
    const handle = setTimeout(task, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  sleep: (delayMs: number, signal?: AbortSignal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const handle = setTimeout(resolve, delayMs);
      signal?.addEventListener('abort', () => {
        clearTimeout(handle);
        reject(signal.reason as Error);
      });
    }),
  yield: () => new Promise((resolve) => setTimeout(resolve, 0)),
};

/** The browser's source of randomness. */
export const browserRandom: Random = {
  float: () => Math.random(),
  fill: (bytes) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
  uuid: () => crypto.randomUUID(),
};
