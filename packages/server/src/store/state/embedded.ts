/**
 * The state store in one SQLite file. Documents, log records and leases are three tables; group
 * commit gives them durability at a bearable price; watchers are called in commit order, after the
 * commit. Values are kept as JSON text, so that `sqlite3 state.db` shows an operator what is there.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import { GroupCommit, ROWS_PER_TRANSACTION_MAX } from './group-commit.ts';
import { assertCount, assertKeys, conflictOf, jsonOf } from './limits.ts';
import { notifyWatchers } from './notify-watchers.ts';
import type { Document, DocumentWrite, LogRecord, LogRequest, StateStore } from './port.ts';
import { createEraser } from './erase.ts';
import { DiskSyncs, type FileSyncs } from './file-syncs.ts';
import { cannotOpen, openSqliteFile, storageErrorOf } from './sqlite-file.ts';
import { noDurability, WAL_BYTES_MAX, WriteAheadLog, type Durability } from './write-ahead-log.ts';

/** 1 GiB: a thousand times what a busy small site needs, and far below what fills a 20 GB disk. */
const FILE_BYTES_MAX = 1024 ** 3;

const MIGRATIONS = [
  `CREATE TABLE documents (
     collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL,
     PRIMARY KEY (collection, key)
   ) WITHOUT ROWID;
   CREATE TABLE log_heads (log TEXT PRIMARY KEY, last_seq INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE log_records (
     log TEXT NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, value TEXT NOT NULL,
     PRIMARY KEY (log, seq)
   ) WITHOUT ROWID;
   CREATE INDEX log_records_by_time ON log_records (log, at_ms);
   CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until_ms INTEGER NOT NULL) WITHOUT ROWID;`,
];

/** The version of the tables above. */
export const STATE_SCHEMA_VERSION = MIGRATIONS.length;

export interface StateStoreDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** The disk's by default. The store closes it. */
  readonly syncs?: FileSyncs;
}

export interface StateStoreOptions {
  readonly path: string;
  readonly fileBytesMax?: number;
  readonly walBytesMax?: number;
}

/** Opens or creates the file. Errors: see `openSqliteFile`. */
export function openStateStore(deps: StateStoreDeps, options: StateStoreOptions): StateStore {
  const bytesMax = options.fileBytesMax ?? FILE_BYTES_MAX;
  const database = openSqliteFile(deps, { path: options.path, migrations: MIGRATIONS, bytesMax });
  const durability = durabilityOf(deps, database, options);
  const translate = (error: unknown): unknown => storageErrorOf(error, options.path);
  const commits = new GroupCommit({ clock: deps.clock, database, durability, translate });
  const listeners: Listeners = new Map();
  return {
    documents: createDocuments(deps.log, database, commits, listeners),
    ...createEraser(database, commits, (change) =>
      notifyWatchers(deps.log, listeners.get(change.collection), change),
    ),
    logs: createLogs(database, commits),
    leases: createLeases(deps.clock, database, commits),
    problems: () => (durability.failure === undefined ? [] : [durability.failure.message]),
    close: async () => {
      await commits.close();
      await durability.close();
    },
  };
}

function durabilityOf(deps: StateStoreDeps, database: DatabaseSync, options: StateStoreOptions): Durability {
  if (options.path === ':memory:') return noDurability(database);
  try {
    return new WriteAheadLog(
      { database, syncs: deps.syncs ?? new DiskSyncs(), log: deps.log },
      { path: options.path, bytesMax: options.walBytesMax ?? WAL_BYTES_MAX },
    );
  } catch (error) {
    database.close();
    throw cannotOpen(options.path, error);
  }
}

/** What a call reads or writes: reads wait for earlier writes of the same. */
const scopeOf = {
  documents: (collection: string): string => `documents ${collection}`,
  log: (name: string): string => `log ${name}`,
  leases: 'leases',
};

type Listener = (change: DocumentWrite) => void;
type Listeners = Map<string, Set<Listener>>;

function createDocuments(
  log: Log,
  database: DatabaseSync,
  commits: GroupCommit,
  listeners: Listeners,
): StateStore['documents'] {
  const find = database.prepare('SELECT key, value, version FROM documents WHERE collection = ? AND key = ?');
  const list = database.prepare(
    'SELECT key, value, version FROM documents WHERE collection = ? AND key >= ? AND key < ? ORDER BY key',
  );
  const apply = createDocumentWriter(database);
  return {
    find: async (collection, key) => {
      assertKeys(collection, key);
      return await commits.read(scopeOf.documents(collection), () => documentOf(find.get(collection, key)));
    },
    list: async (collection, prefix = '') => {
      assertKeys(collection);
      // U+10FFFF has the greatest bytes of all and is no character: every key with the prefix lies below.
      return await commits.read(scopeOf.documents(collection), () =>
        list.all(collection, prefix, `${prefix}\u{10FFFF}\u{10FFFF}`).flatMap((row) => documentOf(row) ?? []),
      );
    },
    write: async (writes) => {
      assertCount('writes', writes.length);
      const prepared = writes.map(prepareWrite);
      const scopes = new Set(writes.map(({ collection }) => scopeOf.documents(collection)));
      await commits.write([...scopes], writes.length, () => {
        for (const write of prepared) apply(write);
      });
      for (const write of writes) notifyWatchers(log, listeners.get(write.collection), write);
    },
    watch: (collection, listener) => {
      const own: Listener = (change) => listener(change);
      const set = listeners.get(collection) ?? new Set();
      listeners.set(collection, set.add(own));
      return () => void set.delete(own);
    },
  };
}

interface PreparedWrite {
  readonly write: DocumentWrite;
  /** JSON of a put; taken at the call, so that the caller may change its object afterwards. */
  readonly text: string | undefined;
}

function prepareWrite(write: DocumentWrite): PreparedWrite {
  assertKeys(write.collection, write.key);
  return { write, text: write.kind === 'put' ? jsonOf(write.value, write.key) : undefined };
}

function createDocumentWriter(database: DatabaseSync): (prepared: PreparedWrite) => void {
  const version = database.prepare('SELECT version FROM documents WHERE collection = ? AND key = ?');
  const put = database.prepare(
    `INSERT INTO documents (collection, key, value, version) VALUES (?, ?, ?, 1)
     ON CONFLICT DO UPDATE SET value = excluded.value, version = version + 1`,
  );
  const remove = database.prepare('DELETE FROM documents WHERE collection = ? AND key = ?');
  return ({ write, text }) => {
    const { collection, key, ifVersion } = write;
    if (ifVersion !== undefined) {
      const stored = Number(version.get(collection, key)?.['version'] ?? 0);
      if (stored !== ifVersion) throw conflictOf(write, stored);
    }
    if (text === undefined) remove.run(collection, key);
    else put.run(collection, key, text);
  };
}

function createLogs(database: DatabaseSync, commits: GroupCommit): StateStore['logs'] {
  const head = database.prepare('SELECT last_seq FROM log_heads WHERE log = ?');
  const setHead = database.prepare(
    'INSERT INTO log_heads (log, last_seq) VALUES (?, ?) ON CONFLICT DO UPDATE SET last_seq = excluded.last_seq',
  );
  const insert = database.prepare('INSERT INTO log_records (log, seq, at_ms, value) VALUES (?, ?, ?, ?)');
  const forward = database.prepare(
    'SELECT seq, at_ms, value FROM log_records WHERE log = ? AND seq > ? ORDER BY seq LIMIT ?',
  );
  const backward = database.prepare(
    'SELECT seq, at_ms, value FROM log_records WHERE log = ? AND seq < ? ORDER BY seq DESC LIMIT ?',
  );
  const trim = database.prepare(
    `DELETE FROM log_records WHERE log = ?1 AND seq IN
       (SELECT seq FROM log_records WHERE log = ?1 AND at_ms < ?2 LIMIT ${ROWS_PER_TRANSACTION_MAX})`,
  );
  return {
    append: async (name, records) => {
      assertKeys(name);
      assertCount('log records', records.length);
      const rows = records.map(({ atMs, value }) => ({ atMs, text: jsonOf(value, name) }));
      return await commits.write([scopeOf.log(name)], rows.length, () => {
        let seq = Number(head.get(name)?.['last_seq'] ?? 0);
        for (const { atMs, text } of rows) insert.run(name, ++seq, atMs, text);
        setHead.run(name, seq);
        return seq;
      });
    },
    read: async (name, request) => {
      assertKeys(name);
      return await commits.read(scopeOf.log(name), () => {
        // SQLite takes a negative limit for none.
        const limit = Math.max(0, request.limit);
        const rows =
          request.direction === 'forward'
            ? forward.all(name, request.afterSeq, limit)
            : backward.all(name, beforeSeqOf(request), limit);
        return rows.map(logRecordOf);
      });
    },
    trim: async (name, beforeMs) => {
      assertKeys(name);
      let total = 0;
      for (;;) {
        const removed = await commits.write([scopeOf.log(name)], ROWS_PER_TRANSACTION_MAX, () =>
          Number(trim.run(name, beforeMs).changes),
        );
        total += removed;
        if (removed < ROWS_PER_TRANSACTION_MAX) return total;
      }
    },
  };
}

function beforeSeqOf(request: LogRequest & { direction: 'backward' }): number {
  return request.beforeSeq ?? Number.MAX_SAFE_INTEGER;
}

function createLeases(clock: Clock, database: DatabaseSync, commits: GroupCommit): StateStore['leases'] {
  const acquire = database.prepare(
    `INSERT INTO leases (name, holder, until_ms) VALUES (?1, ?2, ?3)
     ON CONFLICT DO UPDATE SET holder = ?2, until_ms = ?3 WHERE holder = ?2 OR until_ms <= ?4`,
  );
  const release = database.prepare('DELETE FROM leases WHERE name = ? AND holder = ?');
  return {
    acquire: async (name, holder, ttlMs) => {
      assertKeys(name, holder);
      return await commits.write([scopeOf.leases], 1, () => {
        const nowMs = clock.nowMs();
        return Number(acquire.run(name, holder, nowMs + ttlMs, nowMs).changes) === 1;
      });
    },
    release: async (name, holder) => {
      assertKeys(name, holder);
      await commits.write([scopeOf.leases], 1, () => void release.run(name, holder));
    },
  };
}

type Row = Readonly<Record<string, unknown>>;

function documentOf(row: Row | undefined): Document | undefined {
  if (row === undefined) return undefined;
  return {
    key: String(row['key']),
    value: JSON.parse(String(row['value'])) as unknown,
    version: Number(row['version']),
  };
}

function logRecordOf(row: Row): LogRecord {
  return {
    seq: Number(row['seq']),
    atMs: Number(row['at_ms']),
    value: JSON.parse(String(row['value'])) as unknown,
  };
}
