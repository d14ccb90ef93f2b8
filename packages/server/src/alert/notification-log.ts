/**
 * What each receiver was told of each group, and the history people read.
 *
 * 1. Before the first attempt the notification is reserved: its id and alerts are written down. A
 *    process that is killed from here on repeats it under the same id.
 * 2. A confirmed delivery replaces what was logged and frees the reservation, in one write.
 * 3. A final refusal frees the reservation and leaves what was logged. A failure of unknown outcome (no
 *    answer in time) leaves the reservation.
 *
 * 4. What was told outlives its group for twice repeat_interval, at most for the retention: an alert that
 *    comes back is compared with it.
 *
 * When the disk is full the log goes on in memory and says so: that a notification may come twice after
 * a restart is better than that the message about the full disk never comes.
 */
import type { Clock } from '@vedette/model';
import { z } from 'zod';
import type { DocumentWrite, StateStore } from '../store/state/port.ts';
import type { Log } from '../telemetry/log.ts';
import { RECEIVER_DATA_CHARS_MAX, type Receiver, type ReceiverData } from './notify/receiver.ts';
import type { Delivery, DeliveryOutcome, DeliveryPlan } from './stages.ts';
import { BoundedLog } from './history/bounded-log.ts';
import type { AlertPipelineLimits } from './pipeline-limits.ts';
import { shortHashOf } from './short-hash.ts';

const ENTRIES = 'notification_log';

/**
 * And never more than this, at about 400 bytes each 40 MB: a flapping group with a short interval must
 * not fill the file that rule states live in.
 */
const HISTORY_RECORDS_MAX = 100_000;

const CANNOT_SAVE = 'the notification log cannot be saved; after a restart a notification may come again';

/** What one page of the history may ask for. */
const HISTORY_PAGE_MAX = 1000;

/**
 * Alerts of one group that cool at a time, at 33 bytes each: with the fingerprints of ALERTS_MAX, told and
 * unconfirmed, an entry stays below what the state store takes. A larger group does not cool.
 */
const COOLING_ALERTS_MAX = 5000;

const loggedNotification = z.object({
  id: z.string(),
  atMs: z.number(),
  /** The tick of the group that led to it. Absent in documents of older versions. */
  tickMs: z.number().optional(),
  firing: z.array(z.string()),
  resolved: z.array(z.string()),
  /** Told as firing before and neither since: muted alerts, whose end is owed. */
  owed: z.array(z.string()).optional(),
  /** What the receiver returned. */
  receiverData: z.record(z.string(), z.string()).optional(),
  /** Until when alerts that were told cool, by fingerprint. */
  coolUntilMs: z.record(z.string(), z.number()).optional(),
});
const entryDocument = z.object({
  groupKey: z.string(),
  receiver: z.string(),
  logged: loggedNotification.optional(),
  unconfirmed: loggedNotification.optional(),
  /** Absent in documents of older versions, which removed them with their group. */
  expiresAtMs: z.number().optional(),
});

export type LoggedNotification = z.infer<typeof loggedNotification>;
type Entry = z.infer<typeof entryDocument>;

/** One line of the history; the API's `NotificationEntry`. */
export interface NotificationRecord {
  readonly id: string;
  readonly atMs: number;
  readonly receiver: string;
  readonly groupKey: string;
  readonly status: 'firing' | 'resolved';
  readonly alertCount: number;
  /** `held`: told by the digest of a storm, whose id it has. */
  readonly outcome: 'delivered' | 'failed' | 'retrying' | 'held';
  readonly attempts: number;
  readonly error: string | null;
}

type NotificationLogLimits = Pick<AlertPipelineLimits, 'retentionMs' | 'entryLifeMsMin'> & {
  readonly recordsMax?: number;
};

export class NotificationLog {
  readonly #clock: Clock;
  readonly #state: StateStore;
  readonly #log: Log;
  readonly #entries = new Map<string, Entry>();
  /** Deliveries whose last attempt failed and that will try again. */
  readonly #retrying = new Map<string, NotificationRecord>();
  /** Those who were told as firing and not as over since. */
  readonly #firingSets = new WeakMap<LoggedNotification, ReadonlySet<string>>();
  readonly #history: BoundedLog;
  readonly #limits: NotificationLogLimits;

  constructor(deps: { clock: Clock; state: StateStore; log: Log }, limits: NotificationLogLimits) {
    this.#limits = limits;
    this.#history = new BoundedLog(deps, {
      name: 'notifications',
      retentionMs: limits.retentionMs,
      recordsMax: limits.recordsMax ?? HISTORY_RECORDS_MAX,
      complaint: CANNOT_SAVE,
    });
    this.#clock = deps.clock;
    this.#state = deps.state;
    this.#log = deps.log;
  }

  async load(): Promise<void> {
    for (const { value } of await this.#state.documents.list(ENTRIES)) {
      const entry = entryDocument.parse(value);
      this.#entries.set(`${entry.receiver}\n${entry.groupKey}`, entry);
    }
  }

  find(groupKey: string, receiver: Receiver): Pick<Entry, 'logged' | 'unconfirmed'> {
    return this.#entries.get(entryKeyOf(groupKey, receiver)) ?? {};
  }

  /** Whether the receiver was told that this alert fires, and has not been told of its end. */
  isToldFiring(groupKey: string, receiver: Receiver, fingerprint: string): boolean {
    const { logged, unconfirmed } = this.find(groupKey, receiver);
    return [logged, unconfirmed].some((told) => told !== undefined && this.#firingOf(told).has(fingerprint));
  }

  /** Made once for each entry: a flush asks for every alert in it. */
  #firingOf(told: LoggedNotification): ReadonlySet<string> {
    let firing = this.#firingSets.get(told);
    if (firing === undefined)
      this.#firingSets.set(told, (firing = new Set([...told.firing, ...(told.owed ?? [])])));
    return firing;
  }

  /** Writes down that the planned notification is about to be sent. */
  async reserve(delivery: Delivery, plan: DeliveryPlan): Promise<void> {
    const { logged } = this.find(delivery.flush.groupKey, delivery.receiver);
    await this.#put(delivery, { logged, unconfirmed: this.#loggedOf(delivery, plan) });
  }

  /** Writes down how it ended. */
  async record(delivery: Delivery, plan: DeliveryPlan, outcome: DeliveryOutcome): Promise<void> {
    const { flush, receiver } = delivery;
    this.#retrying.delete(entryKeyOf(flush.groupKey, receiver));
    const { logged, unconfirmed } = this.find(flush.groupKey, receiver);
    const { result } = outcome;
    if (result.kind === 'delivered') {
      const receiverData = result.receiverData ?? logged?.receiverData;
      const told = { ...this.#loggedOf(delivery, plan), ...keptOf(receiverData) };
      await this.#put(delivery, { logged: this.#cooled(told, logged, delivery) });
    } else await this.#put(delivery, { logged, unconfirmed: result.isRetriable ? unconfirmed : undefined });
    if (outcome.isSilent) return;
    const ended = recordOf(delivery, plan, outcome, this.#clock.nowMs());
    await this.#history.append([{ atMs: ended.atMs, value: ended }]);
  }

  /**
   * Writes down that it is told by a digest, whose id the plan carries, in one write with `more`. Its alerts
   * count as told.
   */
  async recordHeld(delivery: Delivery, plan: DeliveryPlan, more: readonly DocumentWrite[]): Promise<void> {
    const { logged } = this.find(delivery.flush.groupKey, delivery.receiver);
    const told = this.#loggedOf(delivery, plan);
    const kept = keptOf(logged?.receiverData);
    await this.#put(delivery, { logged: this.#cooled({ ...told, ...kept }, logged, delivery) }, more);
    const held = recordOf(delivery, plan, HELD, this.#clock.nowMs());
    await this.#history.append([{ atMs: held.atMs, value: { ...held, outcome: 'held' } }]);
  }

  /** Shows a delivery that failed and will be tried again. */
  noteRetry(delivery: Delivery, plan: DeliveryPlan, outcome: DeliveryOutcome): void {
    const record = recordOf(delivery, plan, outcome, this.#clock.nowMs());
    const key = entryKeyOf(delivery.flush.groupKey, delivery.receiver);
    this.#retrying.set(key, { ...record, outcome: 'retrying' });
  }

  /** The delivery that is between two attempts. */
  findRetrying(groupKey: string, receiver: Receiver): NotificationRecord | undefined {
    return this.#retrying.get(entryKeyOf(groupKey, receiver));
  }

  /** Removes what is too old to be compared with, of groups that are no more; returns the writes that make it durable. */
  expire(isLive: (groupKey: string) => boolean): readonly DocumentWrite[] {
    const nowMs = this.#clock.nowMs();
    const gone = [...this.#entries].filter(
      ([, { groupKey, expiresAtMs = 0 }]) => expiresAtMs <= nowMs && !isLive(groupKey),
    );
    for (const [key] of gone) this.#entries.delete(key);
    return gone.map(([key]) => ({ kind: 'delete', collection: ENTRIES, key: shortHashOf(key) }));
  }

  /** Lets go in memory of entries that speak of somebody. */
  forget(speaks: (value: unknown) => boolean): void {
    for (const [key, entry] of this.#entries) if (speaks(entry)) this.#entries.delete(key);
    for (const [key, record] of this.#retrying) if (speaks(record)) this.#retrying.delete(key);
  }

  /** The newest first: what is being retried now, then what ended. */
  async history(limit: number): Promise<readonly NotificationRecord[]> {
    const bounded = Math.min(Math.max(0, limit), HISTORY_PAGE_MAX);
    const retrying = [...this.#retrying.values()].sort((a, b) => b.atMs - a.atMs).slice(0, bounded);
    const rest = bounded - retrying.length;
    const ended = await this.#history.read({ direction: 'backward', limit: rest });
    return [...retrying, ...ended.map(({ value }) => value as NotificationRecord)];
  }

  #loggedOf(delivery: Delivery, { id, firing, resolved }: DeliveryPlan): LoggedNotification {
    const { tickMs } = delivery.flush;
    const told = { id, atMs: this.#clock.nowMs(), tickMs, firing: [...firing], resolved: [...resolved] };
    const owed = this.#owedAfter(delivery, [...firing, ...resolved]);
    return owed.length === 0 ? told : { ...told, owed };
  }

  /** What was told as firing and is not spoken of now: it is muted, and its end is still to be told. */
  #owedAfter({ flush, receiver }: Delivery, spokenOf: readonly string[]): string[] {
    if (!receiver.sendsResolved) return [];
    const { logged, unconfirmed } = this.find(flush.groupKey, receiver);
    const told = [logged, unconfirmed].flatMap((one) => [...(one?.firing ?? []), ...(one?.owed ?? [])]);
    const spoken = new Set(spokenOf);
    return [...new Set(told)].filter((fingerprint) => !spoken.has(fingerprint)).sort();
  }

  /** With the cooldowns that begin now, and those that go on. */
  #cooled(
    told: LoggedNotification,
    before: LoggedNotification | undefined,
    { cooldown }: Delivery,
  ): LoggedNotification {
    if (cooldown === undefined) return told;
    const nowMs = this.#clock.nowMs();
    const goingOn = Object.entries(before?.coolUntilMs ?? {}).filter(([, untilMs]) => untilMs > nowMs);
    const begun = [...cooldown.coolMs].map(([fingerprint, ms]) => [fingerprint, nowMs + ms] as const);
    if (goingOn.length + begun.length > COOLING_ALERTS_MAX) return told;
    const coolUntilMs = Object.fromEntries([...goingOn, ...begun]);
    return Object.keys(coolUntilMs).length === 0 ? told : { ...told, coolUntilMs };
  }

  async #put(
    delivery: Delivery,
    told: Pick<Entry, 'logged' | 'unconfirmed'>,
    more: readonly DocumentWrite[] = [],
  ): Promise<void> {
    const { groupKey, repeatIntervalMs } = delivery.flush;
    const key = entryKeyOf(groupKey, delivery.receiver);
    const lifeMs = Math.max(
      this.#limits.entryLifeMsMin,
      Math.min(2 * repeatIntervalMs, this.#limits.retentionMs),
    );
    const coolUntilMs = Object.values(told.logged?.coolUntilMs ?? {});
    const expiresAtMs = coolUntilMs.reduce((a, b) => Math.max(a, b), this.#clock.nowMs() + lifeMs);
    const entry: Entry = { groupKey, receiver: receiverKeyOf(delivery.receiver), expiresAtMs, ...told };
    this.#entries.set(key, entry);
    const write = { kind: 'put', collection: ENTRIES, key: shortHashOf(key), value: entry } as const;
    await this.#keepGoing(() => this.#state.documents.write([write, ...more]));
  }

  async #keepGoing(write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#log.error(CANNOT_SAVE, { error });
    }
  }
}

/** Nothing rather than half of it. */
function keptOf(receiverData: ReceiverData | undefined): Pick<LoggedNotification, 'receiverData'> {
  if (receiverData === undefined || JSON.stringify(receiverData).length > RECEIVER_DATA_CHARS_MAX) return {};
  return { receiverData: { ...receiverData } };
}

/** Nothing was sent by itself. */
const HELD: DeliveryOutcome = { result: { kind: 'delivered' }, attempts: 0, isSilent: true };

function recordOf(
  delivery: Delivery,
  plan: DeliveryPlan,
  outcome: DeliveryOutcome,
  atMs: number,
): NotificationRecord {
  const { result } = outcome;
  return {
    id: plan.id,
    atMs,
    receiver: delivery.receiver.name,
    groupKey: delivery.flush.groupKey,
    status: plan.firing.length > 0 ? 'firing' : 'resolved',
    alertCount: delivery.flush.alerts.length,
    outcome: result.kind,
    attempts: outcome.attempts,
    error: result.kind === 'failed' ? result.error : null,
  };
}

function entryKeyOf(groupKey: string, receiver: Receiver): string {
  return `${receiverKeyOf(receiver)}\n${groupKey}`;
}

/** The identity of a receiver across reloads and restarts. */
export function receiverKeyOf({
  name,
  integration,
  index,
}: Pick<Receiver, 'name' | 'integration' | 'index'>): string {
  return `${name}/${integration}/${index}`;
}
