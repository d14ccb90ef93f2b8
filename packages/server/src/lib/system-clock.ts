import type { Clock, Timer } from '@vedette/model';

/** Node holds at most 2^31-1 ms in one timer; longer delays are cut in pieces. */
const TIMER_MS_MAX = 2 ** 31 - 1;

// With one of four turns the longest query still gets a quarter of what queries get, however many small ones come.
const TURNS_PER_PATIENT_ONE = 4;

/** Somebody who waits in `yield`. */
interface Waiting {
  /** How many slices it had; `undefined`: it does not say. */
  readonly slicesHad: number | undefined;
  /** Grows from one that came to the next. */
  readonly ticket: number;
  readonly resume: () => void;
}

/**
 * The machine's clocks and Node's timers.
 *
 * Whoever yields waits in line, and one is let in per turn of the event loop. If all came back in the same
 * turn, four queries in slices of 5 ms would hold the loop for 20.
 *
 * 1. A turn goes to whoever stands first in the line.
 * 2. If that one said how many slices it had (a query does), the one of those that had the fewest takes the turn, and
 *    leaves its own place in the line: a query of a millisecond among eight that take seconds waits for a slice or two,
 *    not for eight or sixteen. For all others, such as samples on their way in, nothing changes by that.
 * 3. Every fourth such turn goes to the one of them that has waited longest, so that long queries end, too.
 */
export class SystemClock implements Clock {
  /** Those that wait in `yield`, the first one first. */
  readonly #yielding: Waiting[] = [];
  #lastTicket = 0;
  /** How many turns went to those that say what they had. */
  #countedTurns = 0;

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

  yield(slicesHad?: number): Promise<void> {
    return new Promise((resume) => {
      this.#yielding.push({ slicesHad, ticket: ++this.#lastTicket, resume });
      if (this.#yielding.length === 1) setImmediate(() => this.#resumeNext());
    });
  }

  #resumeNext(): void {
    const first = this.#yielding.shift();
    const next = first?.slicesHad === undefined ? first : this.#exchange(first);
    next?.resume();
    // An immediate asked for by an immediate runs in the next turn.
    if (this.#yielding.length > 0) setImmediate(() => this.#resumeNext());
  }

  /** Puts `first` in the place of the one that goes before it, if there is one, and returns that. */
  #exchange(first: Waiting): Waiting {
    const isPatientOne = ++this.#countedTurns % TURNS_PER_PATIENT_ONE === 0;
    const goesBefore = isPatientOne ? cameBefore : hadFewer;
    let next = first;
    let place = -1;
    // A few dozen at most: the queries that may run, and answers that are being written.
    for (const [at, one] of this.#yielding.entries())
      if (one.slicesHad !== undefined && goesBefore(one, next)) {
        next = one;
        place = at;
      }
    if (place >= 0) this.#yielding[place] = first;
    return next;
  }
}

function hadFewer(one: Waiting, other: Waiting): boolean {
  const [had, otherHad] = [one.slicesHad ?? Infinity, other.slicesHad ?? Infinity];
  return had < otherHad || (had === otherHad && cameBefore(one, other));
}

function cameBefore(one: Waiting, other: Waiting): boolean {
  return one.ticket < other.ticket;
}
