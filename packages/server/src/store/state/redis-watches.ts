/**
 * Who watches a collection hears what any process writes to it, in commit order, through Redis' pub/sub, which forgets a
 * message for whoever is not there. So:
 *
 * 1. Every commit to a collection carries its revision, one more than the last. Ours is known from the first read.
 * 2. A message with the next revision is handed on. Older ones are dropped; a gap, another epoch (the store was emptied)
 *    or a reconnect leads to a new read of the collection, and the differences are handed on: removals, then what was
 *    written in the meantime in the order of the commits. What was written twice is then told once.
 * 3. A write of this process resolves when its own watchers have heard it, as the embedded store's does. When the
 *    subscription is away it does not wait: they hear of it with the next read.
 */
import { bug } from '@vedette/model';
import type { RedisSubscriber } from '../../lib/redis-connection.ts';
import type { Log } from '../../telemetry/log.ts';
import { notifyWatchers } from './notify-watchers.ts';
import type { DocumentWrite } from './port.ts';

/** One read of a whole collection. */
export interface CollectionRead {
  readonly epoch: string;
  readonly revision: number;
  readonly documents: readonly StoredDocument[];
}

export interface StoredDocument {
  readonly key: string;
  readonly value: unknown;
  readonly version: number;
  /** The collection's when it was written. */
  readonly revision: number;
}

export interface RedisWatchesDeps {
  readonly log: Log;
  readonly openSubscriber: () => Promise<RedisSubscriber>;
  readonly channelOf: (collection: string) => string;
  readonly read: (collection: string) => Promise<CollectionRead>;
  /** The store was emptied since it was last read. */
  readonly onEpochChange: () => void;
}

type Listener = (change: DocumentWrite) => void;

interface Commit {
  readonly epoch: string;
  readonly revision: number;
  readonly writes: readonly DocumentWrite[];
}

// Commits that wait while a collection is read, which takes milliseconds; beyond it is read again.
const BUFFERED_COMMITS_MAX = 1000;

/** Before the revision of any commit. */
const NEVER_HEARD = 0;

export class RedisWatches {
  readonly #deps: RedisWatchesDeps;
  readonly #collections = new Map<string, CollectionWatch>();
  #subscriber: Promise<RedisSubscriber> | undefined;

  constructor(deps: RedisWatchesDeps) {
    this.#deps = deps;
  }

  /** `ready` resolves when all that is committed from now on will be heard, or cannot be for now. */
  add(collection: string, listener: Listener): { readonly ready: Promise<void>; readonly stop: () => void } {
    const known = this.#collections.get(collection);
    const watch = known ?? new CollectionWatch(this.#deps, collection);
    this.#collections.set(collection, watch);
    const own: Listener = (change) => listener(change);
    watch.listeners.add(own);
    const stop = (): void => {
      watch.listeners.delete(own);
      if (watch.listeners.size === 0) this.#drop(collection, watch);
    };
    return { ready: known === undefined ? this.#begin(collection, watch) : watch.ready, stop };
  }

  /** Resolves when the watchers of the collection have heard the commit that put these keys, or the subscription is away. */
  async heard(collection: string, revision: number, keys: readonly string[]): Promise<void> {
    await this.#collections.get(collection)?.heard(revision, keys);
  }

  #begin(collection: string, watch: CollectionWatch): Promise<void> {
    const begin = async (): Promise<void> => {
      try {
        this.#subscriber ??= this.#openSubscriber();
        const subscriber = await this.#subscriber;
        if (!watch.isSubscribed) {
          await subscriber.subscribe(this.#deps.channelOf(collection), (text) => watch.take(text));
          watch.isSubscribed = true;
        }
        await watch.synchronise();
      } catch (error) {
        // Redis is away: the connection that comes back leads to another try.
        this.#deps.log.warn('a watch of the state store waits for Redis', { error, collection });
      }
    };
    watch.ready = begin();
    return watch.ready;
  }

  async #openSubscriber(): Promise<RedisSubscriber> {
    try {
      const subscriber = await this.#deps.openSubscriber();
      subscriber.onLost(() => this.#collections.forEach((watch) => watch.lose()));
      subscriber.onReconnect(() => this.#collections.forEach((watch) => void watch.synchronise()));
      return subscriber;
    } catch (error) {
      this.#subscriber = undefined;
      throw error;
    }
  }

  /** Begins those again whose first try failed; called when the store's own connection is back. */
  retry(): void {
    for (const [collection, watch] of this.#collections)
      if (!watch.isFollowing) void this.#begin(collection, watch);
  }

  #drop(collection: string, watch: CollectionWatch): void {
    if (this.#collections.get(collection) !== watch) return;
    this.#collections.delete(collection);
    watch.lose();
    const unsubscribe = async (): Promise<void> => {
      await watch.ready;
      if (this.#collections.has(collection)) return;
      await (await this.#subscriber)?.unsubscribe(this.#deps.channelOf(collection));
    };
    unsubscribe().catch((error: unknown) =>
      this.#deps.log.debug('a watch of the state store ended with its connection', { error }),
    );
  }
}

class CollectionWatch {
  readonly listeners = new Set<Listener>();
  ready: Promise<void> = Promise.resolve();
  isSubscribed = false;
  readonly #deps: RedisWatchesDeps;
  readonly #collection: string;
  #epoch: string | undefined;
  #revision = 0;
  /** Revision by key: what the watchers know. */
  readonly #known = new Map<string, number>();
  #isFollowing = false;
  #reading: Promise<void> | undefined;
  #buffered: Commit[] = [];
  #waiting: { readonly revision: number; readonly resolve: () => void }[] = [];

  constructor(deps: RedisWatchesDeps, collection: string) {
    this.#deps = deps;
    this.#collection = collection;
  }

  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  take(text: string): void {
    const commit = parseCommit(text, this.#collection);
    if (commit === undefined) {
      this.#deps.log.warn('a message on a channel of the state store is not ours', {
        collection: this.#collection,
      });
    } else if (this.#reading !== undefined) {
      if (this.#buffered.length < BUFFERED_COMMITS_MAX) this.#buffered.push(commit);
    } else if (this.#isFollowing) {
      this.#follow(commit);
    } else {
      // The last read failed, and Redis is there all the same.
      void this.synchronise();
    }
  }

  heard(revision: number, keys: readonly string[]): Promise<void> {
    if (this.#revision >= revision) return Promise.resolve();
    // Whoever put these knows of them, and must be told of their end if that comes before the next read.
    for (const key of keys) if (!this.#known.has(key)) this.#known.set(key, NEVER_HEARD);
    if (!this.#isFollowing) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ revision, resolve }));
  }

  /** Nobody waits for what does not come. */
  lose(): void {
    this.#isFollowing = false;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  /** Reads the collection and tells the differences; overlapping calls share one read. Logs what fails. */
  async synchronise(): Promise<void> {
    this.#reading ??= this.#readAll();
    await this.#reading;
  }

  async #readAll(): Promise<void> {
    try {
      const read = await this.#deps.read(this.#collection);
      this.#isFollowing = true;
      this.#tellDifferences(read);
    } catch (error) {
      this.lose();
      this.#deps.log.warn('a watch of the state store waits for Redis', {
        error,
        collection: this.#collection,
      });
    } finally {
      this.#reading = undefined;
    }
    for (const commit of this.#buffered.splice(0)) this.#follow(commit);
  }

  #tellDifferences({ epoch, revision, documents }: CollectionRead): void {
    const isFirst = this.#epoch === undefined;
    const isOtherStore = !isFirst && this.#epoch !== '' && this.#epoch !== epoch;
    if (isOtherStore) this.#deps.onEpochChange();
    const written = documents.filter((one) => isOtherStore || this.#known.get(one.key) !== one.revision);
    const present = new Set(documents.map(({ key }) => key));
    const gone = [...this.#known.keys()].filter((key) => !present.has(key));
    [this.#epoch, this.#revision] = [epoch, revision];
    const collection = this.#collection;
    const changes: DocumentWrite[] = gone.map((key) => ({ kind: 'delete', collection, key }));
    for (const { key, value } of written.toSorted((a, b) => a.revision - b.revision))
      changes.push({ kind: 'put', collection, key, value });
    this.#known.clear();
    for (const one of documents) this.#known.set(one.key, one.revision);
    if (!isFirst) for (const change of changes) notifyWatchers(this.#deps.log, this.listeners, change);
    this.#resolveHeard();
  }

  #follow({ epoch, revision, writes }: Commit): void {
    // The first write makes the epoch.
    if (this.#epoch === '') this.#epoch = epoch;
    const isOtherStore = epoch !== this.#epoch;
    if (!isOtherStore && revision <= this.#revision) return;
    if (isOtherStore || revision > this.#revision + 1) {
      void this.synchronise();
      return;
    }
    this.#revision = revision;
    for (const write of writes) {
      if (write.kind === 'put') this.#known.set(write.key, revision);
      else this.#known.delete(write.key);
      notifyWatchers(this.#deps.log, this.listeners, write);
    }
    this.#resolveHeard();
  }

  #resolveHeard(): void {
    const heard = this.#waiting.filter(({ revision }) => revision <= this.#revision);
    this.#waiting = this.#waiting.filter(({ revision }) => revision > this.#revision);
    for (const { resolve } of heard) resolve();
  }
}

function parseCommit(text: string, collection: string): Commit | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { epoch, revision, writes } = parsed as Readonly<Record<string, unknown>>;
  if (typeof epoch !== 'string' || typeof revision !== 'number' || !Array.isArray(writes)) return undefined;
  return { epoch, revision, writes: writes.map((write) => writeOf(write, collection)) };
}

/** The script made it, so it has the form. */
function writeOf(write: unknown, collection: string): DocumentWrite {
  const { kind, key, value } = (write ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof key !== 'string') return bug('a change of the state store must have a key');
  return kind === 'put' ? { kind, collection, key, value } : { kind: 'delete', collection, key };
}
