import type { GroupFlush } from './alert.ts';
import type { Lane, Stage } from './stages.ts';

/**
 * Deliveries of one receiver at the same time. A channel that hangs holds this many connections and no
 * more; other receivers have lanes of their own and do not notice.
 */
export const DELIVERIES_PER_RECEIVER_MAX = 8;

/**
 * The wait before the other stages: for a free place at the receiver, in the order of arrival. A group
 * whose earlier delivery is still under way is not queued a second time: the next flush brings the
 * newer picture.
 */
export function createLane(stages: Stage, receiver: Parameters<Stage['run']>[0]['receiver']): Lane {
  const underWay = new Set<string>();
  const waiting: (() => void)[] = [];
  let placesFree = DELIVERIES_PER_RECEIVER_MAX;
  const takePlace = async (): Promise<void> => {
    if (placesFree > 0) placesFree--;
    else await new Promise<void>((resolve) => void waiting.push(resolve));
  };
  const givePlace = (): void => {
    const next = waiting.shift();
    if (next === undefined) placesFree++;
    else next();
  };
  return {
    deliver: async (flush: GroupFlush, signal) => {
      if (underWay.has(flush.groupKey)) return false;
      underWay.add(flush.groupKey);
      await takePlace();
      try {
        if (signal.aborted) return false;
        const ended = await stages.run({ flush, receiver }, signal);
        // A delivery that dedup ended early has nothing left to send.
        return ended?.outcome === undefined || ended.outcome.result.kind === 'delivered';
      } finally {
        givePlace();
        underWay.delete(flush.groupKey);
      }
    },
  };
}
