/**
 * When a receiver hears of an alert next, by the same decision that a flush makes (`findReasonAfter`).
 *
 * 1. What fires now is taken to go on, what is over to stay over: senders repeat their alerts.
 * 2. The flushes that come are gone through one by one, with their cooldowns. A message about others of
 *    the group counts as told; the first one that has the alert in it is the answer.
 * 3. Behind the last of them time alone decides: what mutes the alert ends then, if that is known
 *    (silences and time intervals do, inhibition does not), and repeat_interval passes.
 *
 * What cannot be foreseen: that a message is held for a digest, since storms come from elsewhere.
 */
import { formatDurationMs } from '@vedette/model';
import { coolingTest, toldTest } from '../cooldown.ts';
import { findReasonAfter, type DedupQuestion } from '../dedup.ts';
import type { MuteReason } from '../dispatch/muting.ts';
import { rfc3339Of } from '../go-text.ts';
import type { LoggedNotification, NotificationRecord } from '../notification-log.ts';
import type { NotificationReason } from '../notify/receiver.ts';
import type { NextMessage } from './explanation.ts';

/** What a flush of the group will hold, if nothing changes. Fingerprints. */
export interface FlushForecast {
  readonly tickMs: number;
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  /** How long each of the firing ones cools once it is told. */
  readonly coolMs: ReadonlyMap<string, number>;
  /** Why the alert itself is left out, and what does it: `silence "…" of me`. */
  readonly muted: { readonly reason: MuteReason; readonly by: string } | undefined;
}

export interface NextQuestion {
  readonly fingerprint: string;
  readonly isFiring: boolean;
  /** Whether the group has the alert, so that its flushes speak of it. */
  readonly isHeld: boolean;
  /** Whether the group was flushed before. */
  readonly hasFlushed: boolean;
  /** The next ones, at least one. */
  readonly flushes: readonly [FlushForecast, ...FlushForecast[]];
  /** The first one behind them at which the alert is not muted; `undefined`: it is not muted by then, or for how long is not known. */
  readonly unmuted: FlushForecast | undefined;
  readonly logged: LoggedNotification | undefined;
  readonly unconfirmed: LoggedNotification | undefined;
  readonly retrying: NotificationRecord | undefined;
  readonly sendsResolved: boolean;
  readonly repeatsOnTime: boolean;
  readonly hasCooldown: boolean;
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
}

export function nextMessageOf(question: NextQuestion): NextMessage {
  const { flushes, unmuted, retrying } = question;
  const [next] = flushes;
  const before = next.muted === undefined ? '' : `${muteText(next.muted)}. `;
  if (retrying !== undefined) return beingRetried(question, retrying, before);
  const over = question.isFiring ? undefined : whyOverIsNotTold(question);
  if (over !== undefined) return none(over);
  const { logged, unconfirmed, found, coolUntilMs } = walk(question);
  const told = { ...question, logged, unconfirmed };
  const cooling =
    coolUntilMs === undefined
      ? ''
      : `It was told shortly before it fired anew, and cools until ${rfc3339Of(coolUntilMs)}. `;
  const prefix = before + cooling;
  if (found !== undefined)
    return { ...found, text: `${prefix}${reasonText(told, found.reason, found.atMs)}` };
  const last = unmuted ?? flushes.at(-1) ?? next;
  if (last.muted === undefined) return messageFrom(told, last, prefix);
  return none(`${muteText(last.muted)}; it is told at the first flush after that has ended.`);
}

type Told = Pick<NextQuestion, 'logged' | 'unconfirmed'>;

interface Walked extends Told {
  /** The first message that has the alert in it. */
  readonly found: { readonly atMs: number; readonly reason: NotificationReason } | undefined;
  /** It was left out for that. */
  readonly coolUntilMs: number | undefined;
}

/** Goes through the flushes up to the message; tells what will have been told until then. */
function walk(question: NextQuestion): Walked {
  let { logged, unconfirmed }: Told = question;
  let coolUntilMs: number | undefined;
  for (const flush of question.flushes) {
    const left = leftOf(question, flush, { logged, unconfirmed });
    if (left.isHeld) coolUntilMs ??= logged?.coolUntilMs?.[question.fingerprint];
    if (left.reason === undefined) continue;
    const { tickMs } = flush;
    const isInIt = flush.muted === undefined && !left.isHeld;
    if (isInIt) return { logged, unconfirmed, coolUntilMs, found: { atMs: tickMs, reason: left.reason } };
    const { firing, resolved } = left;
    const cooled = cooledAfter(logged, flush, firing);
    logged = { id: '', atMs: tickMs, tickMs, firing, resolved, coolUntilMs: cooled };
    unconfirmed = undefined;
  }
  return { logged, unconfirmed, coolUntilMs, found: undefined };
}

/** What cooldown leaves of a flush, and the reason to send that. */
function leftOf(
  question: NextQuestion,
  flush: FlushForecast,
  { logged, unconfirmed }: Told,
): {
  readonly firing: string[];
  readonly resolved: string[];
  readonly isHeld: boolean;
  readonly reason: NotificationReason | undefined;
} {
  const cools = question.hasCooldown ? coolingTest(logged, unconfirmed, flush.tickMs) : () => false;
  const isTold = toldTest(logged);
  const isHeld = (other: string): boolean => cools(other) && !isTold(other);
  const firing = flush.firing.filter((other) => !isHeld(other));
  const resolved = flush.resolved.filter((other) => !isHeld(other));
  const isEmpty = flush.firing.length + flush.resolved.length === 0;
  const dedup = dedupQuestionOf({ ...question, logged }, { ...flush, firing, resolved });
  const due = isEmpty ? undefined : findReasonAfter(dedup, unconfirmed);
  const isEarly = due === 'repeat interval elapsed' && resolved.length === 0 && firing.every(cools);
  return { firing, resolved, isHeld: isHeld(question.fingerprint), reason: isEarly ? undefined : due };
}

function cooledAfter(
  logged: LoggedNotification | undefined,
  { tickMs, coolMs }: FlushForecast,
  firing: readonly string[],
): Record<string, number> {
  const cooled: Record<string, number> = { ...logged?.coolUntilMs };
  for (const other of firing) {
    const ms = coolMs.get(other);
    if (ms !== undefined) cooled[other] = tickMs + ms;
  }
  return cooled;
}

/** What is tried is a message of the group, of a time when the alert may not have been muted. */
function beingRetried(question: NextQuestion, record: NotificationRecord, prefix: string): NextMessage {
  const count = record.attempts === 1 ? 'one attempt' : `${record.attempts} attempts`;
  const until = rfc3339Of(question.flushes[0].tickMs);
  return {
    atMs: record.atMs,
    reason: 'being retried',
    text: `${prefix}A message of its group is being tried again after ${count}, the last at ${rfc3339Of(record.atMs)}: ${record.error ?? 'no answer'}. If none succeeds by ${until}, that flush of the group begins anew.`,
  };
}

/** The reason for which the end of the alert makes no message; `undefined`: it does. */
function whyOverIsNotTold(question: NextQuestion): string | undefined {
  const { fingerprint, isHeld, flushes, logged, unconfirmed, sendsResolved } = question;
  if (!sendsResolved)
    return 'It is over, and this receiver does not want to hear that (send_resolved: false).';
  if (!isHeld) return 'It is over, and its group has let go of it: nothing about it is left to tell.';
  const isToldFiring = [logged, unconfirmed].some((told) => told?.firing.includes(fingerprint));
  const [{ muted }] = flushes;
  if (isToldFiring && muted === undefined) return undefined;
  if (isToldFiring && muted !== undefined)
    return `${muteText(muted)}, so that nobody is told that it is over; the group lets go of it at its next flush.`;
  if (logged?.resolved.includes(fingerprint) === true)
    return `It is over, and that was told at ${rfc3339Of(logged.atMs)}.`;
  return 'It was over before a message about it went out, so that there is nothing to tell.';
}

function messageFrom(question: NextQuestion, flush: FlushForecast, prefix: string): NextMessage {
  const reason = findReasonAfter(dedupQuestionOf(question, flush), question.unconfirmed);
  if (reason !== undefined) {
    const text = `${prefix}${reasonText(question, reason, flush.tickMs)}`;
    return { atMs: flush.tickMs, reason, text };
  }
  return repeatAfter(question, flush, prefix);
}

/** Nothing new at that flush: only time makes a message. */
function repeatAfter(question: NextQuestion, flush: FlushForecast, prefix: string): NextMessage {
  const { logged, groupIntervalMs, repeatIntervalMs, repeatsOnTime } = question;
  if (logged === undefined || flush.firing.length === 0)
    return none(`${prefix}The group has nothing to tell that was not told.`);
  const toldMs = repeatsOnTime ? (logged.tickMs ?? logged.atMs) : logged.atMs;
  const ticks = Math.max(1, Math.floor((toldMs + repeatIntervalMs - flush.tickMs) / groupIntervalMs));
  // At most two steps: the exact border is the decision's own business.
  for (let i = ticks; i <= ticks + 2; i++) {
    const tickMs = flush.tickMs + i * groupIntervalMs;
    const reason = findReasonAfter(dedupQuestionOf(question, { ...flush, tickMs }), undefined);
    if (reason !== undefined)
      return { atMs: tickMs, reason, text: `${prefix}${reasonText(question, reason, tickMs)}` };
  }
  return none(`${prefix}The group has nothing to tell that was not told.`);
}

function dedupQuestionOf(question: NextQuestion, flush: FlushForecast): DedupQuestion {
  const { logged, sendsResolved, repeatIntervalMs, repeatsOnTime } = question;
  const { firing, resolved, tickMs } = flush;
  // Ends of muted alerts are in the flush only where they are told.
  const more = { repeatsOnTime, resolvesWhileMuted: true };
  return { logged, firing, resolved, sendsResolved, tickMs, repeatIntervalMs, ...more };
}

function reasonText(question: NextQuestion, reason: NotificationReason, atMs: number): string {
  const { logged, unconfirmed, groupWaitMs, groupIntervalMs, repeatIntervalMs } = question;
  const at = rfc3339Of(atMs);
  const flush = question.hasFlushed
    ? `at the next flush of the group, ${at} (group_interval ${formatDurationMs(groupIntervalMs)})`
    : `at ${at}, when group_wait (${formatDurationMs(groupWaitMs)}) is over`;
  const last = logged === undefined ? '' : ` since the message of ${rfc3339Of(logged.atMs)}`;
  switch (reason) {
    case 'first notification':
      return `The group has told nobody yet that it fires; it does so ${flush}.`;
    case 'new alerts added':
      return `There are new alerts in the group${last}; it tells them ${flush}.`;
    case 'all alerts resolved':
      return `All alerts of the group are over${last}; it says so ${flush}.`;
    case 'some alerts resolved':
      return `Alerts of the group are over${last}; it says so ${flush}.`;
    case 'repeat interval elapsed':
      return `Nothing is new${last}; it is repeated at ${at}, the first flush after repeat_interval (${formatDurationMs(repeatIntervalMs)}).`;
    case 'storm digest':
      return `It is told in a digest, at ${at}.`;
    case 'analysis':
      return `What the monitor agent found is told, at ${at}.`;
    case 'test':
      return `Somebody tries the channel, ${at}.`;
    case 'unconfirmed':
      return `A message was begun at ${rfc3339Of(unconfirmed?.atMs ?? atMs)} and is not confirmed; if it stays so, it is sent once more ${flush}.`;
  }
}

function muteText({ reason, by }: NonNullable<FlushForecast['muted']>): string {
  switch (reason) {
    case 'inhibition':
      return `It is inhibited by ${by}`;
    case 'silence':
      return `It is silenced by ${by}`;
    case 'active_time_interval':
      return `Its route speaks only within ${by}`;
    case 'mute_time_interval':
      return `Its route is muted by ${by}`;
  }
}

function none(text: string): NextMessage {
  return { atMs: undefined, reason: undefined, text };
}
