import type { SdkClock } from '../system/system.ts';

export interface ManualClock extends SdkClock {
  /** Moves both clocks on, firing what becomes due in order of time; promises move on between. */
  advance(byMs: number): Promise<void>;
  /** Sets the wall clock as an administrator would: monotonic time and timers do not notice. */
  jumpWallClock(byMs: number): void;
  /** Timers that wait; 0 at the end says that nothing was left behind. */
  readonly timerCount: number;
}

interface ManualTimer {
  readonly dueMs: number;
  readonly task: () => void;
}

/** A clock that stands until it is told to advance. Wall time begins at `startMs`. */
export function manualClock(startMs = 1_800_000_000_000): ManualClock {
  const timers = new Set<ManualTimer>();
  let wallOffsetMs = startMs;
  let nowMs = 0;
  const firstDue = (untilMs: number): ManualTimer | undefined =>
    [...timers].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
  return {
    nowMs: () => wallOffsetMs + nowMs,
    monotonicMs: () => nowMs,
    setTimer: (delayMs, task) => {
      const timer: ManualTimer = { dueMs: nowMs + Math.max(0, delayMs), task };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    advance: async (byMs) => {
      const untilMs = nowMs + byMs;
      await settlePromises();
      for (let timer = firstDue(untilMs); timer !== undefined; timer = firstDue(untilMs)) {
        timers.delete(timer);
        nowMs = timer.dueMs;
        timer.task();
        await settlePromises();
      }
      nowMs = untilMs;
      await settlePromises();
    },
    jumpWallClock: (byMs) => {
      wallOffsetMs += byMs;
    },
    get timerCount() {
      return timers.size;
    },
  };
}

/** As many turns as the longest chain of promises in the SDK takes, several times over. */
async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}
