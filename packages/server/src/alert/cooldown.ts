/**
 * Least time between two messages that say of one alert that it fires; ours, by severity.
 *
 * 1. When a receiver was told that an alert fires, the log remembers until when that alert cools.
 * 2. An alert that fires anew while it cools is left out of the flush: its group tells it at the first
 *    tick after that, if it fires still. Ends of alerts that were told are told at once; the end of a
 *    firing that was held back is nothing that anybody waits for.
 * 3. An alert that goes on firing stays in the messages about its group: without it they would read as if
 *    it were over. A mere repetition waits until an alert in it has cooled.
 *
 * Kept per integration and group. A notification whose outcome is unknown is not held.
 */
import { labelValueOf } from '@vedette/model';
import type { AlertMetrics } from './alert-metrics.ts';
import type { Alert } from './alert.ts';
import type { LoggedNotification, NotificationLog } from './notification-log.ts';
import type { Stage } from './stages.ts';

/** By the value of the label `severity`; others do not cool. */
export type CooldownsMs = ReadonlyMap<string, number>;

export interface CooldownDeps {
  readonly log: NotificationLog;
  readonly metrics: AlertMetrics;
}

/** Before dedup: leaves out what cools and was not told. */
export function cooldownStage({ log, metrics }: CooldownDeps, cooldownsMs: CooldownsMs): Stage {
  return {
    run: (delivery) => {
      const { flush, receiver } = delivery;
      const { logged, unconfirmed } = log.find(flush.groupKey, receiver);
      const cools = coolingTest(logged, unconfirmed, flush.tickMs);
      const isTold = toldTest(logged);
      const isCooling = ({ fingerprint }: Alert): boolean => cools(fingerprint);
      const alerts = flush.alerts.filter((alert) => !isCooling(alert) || isTold(alert.fingerprint));
      const heldCount = flush.alerts.length - alerts.length;
      if (heldCount > 0) metrics.suppressed('cooldown', heldCount);
      const coolMs = coolMsOf(alerts, cooldownsMs);
      const isCool = !alerts.every((alert) => isFiring(alert) && isCooling(alert));
      return Promise.resolve({ ...delivery, flush: { ...flush, alerts }, cooldown: { coolMs, isCool } });
    },
  };
}

/** After dedup: a mere repetition of alerts that all cool is for later. */
export function repetitionStage({ metrics }: Pick<CooldownDeps, 'metrics'>): Stage {
  return {
    run: (delivery) => {
      const { flush, plan, cooldown } = delivery;
      const isEarly = plan?.reason === 'repeat interval elapsed' && cooldown?.isCool === false;
      if (isEarly) metrics.suppressed('cooldown', flush.alerts.length);
      return Promise.resolve(isEarly ? undefined : delivery);
    },
  };
}

/** Whether an alert cools at a tick, by its fingerprint. */
export function coolingTest(
  logged: LoggedNotification | undefined,
  unconfirmed: LoggedNotification | undefined,
  tickMs: number,
): (fingerprint: string) => boolean {
  const coolUntilMs = logged?.coolUntilMs;
  if (coolUntilMs === undefined || unconfirmed !== undefined) return () => false;
  return (fingerprint) => (coolUntilMs[fingerprint] ?? -Infinity) > tickMs;
}

/** Whether an alert was told as firing, by its fingerprint. */
export function toldTest(logged: LoggedNotification | undefined): (fingerprint: string) => boolean {
  const firing = new Set(logged?.firing);
  return (fingerprint) => firing.has(fingerprint);
}

/** How long each of the firing ones cools once it is told, by fingerprint. */
export function coolMsOf(alerts: readonly Alert[], cooldownsMs: CooldownsMs): ReadonlyMap<string, number> {
  const coolMs = new Map<string, number>();
  for (const alert of alerts) {
    const ms = isFiring(alert) ? cooldownsMs.get(labelValueOf(alert.labels, 'severity')) : undefined;
    if (ms !== undefined && ms > 0) coolMs.set(alert.fingerprint, ms);
  }
  return coolMs;
}

/** In a flush an end is one that has come. */
function isFiring({ endsAt }: Alert): boolean {
  return endsAt === undefined;
}
