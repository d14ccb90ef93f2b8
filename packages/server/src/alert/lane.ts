import type { GroupFlush } from './alert.ts';
import type { Receiver } from './notify/receiver.ts';
import type { Lane, Stage } from './stages.ts';

/**
 * Deliveries of one receiver at the same time. A channel that hangs holds this many connections and no
 * more; other receivers have lanes of their own and do not notice.
 */
export const DELIVERIES_PER_RECEIVER_MAX = 8;

/**
 * The wait before the other stages: for a free place at the receiver, in the order of arrival. A group
 * whose earlier delivery is still under way waits for its end; of several flushes that wait only the
 * newest goes on, since it holds the newest picture.
 */
export function createLane(stages: Stage, receiver: Receiver): Lane {
  const places = createPlaces(DELIVERIES_PER_RECEIVER_MAX);
  /** By group: the newest flush, and the delivery under way. */
  const newest = new Map<string, GroupFlush>();
  const underWay = new Map<string, Promise<boolean>>();
  const run = async (flush: GroupFlush, signal: AbortSignal): Promise<boolean> => {
    await places.take();
    try {
      if (signal.aborted) return false;
      const ended = await stages.run({ flush, receiver }, signal);
      // A delivery that dedup ended early has nothing left to send.
      return ended?.outcome === undefined || ended.outcome.result.kind === 'delivered';
    } finally {
      places.give();
    }
  };
  return {
    deliver: async (flush, signal) => {
      const key = flush.groupKey;
      newest.set(key, flush);
      await underWay.get(key)?.catch(() => false);
      if (newest.get(key) !== flush) return false;
      const delivery = run(flush, signal);
      underWay.set(key, delivery);
      try {
        return await delivery;
      } finally {
        if (newest.get(key) === flush) newest.delete(key);
        if (underWay.get(key) === delivery) underWay.delete(key);
      }
    },
  };
}

interface Places {
  take(): Promise<void>;
  give(): void;
}

function createPlaces(count: number): Places {
  const waiting: (() => void)[] = [];
  let freeCount = count;
  return {
    take: async () => {
      if (freeCount > 0) freeCount--;
      else await new Promise<void>((resolve) => void waiting.push(resolve));
    },
    give: () => {
      const next = waiting.shift();
      if (next === undefined) freeCount++;
      else next();
    },
  };
}
