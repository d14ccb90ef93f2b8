/**
 * Writes the decisions that hold into Redis, in two forms:
 *
 *     {banned prefix}{user id}   hash, for programs of the classic design: banned_until, ban_reason, ban_type,
 *                                alert_severity, banned_at, and ours: decision_id, banned_until_ms. Expires with the ban.
 *     {prefix}live               hash: "scope NUL subject" → JSON of the `LiveDecision`
 *     {prefix}state              hash: epoch, seq, ready, settings, count, digest, holder, held_until_ms
 *     {prefix}feed               channel: {"epoch":…,"message":FeedMessage}
 *
 * The last three are for the SDK's Redis transport: applications learn of a ban without the server. Times in the classic
 * hash are ISO 8601 in UTC with milliseconds, a permanent ban ends with the year 9999; only `refuse` for scope `user` is there.
 *
 * 1. A session begins with the feed's snapshot. Whoever holds the lease in `state` may write; another server of the same
 *    cluster waits until it lapses (`LEASE_MS`), the same one after a restart goes on at once.
 * 2. The snapshot is compared with `live` (HSCAN, in pieces): what no longer holds is dropped, the rest written. Then `ready`
 *    is 1 and a `hello` with an epoch of its own makes all readers read again.
 * 3. Each delta is one script: hash, expiry, snapshot and message change together, or not at all. Some are under way at a
 *    time, in order. Any failure ends the session, and the next one begins at 1: after an outage all is compared again.
 * 4. A ban that another program wrote and that lasts longer is never changed: see `mirror-scripts.ts`.
 *
 * Lifting removes only what is the mirror's own. `until` is absolute: Redis' clock decides when a hash disappears, the
 * reader's whether the ban holds; where they differ by more than `SKEW_MS_MAX`, `problems()` says so.
 * Rejected: SCAN over `banned:*` to find leftovers (`live` names all that was written, in the same step); KEYS (stops Redis).
 */
import { bug, type Clock, type Random } from '@vedette/model';
import type { FeedMessage, FeedSettings, LiveDecision } from '@vedette/sdk';
import type { RedisConnection, RedisReply } from '../../lib/redis-connection.ts';
import type { Log } from '../../telemetry/log.ts';
import type { DecisionFeed } from '../guard/port.ts';
import { dropRowOf, fieldOf, isMirrored, putRowOf, subjectOf, type MirrorRow } from './mirror-rows.ts';
import { APPLY, RELEASE, TAKE } from './mirror-scripts.ts';

export interface BanMirrorDeps {
  readonly feed: Pick<DecisionFeed, 'follow'>;
  /** Called until it succeeds; the mirror closes what it returns. */
  readonly openRedis: () => Promise<RedisConnection>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface BanMirrorOptions {
  /** Of snapshot and channel, such as `vedette:guard:`. */
  readonly prefix: string;
  /** Of the classic hashes: `banned:`. */
  readonly bannedPrefix: string;
  /** Name of this server, the same after a restart and no other's: who has it takes over at once. */
  readonly holder: string;
}

export interface BanMirror {
  readonly status: BanMirrorStatus;
  /** Sentences about what keeps Redis from having what holds; none is the rule. */
  problems(): readonly string[];
  /** Lets go of Redis; what is written there goes on to hold until it expires. */
  close(): Promise<void>;
}

export interface BanMirrorStatus {
  readonly isFollowing: boolean;
  /** Bans of other programs that last longer, and were left alone. */
  readonly keptCount: number;
  /** Keys of bans that hold something else than a hash, and were left alone. */
  readonly wrongTypeCount: number;
  /** Decisions whose id cannot be a key. */
  readonly skippedCount: number;
  /** How often all was compared. */
  readonly comparedCount: number;
}

// Three signs of life of the feed (15 s): another server takes over when this one is silent for so long.
const LEASE_MS = 45_000;

// One script of so many rows holds Redis for about 2 ms.
const ROWS_PER_SCRIPT_MAX = 200;

// Scripts under way: enough to fill a round trip of a millisecond, few enough to fail together.
const SCRIPTS_UNDER_WAY_MAX = 64;

// Fields per HSCAN, about 100 kB.
const SCAN_COUNT = 500;

// More than a network and a slow script explain.
const SKEW_MS_MAX = 2000;

// A session that failed for a moment's reason begins again before anybody notices.
const RETRY_MS_MIN = 100;
// As for the connection: nobody waits longer for what has come back.
const RETRY_MS_MAX = 5000;

/** Begins at once, in the background. */
export function createBanMirror(deps: BanMirrorDeps, options: BanMirrorOptions): BanMirror {
  const closing = new AbortController();
  const mirror = new Mirror(deps, options);
  const done = mirror.run(closing.signal).catch((error: unknown) => {
    if (!closing.signal.aborted) deps.log.error('the mirror of bans in Redis ended', { error });
  });
  return {
    status: mirror,
    problems: () => mirror.problems(),
    close: async () => {
      closing.abort();
      await done;
    },
  };
}

class Mirror implements BanMirrorStatus {
  isFollowing = false;
  keptCount = 0;
  wrongTypeCount = 0;
  skippedCount = 0;
  comparedCount = 0;
  readonly #deps: BanMirrorDeps;
  readonly #options: BanMirrorOptions;
  #failure = 'it has not begun yet';
  #skewMs = 0;
  #toldOfPseudonyms = false;

  constructor(deps: BanMirrorDeps, options: BanMirrorOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  problems(): readonly string[] {
    const skew = `the clock of Redis differs from this machine's by ${Math.round(this.#skewMs / 1000)} s: bans disappear from Redis early or late; set the clocks`;
    return [
      ...(this.isFollowing ? [] : [`the bans in Redis are not up to date: ${this.#failure}`]),
      ...(Math.abs(this.#skewMs) > SKEW_MS_MAX ? [skew] : []),
    ];
  }

  async run(signal: AbortSignal): Promise<void> {
    let redis: RedisConnection | undefined;
    let failures = 0;
    try {
      while (!signal.aborted) {
        try {
          redis ??= await this.#deps.openRedis();
          await this.#runSession(redis, signal, () => (failures = 0));
        } catch (error) {
          if (signal.aborted) break;
          this.#failure = error instanceof Error ? error.message : String(error);
          this.#deps.log.warn('the bans in Redis are not up to date', { error });
        }
        await this.#pause(redis, this.#retryMs(failures++), signal);
      }
    } finally {
      this.isFollowing = false;
      if (redis !== undefined) await this.#letGo(redis);
    }
  }

  #retryMs(failures: number): number {
    const delayMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(failures, 10));
    return delayMs * (0.5 + this.#deps.random.float() / 2);
  }

  /** Until the time is over or Redis is there again. */
  async #pause(redis: RedisConnection | undefined, delayMs: number, signal: AbortSignal): Promise<void> {
    const waking = new AbortController();
    const stop = redis?.onReconnect(() => waking.abort());
    try {
      await this.#deps.clock.sleep(delayMs, AbortSignal.any([signal, waking.signal]));
    } catch (error) {
      if (signal.aborted) throw error;
    } finally {
      stop?.();
    }
  }

  async #letGo(redis: RedisConnection): Promise<void> {
    try {
      await redis.call(['EVAL', RELEASE, '1', `${this.#options.prefix}state`, this.#options.holder]);
    } catch (error) {
      this.#deps.log.debug('the lease of the mirror runs out by itself', { error });
    }
    await redis.close();
  }

  /** Until the feed ends or anything fails. */
  async #runSession(redis: RedisConnection, signal: AbortSignal, onFollowing: () => void): Promise<void> {
    signal.throwIfAborted();
    const failing = new AbortController();
    const stop = redis.onLost(() => failing.abort(redis.lastError ?? new Error('the connection is lost')));
    const own = AbortSignal.any([signal, failing.signal]);
    const session = new Session(redis, this.#options, (error) => failing.abort(error));
    try {
      for await (const message of this.#deps.feed.follow(undefined, own)) {
        failing.signal.throwIfAborted();
        await this.#take(session, message);
        if (session.isReady && !this.isFollowing) onFollowing();
        this.isFollowing = session.isReady;
      }
      failing.signal.throwIfAborted();
      await session.settled();
      throw new Error('the feed of decisions ended');
    } catch (error) {
      throw failing.signal.aborted ? failing.signal.reason : error;
    } finally {
      stop();
      this.isFollowing = false;
      this.keptCount += session.keptCount;
      this.wrongTypeCount += session.wrongTypeCount;
    }
  }

  async #take(session: Session, message: FeedMessage): Promise<void> {
    switch (message.type) {
      case 'hello':
        this.#tellOfPseudonyms(message.settings);
        this.#skewMs = await session.begin(message, this.#deps.random.uuid(), this.#deps.clock.nowMs());
        return;
      case 'snapshot':
        if (await session.collect(this.#mirrored(message.decisions), message)) this.comparedCount++;
        return;
      case 'delta':
        await session.apply({ ...message, put: this.#mirrored(message.put) }, message);
        return;
      case 'digest':
      case 'settings':
        await session.pass(message);
    }
  }

  #mirrored(decisions: readonly LiveDecision[]): readonly LiveDecision[] {
    const mirrored = decisions.filter(isMirrored);
    this.skippedCount += decisions.length - mirrored.length;
    return mirrored;
  }

  #tellOfPseudonyms({ ids }: FeedSettings): void {
    if (ids !== 'pseudonym' || this.#toldOfPseudonyms) return;
    this.#toldOfPseudonyms = true;
    this.#deps.log.info(
      'bans are written to Redis under pseudonyms: programs that look for plain ids do not find them; guard.ids: plain shares them',
    );
  }
}

type Delta = Extract<FeedMessage, { type: 'delta' }>;
type Snapshot = Extract<FeedMessage, { type: 'snapshot' }>;
type Hello = Extract<FeedMessage, { type: 'hello' }>;

/** From one `hello` to the first failure. */
class Session {
  keptCount = 0;
  wrongTypeCount = 0;
  isReady = false;
  readonly #redis: RedisConnection;
  readonly #options: BanMirrorOptions;
  readonly #onFailure: (error: unknown) => void;
  #hello: Hello | undefined;
  #epoch = '';
  /** Of a snapshot that is still coming. */
  #collected = new Map<string, LiveDecision>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(redis: RedisConnection, options: BanMirrorOptions, onFailure: (error: unknown) => void) {
    [this.#redis, this.#options, this.#onFailure] = [redis, options, onFailure];
  }

  /** Takes the lease; returns how far Redis' clock is ahead. */
  async begin(hello: Hello, id: string, nowMs: number): Promise<number> {
    this.isReady = false;
    this.#hello = hello;
    // Its own for each session: whoever missed something in the last one begins again.
    this.#epoch = `${hello.epoch}/${id}`;
    const { prefix, holder } = this.#options;
    const args = [`${prefix}state`, holder, this.#epoch, String(LEASE_MS)];
    const reply = await this.#redis.call(['EVAL', TAKE, '1', ...args]);
    const [isTaken, leftMs, redisMs] = Array.isArray(reply)
      ? reply.map(Number)
      : bug('TAKE answers with a list');
    if (isTaken !== 1) throw new Error(`another server writes them, for ${leftMs} ms at least`);
    return (redisMs ?? nowMs) - nowMs;
  }

  /** Keeps a piece of the snapshot; with the last one all is compared. Returns whether it was the last. */
  async collect(decisions: readonly LiveDecision[], { isFirst, isLast, seq }: Snapshot): Promise<boolean> {
    if (isFirst) this.#collected.clear();
    for (const decision of decisions) this.#collected.set(fieldOf(decision), decision);
    if (!isLast) return false;
    await this.#compare(seq);
    return true;
  }

  async #compare(seq: number): Promise<void> {
    const wanted = this.#collected;
    this.#collected = new Map();
    await this.#dropOthers(wanted);
    const decisions = [...wanted.values()];
    for (let from = 0; from < decisions.length; from += ROWS_PER_SCRIPT_MAX) {
      const piece = decisions.slice(from, from + ROWS_PER_SCRIPT_MAX);
      await this.#send(piece.map((decision) => putRowOf(decision, this.#options.bannedPrefix)));
    }
    const hello = this.#hello ?? bug('a snapshot must follow a hello');
    await this.#send([], { ...hello, seq }, [
      ['ready', '1'],
      ['seq', String(seq)],
      ['settings', JSON.stringify(hello.settings)],
    ]);
    await this.settled();
    this.isReady = true;
  }

  async #dropOthers(wanted: ReadonlyMap<string, LiveDecision>): Promise<void> {
    let cursor = '0';
    do {
      const reply = await this.#redis.call([
        'HSCAN',
        `${this.#options.prefix}live`,
        cursor,
        'COUNT',
        String(SCAN_COUNT),
      ]);
      const [next, fields] = scanOf(reply);
      cursor = next;
      const gone = fields.filter((field, i) => i % 2 === 0 && !wanted.has(field));
      for (let from = 0; from < gone.length; from += ROWS_PER_SCRIPT_MAX) {
        const piece = gone.slice(from, from + ROWS_PER_SCRIPT_MAX);
        await this.#send(piece.map((field) => dropRowOf(subjectOf(field), this.#options.bannedPrefix)));
      }
    } while (cursor !== '0');
  }

  /** The message leaves with the last of its rows. */
  async apply({ put, drop, seq }: Delta, message: Delta): Promise<void> {
    const { bannedPrefix } = this.#options;
    const rows = [
      ...put.map((decision) => putRowOf(decision, bannedPrefix)),
      ...drop.filter(isMirrored).map((key) => dropRowOf(key, bannedPrefix)),
    ];
    let from = 0;
    for (; rows.length - from > ROWS_PER_SCRIPT_MAX; from += ROWS_PER_SCRIPT_MAX)
      await this.#send(rows.slice(from, from + ROWS_PER_SCRIPT_MAX));
    await this.#send(rows.slice(from), message, [['seq', String(seq)]]);
  }

  async pass(message: Extract<FeedMessage, { type: 'digest' | 'settings' }>): Promise<void> {
    if (message.type === 'settings') {
      if (this.#hello !== undefined) this.#hello = { ...this.#hello, settings: message.settings };
      await this.#send([], message, [['settings', JSON.stringify(message.settings)]]);
    } else {
      const { count, digest } = message;
      await this.#send([], message, [
        ['count', String(count)],
        ['digest', String(digest)],
      ]);
    }
  }

  /** Resolves when all that was sent is answered; failures are told elsewhere. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #send(
    rows: readonly MirrorRow[],
    message?: FeedMessage,
    state: readonly (readonly [string, string])[] = [],
  ): Promise<void> {
    const { prefix } = this.#options;
    const live = `${prefix}live`;
    const keys = [`${prefix}state`, live, ...rows.map(({ banKey }) => banKey ?? live)];
    const text = message === undefined ? '' : JSON.stringify({ epoch: this.#epoch, message });
    const fixed = [
      this.#epoch,
      String(LEASE_MS),
      `${prefix}feed`,
      text,
      String(2 * state.length),
      ...state.flat(),
    ];
    const answer = this.#redis.call([
      'EVAL',
      APPLY,
      String(keys.length),
      ...keys,
      ...fixed,
      ...rows.flatMap(({ texts }) => texts),
    ]);
    const counted = answer.then((reply) => this.#count(reply));
    const noted = counted.catch((error: unknown) => this.#onFailure(error));
    this.#underWay.add(noted);
    void noted.finally(() => this.#underWay.delete(noted));
    if (this.#underWay.size >= SCRIPTS_UNDER_WAY_MAX) await Promise.race(this.#underWay);
  }

  #count(reply: RedisReply): void {
    const [word, kept, wrong] = Array.isArray(reply) ? (reply as readonly RedisReply[]) : [];
    if (word !== 'ok') throw new Error('another server has begun to write them');
    this.keptCount += Number(kept);
    this.wrongTypeCount += Number(wrong);
  }
}

function scanOf(reply: RedisReply): readonly [cursor: string, texts: readonly string[]] {
  if (!Array.isArray(reply)) return bug('HSCAN answers with a list');
  const [cursor, texts] = reply as readonly RedisReply[];
  return [String(cursor), Array.isArray(texts) ? texts.map(String) : []];
}
