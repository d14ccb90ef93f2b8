import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ActionBatch, FeedMessage } from './wire.ts';

/** Values that come one by one, and those who wait for them. */
export class Arrivals<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  add(value: T): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#values.push(value);
    else waiting(value);
  }

  next(): Promise<T> {
    const value = this.#values.shift();
    return value === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(value);
  }
}

export interface Exchange {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly body: string;
}

/** A server whose every answer a test gives by hand. */
export class HttpServerFixture {
  readonly exchanges = new Arrivals<Exchange>();
  readonly #server: http.Server | https.Server;
  readonly #protocol: string;

  constructor(tls: https.ServerOptions | undefined) {
    const listener: http.RequestListener = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () =>
        this.exchanges.add({ request, response, body: Buffer.concat(chunks).toString() }),
      );
    };
    this.#protocol = tls === undefined ? 'http' : 'https';
    this.#server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  }

  static async start(tls?: https.ServerOptions): Promise<HttpServerFixture> {
    const fixture = new HttpServerFixture(tls);
    fixture.#server.listen(0, '127.0.0.1');
    await once(fixture.#server, 'listening');
    return fixture;
  }

  get url(): string {
    return `${this.#protocol}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next request, which must be for the feed; its answer has begun. */
  async feed(): Promise<Exchange> {
    const exchange = await this.exchanges.next();
    if (exchange.request.url !== '/guard/feed') throw new Error(`got ${exchange.request.url}`);
    exchange.response.writeHead(200, { 'content-type': 'text/event-stream' });
    exchange.response.flushHeaders();
    return exchange;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

export function eventOf(message: FeedMessage, id = ''): string {
  return `${id === '' ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`;
}

export const batchOf = (seq: number): ActionBatch => ({
  version: 1,
  instance: '00000000-0000-4000-8000-000000000001',
  seq,
  sentAtMs: 1_700_000_000_000,
  words: ['user', 'next_card', 'app', 'ok'],
  rows: [[0, 'amy', 1, 2, 3, 1, 1_700_000_000_000]],
});
