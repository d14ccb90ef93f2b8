import { bug, ConflictError, type Clock } from '@vedette/model';
import type { z } from 'zod';
import type { Log } from '../../telemetry/log.ts';
import type { DocumentStore, DocumentWrite } from '../../store/state/port.ts';

export interface MirrorDeps {
  readonly clock: Clock;
  /** Absent: what is put in is kept in memory alone and ends with the process. */
  readonly documents: Pick<DocumentStore, 'find' | 'list' | 'write' | 'watch'> | undefined;
  readonly log: Log;
}

/**
 * Grows with every write, so that news that come late do not undo what is newer. The first is the time: what takes the
 * place of something that was removed is newer than that, also for a replica that did not hear of the removal.
 */
interface Revised {
  readonly revision: number;
}

// Replicas that write the same document in one instant are two, seldom three.
export const UPDATE_ATTEMPTS_MAX = 5;

/**
 * A collection of the state store held in memory as well, because every request asks it and the answer must not wait.
 *
 * A change is durable before it shows here, and what another replica writes shows when the store tells of it. Changes
 * come one after the other, each of what is stored at that moment, so that a note about a token's use does not bring one
 * back that is being revoked. A document that cannot be read (of a newer version, say) is left alone and counts as absent:
 * an account that is not understood opens nothing.
 */
export class DocumentMirror<T extends Revised> {
  readonly #deps: MirrorDeps;
  readonly #collection: string;
  readonly #schema: z.ZodType<T>;
  readonly #values = new Map<string, T>();
  readonly #listeners = new Set<(key: string, value: T | undefined) => void>();
  #unwatch: (() => void) | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** The keys that the store tells of while a change is written. */
  #told: Set<string> | undefined;

  constructor(deps: MirrorDeps, collection: string, schema: z.ZodType<T>) {
    this.#deps = deps;
    this.#collection = collection;
    this.#schema = schema;
  }

  /** Reads everything and follows from then on. Once. */
  async load(): Promise<void> {
    const { documents } = this.#deps;
    if (documents === undefined) return;
    // The list may still have what is being deleted while it is read.
    let gone: Set<string> | undefined = new Set();
    this.#unwatch = documents.watch(this.#collection, (change) => {
      if (change.kind === 'delete') gone?.add(change.key);
      this.#follow(change);
    });
    for (const { key, value } of await documents.list(this.#collection))
      if (!gone.has(key)) this.#apply(key, this.#read(key, value));
    gone = undefined;
  }

  close(): void {
    this.#unwatch?.();
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): T | undefined {
    return this.#values.get(key);
  }

  values(): IterableIterator<T> {
    return this.#values.values();
  }

  entries(): IterableIterator<[string, T]> {
    return this.#values.entries();
  }

  /**
   * Replaces what stands at `key` by what `change` makes of it as it is stored now; `undefined` changes nothing. Changes
   * come one after the other. Durable and visible when it resolves, with the new value. `change` may be asked several
   * times: where another replica was faster, of what that one left. Rejects with `ConflictError` when that happens
   * `UPDATE_ATTEMPTS_MAX` times. `also`: writes to other collections that are to happen with this one or not at all; without
   * a store they do not.
   */
  async update(
    key: string,
    change: (current: T | undefined) => Omit<T, 'revision'> | undefined,
    also: readonly DocumentWrite[] = [],
  ): Promise<T | undefined> {
    return await this.#serially(async () => {
      for (let attempt = 1; ; attempt++)
        try {
          return await this.#updateOnce(key, change, also);
        } catch (error) {
          if (!(error instanceof ConflictError) || attempt === UPDATE_ATTEMPTS_MAX) throw error;
        }
    });
  }

  async #updateOnce(
    key: string,
    change: (current: T | undefined) => Omit<T, 'revision'> | undefined,
    also: readonly DocumentWrite[],
  ): Promise<T | undefined> {
    const { documents } = this.#deps;
    const stored = documents === undefined ? undefined : await documents.find(this.#collection, key);
    const current = documents === undefined ? this.get(key) : stored && this.#read(key, stored.value);
    const next = change(current);
    if (next === undefined) return undefined;
    const revision = current === undefined ? this.#firstRevision(key) : current.revision + 1;
    const value = this.#schema.parse({ ...next, revision });
    await this.#commit([
      { kind: 'put', collection: this.#collection, key, value, ifVersion: stored?.version ?? 0 },
      ...also,
    ]);
    return value;
  }

  /** As `update`, whatever stands there. */
  async put(key: string, value: Omit<T, 'revision'>): Promise<T> {
    return (await this.update(key, () => value)) ?? bug('a put writes');
  }

  /** Gone when it resolves; at most 500 keys. `also`: see `update`. */
  async delete(keys: readonly string[], also: readonly DocumentWrite[] = []): Promise<void> {
    if (keys.length === 0) return;
    const deletes = keys.map((key) => ({ kind: 'delete', collection: this.#collection, key }) as const);
    await this.#serially(() => this.#commit([...deletes, ...also]));
  }

  /** Called after each change with the new value, `undefined` for what went; returns the way to stop. */
  onChange(listener: (key: string, value: T | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #firstRevision(key: string): number {
    return Math.max(this.#deps.clock.nowMs(), (this.get(key)?.revision ?? 0) + 1);
  }

  /**
   * Writes, and shows what the store did not tell of meanwhile. It tells in the order of the commits, so what it told may
   * be later than these: a token whose use is noted here can be revoked elsewhere before this goes on.
   */
  async #commit(writes: readonly DocumentWrite[]): Promise<void> {
    const told = (this.#told = new Set<string>());
    try {
      await this.#deps.documents?.write(writes);
    } finally {
      this.#told = undefined;
    }
    for (const write of writes)
      if (write.collection === this.#collection && !told.has(write.key)) this.#show(write);
  }

  async #serially<R>(task: () => Promise<R>): Promise<R> {
    const running = this.#last.then(task);
    this.#last = running.catch(() => undefined);
    return await running;
  }

  #follow(change: DocumentWrite): void {
    this.#told?.add(change.key);
    this.#show(change);
  }

  #show(change: DocumentWrite): void {
    this.#apply(change.key, change.kind === 'delete' ? undefined : this.#read(change.key, change.value));
  }

  #apply(key: string, value: T | undefined): void {
    const known = this.#values.get(key);
    if (value === undefined ? known === undefined : known !== undefined && known.revision >= value.revision)
      return;
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
    for (const listener of this.#listeners) listener(key, value);
  }

  #read(key: string, value: unknown): T | undefined {
    const read = this.#schema.safeParse(value);
    if (read.success) return read.data;
    this.#deps.log.error('cannot read a document about accounts; it counts as absent', {
      collection: this.#collection,
      key,
    });
    return undefined;
  }
}
