/**
 * Who watches a collection hears what any process writes to it, in commit order, through Redis' pub/sub, which forgets a
 * message for whoever is not there. So:
 *
 * 1. Every commit to a collection carries its revision, one more than the last. Ours is known from the first read.
 * 2. A message with the next revision is handed on. Older ones are dropped; a gap, another epoch (the store was emptied)
 *    or a reconnect leads to a new read of the collection, and the differences are handed on: removals, then what was
 *    written in the meantime in the order of the commits. What was written twice is then told once.
 * 3. A read that began before the subscription was (again) there does not count: what was written between the two would
 *    never be told. Neither does one during which more came than is kept. Another one follows.
 * 4. What fails is tried again when a connection is back, and every `RETRY_MS` while Redis is there all the same.
 * 5. A write of this process resolves when its own watchers have heard it, as the embedded store's does. When the
 *    subscription is away it does not wait: they hear of it with the next read.
 */
import { bug, type Clock, type Timer } from '@vedette/model';
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
  readonly clock: Clock;
  readonly log: Log;
  /** Whether Redis answers: when it does again, `retry` is called. */
  readonly isReachable: () => boolean;
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

/** As long as the longest wait for a connection: a Redis that refuses for a moment's reason is not asked more often. */
const RETRY_MS = 5000;

export class RedisWatches {
  readonly #deps: RedisWatchesDeps;
  readonly #collections = new Map<string, CollectionWatch>();
  #subscriber: Promise<RedisSubscriber> | undefined;
  #retryTimer: Timer | undefined;
  #isClosed = false;

  constructor(deps: RedisWatchesDeps) {
    this.#deps = deps;
  }

  /** `ready` resolves when all that is committed from now on will be heard, or cannot be for now. */
  add(collection: string, listener: Listener): { readonly ready: Promise<void>; readonly stop: () => void } {
    const known = this.#collections.get(collection);
    const watch = known ?? new CollectionWatch(this.#deps, collection, () => this.#retryLater());
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

  /** A list of the whole collection was shown to somebody: watchers are told what differs from it. */
  noteListed(collection: string, read: CollectionRead): void {
    this.#collections.get(collection)?.noteListed(read);
  }

  /** Sentences about what is not heard; none is the rule. */
  problems(): readonly string[] {
    const deaf = [...this.#collections].filter(([, watch]) => !watch.isFollowing).map(([name]) => name);
    return deaf.length === 0
      ? []
      : [`what other servers write is not heard for now (${deaf.join(', ')}); the log says why`];
  }

  /** Begins those again that do not follow; called when the store's own connection is back. */
  retry(): void {
    for (const [collection, watch] of this.#collections)
      if (!watch.isFollowing && !watch.isBeginning) void this.#begin(collection, watch);
  }

  close(): void {
    this.#isClosed = true;
    this.#retryTimer?.cancel();
  }

  #begin(collection: string, watch: CollectionWatch): Promise<void> {
    const begin = async (): Promise<void> => {
      watch.isBeginning = true;
      try {
        this.#subscriber ??= this.#openSubscriber();
        const subscriber = await this.#subscriber;
        if (!watch.isSubscribed) {
          await subscriber.subscribe(this.#deps.channelOf(collection), (text) => watch.take(text));
          watch.subscribed();
        }
        await watch.synchronise();
      } catch (error) {
        watch.fail(error);
      } finally {
        watch.isBeginning = false;
      }
    };
    watch.ready = begin();
    return watch.ready;
  }

  async #openSubscriber(): Promise<RedisSubscriber> {
    try {
      const subscriber = await this.#deps.openSubscriber();
      subscriber.onLost(() => this.#collections.forEach((watch) => watch.lose()));
      subscriber.onReconnect(() => this.#reconnected());
      return subscriber;
    } catch (error) {
      this.#subscriber = undefined;
      throw error;
    }
  }

  #reconnected(): void {
    for (const [collection, watch] of this.#collections) {
      if (!watch.isSubscribed) {
        if (!watch.isBeginning) void this.#begin(collection, watch);
        continue;
      }
      watch.subscribed();
      void watch.synchronise();
    }
  }

  #retryLater(): void {
    if (this.#isClosed || this.#retryTimer !== undefined) return;
    this.#retryTimer = this.#deps.clock.setTimer(RETRY_MS, () => {
      this.#retryTimer = undefined;
      if (this.#deps.isReachable()) this.retry();
    });
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
  isBeginning = false;
  readonly #deps: RedisWatchesDeps;
  readonly #collection: string;
  readonly #onFailure: () => void;
  #isSubscribed = false;
  /** Subscribed, and the connection is there. */
  #isConnected = false;
  #epoch: string | undefined;
  #revision = 0;
  /** Revision by key: what the watchers know. */
  readonly #known = new Map<string, number>();
  /** The same of what this process has put and was not told of yet, the oldest first. */
  readonly #unheard = new Map<string, number>();
  #hasRead = false;
  /** Since the last read that succeeded. */
  #hasComplained = false;
  #reading: Promise<void> | undefined;
  #isReadWanted = false;
  #buffered: Commit[] = [];
  #waiting: { readonly revision: number; readonly resolve: () => void }[] = [];

  constructor(deps: RedisWatchesDeps, collection: string, onFailure: () => void) {
    this.#deps = deps;
    this.#collection = collection;
    this.#onFailure = onFailure;
  }

  get isSubscribed(): boolean {
    return this.#isSubscribed;
  }

  get isFollowing(): boolean {
    return this.#isConnected && this.#hasRead;
  }

  /** Messages from now on arrive. */
  subscribed(): void {
    this.#isSubscribed = true;
    this.#isConnected = true;
  }

  take(text: string): void {
    // Nobody has watched since, and the channel has not been left yet.
    if (this.listeners.size === 0) return;
    const commit = parseCommit(text, this.#collection);
    if (commit === undefined) {
      this.#deps.log.warn('a message on a channel of the state store is not ours', {
        collection: this.#collection,
      });
    } else if (this.#reading !== undefined) {
      if (this.#buffered.length < BUFFERED_COMMITS_MAX) this.#buffered.push(commit);
      else this.#isReadWanted = true;
    } else if (this.#hasRead) {
      this.#follow(commit);
    } else {
      // The last read failed, and Redis is there all the same.
      void this.synchronise();
    }
  }

  heard(revision: number, keys: readonly string[]): Promise<void> {
    if (this.#revision >= revision) return Promise.resolve();
    // Whoever put these knows of them, and must be told of their end if that comes before the next read.
    for (const key of keys) {
      this.#unheard.delete(key);
      this.#unheard.set(key, revision);
    }
    if (!this.isFollowing) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ revision, resolve }));
  }

  noteListed(read: CollectionRead): void {
    if (this.#epoch === undefined) this.#tellDifferences(read);
  }

  /** Nobody waits for what does not come. */
  lose(): void {
    this.#isConnected = false;
    this.#hasRead = false;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  /** It does not follow for now, and is tried again. */
  fail(error: unknown): void {
    const fields = { error, collection: this.#collection };
    if (!this.#hasComplained) this.#deps.log.warn('a watch of the state store waits for Redis', fields);
    this.#hasComplained = true;
    this.#onFailure();
  }

  /** Reads the collection and tells the differences; one read serves all calls before it. Logs what fails. */
  async synchronise(): Promise<void> {
    this.#isReadWanted = true;
    this.#reading ??= this.#readWanted();
    await this.#reading;
  }

  async #readWanted(): Promise<void> {
    try {
      while (this.#isReadWanted) {
        this.#isReadWanted = false;
        // The read comes after them.
        this.#buffered = [];
        const read = await this.#deps.read(this.#collection);
        this.#hasRead = true;
        this.#hasComplained = false;
        this.#tellDifferences(read);
      }
    } catch (error) {
      this.#hasRead = false;
      this.#buffered = [];
      for (const { resolve } of this.#waiting.splice(0)) resolve();
      this.fail(error);
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
    // What was put after the read is not gone because the read does not have it.
    const put = [...this.#unheard].filter(([, putIn]) => isOtherStore || putIn <= revision);
    const known = new Set([...this.#known.keys(), ...put.map(([key]) => key)]);
    const gone = [...known].filter((key) => !present.has(key));
    if (isOtherStore) this.#unheard.clear();
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
      // A read that is under way began after this came.
      if (this.#reading === undefined) void this.synchronise();
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
    for (const [key, revision] of this.#unheard) {
      if (revision > this.#revision) break;
      this.#unheard.delete(key);
    }
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
