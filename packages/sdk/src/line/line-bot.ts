/**
 * A LINE bot behind the guard: from the webhook's bytes to a handler.
 *
 * 1. The signature is verified over the bytes as they came; what is not signed is not even parsed.
 * 2. The webhook is answered (200) before any handler runs: LINE takes a slow answer for a failure, and sends again.
 * 3. Events wait in lanes, one per user (`event-lanes.ts`), and pass the guard (`bot/guard-bot.ts`) on their way.
 *
 * | | answer |
 * |---|---|
 * | no signature, or a body that is no webhook body | 400 |
 * | a wrong signature | 401 |
 * | another method than POST | 405 |
 * | a body that does not come within 10 s | 408 |
 * | more than `WEBHOOK_BYTES_MAX` | 413 |
 * | the body was parsed before and its bytes are gone | 500, and `onError` says what to change |
 * | more events than the queue has room for | 503: nothing of it is processed |
 *
 * Rejected: LINE's own middleware (it hands a wrong signature to the framework's error page, and has no limit of its
 * own), and the peer at run time: signatures are a line of `node:crypto`, and the client is yours.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { guardBot, type BotPassage, type GuardBotOptions } from '../bot/guard-bot.ts';
import type { Guard } from '../guard/guard.ts';
import { systemClock, type SdkClock } from '../system/system.ts';
import { EventLanes } from './event-lanes.ts';
import { lineAdapter, type LineAdapterOptions } from './line-adapter.ts';
import { LineContext, type LineClient } from './line-context.ts';
import { chatIdOf, parseLineBody, userIdOf, type LineEvent } from './line-event.ts';
import { isSignedByLine } from './line-signature.ts';
import { readRawBody, WEBHOOK_BYTES_MAX, type RawBody } from './raw-body.ts';

export interface LineBotOptions extends GuardBotOptions {
  readonly guard: Guard;
  /** The channel's secret; several for several channels, or while one is exchanged. */
  readonly channelSecret: string | readonly string[];
  /** `LineBotClient.fromChannelAccessToken({ channelAccessToken })`. */
  readonly client: LineClient;
  /** Called for each event that the guard lets pass, of whatever type; users side by side, each in order. */
  readonly onEvent: (ctx: LineContext) => unknown;
  readonly language?: LineAdapterOptions['language'];
  readonly source?: LineAdapterOptions['source'];
  /** Events at work at once. Default 16. */
  readonly concurrency?: number;
  /** What handlers threw, and what else went wrong; `event` when it was about one. Must not throw. */
  readonly onError?: (error: unknown, event?: LineEvent) => void;
}

export interface LineBot {
  /** For `node:http` and Express, before any parser of bodies: `app.post('/webhook', bot.webhook)`. Never rejects. */
  readonly webhook: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly status: LineBotStatus;
  /** Resolves when all events taken so far are done; for tests and an orderly end. */
  idle(): Promise<void>;
}

/** Since the start; `waitingEvents` now. */
export interface LineBotStatus {
  readonly waitingEvents: number;
  readonly handledEvents: number;
  readonly repeatedEvents: number;
  readonly refusedEvents: number;
  readonly busyEvents: number;
  readonly failedEvents: number;
  /** Of users who sent faster than they could be served. */
  readonly droppedEvents: number;
  readonly malformedEvents: number;
  readonly refusedWebhooks: number;
}

// Handlers wait for databases and for LINE, not for the processor.
const CONCURRENCY_DEFAULT = 16;

/** Throws a RangeError when a secret is empty: every body would be signed by who knows that. */
export function createLineBot(options: LineBotOptions): LineBot {
  const secrets = [options.channelSecret].flat();
  if (secrets.length === 0 || secrets.includes(''))
    throw new RangeError(
      'cannot create LINE bot: channelSecret is empty; copy it from the LINE Developers Console',
    );
  const bot = new Bot(options, secrets);
  return {
    webhook: (request, response) => bot.answer(request, response),
    get status() {
      return bot.status;
    },
    idle: () => bot.lanes.idle(),
  };
}

class Bot {
  readonly lanes: EventLanes<LineEvent>;
  readonly #options: LineBotOptions;
  readonly #secrets: readonly string[];
  readonly #clock: SdkClock;
  readonly #passEvent: (ctx: LineContext, next: () => unknown) => Promise<BotPassage>;
  readonly #counts = { handled: 0, repeated: 0, refused: 0, busy: 0, failed: 0, malformed: 0, webhooks: 0 };

  constructor(options: LineBotOptions, secrets: readonly string[]) {
    this.#options = options;
    this.#secrets = secrets;
    this.#clock = options.clock ?? systemClock;
    const { client, language, source, clock } = options;
    this.#passEvent = guardBot(options.guard, lineAdapter({ client, language, source, clock }), options);
    this.lanes = new EventLanes({
      concurrency: options.concurrency ?? CONCURRENCY_DEFAULT,
      laneConcurrency: options.lock === undefined ? 1 : 2,
      work: (event) => this.#work(event),
    });
  }

  get status(): LineBotStatus {
    const { handled, repeated, refused, busy, failed, malformed, webhooks } = this.#counts;
    return {
      waitingEvents: this.lanes.waitingCount,
      handledEvents: handled,
      repeatedEvents: repeated,
      refusedEvents: refused,
      busyEvents: busy,
      failedEvents: failed,
      droppedEvents: this.lanes.droppedCount,
      malformedEvents: malformed,
      refusedWebhooks: webhooks,
    };
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#receive(request);
    if (answer.status !== 200) this.#counts.webhooks++;
    if (answer.status === 405) response.setHeader('allow', 'POST');
    // What is left of such a body may have no end; of others Node reads the rest by itself.
    if (answer.status === 413 || answer.status === 408) response.setHeader('connection', 'close');
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(answer.message === undefined ? '{}' : JSON.stringify({ message: answer.message }));
  }

  async #receive(request: IncomingMessage): Promise<Answer> {
    if (request.method !== 'POST') return { status: 405, message: 'only POST' };
    const signature = request.headers['x-line-signature'];
    if (typeof signature !== 'string' || signature === '')
      return { status: 400, message: 'no x-line-signature' };
    const body = await readRawBody(request, this.#clock);
    if (body.kind !== 'bytes') return this.#refuseBody(body);
    if (!isSignedByLine(body.bytes, signature, this.#secrets))
      return { status: 401, message: 'wrong signature' };
    const parsed = parseLineBody(body.bytes);
    if (parsed === undefined) return { status: 400, message: 'not a webhook body of LINE' };
    if (!this.lanes.hasRoomFor(parsed.events.length)) return { status: 503, message: 'too many events wait' };
    this.#counts.malformed += parsed.malformedCount;
    for (const event of parsed.events) this.lanes.push(laneOf(event), event);
    return { status: 200 };
  }

  #refuseBody({ kind }: Exclude<RawBody, { kind: 'bytes' }>): Answer {
    switch (kind) {
      case 'too-large':
        return { status: 413, message: `more than ${WEBHOOK_BYTES_MAX} bytes` };
      case 'too-slow':
        return { status: 408, message: 'the body did not come in time' };
      case 'cut-off':
        return { status: 400, message: 'the body ends early' };
      case 'parsed-before': {
        const reason = 'its body was parsed before; mount the webhook before express.json(), or keep rawBody';
        this.#options.onError?.(new Error(`cannot verify LINE webhook: ${reason}`));
        return { status: 500, message: 'cannot verify the signature' };
      }
    }
  }

  async #work(event: LineEvent): Promise<void> {
    try {
      const ctx = new LineContext(event, this.#options.client);
      this.#counts[await this.#passEvent(ctx, () => this.#options.onEvent(ctx))]++;
    } catch (error) {
      this.#counts.failed++;
      this.#options.onError?.(error, event);
    }
  }
}

interface Answer {
  readonly status: number;
  readonly message?: string;
}

/** A user's own lane, wherever they write; events of nobody share the lane of their chat. */
function laneOf(event: LineEvent): string {
  return userIdOf(event) ?? chatIdOf(event) ?? '';
}
