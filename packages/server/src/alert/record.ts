import type { NotificationLog } from './notification-log.ts';
import type { Stage } from './stages.ts';

/** Writes the notification down before its first attempt, so that a repeat after a crash has the same id. */
export function reserveStage(log: NotificationLog): Stage {
  return {
    run: async (delivery) => {
      if (delivery.plan !== undefined) await log.reserve(delivery, delivery.plan);
      return delivery;
    },
  };
}

/** Writes down how it ended. When the process is ending the outcome stays open: the next start repeats it. */
export function recordStage(log: NotificationLog, isStopping: () => boolean): Stage {
  return {
    run: async (delivery) => {
      const { plan, outcome } = delivery;
      if (plan === undefined || outcome === undefined) return delivery;
      if (outcome.result.kind === 'failed' && isStopping()) return delivery;
      await log.record(delivery, plan, outcome);
      return delivery;
    },
  };
}
