import { z } from 'zod';
import type { Role } from './summary.ts';

/**
 * The live protocol `vedette.live.v1`: one WebSocket at `/api/live` (this text is the subprotocol
 * name), JSON text messages. The browser subscribes to what is on screen; the server answers each
 * subscription with one `snap` and then `delta`s, and computes equal subscriptions once.
 *
 * - Authorised by the session cookie and a same-origin `Origin`; a token never stands in the URL: whoever
 *   has one changes it for a ticket (`POST /api/live/ticket`), which opens one connection within 30 s.
 * - Each topic wants a role (`LIVE_TOPIC_ROLES`); when the caller's falls, what it may no longer see ends with an `err`.
 * - Where a proxy lets no WebSocket through the same messages go as server-sent events, `GET /api/live/events?c=ID`,
 *   and the client's as `POST /api/live/messages?c=ID`, a JSON array. `ID` is a secret of the client, new for each
 *   connection. The event `close` carries `{code, reason}` as a socket would.
 * - `id` is chosen by the client, unique on its connection; `seq` counts the frames of one subscription.
 * - The client acknowledges frames with `ack`; one that falls behind gets a fresh `snap` when it has
 *   caught up, and is closed with 4408 when it does not.
 * - Close codes: 4400 message not understood, 4401 not signed in, 4403 role too low, 4408 too slow, 4429 too many messages.
 */
export const LIVE_PROTOCOL = 'vedette.live.v1';
export const LIVE_PATH = '/api/live';
export const LIVE_EVENTS_PATH = '/api/live/events';
export const LIVE_MESSAGES_PATH = '/api/live/messages';
export const LIVE_TICKET_PATH = '/api/live/ticket';

/** What one can subscribe to, and the least role that may. */
export const LIVE_TOPIC_ROLES = {
  query: 'viewer',
  alerts: 'viewer',
  status: 'viewer',
  notifications: 'viewer',
  bans: 'viewer',
} as const satisfies Readonly<Record<string, Role>>;
export type LiveTopic = keyof typeof LIVE_TOPIC_ROLES;

/** A live decision of the guard on topic `bans`, the newest first. */
export interface LiveBan {
  readonly id: string;
  readonly scope: string;
  /** As decided for operators; viewers get `#` and a pseudonym that lasts as long as the server's process. */
  readonly subject: string;
  readonly kind: string;
  readonly grade: string;
  readonly policy: string;
  readonly madeAtMs: number;
  /** `null`: until a person lifts it. */
  readonly untilMs: number | null;
}

/** `POST /api/live/ticket`. */
export interface LiveTicket {
  readonly ticket: string;
  readonly expiresInMs: number;
}

/** A time: milliseconds since the epoch, or `now`, `now-15m`. Relative times move with the clock. */
const liveTime = z.union([z.number().int(), z.string().regex(/^now(-[0-9a-z]+)?$/)]);

export const querySubscription = z.strictObject({
  /** PromQL expressions, at most 16, computed on one grid. */
  exprs: z.array(z.string().min(1).max(8192)).min(1).max(16),
  start: liveTime,
  end: liveTime,
  /** Milliseconds between two points. The grid is aligned to multiples of it. */
  step: z.number().int().min(1000),
  /** The client is not showing it: keep the subscription, send nothing. */
  paused: z.boolean().optional(),
});
export type QuerySubscription = z.infer<typeof querySubscription>;

const id = z.number().int().nonnegative();
const pausable = z.strictObject({ paused: z.boolean().optional() });

export const liveClientMessage = z.discriminatedUnion('op', [
  z.discriminatedUnion('topic', [
    z.strictObject({
      op: z.literal('sub'),
      id,
      topic: z.literal('query'),
      params: querySubscription,
      since: id.optional(),
    }),
    z.strictObject({
      op: z.literal('sub'),
      id,
      topic: z.enum(['alerts', 'status', 'notifications', 'bans']),
      params: pausable,
      since: id.optional(),
    }),
  ]),
  /** Replaces the parameters; the server answers with a new `snap`. */
  z.strictObject({ op: z.literal('upd'), id, params: z.union([querySubscription, pausable]) }),
  z.strictObject({ op: z.literal('unsub'), id }),
  z.strictObject({ op: z.literal('ack'), id, seq: id }),
  z.strictObject({ op: z.literal('ping') }),
]);
export type LiveClientMessage = z.infer<typeof liveClientMessage>;

/** A point: a number with 6 significant digits, `null` for a gap, or the words JSON has no number for. */
export type LiveValue = number | null | 'NaN' | '+Inf' | '-Inf';

/** One series of a window of `n` points `t0 + i · step` (ms); `q` is the index of its expression. */
export interface LiveSeries {
  readonly q: number;
  readonly l: Readonly<Record<string, string>>;
  readonly v: readonly LiveValue[];
}

/** Data of a `snap` on topic `query`. Series keep their index for the life of the subscription. */
export interface LiveQuerySnap {
  readonly t0: number;
  readonly step: number;
  readonly n: number;
  readonly series: readonly LiveSeries[];
  /** Expressions that failed; the others are served. `position` is a 0-based offset into the expression. */
  readonly errors?: readonly { readonly q: number; readonly message: string; readonly position?: number }[];
}

/**
 * Data of a `delta` on topic `query`: the window now begins at `t0` (points before it are dropped);
 * `k` points from time `t` on are carried for each series listed; they may rewrite the last two known.
 * A series not listed has gaps there. `added` series get the indexes that follow the highest so far.
 */
export interface LiveQueryDelta {
  readonly t0: number;
  readonly t: number;
  readonly k: number;
  readonly series: readonly { readonly i: number; readonly v: readonly LiveValue[] }[];
  readonly added?: readonly LiveSeries[];
}

export type LiveServerMessage =
  | { readonly op: 'snap'; readonly id: number; readonly seq: number; readonly data: unknown }
  | { readonly op: 'delta'; readonly id: number; readonly seq: number; readonly data: unknown }
  | {
      readonly op: 'err';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly position?: number;
    }
  /** `n` frames were left out for a reason to be shown. */
  | { readonly op: 'drop'; readonly id: number; readonly n: number; readonly why: string }
  /** The server stops; come back after `retryAfter` ms. */
  | { readonly op: 'bye'; readonly retryAfter: number }
  | { readonly op: 'pong' };

/** Limits of one connection; passing one is answered with `err` and the limit's name, or a close code. */
export const LIVE_LIMITS = {
  subscriptionsMax: 64,
  seriesMax: 200,
  pointsMax: 2000,
  messageBytesMax: 64 * 1024,
  messagesPerSecondMax: 20,
  bufferedBytesPause: 1024 * 1024,
  bufferedBytesClose: 8 * 1024 * 1024,
  ackTimeoutMs: 30_000,
  pingIntervalMs: 20_000,
  pingTimeoutMs: 45_000,
  ticketMs: 30_000,
  /** Messages in one POST of a client without a WebSocket. */
  messagesPerPostMax: 64,
} as const;
