/**
 * Many small writes, few fsyncs. Each durable commit costs a trip to the disk (0.1 to 10 ms, seconds on a bad day), which
 * is the same for one row and for five hundred.
 *
 * 1. Writes join one queue. A loop takes what is at the front after letting the event loop run once: as many writes
 *    as fit into one transaction of `ROWS_PER_TRANSACTION_MAX` rows.
 * 2. Each write has a savepoint of its own: one that throws (a conflict) is rolled back and rejected
 *    alone. An error of the disk takes the whole transaction with it, and every writer in it is told.
 * 3. Promises are settled, and watchers called, when the commit is durable. The next transaction comes after that.
 * 4. Reads do not wait for the disk. One whose scope (collection, log) no write waits for runs with the next turn of
 *    the event loop; one behind such a write runs right after its transaction, before its sync. So each caller sees
 *    its own earlier writes and none of its later ones, and what is seen may be durable only a moment later.
 */
import type { DatabaseSync } from 'node:sqlite';
import { ExpectedError, UnavailableError, type Clock } from '@vedette/model';
import type { Durability } from './write-ahead-log.ts';

/** SQLite works on the main thread: 500 rows take about 2 ms, inside the 5 ms a slice may last. */
export const ROWS_PER_TRANSACTION_MAX = 500;

/** Waiting calls: at 1 KiB each this is 10 MiB, and seconds of a slow disk. */
export const WAITING_CALLS_MAX = 10_000;

interface Call {
  /** The place among all calls. */
  readonly order: number;
  readonly run: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Write extends Call {
  /** What it writes to: a collection, a log. Of no meaning here but to be the same or not. */
  readonly scopes: readonly string[];
  /** At most so many it changes. */
  readonly rows: number;
  /** Reads that must see it and nothing that came after them. */
  readonly followers: Call[];
  /** Outside of any transaction, and alone. */
  readonly isBare: boolean;
}

export interface GroupCommitDeps {
  readonly clock: Clock;
  readonly database: DatabaseSync;
  readonly durability: Durability;
  readonly translate: (error: unknown) => unknown;
}

export class GroupCommit {
  readonly #deps: GroupCommitDeps;
  readonly #writes: Write[] = [];
  /** Reads that wait for nothing but their turn. */
  readonly #reads: Call[] = [];
  /** Of each scope the last write that is not committed yet. */
  readonly #lastWrites = new Map<string, Write>();
  #waitingCount = 0;
  #callCount = 0;
  #writing: Promise<void> | undefined;
  #reading: Promise<void> | undefined;
  #isClosed = false;

  constructor(deps: GroupCommitDeps) {
    this.#deps = deps;
  }

  read<T>(scope: string, run: () => T): Promise<T> {
    return this.#enqueue(run, (call) => {
      const before = this.#lastWrites.get(scope);
      if (before === undefined) this.#reads.push(call);
      else before.followers.push(call);
      if (before === undefined) this.#reading ??= this.#drainReads();
    });
  }

  /** `rows` is at most ROWS_PER_TRANSACTION_MAX. What `run` throws rejects this call and undoes this call alone. */
  write<T>(scopes: readonly string[], rows: number, run: () => T): Promise<T> {
    return this.#enqueue(run, (call) =>
      this.#addWrite({ ...call, scopes, rows, followers: [], isBare: false }),
    );
  }

  /** For what SQLite does in no transaction (VACUUM). The log is cut before it resolves, if nobody reads it. */
  bare<T>(run: () => T): Promise<T> {
    return this.#enqueue(run, (call) =>
      this.#addWrite({ ...call, scopes: [], rows: ROWS_PER_TRANSACTION_MAX, followers: [], isBare: true }),
    );
  }

  /** Finishes what waits, refuses what comes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#writing, this.#reading]);
  }

  #addWrite(write: Write): void {
    this.#writes.push(write);
    for (const scope of write.scopes) this.#lastWrites.set(scope, write);
    this.#writing ??= this.#drainWrites();
  }

  #enqueue<T>(run: () => T, add: (call: Call) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const refusal = this.#refusal();
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      this.#waitingCount++;
      add({ order: this.#callCount++, run, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  #refusal(): UnavailableError | undefined {
    if (this.#isClosed) {
      return new UnavailableError('VED_STATE_UNAVAILABLE', 'cannot use the state store: it is closed');
    }
    if (this.#waitingCount < WAITING_CALLS_MAX) return undefined;
    return new UnavailableError(
      'VED_STATE_UNAVAILABLE',
      `cannot use the state store: ${WAITING_CALLS_MAX} calls wait already, which is the limit; the disk is too slow`,
    );
  }

  async #drainReads(): Promise<void> {
    while (this.#reads.length > 0) {
      await this.#deps.clock.yield();
      await this.#runReads(this.#reads.splice(0, ROWS_PER_TRANSACTION_MAX));
    }
    // In the same turn that saw the queue empty: a call that comes a moment later starts a new loop.
    this.#reading = undefined;
  }

  async #drainWrites(): Promise<void> {
    while (this.#writes.length > 0) {
      await this.#deps.clock.yield();
      // What comes after this line comes after the first write; it ends the batch.
      await this.#runReads(this.#reads.splice(0));
      await this.#commit(this.#takeBatch());
    }
    this.#writing = undefined;
  }

  /** The longest run at the front that fits and that no read may come between. */
  #takeBatch(): Write[] {
    const firstRead = this.#reads[0]?.order ?? Infinity;
    let rows = 0;
    let count = 0;
    for (const write of this.#writes) {
      rows += write.rows;
      if (count > 0 && (rows > ROWS_PER_TRANSACTION_MAX || write.order > firstRead || write.isBare)) break;
      count++;
      if (write.followers.length > 0 || write.isBare) break;
    }
    return this.#writes.splice(0, count);
  }

  async #commit(batch: readonly Write[]): Promise<void> {
    const { durability } = this.#deps;
    const settlements = this.#runTransaction(batch);
    for (const write of batch)
      for (const scope of write.scopes)
        if (this.#lastWrites.get(scope) === write) this.#lastWrites.delete(scope);
    await this.#runReads(batch.flatMap(({ followers }) => followers));
    if (settlements !== undefined) {
      try {
        await durability.sync();
        if (batch[0]?.isBare === true) await durability.checkpointNow();
        for (const settle of settlements) settle();
      } catch (error) {
        for (const write of batch) write.reject(error);
      }
    }
    this.#waitingCount -= batch.length;
    await durability.checkpointIfLarge();
  }

  async #runReads(calls: readonly Call[]): Promise<void> {
    this.#waitingCount -= calls.length;
    for (const [i, call] of calls.entries()) {
      if (i > 0 && i % ROWS_PER_TRANSACTION_MAX === 0) await this.#deps.clock.yield();
      this.#runRead(call);
    }
  }

  #runRead(call: Call): void {
    try {
      call.resolve(call.run());
    } catch (error) {
      call.reject(this.#deps.translate(error));
    }
  }

  /** What to tell the writers once it is durable; `undefined` when it was undone and they have been told. */
  #runTransaction(batch: readonly Write[]): readonly (() => void)[] | undefined {
    const { database, durability, translate } = this.#deps;
    this.#rollBack();
    try {
      if (durability.failure !== undefined) throw durability.failure;
      const [first] = batch;
      if (first?.isBare === true) {
        const result = first.run();
        return [() => first.resolve(result)];
      }
      database.exec('BEGIN IMMEDIATE');
      const settlements = batch.map((call) => this.#runInSavepoint(call));
      database.exec('COMMIT');
      return settlements;
    } catch (error) {
      this.#rollBack();
      for (const call of batch) call.reject(translate(error));
      return undefined;
    }
  }

  /** One that fails itself leaves the transaction open, and the next BEGIN refuses until a later one succeeds. */
  #rollBack(): void {
    try {
      if (this.#deps.database.isTransaction) this.#deps.database.exec('ROLLBACK');
    } catch {
      // What is told is the fault that made it necessary.
    }
  }

  #runInSavepoint(call: Call): () => void {
    this.#deps.database.exec('SAVEPOINT call');
    try {
      const result = call.run();
      this.#deps.database.exec('RELEASE call');
      return () => call.resolve(result);
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      this.#deps.database.exec('ROLLBACK TO call');
      this.#deps.database.exec('RELEASE call');
      return () => call.reject(error);
    }
  }
}
