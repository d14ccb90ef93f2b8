import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** One request that a fake service took. */
export interface TakenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed JSON; `undefined` when it is none. */
  readonly body: unknown;
}

export interface FakeAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpFake {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Serves `answer` on a free port of 127.0.0.1. */
export async function serveFake(answer: (request: TakenRequest) => FakeAnswer): Promise<HttpFake> {
  const server = createServer((request, response) => void respond(request, response, answer));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: TakenRequest) => FakeAnswer,
): Promise<void> {
  const { status, body, headers } = answer({
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body: await readJson(request),
  });
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(piece as Uint8Array);
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    return undefined;
  }
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => void server.close(() => resolve()));
}
