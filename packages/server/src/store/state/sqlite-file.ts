/**
 * One SQLite file that this program owns: how it is opened, recognised and judged.
 *
 * 1. The file carries our application id and a schema version. A newer version is refused: what an
 *    older program does not know it could destroy. An older one is migrated step by step.
 * 2. WAL mode: readers of other connections (a backup, `sqlite3`) are not blocked. Creating and migrating sync as SQLite
 *    does (`synchronous=FULL`); afterwards write-ahead-log.ts takes that over.
 * 3. The whole file is checked at every open. A damaged one is set aside under another name, with its
 *    log, and the start fails: silences and decisions must not vanish because a program thought it
 *    knew better than its operator.
 *
 * Rejected: repairing by `.recover` on our own. It needs a person who compares.
 */
import { existsSync, renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { FatalError, UnavailableError, type Clock } from '@vedette/model';

/** "vedt" in ASCII: lets `file` and other programs tell our files. */
export const APPLICATION_ID = 0x76656474;

/** Pages of 4 KiB, SQLite's default and the block size of the usual file systems. */
const PAGE_BYTES = 4096;

/** Result codes of SQLite that mean something to us; https://www.sqlite.org/rescode.html. */
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

export interface SqliteFileOptions {
  readonly path: string;
  /** SQL that leads from version i to i + 1; the length is the version this program writes. */
  readonly migrations: readonly string[];
  readonly bytesMax: number;
}

/** Throws `FatalError` (VED_FORMAT_UNKNOWN, VED_STORAGE_CORRUPT, VED_STORAGE_UNUSABLE). The caller closes. */
export function openSqliteFile(deps: { clock: Clock }, options: SqliteFileOptions): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(options.path);
    assertWhole(database);
    configure(database, options);
    migrate(database, options);
    recover(database);
    return database;
  } catch (error) {
    if (database?.isOpen === true) database.close();
    if (isCorruption(error)) throw setStateAside(deps.clock, options.path, error);
    if (error instanceof FatalError) throw error;
    throw cannotOpen(options.path, error);
  }
}

export function cannotOpen(path: string, cause: unknown): FatalError {
  return new FatalError(
    'VED_STORAGE_UNUSABLE',
    `cannot open state file "${path}": ${reasonOf(cause)}; check that the directory exists and can be written by this user`,
    { cause },
  );
}

/** What an error of SQLite means to a caller of the store; other errors pass unchanged. */
export function storageErrorOf(error: unknown, path: string): unknown {
  if (isFull(error)) {
    return new UnavailableError(
      'VED_STORAGE_FULL',
      `cannot write state file "${path}": the disk or the file's size limit is full; free space, then nothing else is needed`,
      { cause: error },
    );
  }
  if (isCorruption(error)) {
    return new FatalError(
      'VED_STORAGE_CORRUPT',
      `cannot use state file "${path}": ${reasonOf(error)}; stop the process and restore the file from a backup`,
      { cause: error },
    );
  }
  return error;
}

export function isFull(error: unknown): boolean {
  return sqliteCodeOf(error) === SQLITE_FULL;
}

export function isBusy(error: unknown): boolean {
  return sqliteCodeOf(error) === SQLITE_BUSY;
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

class CorruptionError extends Error {}

function assertWhole(database: DatabaseSync): void {
  const rows = database.prepare('PRAGMA integrity_check(1)').all();
  const verdict = Object.values(rows[0] ?? {})[0];
  if (verdict !== 'ok') throw new CorruptionError(`integrity check says ${JSON.stringify(verdict)}`);
}

function configure(database: DatabaseSync, options: SqliteFileOptions): void {
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  // macOS: a plain fsync leaves the bytes in the drive's cache. Elsewhere without effect.
  database.exec('PRAGMA fullfsync = ON');
  database.exec(`PRAGMA max_page_count = ${Math.ceil(options.bytesMax / PAGE_BYTES)}`);
}

/**
 * Copies what the last process left in the log, syncs it and cuts the log. Reading it has looked at every checksum; so
 * what is visible afterwards is durable. A reader elsewhere or a full disk leave it for later.
 */
function recover(database: DatabaseSync): void {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (!isFull(error)) throw error;
  }
}

function migrate(database: DatabaseSync, options: SqliteFileOptions): void {
  const version = pragmaNumberOf(database, 'user_version');
  const applicationId = pragmaNumberOf(database, 'application_id');
  const isEmpty = pragmaNumberOf(database, 'schema_version') === 0;
  if (!isEmpty && applicationId !== APPLICATION_ID) {
    throw new FatalError(
      'VED_FORMAT_UNKNOWN',
      `cannot open state file "${options.path}": it is a SQLite file of another program; move it away or choose another data directory`,
    );
  }
  const known = options.migrations.length;
  if (version > known) {
    throw new FatalError(
      'VED_FORMAT_UNKNOWN',
      `cannot open state file "${options.path}": got schema version ${version}, want at most ${known}; start the newer Vedette that wrote it, or restore a backup of the older file`,
    );
  }
  if (version === known) return;
  database.exec('BEGIN IMMEDIATE');
  for (const step of options.migrations.slice(version)) database.exec(step);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  database.exec(`PRAGMA user_version = ${known}`);
  database.exec('COMMIT');
}

export function pragmaNumberOf(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

/** Renames the file and its log out of the way. Nothing is deleted; a second damage gets a second name. */
export function setStateAside(clock: Clock, path: string, cause: unknown): FatalError {
  let aside = `${path}.corrupt-${clock.nowMs()}`;
  for (let attempt = 1; existsSync(aside); attempt++) aside = `${path}.corrupt-${clock.nowMs()}-${attempt}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return new FatalError(
    'VED_STORAGE_CORRUPT',
    `cannot open state file "${path}": ${reasonOf(cause)}; it was set aside as "${aside}"; put a backup in its place, or start again to begin with empty state`,
    { cause },
  );
}

export function isCorruption(error: unknown): boolean {
  const code = sqliteCodeOf(error);
  return error instanceof CorruptionError || code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** The primary result code; extended codes carry it in their low byte. */
function sqliteCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}
