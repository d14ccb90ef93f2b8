/**
 * A state store in memory that outlives the processes which use it, with the faults of a disk: it refuses writes
 * while it is full, and a process can be killed right before or right after any of its writes.
 */
import { UnavailableError } from '@vedette/model';
import type {
  Document,
  DocumentWrite,
  LogRecord,
  StateStore,
} from '../../packages/server/src/store/state/port.ts';

/** Ends a process at one of the points at which something leaves it: what it awaits from then on never comes. */
export class Fate {
  isDead = false;
  /** Kills at the next point of this name. */
  #killAt: string | undefined;
  readonly #onDeath: (point: string) => void;

  constructor(onDeath: (point: string) => void) {
    this.#onDeath = onDeath;
  }

  set killAt(point: string | undefined) {
    this.#killAt = point;
  }

  /** Passes a point, or never returns. */
  async pass(point: string): Promise<void> {
    if (!this.isDead && point === this.#killAt) {
      this.isDead = true;
      this.#onDeath(point);
    }
    if (this.isDead) await new Promise<never>(() => undefined);
  }
}

export interface MemoryState {
  /** True: every write is refused. */
  isFull: boolean;
  /** Documents whose newest content was refused, and not written since: collection, key, and what was to be there. */
  readonly unsaved: Map<string, DocumentWrite>;
  /** The store as one process sees it. */
  over(fate: Fate): StateStore;
}

export interface MemoryStateOptions {
  /** Hears of every document that became durable. */
  readonly onWrite: (write: DocumentWrite) => void;
  /** The name of a point whose writes are acknowledged and not done. */
  readonly skipped: string | undefined;
}

export function createMemoryState({ onWrite, skipped }: MemoryStateOptions): MemoryState {
  const collections = new Map<string, Map<string, Document>>();
  const logs = new Map<string, LogRecord[]>();
  const state: MemoryState = { isFull: false, unsaved: new Map(), over: (fate) => viewOf(fate) };
  const documentsOf = (name: string): Map<string, Document> => {
    const known = collections.get(name) ?? new Map<string, Document>();
    collections.set(name, known);
    return known;
  };
  const write = (writes: readonly DocumentWrite[]): void => {
    if (state.isFull) {
      for (const one of writes) state.unsaved.set(`${one.collection} ${one.key}`, one);
      throw new UnavailableError('VED_STORAGE_FULL', 'the disk is full');
    }
    for (const one of writes) {
      const { collection, key } = one;
      const documents = documentsOf(collection);
      const version = (documents.get(key)?.version ?? 0) + 1;
      if (one.kind === 'delete') documents.delete(key);
      // A copy, as a disk makes one.
      else documents.set(key, { key, version, value: JSON.parse(JSON.stringify(one.value)) as unknown });
      state.unsaved.delete(`${collection} ${key}`);
      onWrite(one);
    }
  };
  const append = (name: string, records: readonly { atMs: number; value: unknown }[]): number => {
    if (state.isFull) throw new UnavailableError('VED_STORAGE_FULL', 'the disk is full');
    const log = logs.get(name) ?? [];
    for (const record of records) log.push({ ...record, seq: (log.at(-1)?.seq ?? 0) + 1 });
    logs.set(name, log);
    return log.at(-1)?.seq ?? 0;
  };
  const viewOf = (fate: Fate): StateStore => ({
    documents: {
      find: async (collection, key) => documentsOf(collection).get(key),
      list: async (collection) => [...documentsOf(collection).values()],
      write: async (writes) => {
        const point = pointOf(writes);
        await fate.pass(`before ${point}`);
        if (point !== skipped) write(writes);
        await fate.pass(`after ${point}`);
      },
      watch: () => () => undefined,
    },
    logs: {
      append: async (name, records) => {
        await fate.pass(`before append to ${name}`);
        const seq = append(name, records);
        await fate.pass(`after append to ${name}`);
        return seq;
      },
      read: async (name, request) =>
        (logs.get(name) ?? [])
          .filter(({ seq }) => request.direction === 'backward' || seq > request.afterSeq)
          .slice(0, request.limit),
      trim: async (name, beforeMs) => {
        const log = logs.get(name) ?? [];
        const kept = log.filter(({ atMs }) => atMs >= beforeMs);
        logs.set(name, kept);
        return log.length - kept.length;
      },
    },
    leases: { acquire: async () => true, release: async () => undefined },
    erase: () => Promise.reject(new Error('the simulated state erases nothing')),
    mentionsOf: () => Promise.resolve([]),
    problems: () => [],
    close: async () => undefined,
  });
  return state;
}

/** What a write is for, in words. */
function pointOf(writes: readonly DocumentWrite[]): string {
  const [first] = writes;
  if (first === undefined) return 'empty write';
  if (first.collection !== 'notification_log' || first.kind === 'delete')
    return `write of ${first.collection}`;
  const { unconfirmed } = first.value as { unconfirmed?: unknown };
  return unconfirmed === undefined ? 'write of record' : 'write of reservation';
}
