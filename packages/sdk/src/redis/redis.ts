/**
 * Decisions by way of Redis: the server writes them there, and this transport follows, so that a ban reaches every
 * application in milliseconds and holds while the server is away. Actions do not leave this way.
 *
 *     import { createClient } from 'redis';
 *     const client = await createClient({ url: 'redis://127.0.0.1:6379' }).connect();
 *     const transport = createRedisTransport({ client });
 *
 * 1. A second connection (`client.duplicate()`) subscribes to `{prefix}feed`; messages wait.
 * 2. `{prefix}state` says epoch and sequence number, HSCAN of `{prefix}live` gives what holds. What changed in between comes
 *    again with the messages that waited, so that the end is right whichever order was seen.
 * 3. Each message has the next number. A gap, another epoch, a reconnect, or a listener that says no leads back to 2, at most
 *    once a second.
 * 4. With `foreignBans` hashes `banned:*` that other programs wrote are looked for every ten seconds (SCAN, never KEYS). They
 *    join what the feed says; the listener gets numbers and digests over both (`foreign-bans.ts`).
 *
 * The listener's numbers are this transport's own, beginning with each snapshot. Rejected: notifications of key events,
 * which a server must be configured for and which say nothing of what was missed.
 */
import type { FeedListener, GuardTransport } from '../guard/transport.ts';
import {
  FEED_DIGEST_MS,
  SNAPSHOT_PIECE_MAX,
  type FeedMessage,
  type FeedSettings,
  type LiveDecision,
} from '../guard/wire.ts';
import { systemClock, type SdkClock } from '../system/system.ts';
import { ForeignBans } from './foreign-bans.ts';
import { parseChannelMessage, parseLiveDecision, parseSettings, type ChannelMessage } from './parse-feed.ts';

/** What the transport needs of a client: node-redis 5 and later fit. It is connected by its owner, and stays open. */
export interface RedisClientLike {
  sendCommand(args: string[]): Promise<unknown>;
  /** Another connection with the same settings, not connected yet. */
  duplicate(): RedisSubscriberLike;
}

export interface RedisSubscriberLike {
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  on(event: string, listener: (error: Error) => void): unknown;
  destroy(): void;
}

export interface RedisTransportOptions {
  readonly client: RedisClientLike;
  /** Of snapshot and channel, as the server has it. Default `vedette:guard:`. */
  readonly prefix?: string;
  /** Whether bans that other programs write to Redis hold here, too. They have plain ids. Default: no. */
  readonly foreignBans?: { readonly prefix?: string; readonly everyMs?: number };
  readonly clock?: SdkClock;
}

export interface RedisTransport extends GuardTransport {
  readonly status: RedisTransportStatus;
}

export interface RedisTransportStatus {
  /** Values in Redis that are none of ours, or broken. */
  readonly skippedCount: number;
  readonly foreignBanCount: number;
  /** How often everything was read. */
  readonly snapshotCount: number;
}

const PREFIX_DEFAULT = 'vedette:guard:';
const BANNED_PREFIX_DEFAULT = 'banned:';

// A ban of another program may take ten seconds to be seen; SCAN over 100,000 keys costs Redis about 50 ms spread over 200 calls.
const FOREIGN_EVERY_MS = 10_000;

// Messages that wait while a snapshot of 100,000 is read, about 0.3 s.
const WAITING_MESSAGES_MAX = 10_000;

// What keeps going wrong does not read 100,000 decisions over and over.
const SNAPSHOT_EVERY_MS = 1000;

// The server's sign of life comes every 15 s; one may be lost.
const SILENCE_MS_MAX = 3 * FEED_DIGEST_MS;

const NO_SETTINGS: FeedSettings = { ids: 'plain', policies: [], allow: [] };

/** Nothing connects before `follow`; following twice makes two connections. */
export function createRedisTransport(options: RedisTransportOptions): RedisTransport {
  const status = { skippedCount: 0, foreignBanCount: 0, snapshotCount: 0 };
  return {
    name: 'redis',
    status,
    follow: (listener) => {
      const follower = new Follower(options, listener, status);
      follower.begin();
      return { close: () => follower.close() };
    },
  };
}

type Status = { -readonly [K in keyof RedisTransportStatus]: RedisTransportStatus[K] };

interface Place {
  readonly epoch: string;
  readonly seq: number;
}

class Follower {
  readonly #client: RedisClientLike;
  readonly #prefix: string;
  readonly #clock: SdkClock;
  readonly #listener: FeedListener;
  readonly #status: Status;
  readonly #subscriber: RedisSubscriberLike;
  readonly #foreign: ForeignBans | undefined;
  readonly #foreignEveryMs: number;
  readonly #timers = new Map<string, { cancel(): void }>();
  #isClosed = false;
  #isSubscribed = false;
  #isReading = false;
  #readAtMs = -Infinity;
  /** Where the feed in Redis is; `undefined`: nothing follows on what the listener has. */
  #place: Place | undefined;
  /** Of the last message to the listener. */
  #seq = 0;
  #waiting: ChannelMessage[] = [];
  #heardAtMs: number;

  constructor(options: RedisTransportOptions, listener: FeedListener, status: Status) {
    this.#client = options.client;
    this.#prefix = options.prefix ?? PREFIX_DEFAULT;
    this.#clock = options.clock ?? systemClock;
    [this.#listener, this.#status] = [listener, status];
    this.#subscriber = options.client.duplicate();
    const { foreignBans } = options;
    this.#foreignEveryMs = foreignBans?.everyMs ?? FOREIGN_EVERY_MS;
    this.#foreign =
      foreignBans && new ForeignBans(options.client, foreignBans.prefix ?? BANNED_PREFIX_DEFAULT, status);
    this.#heardAtMs = this.#clock.monotonicMs();
  }

  begin(): void {
    this.#subscriber.on('error', (error) => this.#lose(error));
    this.#subscriber.on('ready', () => void this.#subscribe());
    this.#subscriber.connect().catch((error: unknown) => this.#lose(error));
    this.#watchSilence();
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    try {
      this.#subscriber.destroy();
    } catch {
      // It was never open: node-redis throws then.
    }
  }

  /** After each connection; the client itself subscribes again. */
  async #subscribe(): Promise<void> {
    try {
      if (!this.#isSubscribed) {
        await this.#subscriber.subscribe(`${this.#prefix}feed`, (text) => this.#hear(text));
        this.#isSubscribed = true;
      }
      this.#readSoon();
    } catch (error) {
      this.#lose(error);
    }
  }

  #lose(error: unknown): void {
    if (!this.#isClosed) this.#listener.lost(error);
  }

  #watchSilence(): void {
    this.#after('silence', FEED_DIGEST_MS, () => {
      if (this.#clock.monotonicMs() - this.#heardAtMs > SILENCE_MS_MAX && this.#place !== undefined)
        this.#lose(new Error(`no sign of life of the server in Redis for ${SILENCE_MS_MAX / 1000} s`));
      this.#watchSilence();
    });
  }

  #after(name: string, delayMs: number, task: () => void): void {
    this.#timers.get(name)?.cancel();
    if (!this.#isClosed) this.#timers.set(name, this.#clock.setTimer(delayMs, task));
  }

  #hear(text: string): void {
    const heard = parseChannelMessage(text);
    if (heard === undefined) {
      this.#status.skippedCount++;
      return;
    }
    this.#heardAtMs = this.#clock.monotonicMs();
    if (!this.#isReading) this.#take(heard);
    else if (this.#waiting.length < WAITING_MESSAGES_MAX) this.#waiting.push(heard);
  }

  #take({ epoch, message }: ChannelMessage): void {
    if (this.#isClosed) return;
    if (this.#place?.epoch !== epoch) {
      this.#readSoon();
      return;
    }
    switch (message.type) {
      // Another one follows on a snapshot that is known.
      case 'hello':
      case 'snapshot':
        return;
      case 'delta':
        this.#takeDelta(this.#place, message);
        return;
      case 'digest':
        if (message.seq > this.#place.seq) this.#readSoon();
        else if (message.seq === this.#place.seq) this.#tell(this.#foreign?.digestWith(message) ?? message);
        return;
      case 'settings':
        this.#tell(message);
    }
  }

  #takeDelta(place: Place, message: Extract<FeedMessage, { type: 'delta' }>): void {
    if (message.seq <= place.seq) return;
    if (message.seq > place.seq + 1) {
      this.#readSoon();
      return;
    }
    this.#place = { epoch: place.epoch, seq: message.seq };
    this.#tell(this.#foreign?.deltaWith(message) ?? message);
  }

  /** With the listener's own numbers. */
  #tell(message: FeedMessage): void {
    if (this.#isClosed) return;
    if (message.type === 'delta') this.#seq++;
    const numbered = 'seq' in message ? { ...message, seq: this.#seq } : message;
    if (!this.#listener.take(numbered)) this.#readSoon();
  }

  #readSoon(): void {
    this.#place = undefined;
    if (this.#isReading) return;
    const waitMs = this.#readAtMs + SNAPSHOT_EVERY_MS - this.#clock.monotonicMs();
    if (waitMs <= 0) void this.#read();
    else this.#after('read', waitMs, () => void this.#read());
  }

  async #read(): Promise<void> {
    if (this.#isReading || this.#isClosed) return;
    this.#isReading = true;
    this.#timers.get('read')?.cancel();
    this.#readAtMs = this.#clock.monotonicMs();
    let place: Place | undefined;
    try {
      place = await this.#readSnapshot();
    } catch (error) {
      this.#lose(error);
      this.#after('read', SNAPSHOT_EVERY_MS, () => void this.#read());
    }
    this.#isReading = false;
    this.#place = place;
    if (place !== undefined) this.#heardAtMs = this.#clock.monotonicMs();
    // Those of the time before are older than the snapshot, and passed over.
    for (const heard of this.#waiting.splice(0)) this.#take(heard);
    if (this.#foreign !== undefined)
      this.#after('foreign', this.#foreignEveryMs, () => void this.#lookForForeign());
  }

  /** `undefined`: there is none yet, or somebody is writing it; a `hello` comes when it is done. */
  async #readSnapshot(): Promise<Place | undefined> {
    const state = await this.#readState();
    if (state === undefined && this.#foreign === undefined) {
      this.#lose(new Error(`no server has written decisions under "${this.#prefix}" in Redis`));
      return undefined;
    }
    await this.#foreign?.scan();
    this.#foreign?.forgetFeed();
    this.#status.snapshotCount++;
    this.#seq = 0;
    const epoch = `${state?.epoch ?? 'foreign'}/${this.#status.snapshotCount}`;
    const hello = { type: 'hello', epoch, seq: 0, settings: state?.settings ?? NO_SETTINGS } as const;
    let isTaken = !this.#isClosed && this.#listener.take(hello);
    let isFirst = true;
    for await (const { decisions, isLast } of this.#pieces(state !== undefined)) {
      if (this.#isClosed || !isTaken) break;
      isTaken = this.#listener.take({ type: 'snapshot', epoch, seq: 0, isFirst, isLast, decisions });
      isFirst = false;
    }
    if (!isTaken) throw new Error('the snapshot in Redis was not taken');
    if (state === undefined) return undefined;
    const now = await this.#readState();
    if (now?.epoch !== state.epoch)
      throw new Error('the snapshot in Redis was written anew while it was read');
    return { epoch: state.epoch, seq: state.seq };
  }

  async #readState(): Promise<(Place & { readonly settings: FeedSettings }) | undefined> {
    const args = ['HMGET', `${this.#prefix}state`, 'ready', 'epoch', 'seq', 'settings'];
    const reply = await this.#client.sendCommand(args);
    const [ready, epoch, seq, settings] = Array.isArray(reply) ? reply : [];
    if (ready !== '1' || typeof epoch !== 'string') return undefined;
    return { epoch, seq: Number(seq), settings: parseSettings(settings) ?? NO_SETTINGS };
  }

  /** At least one; the last one says so. */
  async *#pieces(
    hasFeed: boolean,
  ): AsyncIterable<{ readonly decisions: readonly LiveDecision[]; readonly isLast: boolean }> {
    let piece: LiveDecision[] = [];
    for await (const decision of this.#decisions(hasFeed)) {
      if (piece.length === SNAPSHOT_PIECE_MAX) {
        yield { decisions: piece, isLast: false };
        piece = [];
      }
      piece.push(decision);
    }
    yield { decisions: piece, isLast: true };
  }

  async *#decisions(hasFeed: boolean): AsyncIterable<LiveDecision> {
    // HSCAN may give a field twice while the hash grows.
    const seen = new Set<string>();
    let cursor = '0';
    while (hasFeed) {
      const reply = await this.#client.sendCommand([
        'HSCAN',
        `${this.#prefix}live`,
        cursor,
        'COUNT',
        String(SNAPSHOT_PIECE_MAX),
      ]);
      const [next, texts] = Array.isArray(reply) ? reply : [];
      for (const [i, text] of (Array.isArray(texts) ? texts : []).entries()) {
        if (i % 2 === 0) continue;
        const decision = parseLiveDecision(text);
        if (decision === undefined) this.#status.skippedCount++;
        const key = decision && `${decision.scope}\0${decision.subject}`;
        if (decision === undefined || key === undefined || seen.has(key)) continue;
        seen.add(key);
        yield this.#foreign?.withFeed(decision) ?? decision;
      }
      cursor = String(next);
      if (cursor === '0' || next === undefined) break;
    }
    for (const decision of this.#foreign?.alone() ?? []) yield decision;
  }

  async #lookForForeign(): Promise<void> {
    const foreign = this.#foreign;
    if (foreign === undefined || this.#isReading || this.#isClosed) return;
    try {
      const changes = await foreign.scan();
      // A snapshot that began meanwhile has them.
      if (!this.#isReading && changes.put.length + changes.drop.length > 0)
        this.#tell({ type: 'delta', seq: 0, ...changes });
    } catch (error) {
      this.#lose(error);
    }
    if (!this.#isReading) this.#after('foreign', this.#foreignEveryMs, () => void this.#lookForForeign());
  }
}
