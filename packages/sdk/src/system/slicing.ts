import { setImmediate } from 'node:timers/promises';

/** What sliced work needs of the machine; the server's `Clock` fits. */
export interface SlicingClock {
  /** Milliseconds that only grow, from an arbitrary origin, with a fraction. */
  monotonicMs(): number;
  /** Resolves in a later turn of the event loop, after its waiting I/O. */
  yield(): Promise<void>;
}

export const systemSlicingClock: SlicingClock = {
  monotonicMs: () => performance.now(),
  yield: () => setImmediate(),
};

// Half of the 10 ms that nobody should notice: a piece that turns out long still ends in time.
const SLICE_MS = 5;

/**
 * Hands out what `pieces` makes, and lets the event loop run whenever `SLICE_MS` have gone by between two of them. The
 * time that the consumer takes counts too: it holds the loop as well.
 */
export async function* inSlices<Piece>(clock: SlicingClock, pieces: Iterable<Piece>): AsyncGenerator<Piece> {
  let startMs = clock.monotonicMs();
  for (const piece of pieces) {
    yield piece;
    if (clock.monotonicMs() - startMs < SLICE_MS) continue;
    await clock.yield();
    startMs = clock.monotonicMs();
  }
}
