/**
 * How the guard's events come to disk, and back.
 *
 * 1. The log `guard_events` of the state store is the truth. Events of many callers go together: what comes while a
 *    write is under way is the next write, up to 500. An idle disk is never waited for, a busy one takes 500 at a time.
 * 2. Only what is durable is handed on (`onCommitted`) and acknowledged. So nothing is in force that a kill would undo,
 *    and what cannot be written does not happen: crossings are told again every second, alerts are sent again.
 * 3. The books are saved behind that, some seconds later or after some thousand events, with a checkpoint: how far in
 *    the log they are. A start reads them and the tail of the log since then, so its time is bounded.
 * 4. Servers that share a state (Redis) share the log. What others wrote is handed on in its place: before one's own
 *    events that come after it, and whenever `follow` looks. So all books come to the same, whoever wrote.
 * 5. A state that was lost while servers run (a Redis that keeps nothing on disk) has a log that counts from 1 again. It
 *    is known by a number that was given before, or by a newest event that is younger than all that were seen and yet has
 *    no higher number. The books begin anew in it with what they know: else its numbers would all be too low for them.
 *
 * Rejected: writing each decision's document with its event. Two writes for one decision, of which one may be lost.
 */
import { UnavailableError, type Clock } from '@vedette/model';
import type { LogRecord, StateStore } from '../../store/state/port.ts';
import type { GuardEvent } from './guard-event.ts';

export const GUARD_LOG = 'guard_events';

/** The state store takes 500 records at once. */
const EVENTS_PER_CALL_MAX = 500;

/** Some 2 ms of books and feed, so that a slice of 5 ms holds them; fewer make more deltas of the feed than are of use. */
const EVENTS_PER_TURN = 125;

/** Two seconds of writing on a slow disk; callers beyond it are sent away, not kept in memory. */
export const EVENTS_WAITING_MAX = 20_000;

export interface CommittedEvent {
  readonly event: GuardEvent;
  readonly seq: number;
}

interface Waiting {
  readonly events: readonly GuardEvent[];
  readonly settled: PromiseWithResolvers<void>;
}

export interface JournalDeps {
  readonly clock: Clock;
  readonly state: StateStore;
  /** In the order of the log. Synchronous; must not throw. */
  readonly onCommitted: (events: readonly CommittedEvent[]) => void;
  /** The same for events that others wrote, or whose writing was not answered. */
  readonly onFound: (events: readonly CommittedEvent[]) => void;
  /** Numbers begin at 1 again, before the first event that has one is handed on. */
  readonly onBegunAnew: () => void;
}

export class Journal {
  readonly #deps: JournalDeps;
  /** Of the last event handed on. */
  #seq = 0;
  /** Time of the youngest event that was seen, by whoever's clock. */
  #newestMs = 0;
  #waiting: Waiting[] = [];
  #waitingCount = 0;
  #draining: Promise<void> = Promise.resolve();
  #isBusy = false;
  /** The last write was not answered for: what it was to write may be there, and the books do not know of it. */
  #isUnsure = false;

  constructor(deps: JournalDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves when they are durable and handed on; rejects with the error of the state store, or `UnavailableError`
   * (VED_STATE_UNAVAILABLE) when `EVENTS_WAITING_MAX` wait. At most 500.
   */
  async append(events: readonly GuardEvent[]): Promise<void> {
    if (this.#waitingCount + events.length > EVENTS_WAITING_MAX)
      throw new UnavailableError(
        'VED_STATE_UNAVAILABLE',
        `cannot write decisions: ${this.#waitingCount} wait for the disk, limit is ${EVENTS_WAITING_MAX}; the disk is too slow or stands still`,
      );
    const settled = Promise.withResolvers<void>();
    this.#waiting.push({ events, settled });
    this.#waitingCount += events.length;
    if (!this.#isBusy) this.#draining = this.#drain();
    await settled.promise;
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  /** Events after `seq`, in order, in pieces. */
  async *replay(seq: number): AsyncIterable<readonly LogRecord[]> {
    this.#seq = seq;
    this.#newestMs = this.#deps.clock.nowMs();
    for (;;) {
      const records = await this.#readOn();
      if (records.length === 0) return;
      yield records;
      this.#note(records);
      await this.#deps.clock.yield();
    }
  }

  /** Hands on what others wrote. While own events are being written there is no need: those before them come first. */
  async follow(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const following = this.#isUnsure ? this.#makeSure() : this.#followOn();
    this.#draining = following.catch(() => undefined).then(() => this.#drain());
    await following;
  }

  async #readOn(): Promise<readonly LogRecord[]> {
    const { logs } = this.#deps.state;
    return await logs.read(GUARD_LOG, {
      direction: 'forward',
      afterSeq: this.#seq,
      limit: EVENTS_PER_CALL_MAX,
    });
  }

  async #followOn(): Promise<void> {
    await this.#catchUp(Number.POSITIVE_INFINITY);
    const [newest] = await this.#deps.state.logs.read(GUARD_LOG, { direction: 'backward', limit: 1 });
    // One that was seen is left when those after it were erased.
    if (newest === undefined || newest.seq > this.#seq || newest.atMs <= this.#newestMs) return;
    this.#beginAnew();
    await this.#catchUp(Number.POSITIVE_INFINITY);
  }

  #beginAnew(): void {
    this.#seq = 0;
    this.#deps.onBegunAnew();
  }

  #note(records: readonly { readonly seq: number; readonly atMs: number }[]): void {
    for (const { seq, atMs } of records) {
      this.#seq = seq;
      this.#newestMs = Math.max(this.#newestMs, atMs);
    }
  }

  /** Returns whether there was anything. */
  async #catchUp(beforeSeq: number): Promise<boolean> {
    for (let isAny = false; ; isAny = true) {
      const records = (await this.#readOn()).filter(({ seq }) => seq < beforeSeq);
      if (records.length === 0) return isAny;
      this.#note(records);
      this.#deps.onFound(records.map(({ seq, value }) => ({ seq, event: value as GuardEvent })));
    }
  }

  async #drain(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      if (this.#isUnsure) await this.#makeSure();
      else await this.#writeTogether(this.#takeCall());
    }
    this.#isBusy = false;
  }

  async #writeTogether(callers: readonly Waiting[]): Promise<void> {
    const events = callers.flatMap((caller) => caller.events);
    try {
      // To judge them took a slice, and to encode so many takes another one.
      if (events.length > EVENTS_PER_TURN) await this.#deps.clock.yield();
      const records = events.map((event) => ({ atMs: event.atMs, value: event }));
      const lastSeq = await this.#deps.state.logs.append(GUARD_LOG, records);
      const firstSeq = lastSeq - events.length + 1;
      if (firstSeq <= this.#seq) this.#beginAnew();
      if (firstSeq > this.#seq + 1) await this.#catchUp(firstSeq);
      this.#note(events.map(({ atMs }, i) => ({ seq: firstSeq + i, atMs })));
      await this.#handOn(events, firstSeq);
      for (const { settled } of callers) settled.resolve();
    } catch (error) {
      this.#isUnsure = true;
      for (const { settled } of callers) settled.reject(error);
    } finally {
      this.#waitingCount -= events.length;
    }
  }

  /**
   * What waits was decided by books that did not know what a write without an answer left. The same may stand in it:
   * whoever decides is sent away, and decides anew.
   */
  async #makeSure(): Promise<void> {
    try {
      const isAny = await this.#catchUp(Number.POSITIVE_INFINITY);
      this.#isUnsure = false;
      if (isAny)
        this.#sendAway(
          new UnavailableError(
            'VED_STATE_UNAVAILABLE',
            'cannot write decisions: a write before was carried out without an answer, and is known only now; look at what holds, then try again',
          ),
        );
    } catch (error) {
      this.#sendAway(error);
    }
  }

  #sendAway(error: unknown): void {
    for (const { events, settled } of this.#waiting.splice(0)) {
      this.#waitingCount -= events.length;
      settled.reject(error);
    }
  }

  /** Books, feed and metrics of 500 events are 10 ms of work: in between the event loop has its turn. */
  async #handOn(events: readonly GuardEvent[], firstSeq: number): Promise<void> {
    for (let first = 0; first < events.length; first += EVENTS_PER_TURN) {
      if (first > 0) await this.#deps.clock.yield();
      const piece = events.slice(first, first + EVENTS_PER_TURN);
      this.#deps.onCommitted(piece.map((event, i) => ({ event, seq: firstSeq + first + i })));
    }
  }

  /** The first caller, and those after it that fit into the same call. */
  #takeCall(): readonly Waiting[] {
    let size = 0;
    const end = this.#waiting.findIndex(
      ({ events }, i) => (size += events.length) > EVENTS_PER_CALL_MAX && i > 0,
    );
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }
}
