/**
 * Keeps the guard's books, its log and its feed in step: the one place where events take effect.
 *
 * 1. `commit` writes events; once they are durable they go into the books, and whoever something else holds for now is
 *    told by the feed. A restart does the same with what it reads.
 * 2. One timer serves all decisions that end. It looks at least every 30 s, since the wall clock may be set. An end takes
 *    effect at once and is written behind; lost in a kill, it is found again by its time.
 * 3. The books are saved some seconds after they changed, and old records leave the log once an hour.
 * 4. Servers that share the state follow each other's events; one of them, by a lease, saves the books for all.
 */
import type { Clock, Random, Slicer, Timer } from '@vedette/model';
import { SNAPSHOT_PIECE_MAX, type LiveDecision, type SubjectKey } from '@vedette/sdk';
import type { StateStore } from '../../store/state/port.ts';
import type { Log } from '../../telemetry/log.ts';
import { DecisionBook, type BookChanges } from './decision-book.ts';
import type { DecisionRecord } from './decision-record.ts';
import type { Feed } from './decision-feed.ts';
import type { GuardEvent, ModeEvent } from './guard-event.ts';
import { GUARD_LOG, Journal, type CommittedEvent } from './journal.ts';
import type { PolicyBook } from './policy-book.ts';
import { SavedBook } from './saved-book.ts';
import { keyOf } from './subject-key.ts';

/** The wall clock may be set forward: what ended by that ends half a minute later at the latest. */
const EXPIRY_LOOK_MS_MAX = 30_000;
/** So many ends take some milliseconds; the rest comes in the next turn. */
const EXPIRIES_PER_TURN = 500;
/** After a write that failed: a full disk is not asked more often. */
const RETRY_MS = 10_000;
/** A tail of some seconds is read back quickly; saving more often would write more than the log itself. */
const SAVE_DELAY_MS = 10_000;
/** A second or two of writing. A stop has 10 s; after a storm the next start reads the log instead, as after a kill. */
const SAVED_AT_STOP_MAX = 5000;
const UPKEEP_INTERVAL_MS = 3_600_000;
/** A ban of another server is in force here within half a second; two small reads cost Redis microseconds. */
const FOLLOW_MS = 500;
/** Who saves the books. Longer than the time between two saves; the log bridges what nobody saves after a kill. */
const SAVER_LEASE = 'guard_books';
const SAVER_LEASE_MS = 60_000;
/** About 250 MB of the state file, a quarter of what it may have. */
export const GUARD_LOG_RECORDS_MAX = 300_000;

export interface GuardKeeperDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly state: StateStore;
  /** Whether other servers may write to it. */
  readonly isStateShared: boolean;
  readonly slicer: Slicer;
  readonly policies: PolicyBook;
  readonly feed: Feed;
  /** In the order of the log, not at a restart. `isOwn`: not another server's. Must not throw. */
  readonly onCommitted: (event: GuardEvent, isOwn: boolean) => void;
  readonly onWriteFailed: () => void;
}

export class GuardKeeper {
  readonly book: DecisionBook;
  readonly #deps: GuardKeeperDeps;
  readonly #journal: Journal;
  readonly #saved: SavedBook;
  #retentionMs: number;
  #secret: Uint8Array = new Uint8Array();
  #seq = 0;
  /** Changes until `seq` that another server is to save. */
  #left: { readonly seq: number; readonly changes: BookChanges } | undefined;
  /** Since the last save that succeeded, the state was lost. */
  #isAnew = false;
  #saving: Promise<void> = Promise.resolve();
  #saveTimer: Timer | undefined;
  #upkeepTimer: Timer | undefined;
  #followTimer: Timer | undefined;
  readonly #holder: string;
  #expiryTimer: Timer | undefined;
  #expiryTimerAtMs = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(
    deps: GuardKeeperDeps,
    options: { readonly halfLifeMs: number; readonly softAllowMs: number; readonly retentionMs: number },
  ) {
    this.#deps = deps;
    this.#retentionMs = options.retentionMs;
    this.book = new DecisionBook(options);
    const { clock, random, state, slicer } = deps;
    this.#holder = random.uuid();
    this.#journal = new Journal({
      clock,
      state,
      onCommitted: (events) => this.#take(events, true),
      onFound: (events) => this.#take(events, false),
      onBegunAnew: () => this.#beginAnew(),
    });
    this.#saved = new SavedBook({ state, slicer });
  }

  /** Of this installation; there after `start`. */
  get secret(): Uint8Array {
    return this.#secret;
  }

  set retentionMs(ms: number) {
    this.#retentionMs = ms;
  }

  async start(): Promise<void> {
    const { clock, policies, random } = this.#deps;
    this.#secret = await this.#saved.loadSecret((bytes) => random.fill(bytes));
    const { seq, modes } = await this.#saved.load(this.book);
    for (const mode of modes) policies.applyEvent(mode);
    this.#seq = seq;
    for await (const records of this.#journal.replay(seq))
      for (const record of records) this.#apply(record.value as GuardEvent, record.seq);
    await this.#tellAll();
    this.#armExpiry();
    this.#armSave();
    this.#upkeepTimer = clock.setTimer(UPKEEP_INTERVAL_MS, () => void this.#upkeep());
    if (this.#deps.isStateShared) this.#followSoon();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    const timers = [this.#expiryTimer, this.#saveTimer, this.#upkeepTimer, this.#followTimer];
    for (const timer of timers) timer?.cancel();
    await this.#journal.idle();
    // A great one that is under way ends early, and what it leaves counts here.
    await this.#saving;
    this.#takeBackLeft();
    const { decisions, subjects } = this.book.changes;
    if (decisions.size + subjects.size <= SAVED_AT_STOP_MAX) await this.save();
    if (this.#deps.isStateShared)
      await this.#deps.state.leases.release(SAVER_LEASE, this.#holder).catch(() => undefined);
  }

  /** Resolves when the events are durable and in effect; rejects when they are neither. At most 500. */
  async commit(events: readonly GuardEvent[]): Promise<void> {
    try {
      await this.#journal.append(events);
    } catch (error) {
      this.#deps.onWriteFailed();
      throw error;
    }
  }

  /** Resolves when nothing waits to be written. */
  async idle(): Promise<void> {
    await this.#journal.idle();
  }

  /** Removes subjects from the books, the feed and what is saved, and resolves when that is durable. */
  async forget(subjects: readonly SubjectKey[]): Promise<number> {
    await this.#journal.idle();
    const ids = subjects.flatMap((subject) => this.book.forget(subject));
    this.book.redact(subjects.map(({ subject }) => subject));
    this.#tell(new Map(subjects.map((subject) => [keyOf(subject), subject])));
    this.#deps.feed.forgetDeltas();
    await this.#saveNow();
    return ids.length;
  }

  /** Writes what changed in the books. A failure is logged, and what could not be written is tried again. */
  async save(): Promise<void> {
    try {
      if (await this.#isSaver()) await this.#saveNow();
      else await this.#leaveToSaver();
    } catch (error) {
      this.#deps.onWriteFailed();
      this.#deps.log.warn('the books of the guard cannot be saved; the log has what is in them', { error });
    }
  }

  /** Two that save would put older records over newer ones. */
  async #isSaver(): Promise<boolean> {
    const { isStateShared, state } = this.#deps;
    return !isStateShared || (await state.leases.acquire(SAVER_LEASE, this.#holder, SAVER_LEASE_MS));
  }

  /** What is not in the checkpoint of the one that saves is kept, in case that it goes away before it is. */
  async #leaveToSaver(): Promise<void> {
    this.#armSave();
    const left = this.#left;
    if (left !== undefined && (await this.#saved.checkpoint()) < left.seq) return;
    this.#left = { seq: this.#seq, changes: this.book.takeChanges() };
  }

  #takeBackLeft(): void {
    if (this.#left !== undefined) this.book.giveBack(this.#left.changes);
    this.#left = undefined;
  }

  #followSoon(): void {
    if (this.#isStopped) return;
    this.#followTimer = this.#deps.clock.setTimer(FOLLOW_MS, () => void this.#follow());
  }

  async #follow(): Promise<void> {
    try {
      await this.#journal.follow();
    } catch (error) {
      // Whoever writes hears of it as well; the next look finds what this one did not.
      this.#deps.log.debug('decisions of other servers cannot be read', { error });
    }
    this.#followSoon();
  }

  async #saveNow(): Promise<void> {
    const before = this.#saving;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#saving = promise;
    await before;
    this.#takeBackLeft();
    const { book, seq, modes } = { book: this.book, seq: this.#seq, modes: this.#deps.policies.overrides };
    const isAnew = this.#isAnew;
    this.#isAnew = false;
    const changes = book.takeChanges();
    try {
      await this.#saved.save(book, {
        changes,
        modes,
        seq,
        isAnew,
        isCutOff: (leftCount) => this.#isStopped && leftCount > SAVED_AT_STOP_MAX,
      });
    } catch (error) {
      book.giveBack(changes);
      this.#isAnew ||= isAnew;
      this.#armSave();
      throw error;
    } finally {
      resolve();
    }
  }

  /** What is known here goes on to hold, and is what the next start reads. */
  #beginAnew(): void {
    this.#deps.log.error('the log of the guard was lost and begins anew; what holds is saved again', {
      decisions: this.book.records.size,
    });
    this.#seq = 0;
    this.#isAnew = true;
    this.book.beginAnew();
    this.#armSave();
  }

  #take(events: readonly CommittedEvent[], isOwn: boolean): void {
    const touched = new Map<string, SubjectKey>();
    for (const { event, seq } of events) {
      const subject = this.#apply(event, seq);
      if (subject !== undefined) touched.set(keyOf(subject), subject);
      this.#deps.onCommitted(event, isOwn);
    }
    this.#tell(touched);
    this.#armExpiry();
    this.#armSave();
  }

  #apply(event: GuardEvent, seq: number): SubjectKey | undefined {
    this.#seq = Math.max(this.#seq, seq);
    if (event.kind !== 'mode') return this.book.apply(event, seq);
    this.#deps.policies.applyEvent(event satisfies ModeEvent);
    return undefined;
  }

  #tell(subjects: ReadonlyMap<string, SubjectKey>): void {
    const nowMs = this.#deps.clock.nowMs();
    const changes = [...subjects.values()].map((subject): readonly [SubjectKey, LiveDecision | undefined] => [
      subject,
      this.book.liveFor(subject, nowMs),
    ]);
    this.#deps.feed.publish(changes);
  }

  /** After a start: all at once would hold the event loop for a third of a second at 100,000. */
  async #tellAll(): Promise<void> {
    let piece = new Map<string, SubjectKey>();
    for (const { decision } of this.book.records.values()) {
      piece.set(keyOf(decision), decision);
      if (piece.size < SNAPSHOT_PIECE_MAX) continue;
      this.#tell(piece);
      piece = new Map();
      await this.#deps.slicer.yield();
    }
    this.#tell(piece);
  }

  #armExpiry(atLeastMs = 0): void {
    const nextMs = this.book.nextExpiryMs();
    if (nextMs === undefined || nextMs >= this.#expiryTimerAtMs || this.#isStopped) return;
    this.#expiryTimer?.cancel();
    this.#expiryTimerAtMs = nextMs;
    const delayMs = Math.max(atLeastMs, nextMs - this.#deps.clock.nowMs());
    this.#expiryTimer = this.#deps.clock.setTimer(Math.min(delayMs, EXPIRY_LOOK_MS_MAX), () => {
      this.#expiryTimerAtMs = Number.POSITIVE_INFINITY;
      void this.#expire();
    });
  }

  async #expire(): Promise<void> {
    const atMs = this.#deps.clock.nowMs();
    const expired = this.book.takeExpired(atMs, EXPIRIES_PER_TURN);
    // Told before it is written: that a decision is over is plain from its time.
    this.#tell(new Map(expired.map(({ decision }) => [keyOf(decision), decision])));
    if (expired.length === 0) {
      this.#armExpiry();
      return;
    }
    try {
      await this.commit(
        expired.map(({ decision }): GuardEvent => ({ kind: 'expired', atMs, id: decision.id })),
      );
      this.#armExpiry();
    } catch (error) {
      this.#deps.log.warn('ends of decisions cannot be written; they are tried again', { error });
      this.#retry(expired);
    }
  }

  #retry(expired: readonly DecisionRecord[]): void {
    for (const record of expired) this.book.pushExpiry(record);
    this.#armExpiry(RETRY_MS);
  }

  #armSave(): void {
    if (this.#saveTimer !== undefined || this.#isStopped) return;
    this.#saveTimer = this.#deps.clock.setTimer(SAVE_DELAY_MS, () => {
      this.#saveTimer = undefined;
      void this.save();
    });
  }

  async #upkeep(): Promise<void> {
    const { clock, log, slicer } = this.#deps;
    await this.book.sweep(clock.nowMs(), slicer);
    try {
      // What leaves the log must be in the books on disk.
      if (await this.#isSaver()) await this.#trim();
    } catch (error) {
      log.warn('the log of the guard cannot be trimmed; it is tried again in an hour', { error });
    }
    if (!this.#isStopped) this.#upkeepTimer = clock.setTimer(UPKEEP_INTERVAL_MS, () => void this.#upkeep());
  }

  async #trim(): Promise<void> {
    const { clock, state } = this.#deps;
    await this.#saveNow();
    await state.logs.trim(GUARD_LOG, clock.nowMs() - this.#retentionMs);
    const afterSeq = this.#seq - GUARD_LOG_RECORDS_MAX;
    const [oldest] =
      afterSeq > 0 ? await state.logs.read(GUARD_LOG, { direction: 'forward', afterSeq, limit: 1 }) : [];
    if (oldest !== undefined) await state.logs.trim(GUARD_LOG, oldest.atMs);
  }
}
