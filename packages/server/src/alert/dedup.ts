/**
 * Whether a flush is worth a notification: a comparison of what the group holds with what the receiver
 * was told last (the notification log). The reasons are asked in Alertmanager's order; the first that
 * holds decides.
 */
import type { Random } from '@vedette/model';
import type { AlertMetrics } from './alert-metrics.ts';
import type { NotificationReason } from './notify/receiver.ts';
import type { LoggedNotification, NotificationLog } from './notification-log.ts';
import type { DeliveryPlan, Stage } from './stages.ts';

export interface DedupQuestion {
  readonly logged: LoggedNotification | undefined;
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly sendsResolved: boolean;
  readonly tickMs: number;
  readonly repeatIntervalMs: number;
  /**
   * Repeats are counted from tick to tick. Otherwise, as in Alertmanager, from the end of the delivery to
   * the tick: one that fell due in between waits for the tick after.
   */
  readonly repeatsOnTime: boolean;
  /** The end of an alert that was told and then muted is a reason of its own. */
  readonly resolvesWhileMuted: boolean;
}

/** Ticks are at most this much early, by the grain of timers and of the wall clock. */
const TICK_EARLY_MS_MAX = 50;

/** The reason to send, or `undefined`. Pure. */
export function findReason(question: DedupQuestion): NotificationReason | undefined {
  const { logged, firing, resolved } = question;
  if (logged === undefined) return firing.length > 0 ? 'first notification' : undefined;
  if (!isSubset(firing, logged.firing))
    return logged.firing.length === 0 ? 'first notification' : 'new alerts added';
  if (firing.length === 0)
    return logged.firing.length > 0 || isOwed(question, logged) ? 'all alerts resolved' : undefined;
  if (question.sendsResolved && !isSubset(resolved, logged.resolved)) return 'some alerts resolved';
  // Either way: a clock that was set back must not silence a group for as long as it was ahead.
  const elapsedMs = question.repeatsOnTime
    ? Math.abs(question.tickMs - (logged.tickMs ?? logged.atMs)) + TICK_EARLY_MS_MAX
    : Math.abs(question.tickMs - logged.atMs);
  return elapsedMs > question.repeatIntervalMs ? 'repeat interval elapsed' : undefined;
}

function isOwed({ resolved, resolvesWhileMuted }: DedupQuestion, { owed = [] }: LoggedNotification): boolean {
  if (!resolvesWhileMuted || owed.length === 0) return false;
  const owedSet = new Set(owed);
  return resolved.some((fingerprint) => owedSet.has(fingerprint));
}

/**
 * A notification that was begun and not confirmed (the process was killed, or nobody answered) comes
 * again with the same id while the group still holds the same alerts. When they changed it is taken as
 * sent, so that the change, a resolution above all, is told; if the change alone is no reason, what
 * fires is told again.
 */
export function planDelivery(
  question: DedupQuestion,
  unconfirmed: LoggedNotification | undefined,
  random: Random,
): DeliveryPlan | undefined {
  const { firing, resolved } = question;
  const reason = findReasonAfter(question, unconfirmed);
  if (reason === undefined) return undefined;
  const isSame = unconfirmed !== undefined && isRepetition(question, unconfirmed);
  return { id: isSame ? unconfirmed.id : random.uuid(), reason, firing, resolved };
}

/** The reason to send in sight of a notification that was begun and not confirmed. Pure. */
export function findReasonAfter(
  question: DedupQuestion,
  unconfirmed: LoggedNotification | undefined,
): NotificationReason | undefined {
  if (unconfirmed === undefined) return findReason(question);
  if (isRepetition(question, unconfirmed)) return 'unconfirmed';
  return findReason({ ...question, logged: unconfirmed }) ?? 'unconfirmed';
}

function isRepetition({ firing, resolved }: DedupQuestion, unconfirmed: LoggedNotification): boolean {
  return isEqual(firing, unconfirmed.firing) && isEqual(resolved, unconfirmed.resolved);
}

export function dedupStage(
  deps: { log: NotificationLog; random: Random; metrics: AlertMetrics },
  options: { readonly repeatsOnTime: boolean; readonly resolvesWhileMuted: boolean },
): Stage {
  return {
    run: async (delivery) => {
      const { flush, receiver } = delivery;
      deps.metrics.compared();
      const { logged, unconfirmed } = deps.log.find(flush.groupKey, receiver);
      const fingerprints = (isResolved: boolean): string[] =>
        flush.alerts
          .filter(({ endsAt }) => (endsAt !== undefined) === isResolved)
          .map(({ fingerprint }) => fingerprint)
          .sort();
      const question: DedupQuestion = {
        logged,
        firing: fingerprints(false),
        resolved: fingerprints(true),
        sendsResolved: receiver.sendsResolved,
        tickMs: flush.tickMs,
        repeatIntervalMs: flush.repeatIntervalMs,
        ...options,
      };
      const plan = planDelivery(question, unconfirmed, deps.random);
      return plan === undefined ? undefined : { ...delivery, plan };
    },
  };
}

function isSubset(part: readonly string[], whole: readonly string[]): boolean {
  const set = new Set(whole);
  return part.every((fingerprint) => set.has(fingerprint));
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && isSubset(a, b);
}
