/**
 * A copy of a state file, also of one that is being written to, and the judgement on a file that nobody has open.
 *
 * 1. A connection of its own opens a read transaction and keeps it: what it sees is the state of one moment, all
 *    that was acknowledged before included. Writers go on beside it (WAL mode), and do not make the copy start again.
 * 2. SQLite's online backup copies the pages on a thread of its own, one MiB at a time.
 * 3. The copy is one file without a log beside it, synced before this resolves.
 *
 * Rejected: `VACUUM INTO`, which holds the event loop for as long as it takes, 3 s at the file's limit.
 */
import { existsSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { UnavailableError, type Files } from '@vedette/model';
import { STATE_SCHEMA_VERSION } from './embedded.ts';
import { APPLICATION_ID, isCorruption, isFull, pragmaNumberOf, reasonOf } from './sqlite-file.ts';

/** 256 pages are 1 MiB: some milliseconds in which a writer may wait for the lock of the connection. */
const PAGES_PER_STEP = 256;

/** Rejects with `UnavailableError`: VED_STORAGE_FULL, else VED_STORAGE_FAILED. A half-written copy may be left. */
export async function copyStateFile(files: Files, from: string, to: string): Promise<void> {
  const source = openReadOnly(from);
  try {
    source.exec('BEGIN');
    source.prepare('SELECT count(*) FROM sqlite_schema').get();
    await backup(source, to, { rate: PAGES_PER_STEP });
    settle(to);
    const appender = await files.openAppender(to);
    try {
      await appender.sync();
    } finally {
      await appender.close();
    }
  } catch (error) {
    const code = isFull(error) ? 'VED_STORAGE_FULL' : 'VED_STORAGE_FAILED';
    throw new UnavailableError(code, `cannot copy state file "${from}": ${reasonOf(error)}`, {
      cause: error,
    });
  } finally {
    source.close();
  }
}

/** Out of WAL mode, which whoever opens it next turns on again: reading the copy then leaves no files beside it. */
function settle(path: string): void {
  const copy = new DatabaseSync(path);
  try {
    copy.exec('PRAGMA journal_mode = DELETE');
  } finally {
    copy.close();
  }
}

/** What a state file holds. */
export interface ExaminedState {
  /** How many documents each collection has, and records each log: `alerts`, `notification_log`, … */
  readonly counts: Readonly<Record<string, number>>;
  readonly fault:
    | { readonly kind: 'damaged' | 'version' | 'unreadable'; readonly reason: string }
    | undefined;
}

/** Reads the whole file and changes nothing. */
export function examineStateFile(path: string): ExaminedState {
  const none = { counts: {} };
  if (!existsSync(path)) return { ...none, fault: { kind: 'unreadable', reason: 'the file is missing' } };
  let database: DatabaseSync | undefined;
  try {
    database = openReadOnly(path);
    const fault = faultIn(database);
    return fault === undefined ? { counts: countsOf(database), fault } : { ...none, fault };
  } catch (error) {
    const kind = isCorruption(error) ? 'damaged' : 'unreadable';
    return { ...none, fault: { kind, reason: reasonOf(error) } };
  } finally {
    database?.close();
  }
}

function openReadOnly(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true });
}

function faultIn(database: DatabaseSync): ExaminedState['fault'] {
  if (pragmaNumberOf(database, 'application_id') !== APPLICATION_ID)
    return { kind: 'damaged', reason: 'it is no state file of Vedette' };
  const version = pragmaNumberOf(database, 'user_version');
  if (version > STATE_SCHEMA_VERSION)
    return {
      kind: 'version',
      reason: `got schema version ${version}, want at most ${STATE_SCHEMA_VERSION}; use the newer Vedette that wrote it`,
    };
  const rows = database.prepare('PRAGMA integrity_check(1)').all();
  const verdict = Object.values(rows[0] ?? {})[0];
  return verdict === 'ok'
    ? undefined
    : { kind: 'damaged', reason: `the integrity check says ${JSON.stringify(verdict)}` };
}

function countsOf(database: DatabaseSync): Readonly<Record<string, number>> {
  const rows = database
    .prepare(
      `SELECT collection AS name, count(*) AS count FROM documents GROUP BY 1
       UNION ALL SELECT 'log ' || log, count(*) FROM log_records GROUP BY 1 ORDER BY 1`,
    )
    .all();
  return Object.fromEntries(rows.map((row) => [String(row['name']), Number(row['count'])]));
}
