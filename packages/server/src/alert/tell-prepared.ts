/**
 * Sends a prepared message about alerts of a group through one channel, once, beside what the group's route tells.
 *
 * 1. Whether it may be sent, how often, and what a crash does to it is the business of who prepared it. The
 *    notification log is not touched: to the route it is as if nothing was said.
 * 2. What the channel keeps of the group (where its message stands) is handed on, so that a chat can put it there.
 * 3. Each attempt stands in the history of attempts with the reason `analysis`.
 */
import type { Clock, Labels } from '@vedette/model';
import type { Alert } from './alert.ts';
import type { EndedAttempt } from './history/attempt-log.ts';
import { receiverKeyOf, type NotificationLog } from './notification-log.ts';
import type { PreparedMessage } from './notify/prepared-message.ts';
import type { Notification, Receiver, SendResult } from './notify/receiver.ts';
import { attemptWithin } from './one-attempt.ts';

// As for a test message: the slowest mail servers answer within.
export const TELL_DEADLINE_MS = 15_000;

/** Channels that act on alerts: a message would make them act once more. */
const ACTING: ReadonlySet<string> = new Set(['guard', 'heartbeat']);

export interface PreparedNotice {
  /** One of `channelsOf`. */
  readonly channel: string;
  /** The idempotency key: equal for every attempt. */
  readonly id: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  /** What it is about; not empty. */
  readonly alerts: readonly Alert[];
  readonly prepared: PreparedMessage;
  /** From 1. */
  readonly attempt: number;
}

export interface TellDeps {
  readonly clock: Clock;
  readonly log: Pick<NotificationLog, 'find'>;
  readonly note: (attempt: EndedAttempt) => void;
  readonly attempted: (integration: string, tookMs: number, hasFailed: boolean) => void;
}

/** Of a receiver's channels those that can show a message, as keys that are equal across reloads and restarts. */
export function channelKeysOf(receivers: readonly Receiver[], name: string): readonly string[] {
  return receivers.filter((one) => one.name === name && !ACTING.has(one.integration)).map(receiverKeyOf);
}

/** One attempt. Never rejects for what the other side does. `undefined`: the configuration has no such channel. */
export async function tellPrepared(
  deps: TellDeps,
  { receivers, notice }: { readonly receivers: readonly Receiver[]; readonly notice: PreparedNotice },
  signal: AbortSignal,
): Promise<SendResult | undefined> {
  const receiver = receivers.find((one) => receiverKeyOf(one) === notice.channel);
  if (receiver === undefined || ACTING.has(receiver.integration)) return undefined;
  const notification = notificationOf(deps, receiver, notice);
  const beganMs = deps.clock.monotonicMs();
  const result = await attemptWithin(
    { clock: deps.clock, deadlineMs: TELL_DEADLINE_MS },
    (ending) => receiver.send(notification, ending),
    signal,
  );
  const tookMs = deps.clock.monotonicMs() - beganMs;
  deps.attempted(receiver.integration, tookMs, result.kind === 'failed');
  deps.note(endedAttempt(notice, { receiver, result, tookMs }));
  return result;
}

function notificationOf({ log }: TellDeps, receiver: Receiver, notice: PreparedNotice): Notification {
  const { id, groupKey, groupLabels, alerts, prepared } = notice;
  return {
    id,
    receiver: receiver.name,
    groupKey,
    groupLabels,
    status: 'firing',
    alerts,
    reason: 'analysis',
    receiverData: log.find(groupKey, receiver).logged?.receiverData ?? {},
    prepared,
  };
}

function endedAttempt(
  { id, groupKey, groupLabels, alerts, attempt }: PreparedNotice,
  ended: Pick<EndedAttempt, 'result' | 'tookMs'> & { readonly receiver: Receiver },
): EndedAttempt {
  const { receiver, result, tookMs } = ended;
  const flush = { groupKey, groupLabels, alerts, tickMs: 0, repeatIntervalMs: 0 };
  const firing = alerts.map(({ fingerprint }) => fingerprint);
  const replaced = new AbortController().signal;
  return {
    delivery: { flush, receiver, replaced },
    plan: { id, reason: 'analysis', firing, resolved: [] },
    attempt,
    result,
    tookMs,
  };
}
