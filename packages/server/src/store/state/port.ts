/**
 * Small durable state: rule states, alerts, the notification log, later silences, decisions,
 * accounts. Adapters: SQLite (embedded), Redis.
 *
 * A write that resolves is durable (fsynced) and visible to every later call. Reads do not wait for the disk: one may show
 * what is written but not durable yet, and whose writer has not been told. Values are JSON values of
 * at most 1 MiB; keys and names are non-empty, well-formed strings of at most 512 bytes; a call writes
 * at most 500 rows. Beyond a limit a call rejects with `InputError` (VED_STATE_TOO_LARGE). All calls may overlap; those of
 * one caller take effect in their order. 10,000 calls may wait, more reject with `UnavailableError` (VED_STATE_UNAVAILABLE).
 * A full disk rejects with `UnavailableError` (VED_STORAGE_FULL) and changes nothing. A disk that fails to sync rejects with
 * VED_STORAGE_FAILED: what was to be written may be there or not; reads go on, all later writes reject until a restart.
 * A store across a network rejects with VED_STATE_UNAVAILABLE when the answer does not come in 5 s or the connection is away:
 * what was to be written may be there or not. How durable a write is there is the store's own affair: see `redis.ts`.
 */
export interface StateStore {
  readonly documents: DocumentStore;
  readonly logs: LogStore;
  readonly leases: LeaseStore;
  /**
   * Removes every document and log record that speaks of one of the texts (`lib/mentions.ts`), and what is left of earlier
   * ones in free space of the files. Watchers are told of the documents. Rare and slow: it reads and rewrites everything,
   * and what is written meanwhile may stay. Resolves with how many went. At most `ERASED_TEXTS_MAX` texts.
   */
  erase(texts: readonly string[]): Promise<number>;
  /**
   * What `erase` would remove, documents first; at most `countMax`. For an export of what is kept about a person: it reads
   * everything. At most `ERASED_TEXTS_MAX` texts.
   */
  mentionsOf(texts: readonly string[], countMax: number): Promise<readonly StateMention[]>;
  /** Sentences about what keeps it from working and what ends that; none is the rule. */
  problems(): readonly string[];
  /** Closing twice is safe; calls after it reject with `UnavailableError`. */
  close(): Promise<void>;
}

// A person has a handful of ids, each with a pseudonym per live key.
export const ERASED_TEXTS_MAX = 100;

/** A document or a log record that speaks of one of the texts. */
export type StateMention =
  | { readonly kind: 'document'; readonly collection: string; readonly key: string; readonly value: unknown }
  | {
      readonly kind: 'record';
      readonly log: string;
      readonly seq: number;
      readonly atMs: number;
      readonly value: unknown;
    };

export interface Document {
  readonly key: string;
  readonly value: unknown;
  /** Grows by 1 with every write of this key, from 1; a key that was deleted begins again at 1. */
  readonly version: number;
}

/** Documents in named collections. */
export interface DocumentStore {
  find(collection: string, key: string): Promise<Document | undefined>;
  /** Sorted by key bytes; only keys that start with `prefix`. */
  list(collection: string, prefix?: string): Promise<readonly Document[]>;
  /** All or nothing, in their order, at most 500; a write with `ifVersion` that meets another version (0: must not exist) rejects the whole with `ConflictError`. */
  write(writes: readonly DocumentWrite[]): Promise<void>;
  /** Calls back after each committed write to the collection, in commit order; returns the way to stop. A throwing listener is logged. */
  watch(collection: string, listener: (change: DocumentWrite) => void): () => void;
}

export type DocumentWrite = {
  readonly collection: string;
  readonly key: string;
  readonly ifVersion?: number;
} & ({ readonly kind: 'put'; readonly value: unknown } | { readonly kind: 'delete' });

/** Append-only ordered records in named logs. */
export interface LogStore {
  /** Returns the sequence number of the last record written; numbers grow by 1 from 1 within a log and are never reused. */
  append(
    log: string,
    records: readonly { readonly atMs: number; readonly value: unknown }[],
  ): Promise<number>;
  /** Records after `afterSeq`, oldest first, or before `beforeSeq`, newest first. */
  read(log: string, request: LogRequest): Promise<readonly LogRecord[]>;
  /** Removes records older than `beforeMs`; returns how many. */
  trim(log: string, beforeMs: number): Promise<number>;
}

export type LogRequest =
  | { readonly direction: 'forward'; readonly afterSeq: number; readonly limit: number }
  | { readonly direction: 'backward'; readonly beforeSeq?: number; readonly limit: number };

export interface LogRecord {
  readonly seq: number;
  readonly atMs: number;
  readonly value: unknown;
}

/** Who may do a thing that only one process should. Times are the store's clock. */
export interface LeaseStore {
  /** True when `holder` has the lease until `ttlMs` from now: it was free, expired, or its own. */
  acquire(name: string, holder: string, ttlMs: number): Promise<boolean>;
  /** Gives it back; somebody else's lease is left alone. */
  release(name: string, holder: string): Promise<void>;
}
