import type { Clock, Random, Timer } from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import { LiveConnection, type LiveConnectionDeps, type LiveSocket } from './live-connection.ts';
import { LiveFeeds, type FeedFactory } from './live-feeds.ts';
import type { LiveMetrics } from './live-metrics.ts';

/** Fine enough for the times of the protocol (20 s, 30 s, 45 s), one timer for all connections. */
const HEARTBEAT_MS = 5000;

// A server that is replaced is back within some seconds; all clients at the same instant would be a stampede.
const RETRY_AFTER_MS = 1000;
const RETRY_SPREAD_MS = 2000;

export interface LiveHubDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: LiveMetrics;
}

/** All live connections and the feeds they share. */
export class LiveHub {
  readonly #deps: LiveHubDeps;
  readonly #feeds: LiveFeeds;
  readonly #connections = new Set<LiveConnection>();
  readonly #connectionsMax: number;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(
    deps: LiveHubDeps,
    options: { readonly connectionsMax: number; readonly createFeed: FeedFactory },
  ) {
    this.#deps = deps;
    this.#connectionsMax = options.connectionsMax;
    this.#feeds = new LiveFeeds(deps, options.createFeed);
  }

  /** Whether another socket may be accepted. */
  get hasRoom(): boolean {
    return !this.#isClosed && this.#connections.size < this.#connectionsMax;
  }

  connect(socket: LiveSocket, recheck: LiveConnectionDeps['recheck']): LiveConnection {
    const connection = new LiveConnection({ ...this.#deps, feeds: this.#feeds, recheck }, socket);
    this.#connections.add(connection);
    this.#deps.metrics.connections.set(this.#connections.size);
    if (this.#timer === undefined) this.#scheduleHeartbeat();
    return connection;
  }

  /** To be called when the socket has closed, whoever closed it. */
  disconnect(connection: LiveConnection): void {
    connection.closed();
    this.#connections.delete(connection);
    this.#deps.metrics.connections.set(this.#connections.size);
  }

  /** Asks of every connection at once who its caller is now: roles or sessions have changed. */
  recheckAll(): void {
    for (const connection of this.#connections) connection.recheck();
  }

  /** Says `bye` to everybody. Twice is safe. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const connection of this.#connections)
      connection.bye(Math.round(RETRY_AFTER_MS + this.#deps.random.float() * RETRY_SPREAD_MS));
    this.#connections.clear();
    this.#deps.metrics.connections.set(0);
    this.#feeds.close();
  }

  #scheduleHeartbeat(): void {
    this.#timer = this.#deps.clock.setTimer(HEARTBEAT_MS, () => {
      for (const connection of this.#connections) connection.heartbeat();
      this.#timer = undefined;
      if (this.#connections.size > 0) this.#scheduleHeartbeat();
    });
  }
}
