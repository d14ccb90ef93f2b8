/**
 * Many small writes, few fsyncs. Each durable commit costs a trip to the disk (0.1 to 10 ms), which is
 * the same for one row and for five hundred.
 *
 * 1. Calls join one queue, reads and writes alike, so that each caller sees its own earlier writes.
 * 2. A loop takes what is at the front after letting the event loop run once: either one run of
 *    reads, or as many writes as fit into one transaction of `ROWS_PER_TRANSACTION_MAX` rows.
 * 3. Each write has a savepoint of its own: one that throws (a conflict) is rolled back and rejected
 *    alone. An error of the disk takes the whole transaction with it, and every writer in it is told.
 * 4. Promises are settled, and watchers called, after the commit.
 */
import type { DatabaseSync } from 'node:sqlite';
import { ExpectedError, UnavailableError, type Clock } from '@vedette/model';

/** SQLite works on the main thread: 500 rows take about 2 ms, inside the 5 ms a slice may last. */
export const ROWS_PER_TRANSACTION_MAX = 500;

/** Waiting calls: at 1 KiB each this is 10 MiB, and seconds of a slow disk. */
export const WAITING_CALLS_MAX = 10_000;

interface Call {
  /** Rows a write changes at most; `undefined` for a read. */
  readonly rows: number | undefined;
  readonly run: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #clock: Clock;
  readonly #database: DatabaseSync;
  readonly #translate: (error: unknown) => unknown;
  #queue: Call[] = [];
  #draining: Promise<void> | undefined;
  #isClosed = false;

  constructor(deps: { clock: Clock; database: DatabaseSync; translate: (error: unknown) => unknown }) {
    this.#clock = deps.clock;
    this.#database = deps.database;
    this.#translate = deps.translate;
  }

  read<T>(run: () => T): Promise<T> {
    return this.#enqueue(undefined, run);
  }

  /** `rows` is at most ROWS_PER_TRANSACTION_MAX. What `run` throws rejects this call and undoes this call alone. */
  write<T>(rows: number, run: () => T): Promise<T> {
    return this.#enqueue(rows, run);
  }

  /** Finishes what waits, refuses what comes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#draining;
  }

  #enqueue<T>(rows: number | undefined, run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const refusal = this.#refusal();
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      this.#queue.push({ rows, run, resolve: resolve as (result: unknown) => void, reject });
      this.#draining ??= this.#drain();
    });
  }

  #refusal(): UnavailableError | undefined {
    if (this.#isClosed) {
      return new UnavailableError('VED_STATE_UNAVAILABLE', 'cannot use the state store: it is closed');
    }
    if (this.#queue.length < WAITING_CALLS_MAX) return undefined;
    return new UnavailableError(
      'VED_STATE_UNAVAILABLE',
      `cannot use the state store: ${WAITING_CALLS_MAX} calls wait already, which is the limit; the disk is too slow`,
    );
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#clock.yield();
      const batch = this.#takeBatch();
      if (batch[0]?.rows === undefined) for (const call of batch) this.#runRead(call);
      else this.#runTransaction(batch);
    }
    // In the same turn that saw the queue empty: a call that comes a moment later starts a new loop.
    this.#draining = undefined;
  }

  /** The longest run of one kind at the front that fits. */
  #takeBatch(): Call[] {
    const isRead = this.#queue[0]?.rows === undefined;
    let rows = 0;
    let count = 0;
    for (const call of this.#queue) {
      rows += call.rows ?? 1;
      if ((call.rows === undefined) !== isRead || (count > 0 && rows > ROWS_PER_TRANSACTION_MAX)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  #runRead(call: Call): void {
    try {
      call.resolve(call.run());
    } catch (error) {
      call.reject(this.#translate(error));
    }
  }

  #runTransaction(batch: readonly Call[]): void {
    const settlements: (() => void)[] = [];
    this.#rollBack();
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const call of batch) settlements.push(this.#runInSavepoint(call));
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#rollBack();
      for (const call of batch) call.reject(this.#translate(error));
      return;
    }
    for (const settle of settlements) settle();
  }

  /** One that fails itself leaves the transaction open, and the next BEGIN refuses until a later one succeeds. */
  #rollBack(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch {
      // What is told is the fault that made it necessary.
    }
  }

  #runInSavepoint(call: Call): () => void {
    this.#database.exec('SAVEPOINT call');
    try {
      const result = call.run();
      this.#database.exec('RELEASE call');
      return () => call.resolve(result);
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      this.#database.exec('ROLLBACK TO call');
      this.#database.exec('RELEASE call');
      return () => call.reject(error);
    }
  }
}
