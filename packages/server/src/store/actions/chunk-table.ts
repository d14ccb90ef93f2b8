import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock } from '@vedette/model';
import type { ActionCount } from '@vedette/sdk';
import { openSqliteFile } from '../state/sqlite-file.ts';
import { decodeChunk, encodeChunk } from './action-chunk.ts';
import type { ActionRange } from './port.ts';

const MIGRATIONS = [
  `CREATE TABLE chunks (
     id INTEGER PRIMARY KEY AUTOINCREMENT, is_large INTEGER NOT NULL, from_ms INTEGER NOT NULL,
     to_ms INTEGER NOT NULL, rows INTEGER NOT NULL, data BLOB NOT NULL
   );
   CREATE INDEX chunks_small ON chunks (id) WHERE is_large = 0;`,
];

// Free pages, the log and indexes beside the chunks.
const FILE_OVERHEAD = 1.5;
const FILE_BYTES_MIN = 16 * 2 ** 20;

export interface Chunk {
  readonly id: number;
  readonly data: Uint8Array;
}

const NAMES = {
  insert: 'INSERT INTO chunks (is_large, from_ms, to_ms, rows, data) VALUES (?, ?, ?, ?, ?)',
  nextLarge:
    'SELECT id, data FROM chunks WHERE is_large = 1 AND id > ? AND to_ms >= ? AND from_ms < ? ORDER BY id LIMIT 1',
  small: 'SELECT id, data FROM chunks WHERE is_large = 0 ORDER BY id',
  remove: 'DELETE FROM chunks WHERE id = ?',
  replace: 'UPDATE chunks SET rows = ?, data = ? WHERE id = ?',
  removeBefore: 'DELETE FROM chunks WHERE to_ms < ?',
  rowsBefore: 'SELECT coalesce(sum(rows), 0) AS rows FROM chunks WHERE to_ms < ?',
  oldest: 'SELECT id, length(data) AS bytes, rows FROM chunks ORDER BY id LIMIT 1',
  totals:
    'SELECT coalesce(sum(rows), 0) AS rows, coalesce(sum(length(data)), 0) AS bytes, min(from_ms) AS oldest FROM chunks',
  smallTotals: 'SELECT coalesce(sum(rows), 0) AS rows, min(from_ms) AS since FROM chunks WHERE is_large = 0',
};

/** The file. All of it is synchronous, a few milliseconds a call; whoever loops lets the event loop run in between. */
export class ChunkTable {
  readonly #database: DatabaseSync;
  readonly #sql: { readonly [K in keyof typeof NAMES]: StatementSync };

  /** Errors: see `openSqliteFile`. */
  constructor(deps: { readonly clock: Clock }, path: string, bytesMax: number) {
    const fileBytesMax = Math.max(FILE_BYTES_MIN, bytesMax * FILE_OVERHEAD);
    this.#database = openSqliteFile(deps, { path, migrations: MIGRATIONS, bytesMax: fileBytesMax });
    // A crash may take the last second: evidence, not truth. What is freed is overwritten: it may be somebody's past.
    this.#database.exec('PRAGMA synchronous = NORMAL');
    this.#database.exec('PRAGMA secure_delete = ON');
    this.#sql = Object.fromEntries(
      Object.entries(NAMES).map(([name, sql]) => [name, this.#database.prepare(sql)]),
    ) as { [K in keyof typeof NAMES]: StatementSync };
  }

  add(rows: readonly ActionCount[]): void {
    this.#insert(rows, false);
  }

  /** Small chunks become one large one. */
  fold(): void {
    const small = this.small();
    if (small.length === 0) return;
    const rows = small.flatMap(({ data }) => decodeChunk(data));
    this.#atOnce(() => {
      for (const { id } of small) this.#sql.remove.run(id);
      this.#insert(rows, true);
    });
  }

  nextLarge(afterId: number, { fromMs, toMs }: ActionRange): Chunk | undefined {
    const row = this.#sql.nextLarge.get(afterId, sqlTime(fromMs), sqlTime(toMs));
    return row === undefined ? undefined : chunkOf(row);
  }

  small(): readonly Chunk[] {
    return this.#sql.small.all().map(chunkOf);
  }

  /** Rewrites a chunk without some rows; returns how many went. */
  eraseFrom({ id, data }: Chunk, isErased: (row: ActionCount) => boolean): number {
    const rows = decodeChunk(data);
    const kept = rows.filter((row) => !isErased(row));
    if (kept.length === rows.length) return 0;
    if (kept.length === 0) this.#sql.remove.run(id);
    else this.#sql.replace.run(kept.length, encodeChunk(kept), id);
    return rows.length - kept.length;
  }

  /** Copies the write-ahead log into the file and empties it. */
  cutLog(): void {
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  removeBefore(beforeMs: number): number {
    const { rows } = this.#sql.rowsBefore.get(sqlTime(beforeMs)) as { rows: number };
    if (rows > 0) this.#sql.removeBefore.run(sqlTime(beforeMs));
    return rows;
  }

  /** Removes the oldest chunks until the rest is not larger; returns the number of rows that went. */
  shrinkTo(bytesMax: number): number {
    let { bytes } = this.totals();
    let removed = 0;
    while (bytes > bytesMax) {
      const oldest = this.#sql.oldest.get() as { id: number; bytes: number; rows: number } | undefined;
      if (oldest === undefined) break;
      this.#sql.remove.run(oldest.id);
      bytes -= oldest.bytes;
      removed += oldest.rows;
    }
    return removed;
  }

  totals(): { readonly rowCount: number; readonly bytes: number; readonly oldestMs: number | undefined } {
    const row = this.#sql.totals.get() as { rows: number; bytes: number; oldest: number | null };
    return { rowCount: row.rows, bytes: row.bytes, oldestMs: row.oldest ?? undefined };
  }

  smallTotals(): { readonly rowCount: number; readonly sinceMs: number | undefined } {
    const row = this.#sql.smallTotals.get() as { rows: number; since: number | null };
    return { rowCount: row.rows, sinceMs: row.since ?? undefined };
  }

  close(): void {
    this.#database.close();
  }

  #insert(rows: readonly ActionCount[], isLarge: boolean): void {
    let fromMs = Infinity;
    let toMs = -Infinity;
    for (const { atMs } of rows) {
      fromMs = Math.min(fromMs, atMs);
      toMs = Math.max(toMs, atMs);
    }
    this.#sql.insert.run(isLarge ? 1 : 0, fromMs, toMs, rows.length, encodeChunk(rows));
  }

  #atOnce(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

/** SQLite has no infinite integers. */
function sqlTime(ms: number): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.floor(ms)));
}

function chunkOf(row: Readonly<Record<string, unknown>>): Chunk {
  return { id: Number(row['id']), data: row['data'] as Uint8Array };
}
