import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { after, test } from 'node:test';
import { LIVE_PROTOCOL, statusSummary, type LiveServerMessage } from '@vedette/api';
import { WebSocket } from 'ws';
import type { RunningHttpServer } from '../http-server.ts';
import { memoryFiles, startTestServer } from '../test-server.ts';

const TOKEN = 'correct-horse-battery';
const running: RunningHttpServer[] = [];
after(() => Promise.all(running.map((server) => server.close())));

async function start(options: { token?: boolean; connections?: number } = {}): Promise<RunningHttpServer> {
  const files = memoryFiles({ token: TOKEN });
  const server = await startTestServer(
    { files },
    {
      ...(options.token === true ? { token_file: 'token' } : {}),
      limits: { live_connections: options.connections ?? 10, shutdown_timeout: 1000 },
    },
  );
  running.push(server);
  return server;
}

function connect(
  address: string,
  headers: Record<string, string> = {},
  protocol = LIVE_PROTOCOL,
  path = '/api/live',
): WebSocket {
  const own = headers['origin'] === 'none' ? {} : { origin: address };
  const { origin: _origin, ...rest } = headers;
  const origin =
    headers['origin'] === undefined || headers['origin'] === 'none' ? own : { origin: headers['origin'] };
  return new WebSocket(address.replace('http', 'ws') + path, protocol, { headers: { ...origin, ...rest } });
}

/** 101 stands for accepted. */
async function statusOf(socket: WebSocket): Promise<number> {
  return await new Promise((resolve) => {
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('error', () => undefined);
  });
}

test('a real socket subscribes and gets its snaps', async () => {
  const { address } = await start();
  const socket = connect(address);
  await once(socket, 'open');
  assert.equal(socket.protocol, LIVE_PROTOCOL);
  const messages: LiveServerMessage[] = [];
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as LiveServerMessage));
  const params = { exprs: ['up'], start: 'now-5m', end: 'now', step: 1000 };
  socket.send(JSON.stringify({ op: 'sub', id: 1, topic: 'query', params }));
  socket.send(JSON.stringify({ op: 'sub', id: 2, topic: 'status', params: {} }));
  while (messages.length < 2) await once(socket, 'message');
  const dataOf = (id: number): unknown =>
    messages.find((one) => one.op === 'snap' && one.id === id)?.op === 'snap' &&
    (messages.find((one) => one.op === 'snap' && one.id === id) as { data: unknown }).data;
  assert.equal((dataOf(1) as { n: number }).n, 301);
  assert.equal(statusSummary.parse(dataOf(2)).hostname, 'box');
  socket.close();
  await once(socket, 'close');
});

test('only our own origin may open a socket', async () => {
  const { address } = await start();
  const check = async (origin: string, want: number): Promise<void> =>
    assert.equal(await statusOf(connect(address, { origin })), want, origin);
  await check(address, 101);
  await check('http://evil.example', 403);
  await check('http://127.0.0.1:1', 403);
  await check('null', 403);
  await check('none', 403);
});

test('host names of others are refused as everywhere', async () => {
  const { address } = await start();
  const host = 'evil.example';
  assert.equal(await statusOf(connect(address, { host, origin: `http://${host}` })), 403);
});

test('with a token a socket needs the cookie, or the token in a header', async () => {
  const { address } = await start({ token: true });
  assert.equal(await statusOf(connect(address)), 401);
  const authorization = `Bearer ${TOKEN}`;
  assert.equal(await statusOf(connect(address, { authorization, origin: 'none' })), 101);
  assert.equal(await statusOf(connect(address, { authorization: 'Bearer wrong', origin: 'none' })), 401);
  assert.equal(await statusOf(connect(address, { authorization, origin: 'http://evil.example' })), 403);
  const signedIn = await fetch(`${address}/api/vedette/session`, {
    method: 'POST',
    body: JSON.stringify({ token: TOKEN }),
  });
  const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  assert.equal(await statusOf(connect(address, { cookie })), 101);
  assert.equal(await statusOf(connect(`${address}`, {}, LIVE_PROTOCOL, `/api/live?token=${TOKEN}`)), 401);
});

test('another path or subprotocol is refused', async () => {
  const { address } = await start();
  assert.equal(await statusOf(connect(address, {}, LIVE_PROTOCOL, '/api/v1/query')), 404);
  assert.equal(await statusOf(connect(address, {}, 'vedette.live.v0')), 400);
});

test('a plain request is told to upgrade', async () => {
  const { address } = await start();
  const response = await fetch(`${address}/api/live`);
  assert.equal(response.status, 426);
  assert.equal(response.headers.get('upgrade'), 'websocket');
});

test('connections beyond the limit are refused until one leaves', async () => {
  const { address } = await start({ connections: 1 });
  const first = connect(address);
  await once(first, 'open');
  assert.equal(await statusOf(connect(address)), 503);
  first.close();
  await once(first, 'close');
  let status = 503;
  while (status === 503) status = await statusOf(connect(address));
  assert.equal(status, 101);
});

test('a message that is too long, or binary, closes the socket', async () => {
  const { address } = await start();
  const codeAfter = async (payload: string | Buffer): Promise<number> => {
    const socket = connect(address);
    await once(socket, 'open');
    socket.send(payload);
    const [code] = (await once(socket, 'close')) as [number];
    return code;
  };
  assert.equal(await codeAfter(Buffer.from('x')), 4400);
  assert.equal(await codeAfter('x'.repeat(64 * 1024 + 1)), 1009);
  assert.equal(await codeAfter('{"x":1}'), 4400);
});

test('a server that stops says bye and closes, also sockets that do not answer', async () => {
  const server = await start();
  const polite = connect(server.address);
  const rude = connect(server.address);
  await Promise.all([once(polite, 'open'), once(rude, 'open')]);
  rude.pause();
  const message = once(polite, 'message');
  const close = once(polite, 'close');
  const closing = server.close();
  const [data] = (await message) as [Buffer];
  assert.equal((JSON.parse(data.toString()) as LiveServerMessage).op, 'bye');
  assert.equal(((await close) as [number])[0], 1001);
  await closing;
  rude.terminate();
});

test('a refused upgrade leaves no socket behind, although its client keeps its own open', async () => {
  const { address } = await start();
  const { hostname, port } = new URL(address);
  const socket = net.connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.write(
    `GET /api/live HTTP/1.1\r\nhost: ${hostname}:${port}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 400 [^]*the subprotocol must be/);
  await once(socket, 'end');
  // Whoever writes to a socket that is gone is told so; to one that is half open, never.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('x', () => socket.write('y'));
  await closed;
});
