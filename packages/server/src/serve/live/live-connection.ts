import {
  LIVE_LIMITS,
  LIVE_TOPIC_ROLES,
  liveClientMessage,
  querySubscription,
  type LiveClientMessage,
  type LiveServerMessage,
  type LiveTopic,
  type QuerySubscription,
  type Role,
} from '@vedette/api';
import { bug, type Clock } from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import type { LiveFrame } from './frame-log.ts';
import { hasRole } from '../auth/roles.ts';
import { LiveFaultError, liveForbidden, liveInvalid, liveLimit, SERVER_MISTAKE } from './live-fault.ts';
import type { LiveFeeds } from './live-feeds.ts';
import type { LiveMetrics } from './live-metrics.ts';
import { LiveSubscription, type SubscriptionOutlet } from './live-subscription.ts';
import { TokenBucket } from './token-bucket.ts';

/** The socket as the protocol sees it. */
export interface LiveSocket {
  /** Characters handed over and not yet written to the network. */
  readonly bufferedBytes: number;
  /** `onWritten` runs when this text has left the buffer. */
  send(text: string, onWritten: () => void): void;
  ping(): void;
  /** Answers a ping with what it carried. */
  pong(data: Uint8Array): void;
  close(code: number, reason: string): void;
  /** Ends without a handshake: the other side is not there. */
  terminate(): void;
}

export interface LiveConnectionDeps {
  readonly clock: Clock;
  readonly feeds: LiveFeeds;
  readonly metrics: LiveMetrics;
  readonly log: Log;
  /** Who opened it, as of now. `signed-out` and `forbidden` close it. */
  readonly recheck: () => LiveCaller;
}

/** The role of whoever opened a connection, or why there is none any more. */
export type LiveCaller = Role | 'signed-out' | 'forbidden';

// A page that opens sends all its subscriptions at once; after that the rate counts.
const MESSAGES_BURST = LIVE_LIMITS.subscriptionsMax * 2;

// A closed socket is given this long to take what waits and go; as long as `ws` gives to a closing handshake.
export const CLOSE_MS_MAX = 30_000;

/** Between two looks at the session: sign-out and expiry take effect within a minute. */
const RECHECK_MS = 60_000;

type SubMessage = LiveClientMessage & { readonly op: 'sub' };
type UpdMessage = LiveClientMessage & { readonly op: 'upd' };

/**
 * The protocol `vedette.live.v1` on one socket: messages in, frames out. Frames are made by feeds
 * that many connections share; here they get the subscription's number and leave, or are left out
 * while the client reads too slowly. What cannot be done is an `err` for its subscription; what
 * breaks the protocol closes the socket.
 */
export class LiveConnection implements SubscriptionOutlet {
  readonly clock: Clock;
  readonly feeds: LiveFeeds;
  readonly #deps: LiveConnectionDeps;
  readonly #socket: LiveSocket;
  readonly #subscriptions = new Map<number, LiveSubscription>();
  readonly #bucket: TokenBucket;
  /** When it was closed, monotonic. */
  #closedMs: number | undefined;
  #role: Role;
  #pingedMs: number;
  #heardMs: number;
  #recheckedMs: number;

  constructor(deps: LiveConnectionDeps, socket: LiveSocket) {
    this.clock = deps.clock;
    this.feeds = deps.feeds;
    this.#deps = deps;
    this.#socket = socket;
    this.#bucket = new TokenBucket(deps.clock, {
      perSecond: LIVE_LIMITS.messagesPerSecondMax,
      burst: MESSAGES_BURST,
    });
    const caller = deps.recheck();
    // Whoever is not allowed is turned away before; should that change in between, the first recheck closes.
    this.#role = caller === 'signed-out' || caller === 'forbidden' ? 'viewer' : caller;
    const nowMs = deps.clock.monotonicMs();
    this.#pingedMs = nowMs;
    this.#heardMs = nowMs;
    this.#recheckedMs = nowMs;
  }

  get role(): Role {
    return this.#role;
  }

  get #isClosed(): boolean {
    return this.#closedMs !== undefined;
  }

  /** One message of the client, as text. */
  receive(text: string): void {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      // No message is `undefined`.
    }
    this.receiveJson(json);
  }

  /** The same, parsed already; `undefined` is no message. */
  receiveJson(json: unknown): void {
    if (this.#isClosed) return;
    this.heard();
    const message = readMessage(json);
    // An acknowledgement that is waited for was paid for by our own frame.
    if (message.kind === 'message' && message.value.op === 'ack' && this.#ack(message.value)) return;
    if (!this.#bucket.take()) return this.#closeTooMany();
    if (message.kind === 'unreadable') return this.close(4400, 'message not understood');
    if (message.kind === 'invalid') return this.#sendError(message.id, liveInvalid(message.reason));
    this.#handle(message.value);
  }

  /** A ping of the client. It costs as much as a message: the answers of one that never reads pile up here. */
  pinged(data: Uint8Array): void {
    if (this.#isClosed) return;
    this.heard();
    if (!this.#bucket.take()) return this.#closeTooMany();
    if (this.#hasRoom()) this.#socket.pong(data);
  }

  /** A sign of life: any message, or the answer to a ping. */
  heard(): void {
    this.#heardMs = this.clock.monotonicMs();
  }

  /** Called every few seconds: pings, closes what is dead, too slow, or no longer allowed, cuts off what does not go. */
  heartbeat(): void {
    const nowMs = this.clock.monotonicMs();
    if (this.#closedMs !== undefined) {
      if (nowMs - this.#closedMs >= CLOSE_MS_MAX) this.#socket.terminate();
      return;
    }
    if (nowMs - this.#heardMs >= LIVE_LIMITS.pingTimeoutMs) return this.#terminate();
    for (const { unackedSinceMs } of this.#subscriptions.values())
      if (unackedSinceMs !== undefined && nowMs - unackedSinceMs >= LIVE_LIMITS.ackTimeoutMs)
        return this.close(
          4408,
          `too slow: no acknowledgement for ${LIVE_LIMITS.ackTimeoutMs} ms (ackTimeoutMs)`,
        );
    if (nowMs - this.#recheckedMs >= RECHECK_MS) this.recheck();
    if (!this.#isClosed && nowMs - this.#pingedMs >= LIVE_LIMITS.pingIntervalMs) {
      this.#pingedMs = nowMs;
      this.#socket.ping();
    }
  }

  /** Looks at once whether the caller may still see what it sees; every minute that happens by itself. */
  recheck(): void {
    if (this.#isClosed) return;
    this.#recheckedMs = this.clock.monotonicMs();
    const caller = this.#deps.recheck();
    if (caller === 'signed-out') return this.close(4401, 'not signed in any more');
    if (caller === 'forbidden') return this.close(4403, 'role too low');
    if (caller === this.#role) return;
    this.#role = caller;
    for (const subscription of this.#subscriptions.values()) this.#applyRole(subscription);
  }

  /** The server stops. */
  bye(retryAfterMs: number): void {
    if (this.#isClosed) return;
    this.#sendMessage({ op: 'bye', retryAfter: retryAfterMs });
    this.close(1001, 'the server stops');
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#deps.metrics.closes.inc(1, String(code));
    this.closed();
    this.#socket.close(code, reason);
  }

  /** The socket is gone. Twice is safe. */
  closed(): void {
    this.#closedMs ??= this.clock.monotonicMs();
    for (const subscription of this.#subscriptions.values()) this.#remove(subscription);
  }

  canSend(): boolean {
    const isRoom = this.#hasRoom() && this.#socket.bufferedBytes <= LIVE_LIMITS.bufferedBytesPause;
    if (!isRoom) this.#deps.metrics.framesSkipped.inc();
    return isRoom;
  }

  sendFrame(subscription: LiveSubscription, frame: LiveFrame): void {
    const seriesCount = [...this.#subscriptions.values()].reduce(
      (sum, { seriesCount: count }) => sum + count,
      0,
    );
    if (seriesCount > LIVE_LIMITS.seriesMax)
      return this.fail(
        subscription,
        liveLimit(
          `cannot show ${seriesCount} series on one connection: seriesMax is ${LIVE_LIMITS.seriesMax}; show fewer charts at a time or aggregate`,
        ),
      );
    this.#deps.metrics.frames.inc(1, subscription.topic, frame.op);
    this.#send(`{"op":"${frame.op}","id":${subscription.id},"seq":${frame.seq},"data":${frame.json}}`);
  }

  sendDrop(subscription: LiveSubscription, count: number): void {
    const why = `the connection was ${LIVE_LIMITS.bufferedBytesPause} bytes behind (bufferedBytesPause)`;
    this.#sendMessage({ op: 'drop', id: subscription.id, n: count, why });
  }

  fail(subscription: LiveSubscription, error: unknown): void {
    this.#remove(subscription);
    this.#sendError(subscription.id, error);
  }

  #handle(message: LiveClientMessage): void {
    switch (message.op) {
      case 'sub':
        return this.#subscribe(message);
      case 'upd':
        return this.#update(message);
      case 'unsub': {
        const subscription = this.#subscriptions.get(message.id);
        if (subscription !== undefined) this.#remove(subscription);
        return undefined;
      }
      case 'ping':
        return this.#sendMessage({ op: 'pong' });
      case 'ack':
        // Of a subscription that has ended meanwhile, or sent twice: nothing waits for it.
        return undefined;
    }
  }

  #subscribe(message: SubMessage): void {
    if (this.#subscriptions.has(message.id))
      return this.#sendError(message.id, liveInvalid(`cannot subscribe: id ${message.id} is in use`));
    if (this.#subscriptions.size >= LIVE_LIMITS.subscriptionsMax)
      return this.#sendError(
        message.id,
        liveLimit(`cannot subscribe: subscriptionsMax is ${LIVE_LIMITS.subscriptionsMax} per connection`),
      );
    const forbidden = this.#findForbidden(message.topic);
    if (forbidden !== undefined) return this.#sendError(message.id, forbidden);
    const subscription = new LiveSubscription(this, message.id, message.topic);
    this.#subscriptions.set(message.id, subscription);
    this.#deps.metrics.subscriptions.inc(1, message.topic);
    if (message.params.paused === true) return undefined;
    return this.#open(subscription, message.topic === 'query' ? message.params : undefined, message.since);
  }

  #update(message: UpdMessage): void {
    const subscription = this.#subscriptions.get(message.id);
    if (subscription === undefined)
      return this.#sendError(
        message.id,
        liveInvalid(`cannot update: there is no subscription ${message.id}`),
      );
    if (message.params.paused === true) return subscription.pause();
    if (subscription.topic !== 'query') return this.#open(subscription, undefined, undefined);
    const params = querySubscription.safeParse(message.params);
    if (!params.success)
      return this.#sendError(
        message.id,
        liveInvalid('cannot update: a query needs exprs, start, end and step'),
      );
    return this.#open(subscription, params.data, undefined);
  }

  #open(
    subscription: LiveSubscription,
    params: QuerySubscription | undefined,
    since: number | undefined,
  ): void {
    try {
      subscription.open(params, since);
    } catch (error) {
      this.fail(subscription, error);
    }
  }

  #applyRole(subscription: LiveSubscription): void {
    try {
      const forbidden = this.#findForbidden(subscription.topic);
      if (forbidden !== undefined) throw forbidden;
      subscription.roleChanged();
    } catch (error) {
      this.fail(subscription, error);
    }
  }

  #findForbidden(topic: LiveTopic): LiveFaultError | undefined {
    const wanted: Role = LIVE_TOPIC_ROLES[topic];
    if (hasRole(this.#role, wanted)) return undefined;
    return liveForbidden(`cannot show "${topic}": role "${this.#role}" is too low; want "${wanted}"`);
  }

  #ack(message: LiveClientMessage & { readonly op: 'ack' }): boolean {
    return this.#subscriptions.get(message.id)?.ack(message.seq) ?? false;
  }

  #remove(subscription: LiveSubscription): void {
    if (this.#subscriptions.get(subscription.id) !== subscription) return;
    this.#subscriptions.delete(subscription.id);
    subscription.pause();
    this.#deps.metrics.subscriptions.inc(-1, subscription.topic);
  }

  #terminate(): void {
    this.#deps.metrics.closes.inc(1, 'silent');
    this.closed();
    this.#socket.terminate();
  }

  #sendError(id: number, error: unknown): void {
    if (error instanceof LiveFaultError)
      return this.#sendMessage({ op: 'err', id, code: error.code, message: error.message });
    this.#deps.log.error('cannot serve a live subscription', { error });
    return this.#sendMessage({ op: 'err', id, code: 'VED_QUERY_EXECUTION', message: SERVER_MISTAKE });
  }

  #closeTooMany(): void {
    this.close(4429, `too many messages: messagesPerSecondMax is ${LIVE_LIMITS.messagesPerSecondMax}`);
  }

  /** Closes a socket whose buffer is full, whatever filled it: answers to its own messages count too. */
  #hasRoom(): boolean {
    if (this.#socket.bufferedBytes > LIVE_LIMITS.bufferedBytesClose)
      this.close(4408, `too slow: bufferedBytesClose is ${LIVE_LIMITS.bufferedBytesClose}`);
    return !this.#isClosed;
  }

  #sendMessage(message: LiveServerMessage): void {
    this.#send(JSON.stringify(message));
  }

  #send(text: string): void {
    if (this.#isClosed || !this.#hasRoom()) return;
    this.#deps.metrics.frameBytes.inc(text.length);
    this.#socket.send(text, () => {
      if (this.#isClosed || this.#socket.bufferedBytes > LIVE_LIMITS.bufferedBytesPause / 2) return;
      for (const subscription of this.#subscriptions.values()) subscription.drained();
    });
  }
}

type ReadMessage =
  | { readonly kind: 'message'; readonly value: LiveClientMessage }
  | { readonly kind: 'invalid'; readonly id: number; readonly reason: string }
  | { readonly kind: 'unreadable' };

function readMessage(json: unknown): ReadMessage {
  const parsed = liveClientMessage.safeParse(json);
  if (parsed.success) return { kind: 'message', value: parsed.data };
  const id = typeof json === 'object' && json !== null && 'id' in json ? json.id : undefined;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) return { kind: 'unreadable' };
  const issue = parsed.error.issues[0] ?? bug('a failed parse has an issue');
  return {
    kind: 'invalid',
    id,
    reason: `cannot read the message: ${issue.path.join('.') || 'message'}: ${issue.message}`,
  };
}
