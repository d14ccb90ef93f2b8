/**
 * Tells replicas what is in force: `hello`, a snapshot in pieces unless they were here a moment ago, then every change
 * with the next sequence number, and a digest every 15 s by which they notice that they lost something.
 *
 * 1. The epoch is of this process: after a restart sequence numbers begin anew, and every replica takes the snapshot.
 * 2. The last `DELTAS_KEPT_MAX` deltas are kept, for readers whose connection broke.
 * 3. A snapshot is what was in force at one sequence number. The pieces are cut as they are read; deltas wait meanwhile.
 * 4. Each follower has a queue. Who lets `FOLLOWER_QUEUE_MAX` messages wait is cut off and begins again: with a delta
 *    missing its replica would be wrong, and a queue without end would take the memory of all others.
 */
import type { Clock, Random, Timer } from '@vedette/model';
import {
  FEED_DIGEST_MS,
  SNAPSHOT_PIECE_MAX,
  type FeedMessage,
  type FeedSettings,
  type LiveDecision,
  type SubjectKey,
} from '@vedette/sdk';
import type { Log } from '../../telemetry/log.ts';
import { LiveSet } from './live-set.ts';
import type { DecisionFeed } from './port.ts';

/** Changes of one moment come in one delta: with ten such moments in a second, who was away for 100 s goes on. */
export const DELTAS_KEPT_MAX = 1000;

/** Changes in all deltas that are kept: 20,000 of 250 bytes are 5 MB. Beyond it a snapshot is as quick. */
export const CHANGES_KEPT_MAX = 20_000;

/** A replica that is 256 messages behind takes longer to catch up than a snapshot does. */
export const FOLLOWER_QUEUE_MAX = 256;

/** Each costs a queue and an open connection. */
export const FOLLOWERS_MAX = 1000;

type Delta = FeedMessage & { readonly type: 'delta' };

export interface FeedDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onCutOff: () => void;
}

export class Feed implements DecisionFeed {
  readonly epoch: string;
  readonly live = new LiveSet();
  readonly #deps: FeedDeps;
  readonly #listeners = new Set<(message: FeedMessage) => void>();
  #seq = 0;
  #settings: FeedSettings;
  #followerCount = 0;
  #processes = 1;
  #deltas: Delta[] = [];
  #changesKept = 0;
  #timer: Timer | undefined;
  #isClosed = false;
  readonly #closed = new AbortController();

  constructor(deps: FeedDeps, settings: FeedSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.epoch = deps.random.uuid();
  }

  get seq(): number {
    return this.#seq;
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  settings(): FeedSettings {
    return this.#processes === 1 ? this.#settings : { ...this.#settings, processes: this.#processes };
  }

  applySettings(settings: FeedSettings): void {
    this.#settings = settings;
    this.#tell({ type: 'settings', settings: this.settings() });
  }

  /** Told at each doubling, and when three quarters have gone: processes that come and go one by one are no news. */
  #countFollowers(change: 1 | -1): void {
    this.#followerCount += change;
    const rounded = 2 ** Math.ceil(Math.log2(Math.max(1, this.#followerCount)));
    if (rounded <= this.#processes && rounded * 4 > this.#processes) return;
    this.#processes = rounded;
    this.#tell({ type: 'settings', settings: this.settings() });
  }

  /** What holds for these subjects from now on; `undefined`: nothing. What is as before is not told. */
  publish(changes: readonly (readonly [subject: SubjectKey, decision: LiveDecision | undefined])[]): void {
    const changed = changes.filter(([subject, decision]) => this.live.set(subject, decision));
    for (let i = 0; i < changed.length; i += SNAPSHOT_PIECE_MAX) {
      const piece = changed.slice(i, i + SNAPSHOT_PIECE_MAX);
      const put = piece.flatMap(([, decision]) => decision ?? []);
      const drop = piece.flatMap(([{ scope, subject }, decision]) =>
        decision === undefined ? [{ scope, subject }] : [],
      );
      this.#append({ type: 'delta', seq: ++this.#seq, put, drop });
    }
  }

  /** Deltas that name these subjects are forgotten: readers who were away take the snapshot. */
  forgetDeltas(): void {
    this.#deltas = [];
    this.#changesKept = 0;
  }

  subscribe(listener: (message: FeedMessage) => void): () => void {
    const own = (message: FeedMessage): void => listener(message);
    this.#listeners.add(own);
    this.#schedule();
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.#timer?.cancel();
      if (this.#listeners.size === 0) this.#timer = undefined;
    };
  }

  async *follow(
    since: { readonly epoch: string; readonly seq: number } | undefined,
    signal: AbortSignal,
  ): AsyncIterable<FeedMessage> {
    if (this.#listeners.size >= FOLLOWERS_MAX) {
      this.#deps.log.warn('a follower of decisions is turned away: too many follow', {
        limit: FOLLOWERS_MAX,
      });
      return;
    }
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    const queue = new FollowerQueue(ended);
    // Before it listens itself: hello tells it.
    this.#countFollowers(1);
    const stop = this.subscribe((message) => {
      if (queue.push(message)) return;
      stop();
      this.#deps.onCutOff();
    });
    try {
      const { epoch, seq } = this;
      const missed = since === undefined ? undefined : this.#deltasSince(since);
      const snapshot = missed === undefined ? this.live.all() : [];
      yield { type: 'hello', epoch, seq, settings: this.settings() };
      if (missed === undefined) yield* snapshotPieces(snapshot, { epoch, seq });
      else yield* missed;
      yield* queue.messages();
    } finally {
      stop();
      this.#countFollowers(-1);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#closed.abort();
    this.#timer?.cancel();
  }

  /** Those after `since`; `undefined` when one of them is no longer kept, or `since` is not of this process. */
  #deltasSince({
    epoch,
    seq,
  }: {
    readonly epoch: string;
    readonly seq: number;
  }): readonly Delta[] | undefined {
    if (epoch !== this.epoch || !Number.isSafeInteger(seq) || seq < 0 || seq > this.#seq) return undefined;
    if (seq === this.#seq) return [];
    const first = this.#deltas[0]?.seq;
    return first === undefined || first > seq + 1 ? undefined : this.#deltas.slice(seq + 1 - first);
  }

  #append(delta: Delta): void {
    this.#deltas.push(delta);
    this.#changesKept += sizeOf(delta);
    while (this.#deltas.length > DELTAS_KEPT_MAX || this.#changesKept > CHANGES_KEPT_MAX) {
      const oldest = this.#deltas.shift();
      if (oldest === undefined) break;
      this.#changesKept -= sizeOf(oldest);
    }
    this.#tell(delta);
  }

  #tell(message: FeedMessage): void {
    for (const listener of this.#listeners) {
      try {
        listener(message);
      } catch (error) {
        this.#deps.log.error('a follower of decisions failed', { error });
      }
    }
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#timer = this.#deps.clock.setTimer(FEED_DIGEST_MS, () => {
      this.#timer = undefined;
      const { count, digest } = this.live;
      this.#tell({ type: 'digest', seq: this.#seq, count, digest });
      if (this.#listeners.size > 0) this.#schedule();
    });
  }
}

function sizeOf({ put, drop }: Delta): number {
  return put.length + drop.length;
}

function* snapshotPieces(
  decisions: readonly LiveDecision[],
  place: { readonly epoch: string; readonly seq: number },
): Iterable<FeedMessage> {
  for (let i = 0; i === 0 || i < decisions.length; i += SNAPSHOT_PIECE_MAX) {
    const isLast = i + SNAPSHOT_PIECE_MAX >= decisions.length;
    const piece = decisions.slice(i, i + SNAPSHOT_PIECE_MAX);
    yield { type: 'snapshot', ...place, isFirst: i === 0, isLast, decisions: piece };
  }
}

class FollowerQueue {
  readonly #signal: AbortSignal;
  #messages: FeedMessage[] = [];
  #wake: (() => void) | undefined;
  #isCutOff = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** False when it is full: its reader comes to an end. */
  push(message: FeedMessage): boolean {
    this.#isCutOff ||= this.#messages.length >= FOLLOWER_QUEUE_MAX;
    // What waits is let go: the reader begins again anyway.
    if (this.#isCutOff) this.#messages = [];
    else this.#messages.push(message);
    this.#wake?.();
    return !this.#isCutOff;
  }

  /** What comes, until the reader is cut off or the signal aborts. */
  async *messages(): AsyncIterable<FeedMessage> {
    const onAbort = (): void => this.#wake?.();
    this.#signal.addEventListener('abort', onAbort);
    try {
      while (!this.#isCutOff && !this.#signal.aborted) {
        const message = this.#messages.shift();
        if (message !== undefined) yield message;
        else await new Promise<void>((resolve) => void (this.#wake = resolve));
      }
    } finally {
      this.#signal.removeEventListener('abort', onAbort);
    }
  }
}
