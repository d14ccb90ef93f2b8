import type { ActionCount, SubjectKey } from '@vedette/sdk';

/**
 * What users did, kept a few days: for `guard backtest`, `guard why`, and privacy requests. A row is one `ActionCount`.
 *
 * Appending is gathered: a row that was taken is on disk within a second, and may be lost by a crash before that. It is
 * evidence, not truth; decisions carry theirs with them.
 */
export interface ActionStore {
  /** Takes rows, oldest first by about a second. Throws `UnavailableError` (VED_INGEST_BUSY) at `PENDING_ROWS_MAX`. */
  append(rows: readonly ActionCount[]): void;
  /** Rows with `fromMs <= atMs < toMs` in batches, in order of arrival; those of one subject when it is named. */
  read(range: ActionRange, signal?: AbortSignal): AsyncIterable<readonly ActionCount[]>;
  /** Removes every row of these subjects, also from free space in the files; resolves with how many. */
  erase(subjects: readonly SubjectKey[]): Promise<number>;
  /** Removes what is older; resolves with the number of rows. Whole chunks: up to an hour may stay longer. */
  trim(beforeMs: number): Promise<number>;
  stats(): Promise<ActionStoreStats>;
  /** Writes what waits. Twice is safe. */
  close(): Promise<void>;
}

export interface ActionRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly subject?: SubjectKey;
}

export interface ActionStoreStats {
  readonly rowCount: number;
  readonly bytes: number;
  readonly oldestMs: number | undefined;
}
