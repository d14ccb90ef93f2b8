/**
 * Durability of a SQLite file without SQLite's own fsyncs, which hold the event loop for as long as the disk takes.
 *
 * SQLite runs in WAL mode with `synchronous=OFF` and without automatic checkpoints: a commit writes to the page cache
 * and returns. The rest is done here, by asynchronous syncs:
 *
 * 1. After a commit `sync` syncs the log. Its writers are told afterwards. No transaction runs meanwhile, so what a
 *    sync covers is exactly what was committed before it.
 * 2. Once the log has `bytesMax`, `checkpointIfLarge`: the log is durable (step 1); SQLite copies its pages to the
 *    database file; that file is synced; only then is the log cut to nothing; the empty log is synced. No transaction
 *    runs from the first of these to the last. A crash at any point finds either the whole log or a whole database file.
 * 3. Cutting the log is what makes its next use safe. SQLite would begin anew at its start, and a disk that writes
 *    the new frames before the new header leaves a beginning of the *old* log to be replayed over a newer database
 *    (https://www.sqlite.org/src/tktview/ff5be73dee). SQLite syncs the header for it; with OFF it does not.
 * 4. A reader elsewhere (a backup, somebody's `sqlite3`) can keep the log from being copied or cut. When it keeps only
 *    the cut away, SQLite may begin anew as soon as the reader is gone: until the log has been cut the mode is
 *    `synchronous=NORMAL`, which syncs that one header, on the event loop, and nothing else.
 * 5. At the start SQLite itself recovers the log, which looks at every checksum, copies it, syncs and cuts. So
 *    whatever is visible after a start is durable, whatever happened to the last sync of the process before.
 *    On a full disk that has to wait for the next start.
 *
 * A sync that fails once is the end of writing until a restart: the system has marked the lost pages as written, so the
 * next sync says yes and means nothing. Step 5 writes them again. Rejected: reopening by ourselves, which needs the
 * same bytes from the same disk, and a person to look at it.
 *
 * See docs/decisions/0011-sqlite-without-its-fsync.md.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { UnavailableError } from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import type { FileSyncs } from './file-syncs.ts';
import { reasonOf } from './sqlite-file.ts';

/** 1 MiB are 256 pages: copying them to the page cache takes 1.5 ms, inside the 5 ms of a slice; some 80 small commits fill it. */
export const WAL_BYTES_MAX = 1024 * 1024;

/** How commits become durable. Calls do not overlap, and no transaction runs during any of them. */
export interface Durability {
  /** Why nothing can be made durable any more, if so. */
  readonly failure: UnavailableError | undefined;
  /** Resolves when everything committed so far is durable; rejects with `failure`. */
  sync(): Promise<void>;
  /** Never rejects: what was durable stays so. */
  checkpointIfLarge(): Promise<void>;
  /** However small the log is. Never rejects; what a reader elsewhere keeps in the log stays until the next time. */
  checkpointNow(): Promise<void>;
  /** Closes the connection too. Does not reject for the disk. */
  close(): Promise<void>;
}

/** For a database in memory. */
export function noDurability(database: DatabaseSync): Durability {
  return {
    failure: undefined,
    sync: () => Promise.resolve(),
    checkpointIfLarge: () => Promise.resolve(),
    checkpointNow: () => Promise.resolve(),
    close: () => {
      if (database.isOpen) database.close();
      return Promise.resolve();
    },
  };
}

export class WriteAheadLog implements Durability {
  readonly #database: DatabaseSync;
  /**
   * The connection that closes last copies the log and removes it, also when the process just ends; without syncs that
   * must not be. This second one may only read, so it can do neither, and as long as it is open the first one is not the last.
   */
  readonly #keeper: DatabaseSync;
  readonly #syncs: FileSyncs;
  readonly #log: Log;
  readonly #path: string;
  readonly #bytesMax: number;
  #checkpointAtBytes: number;
  #isPrepared = false;
  #closing: Promise<void> | undefined;
  #failure: UnavailableError | undefined;

  /** `database` comes from `openSqliteFile` and is the only connection that writes to the file. */
  constructor(
    deps: { database: DatabaseSync; syncs: FileSyncs; log: Log },
    options: { path: string; bytesMax: number },
  ) {
    this.#database = deps.database;
    this.#syncs = deps.syncs;
    this.#log = deps.log;
    this.#path = options.path;
    this.#bytesMax = options.bytesMax;
    this.#checkpointAtBytes = options.bytesMax;
    this.#database.exec('PRAGMA wal_autocheckpoint = 0');
    const isCut = statSync(this.#walPath).size === 0;
    this.#database.exec(`PRAGMA synchronous = ${isCut ? 'OFF' : 'NORMAL'}`);
    this.#keeper = new DatabaseSync(options.path, { readOnly: true });
    this.#keeper.prepare('SELECT count(*) FROM sqlite_schema').get();
  }

  get failure(): UnavailableError | undefined {
    return this.#failure;
  }

  async sync(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      // The entry of a log that was just created.
      if (!this.#isPrepared) await this.#syncs.sync(dirname(this.#path));
      this.#isPrepared = true;
      await this.#syncs.sync(this.#walPath);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  async checkpointIfLarge(): Promise<void> {
    if (this.#failure !== undefined) return;
    const size = statSync(this.#walPath, { throwIfNoEntry: false })?.size ?? 0;
    if (size < this.#checkpointAtBytes) return;
    const isCut = await this.#checkpoint();
    // One that a reader or a full disk stopped is tried again when the log has grown as much again.
    this.#checkpointAtBytes = isCut ? this.#bytesMax : size + this.#bytesMax;
  }

  async checkpointNow(): Promise<void> {
    if (this.#failure === undefined) await this.#checkpoint();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (await this.#lastCheckpoint()) {
      this.#keeper.close();
      this.#database.close();
    } else {
      // The log stays, and the next start copies it.
      this.#database.close();
      this.#keeper.close();
    }
    await this.#syncs.close();
  }

  get #walPath(): string {
    return `${this.#path}-wal`;
  }

  async #lastCheckpoint(): Promise<boolean> {
    try {
      // What a start could not copy may be in the log, and no write may have come since.
      if (!this.#isPrepared) await this.sync();
    } catch {
      // It is in the log of the server and among its problems.
    }
    return this.#failure === undefined && (await this.#checkpoint());
  }

  /** The log is durable. False when it was not cut. */
  async #checkpoint(): Promise<boolean> {
    // One that could not be rolled back is tried again before the next one.
    if (this.#database.isTransaction) return false;
    this.#database.exec('PRAGMA synchronous = OFF');
    let isCut = false;
    try {
      if (this.#run('PASSIVE')) {
        await this.#syncs.sync(this.#path);
        isCut = this.#run('TRUNCATE');
        if (isCut) await this.#syncs.sync(this.#walPath);
      }
    } catch (error) {
      this.#fail(error);
    }
    if (!isCut) this.#database.exec('PRAGMA synchronous = NORMAL');
    return isCut;
  }

  /** What SQLite cannot do here costs nothing but space: the log still holds everything. */
  #run(mode: CheckpointMode): boolean {
    try {
      return checkpoint(this.#database, mode);
    } catch (error) {
      this.#log.warn('the log of the state file could not be copied and grows on', { error });
      return false;
    }
  }

  #fail(cause: unknown): UnavailableError {
    this.#failure = new UnavailableError(
      'VED_STORAGE_FAILED',
      `cannot write state file "${this.#path}": the disk failed to sync it (${reasonOf(cause)}), and a later sync would not mean anything; look at the disk, then restart the server; until then reading goes on`,
      { cause },
    );
    this.#log.error('the state file cannot be written any more', { error: this.#failure });
    return this.#failure;
  }
}

type CheckpointMode = 'PASSIVE' | 'TRUNCATE';

/** True when the whole log was copied, and with TRUNCATE cut; false when a reader kept it from that. */
function checkpoint(database: DatabaseSync, mode: CheckpointMode): boolean {
  const result = database.prepare(`PRAGMA wal_checkpoint(${mode})`).get() ?? {};
  return result['busy'] === 0 && result['log'] === result['checkpointed'];
}
