/**
 * Actions in one SQLite file, `actions.db`, as compressed chunks.
 *
 * 1. Rows wait in memory for at most a second, then go into the file as a small chunk.
 * 2. When small chunks together have `CHUNK_ROWS` rows, or the oldest is an hour old, they become one large chunk.
 *    Large chunks never change but by an erasure.
 * 3. Reading goes through the large chunks by id, letting the loop run between two; then takes the small ones and what
 *    waits in memory in one step. What is folded meanwhile gets a larger id: no row is seen twice or missed.
 * 4. Too old or too much: the oldest chunks go.
 * 5. Erasing rewrites every chunk with rows of the subjects. SQLite overwrites what it frees (`secure_delete`), and the
 *    log is cut afterwards, so that no byte of them stays in the file.
 *
 * Rejected: a row per action (ten times the bytes, and 30 times the time to write); the state store (fsync for each
 * write, and in backups for years what is promised to go after a week).
 */
import { UnavailableError, type Clock, type Timer } from '@vedette/model';
import type { ActionCount, Counter, MetricsRegistry, SubjectKey } from '@vedette/sdk';
import type { Log } from '../../telemetry/log.ts';
import { decodeChunk } from './action-chunk.ts';
import { ChunkTable } from './chunk-table.ts';
import type { ActionRange, ActionStore, ActionStoreStats } from './port.ts';

/** What two seconds of a site with ten thousand actions a second leave behind; 10 MB. */
export const PENDING_ROWS_MAX = 50_000;

/** A large chunk: 40 kB, decoded within 3 ms. */
export const CHUNK_ROWS = 4096;

const FLUSH_MS = 1000;
const FOLD_MS = 3_600_000;
const TRIM_MS = 600_000;

export interface ActionStoreDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
}

export interface ActionStoreOptions {
  readonly path: string;
  readonly retentionMs: number;
  /** Of the chunks; beyond it the oldest go. */
  readonly bytesMax: number;
}

/** Opens or creates the file. Errors: see `openSqliteFile`. */
export function openActionStore(deps: ActionStoreDeps, options: ActionStoreOptions): ActionStore {
  return new EmbeddedActionStore(deps, options);
}

class EmbeddedActionStore implements ActionStore {
  readonly #deps: ActionStoreDeps;
  readonly #options: ActionStoreOptions;
  readonly #chunks: ChunkTable;
  readonly #dropped: Counter;
  #pending: ActionCount[] = [];
  #flushTimer: Timer | undefined;
  #trimTimer: Timer | undefined;
  #isClosed = false;
  #bytes = 0;

  constructor(deps: ActionStoreDeps, options: ActionStoreOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#chunks = new ChunkTable(deps, options.path, options.bytesMax);
    this.#dropped = deps.metrics.counter({
      name: 'vedette_action_store_dropped_rows_total',
      help: 'Rows of user actions that were judged but not kept, because too many waited or the disk refused them.',
    });
    const bytes = deps.metrics.gauge({
      name: 'vedette_action_store_bytes',
      help: 'Size of the kept user actions, compressed.',
    });
    deps.metrics.onCollect(() => {
      if (!this.#isClosed) bytes.set(this.#bytes);
    });
    this.#keepTrimmed();
  }

  append(rows: readonly ActionCount[]): void {
    if (this.#isClosed || this.#pending.length + rows.length > PENDING_ROWS_MAX) {
      this.#dropped.inc(rows.length);
      throw new UnavailableError(
        'VED_INGEST_BUSY',
        `cannot keep ${rows.length} actions: ${this.#isClosed ? 'the store is closed' : `${this.#pending.length} wait to be written, the limit is ${PENDING_ROWS_MAX}`}`,
      );
    }
    this.#pending.push(...rows);
    this.#flushTimer ??= this.#deps.clock.setTimer(FLUSH_MS, () => {
      this.#flushTimer = undefined;
      this.#flush();
    });
  }

  async *read(range: ActionRange, signal?: AbortSignal): AsyncIterable<readonly ActionCount[]> {
    let id = 0;
    for (;;) {
      signal?.throwIfAborted();
      const chunk = this.#chunks.nextLarge(id, range);
      if (chunk === undefined) break;
      id = chunk.id;
      const rows = decodeChunk(chunk.data).filter((row) => isWithin(row, range));
      if (rows.length > 0) yield rows;
      await this.#deps.clock.yield();
    }
    const rest = [...this.#chunks.small().flatMap(({ data }) => decodeChunk(data)), ...this.#pending];
    const rows = rest.filter((row) => isWithin(row, range));
    for (let i = 0; i < rows.length; i += CHUNK_ROWS) yield rows.slice(i, i + CHUNK_ROWS);
  }

  async erase(subjects: readonly SubjectKey[]): Promise<number> {
    const owners = new Set(subjects.map(({ scope, subject }) => `${scope}\0${subject}`));
    const isErased = ({ scope, subject }: ActionCount): boolean => owners.has(`${scope}\0${subject}`);
    let count = 0;
    for (let id = 0; ;) {
      const chunk = this.#chunks.nextLarge(id, EVERYTHING);
      if (chunk === undefined) break;
      id = chunk.id;
      count += this.#chunks.eraseFrom(chunk, isErased);
      await this.#deps.clock.yield();
    }
    for (const chunk of this.#chunks.small()) count += this.#chunks.eraseFrom(chunk, isErased);
    const before = this.#pending.length;
    this.#pending = this.#pending.filter((row) => !isErased(row));
    this.#chunks.cutLog();
    return count + before - this.#pending.length;
  }

  trim(beforeMs: number): Promise<number> {
    return Promise.resolve(this.#chunks.removeBefore(beforeMs));
  }

  stats(): Promise<ActionStoreStats> {
    const { rowCount, bytes, oldestMs } = this.#chunks.totals();
    return Promise.resolve({
      rowCount: rowCount + this.#pending.length,
      bytes,
      oldestMs: oldestMs ?? this.#pending[0]?.atMs,
    });
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    this.#flushTimer?.cancel();
    this.#trimTimer?.cancel();
    this.#flush();
    this.#chunks.close();
    return Promise.resolve();
  }

  #flush(): void {
    const rows = this.#pending;
    if (rows.length === 0) return;
    this.#pending = [];
    try {
      // A second of heavy traffic is a dozen chunks; each is a few milliseconds.
      for (let i = 0; i < rows.length; i += CHUNK_ROWS) this.#chunks.add(rows.slice(i, i + CHUNK_ROWS));
      if (this.#isFoldDue()) this.#chunks.fold();
      this.#chunks.shrinkTo(this.#options.bytesMax);
      this.#bytes = this.#chunks.totals().bytes;
    } catch (error) {
      this.#dropped.inc(rows.length);
      this.#deps.log.error('user actions cannot be kept; judging goes on', { error, rows: rows.length });
    }
  }

  #isFoldDue(): boolean {
    const { rowCount, sinceMs } = this.#chunks.smallTotals();
    return rowCount >= CHUNK_ROWS || (sinceMs !== undefined && this.#deps.clock.nowMs() - sinceMs >= FOLD_MS);
  }

  /** Also while nothing comes in: what is promised to go after a week goes. */
  #keepTrimmed(): void {
    try {
      this.#chunks.removeBefore(this.#deps.clock.nowMs() - this.#options.retentionMs);
    } catch (error) {
      this.#deps.log.error('old user actions cannot be removed; trying again in ten minutes', { error });
    }
    this.#trimTimer = this.#deps.clock.setTimer(TRIM_MS, () => this.#keepTrimmed());
  }
}

const EVERYTHING: ActionRange = { fromMs: -Infinity, toMs: Infinity };

function isWithin(row: ActionCount, { fromMs, toMs, subject }: ActionRange): boolean {
  if (row.atMs < fromMs || row.atMs >= toMs) return false;
  return subject === undefined || (row.subject === subject.subject && row.scope === subject.scope);
}
