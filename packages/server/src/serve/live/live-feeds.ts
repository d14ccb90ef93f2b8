import type { LiveTopic, QuerySubscription, Role } from '@vedette/api';
import type { Clock, Timer } from '@vedette/model';
import { RESUME_MS } from './frame-log.ts';
import { liveLimit } from './live-fault.ts';
import type { LiveFeed } from './live-feed.ts';
import type { LiveMetrics } from './live-metrics.ts';

// A page shows about ten subjects, and ten people look at five pages between them. A feed of 200 series
// × 2,000 points takes 3.6 MB, but a connection has 200 series in all, so that 100 of them hold 360 MB at
// the very worst; the usual feed (6 series, 300 points) takes 16 kB. Beyond the limit new subjects are
// refused; those that somebody watches already are shared as ever.
export const FEEDS_MAX = 256;

// Feeds that nobody watches, kept for clients that come back. As many as ten pages have on screen; a client
// that subscribes to ever new subjects leaves 32 × 3.6 MB behind, not FEEDS_MAX times that.
export const LINGERING_MAX = 32;

/** What a feed shows, and to whom: those of one role see the same. */
export interface FeedSubject {
  readonly topic: LiveTopic;
  readonly params: QuerySubscription | undefined;
  readonly role: Role;
}

/** How a feed is made. */
export type FeedFactory = (subject: FeedSubject) => LiveFeed;

/** Topics whose rows depend on who looks; feeds of the others are shared by all roles. */
export const TOPICS_BY_ROLE: ReadonlySet<LiveTopic> = new Set<LiveTopic>(['bans']);

interface Entry {
  readonly feed: LiveFeed;
  users: number;
  lingering: Timer | undefined;
}

/**
 * The feeds in use, one per subject. A feed whose last user left goes on for as long as a client may
 * resume, so that a short loss of the network costs no second evaluation of everything.
 */
export class LiveFeeds {
  readonly #clock: Clock;
  readonly #create: FeedFactory;
  readonly #metrics: LiveMetrics;
  readonly #entries = new Map<string, Entry>();
  /** Entries without users; the one that was left first comes first. */
  readonly #unused = new Map<string, Entry>();

  constructor(deps: { readonly clock: Clock; readonly metrics: LiveMetrics }, create: FeedFactory) {
    this.#clock = deps.clock;
    this.#metrics = deps.metrics;
    this.#create = create;
  }

  /** The feed, and the way to give it back (once). Throws `LiveFaultError`. */
  take(subject: FeedSubject): { feed: LiveFeed; release: () => void } {
    const key = keyOf(subject);
    const entry = this.#entries.get(key) ?? this.#open(key, subject);
    entry.users++;
    entry.lingering?.cancel();
    entry.lingering = undefined;
    this.#unused.delete(key);
    return { feed: entry.feed, release: () => this.#release(key, entry) };
  }

  close(): void {
    for (const { feed, lingering } of this.#entries.values()) {
      lingering?.cancel();
      feed.close();
    }
    this.#entries.clear();
    this.#unused.clear();
  }

  #open(key: string, subject: FeedSubject): Entry {
    if (this.#entries.size >= FEEDS_MAX && !this.#dropLongestUnused())
      throw liveLimit(
        `cannot subscribe: the server shows ${FEEDS_MAX} subjects live already (feedsMax); try again later`,
      );
    const entry: Entry = { feed: this.#create(subject), users: 0, lingering: undefined };
    this.#entries.set(key, entry);
    this.#metrics.feeds.set(this.#entries.size);
    return entry;
  }

  #release(key: string, entry: Entry): void {
    entry.users--;
    if (entry.users > 0 || this.#entries.get(key) !== entry) return;
    if (entry.feed.hasFailed) return this.#drop(key, entry);
    entry.lingering = this.#clock.setTimer(RESUME_MS, () => this.#drop(key, entry));
    this.#unused.set(key, entry);
    if (this.#unused.size > LINGERING_MAX) this.#dropLongestUnused();
  }

  /** False when all are in use. */
  #dropLongestUnused(): boolean {
    for (const [key, entry] of this.#unused) {
      this.#drop(key, entry);
      return true;
    }
    return false;
  }

  #drop(key: string, entry: Entry): void {
    entry.lingering?.cancel();
    entry.feed.close();
    this.#entries.delete(key);
    this.#unused.delete(key);
    this.#metrics.feeds.set(this.#entries.size);
  }
}

/** Equal for subscriptions that show the same; being paused is no part of what is shown. */
function keyOf({ topic, params, role }: FeedSubject): string {
  if (params === undefined) return TOPICS_BY_ROLE.has(topic) ? `${topic} ${role}` : topic;
  return JSON.stringify([topic, params.exprs, params.start, params.end, params.step]);
}
