import assert from 'node:assert/strict';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { runBridge } from './bridge.ts';

/** A request that the server has taken. */
interface Taken {
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  readonly message: { readonly id?: string | number; readonly method?: string };
  readonly response: http.ServerResponse;
}

type Answer = {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { code: number; message: string };
};

/** A bridge between two streams and a server that a test answers for. */
async function startBridge(t: TestContext, { token }: { readonly token?: string } = {}) {
  const taken = new Mailbox<Taken>();
  const said = new Mailbox<Answer>();
  const warnings: string[] = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const message = JSON.parse(text) as Taken['message'];
      taken.add({ headers: request.headers, text, message, response });
    });
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((done) => void server.close(() => done()));
  };
  t.after(close);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  const clock = new VirtualClock({ startMs: 0 });
  const input = new PassThrough();
  const stop = new AbortController();
  const deps = {
    clock,
    write: (line: string) => {
      said.add(JSON.parse(line) as Answer);
      return Promise.resolve();
    },
    warn: (text: string) => void warnings.push(text),
  };
  const ended = runBridge(deps, { url, token }, { input, signal: stop.signal });
  t.after(async () => {
    stop.abort();
    input.end();
    await ended;
  });
  const send = (message: object | string): void =>
    void input.write(
      `${typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message })}\n`,
    );
  return { url, clock, input, taken, said, warnings, ended, send, close };
}

/** What comes, one after the other. */
class Mailbox<T> {
  readonly #entries: T[] = [];
  #waiting: ((entry: T) => void) | undefined;

  add(entry: T): void {
    if (this.#waiting === undefined) this.#entries.push(entry);
    else this.#waiting(entry);
    this.#waiting = undefined;
  }

  get count(): number {
    return this.#entries.length;
  }

  async next(): Promise<T> {
    const entry = this.#entries.shift();
    return entry ?? (await new Promise((resolve) => (this.#waiting = resolve)));
  }
}

function reply({ response, message }: Taken, result: unknown, asEvents = false): void {
  const text = JSON.stringify({ jsonrpc: '2.0', id: message.id, result });
  if (asEvents)
    response
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .end(`event: message\r\ndata: ${text}\r\n\r\n`);
  else response.writeHead(200, { 'content-type': 'application/json' }).end(text);
}

test('requests overlap, answers leave as they come, as JSON or as events', async (t) => {
  const { send, taken, said } = await startBridge(t);
  send({ id: 1, method: 'a' });
  const first = await taken.next();
  send({ id: '1', method: 'b' });
  reply(await taken.next(), 'second', true);
  assert.deepEqual(await said.next(), { jsonrpc: '2.0', id: '1', result: 'second' });
  reply(first, 'first');
  assert.deepEqual(await said.next(), { jsonrpc: '2.0', id: 1, result: 'first' });
});

test('a handshake of 2025 puts its version into the headers that follow', async (t) => {
  const { send, taken, said } = await startBridge(t, { token: 'abc' });
  send({ id: 0, method: 'initialize', params: { protocolVersion: '2025-06-18' } });
  const hello = await taken.next();
  assert.equal(hello.headers['mcp-protocol-version'], undefined);
  assert.equal(hello.headers.authorization, 'Bearer abc');
  reply(hello, { protocolVersion: '2025-03-26' });
  await said.next();
  send({ method: 'notifications/initialized' });
  const notified = await taken.next();
  assert.equal(notified.headers['mcp-protocol-version'], '2025-03-26');
  notified.response.writeHead(202).end();
  send({ id: 1, method: 'tools/call', params: { name: 'x' } });
  const call = await taken.next();
  assert.equal(call.headers['mcp-method'], undefined);
  reply(call, {});
  await said.next();
  assert.equal(said.count, 0, 'a notification has no answer');
});

test('a message of 2026 has its method and name in headers', async (t) => {
  const { send, taken, said } = await startBridge(t);
  const check = async (method: string, params: object, wantName: string | undefined): Promise<void> => {
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    send({ id: 7, method, params: { ...params, _meta: meta } });
    const one = await taken.next();
    assert.equal(one.headers['mcp-protocol-version'], '2026-07-28');
    assert.equal(one.headers['mcp-method'], method);
    assert.equal(one.headers['mcp-name'], wantName);
    reply(one, {});
    await said.next();
  };
  await check('tools/call', { name: 'prom_query' }, 'prom_query');
  await check('tools/call', { name: 'größe' }, `=?base64?${Buffer.from('größe').toString('base64')}?=`);
  await check('tools/call', { name: ' x' }, `=?base64?${Buffer.from(' x').toString('base64')}?=`);
  await check(
    'tools/call',
    { name: 'x\r\nauthorization: no' },
    `=?base64?${Buffer.from('x\r\nauthorization: no').toString('base64')}?=`,
  );
  await check('resources/read', { uri: 'vedette://runbooks/a' }, 'vedette://runbooks/a');
  await check('tools/list', {}, undefined);
  await check('tools/call', { name: 7 }, undefined);
});

test('what is cancelled is torn down without an answer, and its id is free again', async (t) => {
  const { send, taken, said } = await startBridge(t);
  send({ id: 'x', method: 'slow' });
  const { response } = await taken.next();
  const torn = new Promise((resolve) => response.on('close', resolve));
  send({ method: 'notifications/cancelled', params: { requestId: 'x' } });
  await torn;
  send({ id: 'x', method: 'again' });
  reply(await taken.next(), 'ok');
  assert.deepEqual(await said.next(), { jsonrpc: '2.0', id: 'x', result: 'ok' });
});

test('lines that are no messages are answered and passed over', async (t) => {
  const { send, input, taken, said } = await startBridge(t);
  const check = async (line: string, code: number, want: RegExp): Promise<void> => {
    input.write(`${line}\n`);
    const { id, error } = await said.next();
    assert.equal(id, null);
    assert.equal(error?.code, code);
    assert.match(error.message, want);
  };
  await check('{"jsonrpc":', -32_700, /not JSON/);
  await check('[{"jsonrpc":"2.0","id":1,"method":"a"}]', -32_600, /batches are not supported/);
  await check('{"id":1,"method":"a"}', -32_600, /no message of JSON-RPC 2\.0/);
  await check('7', -32_600, /no message/);
  await check(
    `{"jsonrpc":"2.0","id":1,"method":"${'x'.repeat(1_100_000)}"}`,
    -32_600,
    /longer than the limit of 1048576 bytes/,
  );
  input.write('\n\r\n');
  send({ id: 1, method: 'a' });
  reply(await taken.next(), 'still here');
  assert.equal((await said.next()).result, 'still here');
});

test('a request whose id is under way, or one too many, is refused by itself', async (t) => {
  const { send, taken, said } = await startBridge(t);
  for (let id = 0; id < 64; id++) {
    send({ id, method: 'slow' });
    await taken.next();
  }
  send({ id: 5, method: 'slow' });
  assert.match((await said.next()).error?.message ?? '', /this id is still under way/);
  send({ id: 64, method: 'slow' });
  assert.match((await said.next()).error?.message ?? '', /64 requests are under way, which is the limit/);
});

test('whatever a server answers instead of the protocol is an error that says what to do', async (t) => {
  const { url, send, taken, said, warnings } = await startBridge(t);
  const check = async (status: number, body: string, want: string): Promise<void> => {
    send({ id: 1, method: 'a' });
    (await taken.next()).response.writeHead(status, { 'content-type': 'text/html' }).end(body);
    const { id, error } = await said.next();
    assert.equal(id, 1);
    assert.deepEqual({ ...error }, { code: -32_000, message: want });
  };
  await check(
    401,
    '{"error":"unauthorized"}',
    `${url} wants to know who asks (HTTP 401); name a file with a token with --token-file`,
  );
  await check(403, 'no', `${url} refuses (HTTP 403); the token needs the role viewer and the scope read`);
  await check(404, 'nothing', `${url} does not exist; is a Vedette with MCP running there?`);
  await check(
    200,
    '<h1>Sign\nin</h1>',
    `${url} answers with HTTP 200 and a page of HTML; is the address right with its path, and does no sign-in stand before it? It begins: <h1>Sign in</h1>`,
  );
  await check(500, '', `${url} answers with HTTP 500 and no message of the protocol: nothing`);
  await check(200, '', 'the server ended its answer without a word on the request');
  // What the server says beside an answer is handed on; the answer is missing all the same.
  send({ id: 1, method: 'a' });
  const { response } = await taken.next();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end('data: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n');
  assert.deepEqual(await said.next(), { jsonrpc: '2.0', method: 'notifications/progress' });
  assert.match((await said.next()).error?.message ?? '', /without a word on the request/);
  // Of a notification only whoever runs the process hears.
  send({ method: 'notifications/x' });
  (await taken.next()).response.writeHead(500).end('broken');
  send({ id: 2, method: 'a' });
  reply(await taken.next(), 'ok');
  await said.next();
  assert.match(warnings.join('\n'), /answers with HTTP 500/);
});

test('an error without an id belongs to the request that met it', async (t) => {
  const { send, taken, said } = await startBridge(t);
  send({ id: 9, method: 'a' });
  const { response } = await taken.next();
  const error = { code: -32_020, message: 'header mismatch' };
  response
    .writeHead(400, { 'content-type': 'application/json' })
    .end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
  assert.deepEqual(await said.next(), { jsonrpc: '2.0', id: 9, error });
});

test('a server that is away is an answer to each request, and is asked again', async (t) => {
  const { url, send, said, close } = await startBridge(t);
  await close();
  for (const id of [1, 2]) {
    send({ id, method: 'a' });
    const answer = await said.next();
    assert.equal(answer.id, id);
    assert.match(
      answer.error?.message ?? '',
      new RegExp(`^cannot reach ${url}: .*; is the server running there\\?`),
    );
  }
});

test('an answer that never comes is given up after two minutes, but not a subscription', async (t) => {
  const { clock, send, taken, said } = await startBridge(t);
  send({ id: 1, method: 'subscriptions/listen' });
  const subscription = await taken.next();
  send({ id: 2, method: 'a' });
  await taken.next();
  await clock.advance(120_000);
  const { id, error } = await said.next();
  assert.equal(id, 2);
  assert.match(error?.message ?? '', /does not answer within 120 s/);
  reply(subscription, 'still open', true);
  assert.equal((await said.next()).result, 'still open');
});

test('at the end of the input what runs may end, and is cut after a moment', async (t) => {
  const { clock, input, send, taken, said, ended } = await startBridge(t);
  send({ id: 1, method: 'a' });
  send({ id: 2, method: 'b' });
  const first = await taken.next();
  await taken.next();
  input.end();
  reply(first, 'in time');
  assert.equal((await said.next()).result, 'in time');
  await clock.advance(5000);
  assert.match((await said.next()).error?.message ?? '', /stopped/);
  await ended;
});
