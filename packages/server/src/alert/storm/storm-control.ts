/**
 * What happens when alerts come by the thousand; ours.
 *
 * 1. It is a storm when more alerts than `alertsMax` are known (they fire, or ended within the last quarter
 *    of an hour, or their end is still to be told) and more messages than `messagesMax` would leave in a
 *    minute. Looked at when a message is about to leave, so that it is the same for news that waited in
 *    their groups, for repetitions, and for ends.
 * 2. A message beyond that is held: its alerts are on record as told (the log, the history), and are
 *    counted in the digest of its receiver, in one write. A kill in between loses neither.
 * 3. Once a minute each receiver that has a digest is sent it as one message about the group
 *    `AlertStorm`, tried again until it is taken. In the first minute in which nothing is held, that
 *    group resolves.
 *
 * Digests need a part of the messages: one for each receiver, at most half of them. A message that may
 * have been sent already, and heartbeats, which must come on time, are never held.
 *
 * Rejected: a queue of what is held. Whoever reads it has the page of alerts; a chat that gets 800
 * messages in the next hour instead of at once is no help.
 */
import type { Clock, Random, Timer } from '@vedette/model';
import type { StateStore } from '../../store/state/port.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AlertMetrics } from '../alert-metrics.ts';
import type { GroupFlush } from '../alert.ts';
import { receiverKeyOf, type NotificationLog } from '../notification-log.ts';
import type { Receiver } from '../notify/receiver.ts';
import type { Delivery, DeliveryPlan, Stage } from '../stages.ts';
import { digestAlert, emptyDigest, STORM_GROUP, withHeld, type StormDigest } from './storm-digest.ts';
import { deleteDigest, loadDigests, putDigest, type StoredDigest } from './storm-documents.ts';

const MINUTE_MS = 60_000;

/** Integrations that machines wait for. */
const NEVER_HELD: ReadonlySet<string> = new Set(['heartbeat']);

/** Digests are repeated while a storm goes on, not by an interval. */
const NO_REPETITION_MS = 24 * 3_600_000;

export interface StormSetup {
  readonly alertsMax: number;
  /** In a minute, over all receivers. */
  readonly messagesMax: number;
  /** Where links in messages lead; without a slash at the end. */
  readonly externalUrl: string;
}

export interface StormDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly state: StateStore;
  readonly log: Log;
  readonly metrics: AlertMetrics;
  readonly notificationLog: NotificationLog;
  /** Alerts that are known. */
  readonly countAlerts: () => number;
  /** Sends without looking at what was told before; true when it was delivered. */
  readonly send: (receiver: Receiver, flush: GroupFlush, plan: DeliveryPlan) => Promise<boolean>;
}

export class StormControl {
  readonly #deps: StormDeps;
  #setup: StormSetup | undefined;
  #receivers: ReadonlyMap<string, Receiver> = new Map();
  readonly #digests = new Map<string, StoredDigest>();
  /** When messages left, within the last minute. */
  #sentMs: number[] = [];
  #externalUrl = '';
  /** Of the next round, or of the one under way: a digest that opens meanwhile is for the round after it. */
  #timer: Timer | undefined;
  #sending: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(deps: StormDeps) {
    this.#deps = deps;
  }

  /** `undefined`: no storm control; what is in digests is told all the same. */
  apply(setup: StormSetup | undefined, receivers: readonly Receiver[]): void {
    this.#setup = setup;
    this.#externalUrl = setup?.externalUrl ?? this.#externalUrl;
    this.#receivers = new Map(receivers.map((receiver) => [receiverKeyOf(receiver), receiver]));
  }

  async load(): Promise<void> {
    for (const digest of await loadDigests(this.#deps.state)) this.#digests.set(digest.receiver, digest);
    if (this.#digests.size > 0) this.#arm();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#timer?.cancel();
    await this.#sending;
  }

  /** After dedup, before the message is reserved. */
  stage(): Stage {
    return {
      run: async (delivery) => {
        const { plan } = delivery;
        if (plan === undefined || !this.#mustHold(delivery, plan)) return delivery;
        await this.#hold(delivery, plan);
        return undefined;
      },
    };
  }

  #mustHold({ receiver }: Delivery, plan: DeliveryPlan): boolean {
    const setup = this.#setup;
    const nowMs = this.#deps.clock.nowMs();
    if (setup === undefined || NEVER_HELD.has(receiver.integration)) return false;
    this.#sentMs = this.#sentMs.filter((atMs) => Math.abs(nowMs - atMs) < MINUTE_MS);
    const forDigests = Math.min(this.#receivers.size, Math.floor(setup.messagesMax / 2));
    const isRoom = this.#sentMs.length < setup.messagesMax - forDigests;
    const isCalm = this.#deps.countAlerts() <= setup.alertsMax;
    if (plan.reason !== 'unconfirmed' && !isRoom && !isCalm) return true;
    this.#sentMs.push(nowMs);
    return false;
  }

  async #hold(delivery: Delivery, plan: DeliveryPlan): Promise<void> {
    const { clock, random, metrics, notificationLog } = this.#deps;
    const receiver = receiverKeyOf(delivery.receiver);
    const stored = this.#digests.get(receiver) ?? { receiver };
    const open = stored.open ?? emptyDigest(random.uuid(), clock.nowMs());
    const next = { ...stored, open: withHeld(open, delivery.flush, plan) };
    this.#digests.set(receiver, next);
    metrics.suppressed('storm', delivery.flush.alerts.length);
    if (this.#timer === undefined) this.#arm();
    await notificationLog.recordHeld(delivery, { ...plan, id: open.id }, [putDigest(next)]);
  }

  #arm(): void {
    this.#timer = this.#deps.clock.setTimer(MINUTE_MS, () => {
      this.#sending = this.#sendAll().finally(() => {
        this.#timer = undefined;
        if (this.#digests.size > 0 && !this.#isStopping) this.#arm();
      });
    });
  }

  async #sendAll(): Promise<void> {
    const sendOne = async (stored: StoredDigest): Promise<void> => {
      try {
        await this.#sendOne(stored);
      } catch (error) {
        this.#deps.log.error('a digest of alerts cannot be sent; the next round tries again', { error });
      }
    };
    await Promise.all([...this.#digests.values()].map(sendOne));
  }

  /** What was begun goes on first: it keeps its id until it is taken. */
  async #sendOne(stored: StoredDigest): Promise<void> {
    const receiver = this.#receivers.get(stored.receiver);
    if (receiver === undefined) return await this.#drop(stored);
    const begun = stored.sending ?? stored.open;
    if (begun === undefined) return await this.#tellEnd(stored, receiver);
    if (stored.sending === undefined) await this.#put({ ...stored, open: undefined, sending: begun });
    if (!(await this.#send(receiver, begun, { isFiring: begun.firingCount > 0, isOver: false }))) return;
    const after = this.#digests.get(stored.receiver) ?? stored;
    await this.#put({ ...after, sending: undefined, told: begun.firingCount > 0 ? begun : undefined });
  }

  /** Nothing was held for a minute: the group of the storm resolves. */
  async #tellEnd(stored: StoredDigest, receiver: Receiver): Promise<void> {
    const { told } = stored;
    // Another message than the digest, the same after a kill.
    const end = told && { ...told, id: `${told.id}-end` };
    if (end !== undefined && !(await this.#send(receiver, end, { isFiring: false, isOver: true }))) return;
    const now = this.#digests.get(stored.receiver);
    if (now?.open === undefined) await this.#drop(stored);
    else await this.#put({ ...now, told: undefined });
  }

  async #send(
    receiver: Receiver,
    digest: StormDigest,
    { isFiring, isOver }: { readonly isFiring: boolean; readonly isOver: boolean },
  ): Promise<boolean> {
    const { clock, send } = this.#deps;
    if (!isFiring && !receiver.sendsResolved) return true;
    const nowMs = clock.nowMs();
    const alert = digestAlert(digest, { nowMs, isFiring, isOver, externalUrl: this.#externalUrl });
    const flush = { ...STORM_GROUP, alerts: [alert], tickMs: nowMs, repeatIntervalMs: NO_REPETITION_MS };
    const [firing, resolved] = isFiring ? [[alert.fingerprint], []] : [[], [alert.fingerprint]];
    this.#sentMs.push(nowMs);
    return await send(receiver, flush, { id: digest.id, reason: 'storm digest', firing, resolved });
  }

  async #put(stored: StoredDigest): Promise<void> {
    this.#digests.set(stored.receiver, stored);
    await this.#write([putDigest(stored)]);
  }

  async #drop({ receiver }: StoredDigest): Promise<void> {
    this.#digests.delete(receiver);
    await this.#write([deleteDigest(receiver)]);
  }

  async #write(writes: Parameters<StateStore['documents']['write']>[0]): Promise<void> {
    try {
      await this.#deps.state.documents.write(writes);
    } catch (error) {
      this.#deps.log.error('a digest of alerts cannot be saved; after a restart it may come again', {
        error,
      });
    }
  }
}
