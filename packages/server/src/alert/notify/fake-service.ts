/**
 * For tests: the other side of a channel, on a real socket of this machine. What a service demands (shape,
 * lengths, signatures) is a judge of each channel's own; troubles on the way are scripted here, one per
 * request, in their order, and then it is itself again.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer in place of the judge's; no answer at all; one without end; a connection that is cut. */
export type FakeTrouble = FakeAnswer | 'hang' | 'endless' | 'reset';

/** What the service does with a request; `isTaken` when its message would be shown to people. */
export type FakeJudge = (request: FakeRequest) => FakeAnswer & { readonly isTaken: boolean };

const takeAll: FakeJudge = () => ({ status: 200, isTaken: true });

export class FakeService {
  /** All that came. */
  readonly requests: FakeRequest[] = [];
  /** Those that the judge took. */
  readonly taken: FakeRequest[] = [];
  readonly #judge: FakeJudge;
  readonly #troubles: FakeTrouble[] = [];
  readonly #server: http.Server;
  #onRequest: () => void = () => undefined;

  constructor(judge: FakeJudge = takeAll) {
    this.#judge = judge;
    this.#server = http.createServer((incoming, response) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => void parts.push(part));
      incoming.on('end', () => this.#answer(incoming, Buffer.concat(parts).toString('utf8'), response));
    });
  }

  /** Opens it for as long as `run` takes. */
  static async with(
    judge: FakeJudge | undefined,
    run: (service: FakeService) => Promise<void>,
  ): Promise<void> {
    const service = new FakeService(judge);
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

  /** What the next requests meet instead of the judge. */
  script(...troubles: readonly FakeTrouble[]): void {
    this.#troubles.push(...troubles);
  }

  /** Resolves when the next request is there. */
  async nextRequest(): Promise<void> {
    await new Promise<void>((resolve) => (this.#onRequest = resolve));
  }

  /** From now on connections are refused. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((done) => this.#server.close(done));
  }

  #answer(incoming: http.IncomingMessage, body: string, response: http.ServerResponse): void {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', this.origin);
    const { method = '', headers } = incoming;
    const request: FakeRequest = { method, path: pathname, query: searchParams, headers, body };
    this.requests.push(request);
    this.#onRequest();
    const trouble = this.#troubles.shift();
    if (trouble === 'hang') return;
    if (trouble === 'reset') {
      incoming.socket.resetAndDestroy();
      return;
    }
    if (trouble === 'endless') {
      response.writeHead(400);
      response.write('x'.repeat(100_000));
      return;
    }
    if (trouble !== undefined) return respond(response, trouble);
    const { isTaken, ...answer } = this.#judge(request);
    if (isTaken) this.taken.push(request);
    respond(response, answer);
  }
}

function respond(response: http.ServerResponse, { status, headers, body }: FakeAnswer): void {
  response.writeHead(status, headers).end(body);
}
