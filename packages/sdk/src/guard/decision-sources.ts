/**
 * The ways decisions come by, each with a replica of its own.
 *
 * 1. The first source in the order given that is known good answers. Sources are not merged: each numbers its own
 *    messages, and what one has lifted another may not have heard yet.
 * 2. When none is good, the one that was last goes on answering: known decisions hold. After `STALE_AFTER_MS` the feed
 *    counts as stale. One good source ends that at once.
 * 3. A source that is silent for longer than `SILENCE_MS_MAX` is not good, whatever its connection says.
 */
import type { SdkClock } from '../system/system.ts';
import { DecisionReplica } from './replica.ts';
import type { GuardStatus } from './guard.ts';
import type { GuardTransport } from './transport.ts';
import { FEED_DIGEST_MS, type FeedMessage } from './wire.ts';

// A restarting server is back by then; longer, and a subject past its threshold could act unjudged.
export const STALE_AFTER_MS = 10_000;
// Two signs of life may be lost, half an interval is for delays.
export const SILENCE_MS_MAX = 2.5 * FEED_DIGEST_MS;

export class DecisionSources {
  readonly #clock: SdkClock;
  readonly #onChange: () => void;
  readonly #onLost: (name: string, error: unknown) => void;
  readonly #onGood: (name: string) => void;
  readonly #sources: Source[];
  #active: Source;
  #lastGoodMs: number | undefined;

  constructor(options: {
    readonly clock: SdkClock;
    /** At least one; the preferred one first. */
    readonly transports: readonly GuardTransport[];
    /** After anything came or went. */
    readonly onChange: () => void;
    readonly onLost: (name: string, error: unknown) => void;
    /** After every message of a source that is good with it. */
    readonly onGood: (name: string) => void;
  }) {
    this.#clock = options.clock;
    this.#onChange = options.onChange;
    this.#onLost = options.onLost;
    this.#onGood = options.onGood;
    this.#sources = options.transports.map((transport) => new Source(transport));
    const first = this.#sources[0];
    if (first === undefined) throw new Error('cannot create a guard: want a server or a transport; got none');
    this.#active = first;
  }

  /** Answers for all. */
  get replica(): DecisionReplica {
    return this.#active.replica;
  }

  /** Since the last message of the source that answers; `undefined` before the first. */
  get lagMs(): number | undefined {
    const { lastMessageMs } = this.#active;
    return lastMessageMs === undefined ? undefined : this.#clock.monotonicMs() - lastMessageMs;
  }

  /** Looks at the time and says how it stands. */
  evaluate(): GuardStatus['feed'] {
    const nowMs = this.#clock.monotonicMs();
    const good = this.#sources.find((source) => source.isGood(nowMs));
    if (good !== undefined) {
      this.#active = good;
      this.#lastGoodMs = nowMs;
      return 'following';
    }
    if (this.#lastGoodMs === undefined) return 'starting';
    return nowMs - this.#lastGoodMs >= STALE_AFTER_MS ? 'stale' : 'following';
  }

  open(): void {
    for (const source of this.#sources)
      source.handle = source.transport.follow({
        take: (message) => {
          const nowMs = this.#clock.monotonicMs();
          const fits = source.take(message, nowMs);
          if (source.isGood(nowMs)) this.#onGood(source.transport.name);
          this.#onChange();
          return fits;
        },
        lost: (error) => {
          source.isConnected = false;
          this.#onLost(source.transport.name, error);
          this.#onChange();
        },
      });
  }

  close(): void {
    for (const { handle } of this.#sources) handle?.close();
  }
}

class Source {
  readonly transport: GuardTransport;
  readonly replica = new DecisionReplica();
  handle: { close(): void } | undefined;
  isConnected = false;
  lastMessageMs: number | undefined;

  constructor(transport: GuardTransport) {
    this.transport = transport;
  }

  take(message: FeedMessage, nowMs: number): boolean {
    this.isConnected = true;
    this.lastMessageMs = nowMs;
    return this.replica.take(message);
  }

  isGood(nowMs: number): boolean {
    if (!this.isConnected || !this.replica.isComplete) return false;
    return this.lastMessageMs !== undefined && nowMs - this.lastMessageMs <= SILENCE_MS_MAX;
  }
}
