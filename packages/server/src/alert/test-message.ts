/**
 * A message for trying a channel: one marked alert, sent once, outside of groups and silences.
 *
 * 1. The alert is named `VedetteTest`, of severity `info`, and says in its summary who asked for it. No
 *    rule and no route sees it: what is tried is the channel, not the tree.
 * 2. It passes the same sender as every message, with a deadline of its own, and is not tried again.
 * 3. The attempt stands in the history of attempts with the reason `test`.
 */
import { labelsOf, type Clock, type Random } from '@vedette/model';
import { alertOf, type Alert } from './alert.ts';
import type { Notification, Receiver, SendResult } from './notify/receiver.ts';
import type { EndedAttempt } from './history/attempt-log.ts';
import { attemptWithin } from './one-attempt.ts';

/** A person waits for it; the slowest mail servers answer within. */
export const TEST_DEADLINE_MS = 15_000;

const GROUP_KEY = '{}:{alertname="VedetteTest"}';

export interface TestMessageDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly note: (attempt: EndedAttempt) => void;
}

export interface TestOutcome {
  readonly result: SendResult;
  readonly tookMs: number;
}

/** Never rejects for what the other side does; ends at the deadline, or soon after `signal` aborts. */
export async function sendTest(
  deps: TestMessageDeps,
  { receiver, actor }: { readonly receiver: Receiver; readonly actor: string },
  signal: AbortSignal,
): Promise<TestOutcome> {
  const { clock } = deps;
  const alert = testAlert(actor, clock.nowMs());
  const notification = notificationOf(receiver, alert, deps.random.uuid());
  const beganMs = clock.monotonicMs();
  const result = await attemptWithin(
    { clock, deadlineMs: TEST_DEADLINE_MS },
    (ending) => receiver.send(notification, ending),
    signal,
  );
  const tookMs = clock.monotonicMs() - beganMs;
  deps.note(endedAttempt({ receiver, notification, result, tookMs }));
  return { result, tookMs };
}

function testAlert(actor: string, nowMs: number): Alert {
  const labels = labelsOf({ alertname: 'VedetteTest', severity: 'info', test: 'true' });
  const annotations = labelsOf({
    summary: 'This is a test of this channel. Nothing is wrong.',
    description: `Sent by ${actor} from the settings of Vedette.`,
  });
  const times = { startsAtMs: nowMs, endsAtMs: nowMs };
  return alertOf({ status: 'firing', labels, annotations, ...times, generatorUrl: '' }, nowMs);
}

function notificationOf(receiver: Receiver, alert: Alert, id: string): Notification {
  return {
    id,
    receiver: receiver.name,
    groupKey: GROUP_KEY,
    groupLabels: labelsOf({ alertname: 'VedetteTest' }),
    status: 'firing',
    alerts: [alert],
    reason: 'test',
    receiverData: {},
  };
}

interface EndedTest extends TestOutcome {
  readonly receiver: Receiver;
  readonly notification: Notification;
}

function endedAttempt({ receiver, notification, result, tookMs }: EndedTest): EndedAttempt {
  const { id, groupKey, groupLabels, alerts, reason } = notification;
  const firing = alerts.map(({ fingerprint }) => fingerprint);
  const flush = { groupKey, groupLabels, alerts, tickMs: 0, repeatIntervalMs: 0 };
  const replaced = new AbortController().signal;
  return {
    delivery: { flush, receiver, replaced },
    plan: { id, reason, firing, resolved: [] },
    attempt: 1,
    result,
    tookMs,
  };
}
