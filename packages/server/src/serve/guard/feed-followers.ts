/**
 * Those who follow the decisions: bounded, and let go at once when the server stops, since a feed has no end of its
 * own that a stopping server could wait for. Who may not follow any more is let go when accounts, tokens or sessions change,
 * and with the next message: a token that expires changes nothing.
 */
import type { Clock, Timer } from '@vedette/model';
import type { HttpRequest } from '../http/route.ts';

/** What of a request says whose it is. */
export type FollowRequest = Pick<
  HttpRequest,
  'method' | 'headers' | 'remoteAddress' | 'signal' | 'role' | 'caller' | 'sessionId' | 'bouncer'
>;

export interface FollowerPlace {
  /** Ends with the request, with the server, and with the right to follow. */
  readonly signal: AbortSignal;
  /** Aborts when the answer is to be cut off: its reader was let go, and does not take what waits. */
  readonly cutSignal: AbortSignal;
  /** Whether the follower still may; is let go when not. */
  readonly recheck: () => boolean;
  /** The answer has ended. Twice is safe. */
  readonly leave: () => void;
}

// One per process of an application; a hundred processes are a large house. Each holds a connection of the 1,024.
export const FEED_FOLLOWERS_MAX = 256;

/** Who reads has taken what waits by then. */
export const CUT_MS = 10_000;

export class FeedFollowers {
  readonly #clock: Clock;
  readonly #places = new Set<FollowerPlace>();
  #mayFollow: (request: FollowRequest) => boolean = () => true;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Who decides whether somebody that was let in still may follow. */
  useJudge(mayFollow: (request: FollowRequest) => boolean): void {
    this.#mayFollow = mayFollow;
  }

  /** A place for a request that was let in; `undefined`: all are taken. */
  enter(request: FollowRequest): FollowerPlace | undefined {
    if (this.#isClosed || this.#places.size >= FEED_FOLLOWERS_MAX) return undefined;
    const { signal } = request;
    const controller = new AbortController();
    const cut = new AbortController();
    let cutTimer: Timer | undefined;
    const leave = (): void => {
      cutTimer?.cancel();
      this.#places.delete(place);
      signal.removeEventListener('abort', leave);
      controller.abort();
    };
    const recheck = (): boolean => {
      const may = this.#mayFollow(request);
      if (may || controller.signal.aborted) return may;
      leave();
      cutTimer = this.#clock.setTimer(CUT_MS, () => cut.abort());
      return false;
    };
    const place = { signal: controller.signal, cutSignal: cut.signal, recheck, leave };
    this.#places.add(place);
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    return place;
  }

  /** Asks of everybody at once: accounts, tokens or sessions have changed. */
  recheckAll(): void {
    for (const { recheck } of this.#places) recheck();
  }

  /** Everybody leaves, and nobody comes any more. */
  close(): void {
    this.#isClosed = true;
    for (const { leave } of this.#places) leave();
  }
}
