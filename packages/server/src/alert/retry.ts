import type { Clock, Random } from '@vedette/model';
import type { Log } from '../telemetry/log.ts';
import type { AlertMetrics } from './alert-metrics.ts';
import type { AttemptLog } from './history/attempt-log.ts';
import type { NotificationLog } from './notification-log.ts';
import type { Notification, Receiver, SendResult } from './notify/receiver.ts';
import type { Delivery, DeliveryOutcome, DeliveryPlan, Stage } from './stages.ts';

/**
 * From the beginning of one attempt to that of the next: 0.5 s, growing by half to at most a minute, each
 * between half and one and a half of that, so that many groups do not knock together; an attempt that took
 * longer is followed at once. As in Alertmanager.
 */
const BACKOFF_FIRST_MS = 500;
const BACKOFF_FACTOR = 1.5;
const BACKOFF_MS_MAX = 60_000;

export interface RetryDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: NotificationLog;
  readonly attempts: AttemptLog;
  readonly metrics: AlertMetrics;
  /** Of the server, for who reads no other. */
  readonly serverLog: Log;
  /** What ends then is repeated after the next start, and no failure. */
  readonly isStopping: () => boolean;
}

/** Sends until it is delivered, refused for good, past the deadline of the flush, or the receiver is another one. */
export function retryStage(deps: RetryDeps): Stage {
  return {
    run: async (delivery, signal) => {
      const { plan, receiver } = delivery;
      if (plan === undefined) return undefined;
      const notification = notificationOf(delivery, plan, deps.log);
      // Only resolved alerts, which this receiver does not want: told without a message.
      const outcome =
        notification.alerts.length === 0
          ? { result: { kind: 'delivered' } as const, attempts: 0, isSilent: true }
          : await attemptAll(deps, { delivery, plan, notification }, signal);
      if (!outcome.isSilent) deps.metrics.notified(receiver.integration, outcome.result);
      complain(deps, delivery, outcome, 'a notification was not delivered; the next flush tries again');
      return { ...delivery, outcome };
    },
  };
}

async function attemptAll(
  deps: RetryDeps,
  what: { delivery: Delivery; plan: DeliveryPlan; notification: Notification },
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const { delivery, plan, notification } = what;
  for (let attempts = 1; ; attempts++) {
    const beganMs = deps.clock.monotonicMs();
    const result = await attempt(delivery.receiver, notification, signal);
    const tookMs = deps.clock.monotonicMs() - beganMs;
    deps.metrics.attempted(delivery.receiver.integration, tookMs, result.kind === 'failed');
    deps.attempts.note({ delivery, plan, attempt: attempts, result, tookMs });
    const outcome: DeliveryOutcome = { result, attempts, isSilent: false };
    const enough = AbortSignal.any([signal, delivery.replaced]);
    if (result.kind === 'delivered' || !result.isRetriable || enough.aborted) return outcome;
    if (attempts === 1) complain(deps, delivery, outcome, 'an attempt to notify failed; more follow');
    deps.log.noteRetry(delivery, plan, outcome);
    const waitMs = Math.max(backoffMs(deps.random, attempts) - tookMs, result.retryAfterMs ?? 0, 0);
    try {
      await deps.clock.sleep(waitMs, enough);
    } catch {
      return outcome;
    }
  }
}

/** Of the first failure and of the last, in the server's log; all of them are in the history of attempts. */
function complain(
  { serverLog, isStopping }: RetryDeps,
  { receiver, flush }: Delivery,
  { result, attempts }: DeliveryOutcome,
  message: string,
): void {
  if (result.kind === 'delivered' || isStopping()) return;
  const { name, integration, index } = receiver;
  const { error } = result;
  serverLog.warn(message, { receiver: name, integration, index, group: flush.groupKey, attempts, error });
}

async function attempt(
  receiver: Receiver,
  notification: Notification,
  signal: AbortSignal,
): Promise<SendResult> {
  try {
    return await receiver.send(notification, signal);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (signal.aborted) return { kind: 'failed', isRetriable: true, category: 'deadline', error: reason };
    return { kind: 'failed', isRetriable: false, category: 'other', error: reason };
  }
}

function backoffMs(random: Random, attempts: number): number {
  const baseMs = Math.min(BACKOFF_FIRST_MS * BACKOFF_FACTOR ** (attempts - 1), BACKOFF_MS_MAX);
  return baseMs * (0.5 + random.float());
}

function notificationOf(delivery: Delivery, plan: DeliveryPlan, log: NotificationLog): Notification {
  const { flush, receiver } = delivery;
  const { logged } = log.find(flush.groupKey, receiver);
  const alerts = receiver.sendsResolved
    ? flush.alerts
    : flush.alerts.filter(({ endsAt }) => endsAt === undefined);
  return {
    id: plan.id,
    receiver: receiver.name,
    groupKey: flush.groupKey,
    groupLabels: flush.groupLabels,
    status: plan.firing.length > 0 ? 'firing' : 'resolved',
    alerts,
    reason: plan.reason,
    receiverData: logged?.receiverData ?? {},
  };
}
