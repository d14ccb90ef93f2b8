/**
 * Bans that other programs write to Redis, as hashes `banned:{user id}` of the classic design, joined with what the feed says.
 *
 * For a user that both ban the later end counts; so the digest of the feed is changed by what stands in another's place.
 * `banned_until` may be ISO 8601 (without a zone: UTC), or seconds or milliseconds since 1970. Hashes that the server wrote
 * itself (see `banned_until_ms`) are in the feed and left aside. What has another form is counted and left out.
 */
import { digestOf } from '../guard/digest.ts';
import type { FeedMessage, LiveDecision, SubjectKey } from '../guard/wire.ts';
import { gradeOf, isSubject } from './parse-feed.ts';

/** At about 400 bytes each 40 MB; more bans than that are somebody's mistake. */
const FOREIGN_BANS_MAX = 100_000;

const SCAN_COUNT = 500;

// A line for people.
const REASON_CHARS_MAX = 256;

const FIELDS = ['banned_until', 'ban_reason', 'ban_type', 'banned_at', 'decision_id', 'banned_until_ms'];

interface Client {
  sendCommand(args: string[]): Promise<unknown>;
}

interface Counts {
  skippedCount: number;
  foreignBanCount: number;
}

interface Changes {
  readonly put: readonly LiveDecision[];
  readonly drop: readonly SubjectKey[];
}

export class ForeignBans {
  readonly #client: Client;
  readonly #prefix: string;
  readonly #counts: Counts;
  /** What the feed says of users, by id. */
  readonly #feed = new Map<string, LiveDecision>();
  #held: ReadonlyMap<string, LiveDecision> = new Map();

  constructor(client: Client, prefix: string, counts: Counts) {
    [this.#client, this.#prefix, this.#counts] = [client, prefix, counts];
  }

  /** Before a snapshot. */
  forgetFeed(): void {
    this.#feed.clear();
  }

  /** Notes a decision of the feed; returns the one that counts. */
  withFeed(decision: LiveDecision): LiveDecision {
    if (decision.scope !== 'user') return decision;
    this.#feed.set(decision.subject, decision);
    return later(decision, this.#held.get(decision.subject));
  }

  /** Those of users that the feed does not speak of. */
  alone(): readonly LiveDecision[] {
    return [...this.#held.values()].filter(({ subject }) => !this.#feed.has(subject));
  }

  deltaWith(message: Extract<FeedMessage, { type: 'delta' }>): FeedMessage {
    const put = message.put.map((decision) => this.withFeed(decision));
    const drop: SubjectKey[] = [];
    for (const key of message.drop) {
      if (key.scope === 'user') this.#feed.delete(key.subject);
      const held = key.scope === 'user' ? this.#held.get(key.subject) : undefined;
      if (held === undefined) drop.push(key);
      else put.push(held);
    }
    return { ...message, put, drop };
  }

  digestWith(message: Extract<FeedMessage, { type: 'digest' }>): FeedMessage {
    let { count, digest } = message;
    for (const [subject, held] of this.#held) {
      const own = this.#feed.get(subject);
      if (own === undefined) count++;
      else digest ^= digestOf(own);
      digest ^= digestOf(own === undefined ? held : later(own, held));
    }
    return { ...message, count, digest: digest >>> 0 };
  }

  /** Looks at all of them; returns what is different for the listener. */
  async scan(): Promise<Changes> {
    const found = await this.#find();
    const put: LiveDecision[] = [];
    const drop: SubjectKey[] = [];
    for (const subject of new Set([...this.#held.keys(), ...found.keys()])) {
      const own = this.#feed.get(subject);
      const before = effective(own, this.#held.get(subject));
      const after = effective(own, found.get(subject));
      if (after === undefined) drop.push({ scope: 'user', subject });
      else if (before === undefined || digestOf(before) !== digestOf(after)) put.push(after);
    }
    this.#held = found;
    this.#counts.foreignBanCount = found.size;
    return { put, drop };
  }

  async #find(): Promise<ReadonlyMap<string, LiveDecision>> {
    const found = new Map<string, LiveDecision>();
    // The prefix is a text, and SCAN takes a pattern.
    const pattern = `${this.#prefix.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)}*`;
    let cursor = '0';
    do {
      const reply = await this.#client.sendCommand([
        'SCAN',
        cursor,
        'MATCH',
        pattern,
        'COUNT',
        String(SCAN_COUNT),
      ]);
      const [next, keys] = Array.isArray(reply) ? reply : [];
      cursor = String(next ?? '0');
      const texts = Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [];
      for (const decision of await Promise.all(texts.map((key) => this.#read(key)))) {
        if (decision === undefined) continue;
        if (found.size < FOREIGN_BANS_MAX) found.set(decision.subject, decision);
        else this.#counts.skippedCount++;
      }
    } while (cursor !== '0');
    return found;
  }

  async #read(key: string): Promise<LiveDecision | undefined> {
    let reply: unknown;
    try {
      reply = await this.#client.sendCommand(['HMGET', key, ...FIELDS]);
    } catch (error) {
      // A key of another type says so; anything else is an outage.
      if (!(error instanceof Error && error.message.includes('WRONGTYPE'))) throw error;
      this.#counts.skippedCount++;
      return undefined;
    }
    const [until, reason, type, at, decisionId, untilMsText] = Array.isArray(reply) ? reply : [];
    const [untilMs, subject] = [parseTimeMs(until), key.slice(this.#prefix.length)];
    // Gone between the two commands.
    if ([until, reason, type, at, decisionId].every((value) => value === null)) return undefined;
    if (untilMs === undefined || !isSubject(subject)) {
      this.#counts.skippedCount++;
      return undefined;
    }
    const isServers = typeof decisionId === 'string' && Number(untilMsText) === untilMs;
    if (isServers) return undefined;
    return decisionOf({ subject, untilMs, reason, type, at });
  }
}

function decisionOf(ban: {
  readonly subject: string;
  readonly untilMs: number;
  readonly reason: unknown;
  readonly type: unknown;
  readonly at: unknown;
}): LiveDecision {
  const isPermanent = ban.untilMs >= PERMANENT_MS_MIN;
  return {
    id: `redis:${ban.subject}`,
    scope: 'user',
    subject: ban.subject,
    kind: 'refuse',
    grade: gradeOf(ban.type) ?? 'temporary',
    level: 1,
    madeAtMs: parseTimeMs(ban.at) ?? 0,
    untilMs: isPermanent ? null : ban.untilMs,
    reason: typeof ban.reason === 'string' ? ban.reason.slice(0, REASON_CHARS_MAX) : '',
    policy: 'redis',
  };
}

// The last second of the year 9999: how the server writes that a ban has no end.
const PERMANENT_MS_MIN = 253_402_300_799_000;

// 10^11 seconds are the year 5138, 10^11 milliseconds were in 1973.
const SECONDS_MAX = 1e11;

const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:?\d\d)?$/;

/** A time as programs write it to Redis. */
export function parseTimeMs(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,15}(\.\d+)?$/.test(value)) {
    const number = Number(value);
    return number < SECONDS_MAX ? number * 1000 : number;
  }
  const [, date, time, zone] = ISO.exec(value) ?? [];
  if (date === undefined) return undefined;
  const parsed = Date.parse(`${date}T${time}${zone?.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2') ?? 'Z'}`);
  return Number.isNaN(parsed) ? undefined : parsed;
}

function effective(own: LiveDecision | undefined, held: LiveDecision | undefined): LiveDecision | undefined {
  return own === undefined ? held : later(own, held);
}

function later(own: LiveDecision, held: LiveDecision | undefined): LiveDecision {
  if (held === undefined) return own;
  // What is no refusal gives way to one.
  return own.kind === 'refuse' && endOf(own) >= endOf(held) ? own : held;
}

function endOf({ untilMs }: LiveDecision): number {
  return untilMs ?? Infinity;
}
