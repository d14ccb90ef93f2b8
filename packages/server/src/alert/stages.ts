/**
 * The notification pipeline as a list of stages with one method each. Of one flush of a group every
 * receiver gets a delivery, which passes the stages in order; a stage hands on what it was given, with
 * what it found out, or ends the delivery by returning `undefined`.
 */
import type { GroupFlush } from './alert.ts';
import type { NotificationReason, Receiver, SendResult } from './notify/receiver.ts';

export interface Delivery {
  readonly flush: GroupFlush;
  readonly receiver: Receiver;
  /** Aborts when the receiver was configured anew: the attempt under way may end, none follows. */
  readonly replaced: AbortSignal;
  /** Set by cooldown. */
  readonly cooldown?: DeliveryCooldown | undefined;
  /** Set by dedup: that something is to be sent, and what it is compared with next time. */
  readonly plan?: DeliveryPlan | undefined;
  /** Set by retry. */
  readonly outcome?: DeliveryOutcome | undefined;
}

export interface DeliveryCooldown {
  /** How long each firing alert cools once it is told, by fingerprint. */
  readonly coolMs: ReadonlyMap<string, number>;
  /** Something in it ended, or fires and does not cool. */
  readonly isCool: boolean;
}

export interface DeliveryPlan {
  readonly id: string;
  readonly reason: NotificationReason;
  /** Fingerprints, sorted. */
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
}

export interface DeliveryOutcome {
  readonly result: SendResult;
  readonly attempts: number;
  /** Nothing was sent, because the receiver does not want resolved alerts. */
  readonly isSilent: boolean;
}

export interface Stage {
  /** Rejects only when `signal` aborts or for a fault of our own; the delivery is then tried at the next flush. */
  run(delivery: Delivery, signal: AbortSignal): Promise<Delivery | undefined>;
}

/** Runs the stages one after the other until one ends the delivery. */
export function sequence(stages: readonly Stage[]): Stage {
  return {
    run: async (delivery, signal) => {
      let current: Delivery | undefined = delivery;
      for (const stage of stages) {
        if (current === undefined) return undefined;
        current = await stage.run(current, signal);
      }
      return current;
    },
  };
}

/** Where a flush goes; one per receiver. True when nothing is left to send of it. */
interface Destination {
  deliver(flush: GroupFlush, signal: AbortSignal): Promise<boolean>;
}

/** Hands a flush to every lane at once; true when all of them are done with it. */
export async function fanOut(
  lanes: readonly Destination[],
  flush: GroupFlush,
  signal: AbortSignal,
): Promise<boolean> {
  const done = await Promise.all(lanes.map((lane) => lane.deliver(flush, signal)));
  return done.every(Boolean);
}
