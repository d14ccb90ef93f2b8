import type { LiveTopic, QuerySubscription, Role } from '@vedette/api';
import type { Clock } from '@vedette/model';
import type { LiveFrame } from './frame-log.ts';
import type { LiveFeed } from './live-feed.ts';
import { TOPICS_BY_ROLE, type LiveFeeds } from './live-feeds.ts';

/** What a subscription needs of its connection. */
export interface SubscriptionOutlet {
  readonly clock: Clock;
  readonly feeds: LiveFeeds;
  /** Of whoever opened the connection, as of now. */
  readonly role: Role;
  /** False while the socket has too much in its buffer: the frame must then be left out. */
  canSend(): boolean;
  sendFrame(subscription: LiveSubscription, frame: LiveFrame): void;
  /** Frames were left out; the snap that makes up for them follows. */
  sendDrop(subscription: LiveSubscription, count: number): void;
  /** The subscription cannot go on; it is over. */
  fail(subscription: LiveSubscription, error: unknown): void;
}

/**
 * One subscription of one client, always in one of these states:
 * `paused` (has no feed) · `loading` (a snap is on its way; frames are left out, it will contain them)
 * · `live` (each frame is sent) · `behind` (the socket is full; waits for `drained`).
 */
export class LiveSubscription {
  readonly id: number;
  readonly topic: LiveTopic;
  readonly #outlet: SubscriptionOutlet;
  #state: 'paused' | 'loading' | 'live' | 'behind' = 'paused';
  #taken: { readonly feed: LiveFeed; readonly release: () => void; readonly detach: () => void } | undefined;
  #sentSeq = 0;
  #leftOutCount = 0;
  #unackedSinceMs: number | undefined;

  constructor(outlet: SubscriptionOutlet, id: number, topic: LiveTopic) {
    this.#outlet = outlet;
    this.id = id;
    this.topic = topic;
  }

  get seriesCount(): number {
    return this.#taken?.feed.seriesCount ?? 0;
  }

  /** Since when (monotonic) a frame waits for its acknowledgement. */
  get unackedSinceMs(): number | undefined {
    return this.#unackedSinceMs;
  }

  /** Shows something (else), from frame `since` on if that is still known. Throws `LiveFaultError`. */
  open(params: QuerySubscription | undefined, since: number | undefined): void {
    this.pause();
    const { feed, release } = this.#outlet.feeds.take({ topic: this.topic, params, role: this.#outlet.role });
    const detach = feed.attach((frame) => this.#onFrame(frame));
    this.#taken = { feed, release, detach };
    const missed = since === undefined ? undefined : feed.framesSince(since);
    if (missed === undefined) return this.#load();
    this.#state = 'live';
    for (const frame of missed) this.#onFrame(frame);
  }

  /** The role of the caller has changed: what is shown to the new one begins anew. Throws `LiveFaultError`. */
  roleChanged(): void {
    if (this.#taken !== undefined && TOPICS_BY_ROLE.has(this.topic)) this.open(undefined, undefined);
  }

  /** Keeps its place and shows nothing. */
  pause(): void {
    this.#taken?.detach();
    this.#taken?.release();
    this.#taken = undefined;
    this.#state = 'paused';
    this.#leftOutCount = 0;
    this.#unackedSinceMs = undefined;
  }

  /** The socket has room again. */
  drained(): void {
    if (this.#state === 'behind') this.#load();
  }

  /** True when the acknowledgement was waited for. */
  ack(seq: number): boolean {
    if (this.#unackedSinceMs === undefined) return false;
    this.#unackedSinceMs = seq >= this.#sentSeq ? undefined : this.#outlet.clock.monotonicMs();
    return true;
  }

  #onFrame(frame: LiveFrame): void {
    if (this.#state === 'loading' || this.#state === 'paused') return;
    if (frame.op === 'fault') return this.#load();
    if (this.#state === 'live' && this.#outlet.canSend()) return this.#send(frame);
    this.#state = 'behind';
    this.#leftOutCount++;
  }

  #load(): void {
    const taken = this.#taken;
    if (taken === undefined) return;
    this.#state = 'loading';
    void this.#sendSnap(taken.feed).catch((error: unknown) => {
      if (this.#taken === taken) this.#outlet.fail(this, error);
    });
  }

  async #sendSnap(feed: LiveFeed): Promise<void> {
    let snap = await feed.snap();
    // A frame may have come in the turn between the making of the snap and here.
    while (snap.seq !== feed.seq) snap = await feed.snap();
    if (this.#taken?.feed !== feed || this.#state !== 'loading') return;
    this.#state = 'live';
    if (this.#leftOutCount > 0) this.#outlet.sendDrop(this, this.#leftOutCount);
    this.#leftOutCount = 0;
    this.#send(snap);
  }

  #send(frame: LiveFrame): void {
    this.#sentSeq = frame.seq;
    this.#unackedSinceMs ??= this.#outlet.clock.monotonicMs();
    this.#outlet.sendFrame(this, frame);
  }
}
