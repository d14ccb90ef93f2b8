/**
 * One process per data directory. The lock is an exclusive transaction on a tiny SQLite file: the
 * operating system gives it back when the process dies, however it dies, so there is no stale lock
 * to clear after a kill -9 (a pid file would be one), and it works on every platform Node does.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FatalError } from '@vedette/model';
import { isBusy, reasonOf } from './state/sqlite-file.ts';

export interface DataDirectoryLock {
  /** Gives the directory free. Twice is safe. */
  release(): void;
}

/**
 * Creates the directory if it is missing and locks it. Throws `FatalError`: VED_DATA_LOCKED when
 * another process has it, VED_STORAGE_UNUSABLE when it cannot be created or written. `option` names another one.
 */
export function lockDataDirectory(path: string, option = '--data'): DataDirectoryLock {
  let database: DatabaseSync | undefined;
  try {
    makeDirectory(path);
    database = new DatabaseSync(join(path, 'lock.db'), { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    throw refusalOf(path, option, error);
  }
  const held = database;
  return {
    release: () => {
      if (held.isOpen) held.close();
    },
  };
}

/** Node's own `recursive` never ends below /proc, where a directory is missing and cannot be made. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeDirectory(dirname(path));
  mkdirSync(path);
}

function refusalOf(path: string, option: string, error: unknown): FatalError {
  if (isBusy(error)) {
    return new FatalError(
      'VED_DATA_LOCKED',
      `cannot lock data directory "${path}": another process works on it; stop that process, or choose another directory with ${option}`,
      { cause: error },
    );
  }
  return new FatalError(
    'VED_STORAGE_UNUSABLE',
    `cannot open data directory "${path}": ${reasonOf(error)}; create it for this user, or choose another with ${option}`,
    { cause: error },
  );
}
