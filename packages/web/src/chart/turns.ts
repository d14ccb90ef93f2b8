import { browserClock } from '../lib/browser-clock.ts';

/** When everyone before has had their turn. */
let turn: Promise<void> = Promise.resolve();

const first = Promise.withResolvers<void>();

/**
 * Charts are made one at a time, in the order of asking, and the page answers in between: ten in a row block a slow
 * phone for a second. `onFault` hears what the task throws; the returned function withdraws a task that has not run.
 */
export function takeTurn(task: () => void, onFault: (fault: Error) => void): () => void {
  let isWanted = true;
  turn = turn
    .then(() => browserClock.yield())
    .then(() => {
      if (isWanted) task();
    })
    .catch((fault: unknown) => onFault(fault instanceof Error ? fault : new Error(String(fault))))
    .then(first.resolve);
  return () => {
    isWanted = false;
  };
}

/** Resolves when the first chart since the page was opened has had its turn. */
export function untilFirstTurn(): Promise<void> {
  return first.promise;
}
