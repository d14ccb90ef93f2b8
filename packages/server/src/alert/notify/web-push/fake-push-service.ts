/** For tests: a push service on this machine. Bodies are bytes, so that `FakeService`, which keeps texts, does not do. */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PushedRequest {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export class FakePushService {
  readonly requests: PushedRequest[] = [];
  /** Answers by path; 201 without. */
  readonly answers = new Map<
    string,
    { readonly status: number; readonly headers?: Record<string, string> }
  >();
  readonly #server = http.createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => void parts.push(part));
    incoming.on('end', () => {
      const path = incoming.url ?? '';
      this.requests.push({ path, headers: incoming.headers, body: Buffer.concat(parts) });
      const { status, headers } = this.answers.get(path) ?? { status: 201 };
      response.writeHead(status, headers).end();
    });
  });

  static async with(run: (service: FakePushService) => Promise<void>): Promise<void> {
    const service = new FakePushService();
    await new Promise<void>((done) => void service.#server.listen(0, '127.0.0.1', done));
    try {
      await run(service);
    } finally {
      await service.close();
    }
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  takenBy(path: string): readonly PushedRequest[] {
    return this.requests.filter((request) => request.path === path);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((done) => this.#server.close(done));
  }
}
