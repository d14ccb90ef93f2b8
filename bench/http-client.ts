/**
 * One way to speak HTTP to every server under measurement: a connection per server that stays open, bodies
 * uncompressed and read whole, nothing parsed. What it costs is the same for all of them.
 */
import { Agent, request } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** One connection, so that requests of one caller never meet a cold one; `close` lets go of it. */
export class HttpClient implements Disposable {
  readonly #agent: Agent;

  constructor(connectionsMax = 1) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  }

  get(url: string): Promise<HttpAnswer> {
    return this.#send(url, { method: 'GET' });
  }

  post(
    url: string,
    body: Uint8Array | string,
    headers: Readonly<Record<string, string>>,
  ): Promise<HttpAnswer> {
    return this.#send(url, { method: 'POST', body, headers });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #send(
    url: string,
    options: { method: string; body?: Uint8Array | string; headers?: Readonly<Record<string, string>> },
  ): Promise<HttpAnswer> {
    const { method, body = '', headers = {} } = options;
    return new Promise((resolve, reject) => {
      const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
      const asked = request(url, {
        method,
        agent: this.#agent,
        headers: { ...headers, 'Content-Length': String(length) },
      });
      asked.on('error', reject);
      asked.on('response', (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces) }));
      });
      asked.end(body);
    });
  }
}
