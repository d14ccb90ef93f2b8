/**
 * Brings counted actions to the server, at least once and in order, without ever holding up who counts.
 *
 * 1. Rows are cut into batches and queue up. One batch is on its way at a time.
 * 2. A batch gets its number when it is first tried and keeps it: the server counts a repeated one once.
 * 3. Times leave as age: rows carry monotonic time and get their `atMs` from the wall clock of the moment of sending, so
 *    a clock that is set between counting and sending shifts nothing.
 * 4. A failure waits with growing, drawn pauses. At `PENDING_ROWS_MAX` or `PENDING_CHARS_MAX` the oldest batch that is
 *    not on its way goes, and is counted: what users do now matters more than what they did before.
 */
import type { SdkClock, SdkRandom } from '../system/system.ts';
import type { PendingRow } from './action-fold.ts';
import { Backoff } from './backoff.ts';
import { BatchRefusedError, type GuardTransport } from './transport.ts';
import { ACTION_ROWS_PER_BATCH_MAX, type ActionBatch, type ActionRow } from './wire.ts';

// Twenty-five full batches: half a minute of a busy process without server.
export const PENDING_ROWS_MAX = 50_000;
// Those rows with ids of 100 characters; longer ones make room sooner. 8 MB of ASCII.
const PENDING_CHARS_MAX = 8_000_000;
// One body stays below the server's megabyte, were every character one of three bytes.
const BATCH_CHARS_MAX = 300_000;
// A server that has not answered by then is asked again; on a loopback a batch takes a millisecond.
export const SEND_MS_MAX = 5000;
// The server takes nothing older than an hour.
const BATCH_AGE_MS_MAX = 55 * 60_000;

export class ActionShipper {
  readonly #clock: SdkClock;
  readonly #senders: readonly GuardTransport[];
  readonly #instance: string;
  readonly #onFailure: (error: unknown) => void;
  readonly #onArrival: () => void;
  readonly #backoff: Backoff;
  readonly #queue: PendingBatch[] = [];
  #pendingRows = 0;
  #pendingChars = 0;
  #droppedRows = 0;
  #seq = 0;
  #drain: Promise<boolean> | undefined;
  #pause: { cancel(): void } | undefined;
  #isClosed = false;

  constructor(options: {
    readonly clock: SdkClock;
    readonly random: SdkRandom;
    readonly transports: readonly GuardTransport[];
    /** Told of every failure, with the reason; and of every batch that arrived. */
    readonly onFailure: (error: unknown) => void;
    readonly onArrival: () => void;
  }) {
    this.#clock = options.clock;
    this.#senders = options.transports.filter(({ send }) => send !== undefined);
    this.#instance = options.random.uuid();
    this.#onFailure = options.onFailure;
    this.#onArrival = options.onArrival;
    this.#backoff = new Backoff(options.random);
  }

  get pendingRows(): number {
    return this.#pendingRows;
  }

  get droppedRows(): number {
    return this.#droppedRows;
  }

  /** Takes rows and sends them as soon as those before them arrived; never within the call, which may be a request's. */
  ship(rows: readonly PendingRow[]): void {
    if (rows.length === 0) return;
    if (this.#senders.length === 0) {
      // Decisions come from somewhere, actions go nowhere: as configured.
      this.#droppedRows += rows.length;
      return;
    }
    for (const batch of batchesOf(rows)) this.#push(batch);
    if (!this.#isClosed) this.#pause ??= this.#runAfter(0);
  }

  /** Tries at once, whatever pause is on. Resolves when all arrived, or when an attempt failed. */
  async flush(): Promise<void> {
    // What is under way may have begun before the newest rows came; its failure ends this flush, too.
    if (this.#drain !== undefined && !(await this.#drain)) return;
    this.#endPause();
    await this.#run();
  }

  close(): void {
    this.#isClosed = true;
    this.#endPause();
  }

  #endPause(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
  }

  /** Sends until nothing waits (true) or an attempt fails (false). */
  #run(): Promise<boolean> {
    this.#drain ??= this.#sendAll().finally(() => (this.#drain = undefined));
    return this.#drain;
  }

  async #sendAll(): Promise<boolean> {
    for (let batch = this.#queue[0]; batch !== undefined; batch = this.#queue[0]) {
      batch.isUnderWay = true;
      const hasEnded = await this.#sendOne(batch);
      batch.isUnderWay = false;
      if (!hasEnded) {
        this.#pauseBeforeNext();
        return false;
      }
      this.#backoff.reset();
    }
    return true;
  }

  /** False when the batch should be tried again. */
  async #sendOne(batch: PendingBatch): Promise<boolean> {
    if (this.#clock.monotonicMs() - (batch.rows[0]?.atMonotonicMs ?? 0) > BATCH_AGE_MS_MAX) {
      this.#remove(batch, 'lost');
      return true;
    }
    batch.seq ??= ++this.#seq;
    let failure: unknown;
    for (const sender of this.#senders) {
      try {
        await this.#sendBy(sender, this.#encode(batch.rows, batch.seq));
        this.#remove(batch, 'arrived');
        this.#onArrival();
        return true;
      } catch (error) {
        failure = error;
        if (error instanceof BatchRefusedError) break;
      }
    }
    this.#onFailure(failure);
    if (!(failure instanceof BatchRefusedError)) return false;
    this.#remove(batch, 'lost');
    return true;
  }

  async #sendBy(sender: GuardTransport, batch: ActionBatch): Promise<void> {
    const abort = new AbortController();
    const deadline = this.#clock.setTimer(SEND_MS_MAX, () =>
      abort.abort(
        new Error(`cannot send actions by ${sender.name}: no answer within ${SEND_MS_MAX} ms (SEND_MS_MAX)`),
      ),
    );
    try {
      await sender.send?.(batch, abort.signal);
    } finally {
      deadline.cancel();
    }
  }

  #pauseBeforeNext(): void {
    if (this.#isClosed) return;
    this.#endPause();
    this.#pause = this.#runAfter(this.#backoff.nextMs());
  }

  #runAfter(delayMs: number): { cancel(): void } {
    return this.#clock.setTimer(delayMs, () => {
      this.#pause = undefined;
      void this.#run();
    });
  }

  #push(batch: PendingBatch): void {
    this.#queue.push(batch);
    this.#pendingRows += batch.rows.length;
    this.#pendingChars += batch.chars;
    while (this.#pendingRows > PENDING_ROWS_MAX || this.#pendingChars > PENDING_CHARS_MAX) {
      const oldest = this.#queue.find(({ isUnderWay }) => !isUnderWay);
      if (oldest === undefined || oldest === batch) break;
      this.#remove(oldest, 'lost');
    }
  }

  #remove(batch: PendingBatch, why: 'arrived' | 'lost'): void {
    const at = this.#queue.indexOf(batch);
    if (at < 0) return;
    this.#queue.splice(at, 1);
    this.#pendingRows -= batch.rows.length;
    this.#pendingChars -= batch.chars;
    if (why === 'lost') this.#droppedRows += batch.rows.length;
  }

  #encode(rows: readonly PendingRow[], seq: number): ActionBatch {
    const sentAtMs = Math.round(this.#clock.nowMs());
    const nowMs = this.#clock.monotonicMs();
    const words = new Map<string, number>();
    const wordOf = (word: string): number => {
      const known = words.get(word);
      if (known !== undefined) return known;
      words.set(word, words.size);
      return words.size - 1;
    };
    const encoded = rows.map((row): ActionRow => {
      const atMs = sentAtMs - Math.max(0, Math.round(nowMs - row.atMonotonicMs));
      const place = [wordOf(row.scope), wordOf(row.action), wordOf(row.source), wordOf(row.outcome)] as const;
      return [place[0], row.subject, place[1], place[2], place[3], row.count, atMs];
    });
    return { version: 1, instance: this.#instance, seq, sentAtMs, words: [...words.keys()], rows: encoded };
  }
}

interface PendingBatch {
  readonly rows: readonly PendingRow[];
  readonly chars: number;
  seq: number | undefined;
  isUnderWay: boolean;
}

/** Cuts at `ACTION_ROWS_PER_BATCH_MAX` rows and at `BATCH_CHARS_MAX` characters. */
function batchesOf(rows: readonly PendingRow[]): PendingBatch[] {
  const batches: PendingBatch[] = [];
  let first = 0;
  let chars = 0;
  for (const [i, row] of rows.entries()) {
    const more = charsOf(row);
    if (i > first && (i - first === ACTION_ROWS_PER_BATCH_MAX || chars + more > BATCH_CHARS_MAX)) {
      batches.push({ rows: rows.slice(first, i), chars, seq: undefined, isUnderWay: false });
      first = i;
      chars = 0;
    }
    chars += more;
  }
  batches.push({ rows: rows.slice(first), chars, seq: undefined, isUnderWay: false });
  return batches;
}

/** About what the row takes as JSON; its words count once each in a batch, but may all differ. */
function charsOf({ subject, action, source }: PendingRow): number {
  return subject.length + action.length + source.length + 40;
}
