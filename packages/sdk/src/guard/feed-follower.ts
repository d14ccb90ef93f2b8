import type { ClientRequest, IncomingMessage } from 'node:http';
import type { SdkClock, SdkRandom } from '../system/system.ts';
import { Backoff } from './backoff.ts';
import { SILENCE_MS_MAX } from './decision-sources.ts';
import { parseFeedMessage } from './feed-message.ts';
import { SseParser, type ServerSentEvent } from './sse-parser.ts';
import type { FeedListener } from './transport.ts';

/**
 * Follows `GET /guard/feed`: one connection at a time, another one after a pause when it ends.
 *
 * 1. Where we stand (`Last-Event-ID`) moves on only with what the listener took whole: the pieces of a snapshot do not
 *    count before the last one, else a connection that breaks between two would leave the rest out for good.
 * 2. What the listener refuses, or what cannot be read, makes it forget where it stands: the server then sends all.
 * 3. Pauses grow until the server has shown that we agree (a digest): one whose numbers never fit is not asked for
 *    snapshot after snapshot.
 * 4. Nothing for `SILENCE_MS_MAX`, and the connection counts as lost: a cut line says nothing by itself.
 */
export class FeedFollower {
  readonly #clock: SdkClock;
  readonly #listener: FeedListener;
  readonly #requestFeed: (lastEventId: string | undefined) => Promise<ClientRequest>;
  readonly #backoff: Backoff;
  #lastEventId: string | undefined;
  #connection: Connection | undefined;
  #pause: { cancel(): void } | undefined;
  #isClosed = false;

  constructor(options: {
    readonly clock: SdkClock;
    readonly random: SdkRandom;
    readonly listener: FeedListener;
    /** Makes the request, not yet sent. */
    readonly request: (lastEventId: string | undefined) => Promise<ClientRequest>;
  }) {
    this.#clock = options.clock;
    this.#listener = options.listener;
    this.#requestFeed = options.request;
    this.#backoff = new Backoff(options.random);
    this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    this.#pause?.cancel();
    this.#connection?.end();
  }

  #connect(): void {
    const connection = new Connection(this.#clock, {
      onEvent: (event) => this.#takeEvent(connection, event),
      onEnd: (error) => this.#reconnect(error),
    });
    this.#connection = connection;
    this.#requestFeed(this.#lastEventId).then(
      (request) => connection.open(request),
      (error: unknown) => connection.fail(error),
    );
  }

  #reconnect(error: unknown): void {
    if (this.#isClosed) return;
    this.#listener.lost(error);
    this.#pause = this.#clock.setTimer(this.#backoff.nextMs(), () => this.#connect());
  }

  #takeEvent(connection: Connection, { data, id }: ServerSentEvent): void {
    try {
      const message = parseFeedMessage(data);
      if (message === undefined) return;
      if (!this.#listener.take(message))
        throw new Error('the feed does not follow from what is known; it begins again with a snapshot');
      if (message.type === 'digest') this.#backoff.reset();
      if (message.type === 'hello' || message.type === 'settings') return;
      if (message.type === 'snapshot' && !message.isLast) return;
      connection.letGoOfProcess();
      if (message.type !== 'digest') this.#lastEventId = /^[\x21-\x7e]{1,200}$/.test(id) ? id : undefined;
    } catch (error) {
      this.#lastEventId = undefined;
      connection.fail(error);
    }
  }
}

/** One request for the feed, from its sending to its end, which comes once. */
class Connection {
  readonly #clock: SdkClock;
  readonly #onEvent: (event: ServerSentEvent) => void;
  readonly #onEnd: (error: unknown) => void;
  #request: ClientRequest | undefined;
  #silence: { cancel(): void };
  #isOver = false;

  constructor(
    clock: SdkClock,
    callbacks: { onEvent: (event: ServerSentEvent) => void; onEnd: (error: unknown) => void },
  ) {
    this.#clock = clock;
    this.#onEvent = callbacks.onEvent;
    this.#onEnd = callbacks.onEnd;
    this.#silence = this.#listen();
  }

  open(request: ClientRequest): void {
    this.#request = request;
    request.on('error', (error) => this.fail(error));
    request.on('response', (response) => this.#read(response));
    request.on('close', () => this.fail(new Error('the connection to the feed was closed')));
    if (this.#isOver) request.destroy();
    else request.end();
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.end();
    this.#onEnd(error);
  }

  end(): void {
    this.#isOver = true;
    this.#silence.cancel();
    this.#request?.destroy();
  }

  /** From now on the application may end while this connection is open. */
  letGoOfProcess(): void {
    this.#request?.socket?.unref();
  }

  #read(response: IncomingMessage): void {
    const { statusCode, headers } = response;
    if (statusCode !== 200 || headers['content-type']?.startsWith('text/event-stream') !== true)
      return this.fail(
        new Error(
          `cannot follow the feed: want 200 and text/event-stream; got ${statusCode} ${headers['content-type']}`,
        ),
      );
    const parser = new SseParser((event) => {
      if (!this.#isOver) this.#onEvent(event);
    });
    response.on('data', (bytes: Buffer) => {
      if (this.#isOver) return;
      this.#silence.cancel();
      this.#silence = this.#listen();
      try {
        parser.push(bytes);
      } catch (error) {
        this.fail(error);
      }
    });
    response.on('error', (error) => this.fail(error));
    response.on('end', () => this.fail(new Error('the server ended the feed')));
  }

  #listen(): { cancel(): void } {
    return this.#clock.setTimer(SILENCE_MS_MAX, () =>
      this.fail(new Error(`the feed was silent for ${SILENCE_MS_MAX / 1000} s (SILENCE_MS_MAX)`)),
    );
  }
}
