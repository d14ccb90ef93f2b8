/**
 * LINE on 127.0.0.1: takes replies and pushes, knows profiles, fails as told, and makes signed webhooks with events as
 * LINE sends them. Give `url` to the client as `apiBaseURL`.
 *
 * Like LINE it takes a reply token once, and only one that it gave out; a second reply is a 400.
 */
import { createHmac } from 'node:crypto';
import { serveFake, type FakeAnswer, type TakenRequest } from './http-fake.ts';

export interface FakeLine {
  readonly url: string;
  readonly channelSecret: string;
  /** Replies that were taken, in order. */
  readonly replies: readonly FakeLineMessage[];
  readonly pushes: readonly FakeLineMessage[];
  /** Everything that was asked, refused or not. */
  readonly requests: readonly TakenRequest[];
  /** The language of a user's profile; without one a profile is not found. */
  setProfile(userId: string, profile: { displayName: string; language?: string }): void;
  /** The next `count` requests are answered so: `failNext(429)`. */
  failNext(status: number, count?: number): void;
  /** From now on at most `requestsMax` requests are answered; then 429. */
  limit(requestsMax: number): void;
  /** An event as LINE sends it, with ids of its own. */
  event(type: string, fields?: Readonly<Record<string, unknown>>): FakeLineEvent;
  postback(userId: string, data: string): FakeLineEvent;
  message(userId: string, text: string): FakeLineEvent;
  /** The event as LINE delivers it again. */
  redelivered(event: FakeLineEvent): FakeLineEvent;
  /** A webhook's body and headers, signed. */
  webhook(...events: readonly unknown[]): SignedWebhook;
  sign(body: string | Uint8Array): string;
  readonly close: () => Promise<void>;
}

export interface FakeLineMessage {
  /** The reply token, or whom a push is for. */
  readonly to: string;
  /** Of messages of text; the type of others. */
  readonly texts: readonly string[];
}

export type FakeLineEvent = Readonly<Record<string, unknown>> & {
  readonly type: string;
  readonly webhookEventId: string;
  readonly replyToken: string;
};

export interface SignedWebhook {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Starts it; close it when done. */
export async function fakeLine({ channelSecret = 'channel-secret' } = {}): Promise<FakeLine> {
  const state = new FakeLineState(channelSecret);
  const { url, close } = await serveFake((request) => state.answer(request));
  return Object.assign(state, { url, close });
}

const EVENT_TIME_MS = 1_800_000_000_000;

class FakeLineState {
  readonly channelSecret: string;
  readonly replies: FakeLineMessage[] = [];
  readonly pushes: FakeLineMessage[] = [];
  readonly requests: TakenRequest[] = [];
  readonly #profiles = new Map<string, { displayName: string; language?: string }>();
  readonly #replyTokens = new Set<string>();
  #failures: number[] = [];
  #requestsLeft = Infinity;
  #eventCount = 0;

  constructor(channelSecret: string) {
    this.channelSecret = channelSecret;
  }

  setProfile(userId: string, profile: { displayName: string; language?: string }): void {
    this.#profiles.set(userId, profile);
  }

  failNext(status: number, count = 1): void {
    this.#failures.push(...Array.from({ length: count }, () => status));
  }

  limit(requestsMax: number): void {
    this.#requestsLeft = requestsMax;
  }

  event(type: string, fields: Readonly<Record<string, unknown>> = {}): FakeLineEvent {
    const number = String(++this.#eventCount).padStart(10, '0');
    const replyToken = `reply-${number}`;
    this.#replyTokens.add(replyToken);
    return {
      type,
      mode: 'active',
      timestamp: EVENT_TIME_MS + this.#eventCount,
      webhookEventId: `01HTESTEVENT0000${number}`,
      deliveryContext: { isRedelivery: false },
      replyToken,
      ...fields,
    };
  }

  postback(userId: string, data: string): FakeLineEvent {
    return this.event('postback', { source: { type: 'user', userId }, postback: { data } });
  }

  message(userId: string, text: string): FakeLineEvent {
    const id = String(this.#eventCount + 1);
    return this.event('message', {
      source: { type: 'user', userId },
      message: { type: 'text', id, text, quoteToken: `q${id}` },
    });
  }

  redelivered(event: FakeLineEvent): FakeLineEvent {
    return { ...event, deliveryContext: { isRedelivery: true } };
  }

  webhook(...events: readonly unknown[]): SignedWebhook {
    const body = JSON.stringify({ destination: `U${'0'.repeat(32)}`, events });
    return {
      body,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'LineBotWebhook/2.0',
        'x-line-signature': this.sign(body),
      },
    };
  }

  sign(body: string | Uint8Array): string {
    return createHmac('sha256', this.channelSecret).update(body).digest('base64');
  }

  answer(request: TakenRequest): FakeAnswer {
    this.requests.push(request);
    const failure = this.#failures.shift() ?? (this.#requestsLeft-- > 0 ? undefined : 429);
    if (failure !== undefined) return { status: failure, body: { message: 'scripted failure' } };
    const { method, path, body } = request;
    if (method === 'POST' && path === '/v2/bot/message/reply') return this.#takeReply(body);
    if (method === 'POST' && path === '/v2/bot/message/push') {
      this.pushes.push(messageOf(body, 'to'));
      return { status: 200, body: {} };
    }
    const userId = /^\/v2\/bot\/profile\/([^/]+)$/.exec(path)?.[1];
    const profile = userId === undefined ? undefined : this.#profiles.get(decodeURIComponent(userId));
    return profile === undefined
      ? { status: 404, body: { message: 'Not found' } }
      : { status: 200, body: { userId, ...profile } };
  }

  #takeReply(body: unknown): FakeAnswer {
    const message = messageOf(body, 'replyToken');
    if (!this.#replyTokens.delete(message.to))
      return { status: 400, body: { message: 'Invalid reply token' } };
    this.replies.push(message);
    return { status: 200, body: { sentMessages: message.texts.map((_, i) => ({ id: String(i) })) } };
  }
}

function messageOf(body: unknown, recipient: 'to' | 'replyToken'): FakeLineMessage {
  const request = (body ?? {}) as Readonly<Record<string, unknown>>;
  const messages = Array.isArray(request['messages']) ? (request['messages'] as readonly unknown[]) : [];
  return { to: String(request[recipient]), texts: messages.map(textOf) };
}

function textOf(message: unknown): string {
  const { type, text } = message as { type?: unknown; text?: unknown };
  return String(text ?? type);
}
