import type { GroupFlush } from './alert.ts';
import type { Receiver } from './notify/receiver.ts';
import type { Stage } from './stages.ts';

/**
 * Deliveries of one receiver at the same time. A channel that hangs holds this many connections and no
 * more; other receivers have lanes of their own and do not notice.
 */
export const DELIVERIES_PER_RECEIVER_MAX = 8;

/** How deliveries of a lane go on: what the configuration says of the receiver. */
export interface LaneSetup {
  readonly stages: Stage;
  readonly receiver: Receiver;
}

/**
 * The wait before the other stages: for a free place at the receiver, in the order of arrival. A group
 * whose earlier delivery is still under way waits for its end; of several flushes that wait only the
 * newest goes on, since it holds the newest picture. A lane outlives a reload of its receiver: what is
 * under way under the old setup ends before the new one begins, so that nothing is sent side by side.
 */
export class Lane {
  #setup: LaneSetup;
  #replaced = new AbortController();
  readonly #places = createPlaces(DELIVERIES_PER_RECEIVER_MAX);
  /** By group: the newest flush, and the delivery under way. */
  readonly #newest = new Map<string, GroupFlush>();
  readonly #underWay = new Map<string, Promise<boolean>>();

  constructor(setup: LaneSetup) {
    this.#setup = setup;
  }

  /** An attempt under way may end, but is not followed by another one of the old setup. */
  replace(setup: LaneSetup): void {
    this.#setup = setup;
    this.#replaced.abort();
    this.#replaced = new AbortController();
  }

  /** The receiver is gone: no further attempts. */
  retire(): void {
    this.#replaced.abort();
  }

  /** True when nothing is left to send of this flush. */
  async deliver(flush: GroupFlush, signal: AbortSignal): Promise<boolean> {
    const key = flush.groupKey;
    this.#newest.set(key, flush);
    await this.#underWay.get(key)?.catch(() => false);
    if (this.#newest.get(key) !== flush) return false;
    const delivery = this.#run(flush, signal);
    this.#underWay.set(key, delivery);
    try {
      return await delivery;
    } finally {
      if (this.#newest.get(key) === flush) this.#newest.delete(key);
      if (this.#underWay.get(key) === delivery) this.#underWay.delete(key);
    }
  }

  async #run(flush: GroupFlush, signal: AbortSignal): Promise<boolean> {
    await this.#places.take();
    try {
      if (signal.aborted) return false;
      const { stages, receiver } = this.#setup;
      const ended = await stages.run({ flush, receiver, replaced: this.#replaced.signal }, signal);
      // A delivery that dedup ended early has nothing left to send.
      return ended?.outcome === undefined || ended.outcome.result.kind === 'delivered';
    } finally {
      this.#places.give();
    }
  }
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
