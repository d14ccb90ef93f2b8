import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { LIVE_PROTOCOL, type LiveServerMessage, type LiveTicket } from '@vedette/api';
import { SeededRandom } from '@vedette/model';
import { WebSocket } from 'ws';
import type { RunningHttpServer } from '../http-server.ts';
import { memoryFiles, startTestServer } from '../test-server.ts';

const TOKEN = 'correct-horse-battery';
const SUBSCRIBE = { op: 'sub', id: 1, topic: 'status', params: {} };
const running: RunningHttpServer[] = [];
after(() => Promise.all(running.map((server) => server.close())));

async function start(options: { token?: boolean; connections?: number } = {}): Promise<string> {
  const server = await startTestServer(
    { files: memoryFiles({ token: TOKEN }) },
    {
      ...(options.token === true ? { token_file: 'token' } : {}),
      limits: { live_connections: options.connections ?? 10, shutdown_timeout: 1000 },
    },
  );
  running.push(server);
  return server.address;
}

interface Events {
  readonly status: number;
  /** The next event: its name and its data. */
  next(): Promise<{ readonly event: string; readonly data: unknown } | undefined>;
  leave(): Promise<void>;
}

async function openEvents(address: string, c: string, headers: Record<string, string> = {}): Promise<Events> {
  const stop = new AbortController();
  const answer = await fetch(`${address}/api/live/events?c=${c}`, { headers, signal: stop.signal });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): ReturnType<Events['next']> => {
    for (;;) {
      const cut = text.indexOf('\n\n');
      if (cut >= 0) {
        const lines = text.slice(0, cut).split('\n');
        text = text.slice(cut + 2);
        const field = (name: string) =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const data = field('data');
        if (data !== undefined) return { event: field('event') ?? 'message', data: JSON.parse(data) };
        continue;
      }
      const piece = await reader.read();
      if (piece.done) return undefined;
      text += piece.value;
    }
  };
  return { status: answer.status, next, leave: async () => (await reader.cancel(), stop.abort()) };
}

async function post(address: string, c: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${address}/api/live/messages?c=${c}`, { method: 'POST', headers, body: text });
  return { status: answer.status, text: await answer.text() };
}

const ID = 'a'.repeat(22);

test('the protocol goes over events and posts where no socket can be had', async () => {
  const address = await start();
  const events = await openEvents(address, ID);
  assert.equal(events.status, 200);
  assert.equal((await post(address, ID, [SUBSCRIBE, { op: 'ping' }])).status, 204);
  const first = (await events.next())!.data as LiveServerMessage;
  const second = (await events.next())!.data as LiveServerMessage;
  assert.deepEqual([first.op, second.op].toSorted(), ['pong', 'snap']);
  await post(address, ID, [{ op: 'sub', id: 1, topic: 'status', params: {} }]);
  const err = (await events.next())!.data as LiveServerMessage & { op: 'err' };
  assert.equal(err.code, 'VED_LIVE_INVALID');
  await events.leave();
});

test('messages are only taken for an open connection, as an array within the limit', async () => {
  const address = await start();
  assert.equal((await post(address, ID, [SUBSCRIBE])).status, 404);
  const events = await openEvents(address, ID);
  assert.equal((await openEvents(address, ID)).status, 409);
  assert.equal((await openEvents(address, 'short')).status, 400);
  assert.equal((await post(address, ID, '{')).status, 400);
  assert.equal((await post(address, ID, SUBSCRIBE)).status, 400);
  assert.equal((await post(address, ID, Array(64).fill({ op: 'ping' }))).status, 204);
  const beyond = await post(address, ID, Array(65).fill({ op: 'ping' }));
  assert.equal(beyond.status, 400);
  assert.match(beyond.text, /messagesPerPostMax/);
  await events.leave();
});

test('what breaks the protocol ends the events with its code', async () => {
  const address = await start();
  const events = await openEvents(address, ID);
  await post(address, ID, ['nonsense']);
  assert.deepEqual(await events.next(), {
    event: 'close',
    data: { code: 4400, reason: 'message not understood' },
  });
  assert.equal(await events.next(), undefined);
  assert.equal((await post(address, ID, [])).status, 404);
});

test('events want the same proof as a socket, and share its limit', async () => {
  const closed = await start({ token: true });
  assert.equal((await openEvents(closed, ID)).status, 401);
  const address = await start({ connections: 1 });
  const events = await openEvents(address, ID);
  assert.equal(events.status, 200);
  assert.equal((await openEvents(address, 'b'.repeat(22))).status, 503);
  const foreign = await post(address, ID, [SUBSCRIBE], { origin: 'http://evil.example' });
  assert.equal(foreign.status, 403);
  await events.leave();
});

test('whoever has a token gets a ticket for one socket, from wherever its page comes', async () => {
  const address = await start({ token: true });
  const ask = (token: string) =>
    fetch(`${address}/api/live/ticket`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  assert.equal((await ask('wrong-token-of-somebody')).status, 401);
  const { ticket, expiresInMs } = (await (await ask(TOKEN)).json()) as LiveTicket;
  assert.equal(expiresInMs, 30_000);
  const url = `${address.replace('http', 'ws')}/api/live?ticket=${ticket}`;
  const connect = () => new WebSocket(url, LIVE_PROTOCOL, { headers: { origin: 'http://tool.example' } });
  const socket = connect();
  await once(socket, 'open');
  socket.send(JSON.stringify(SUBSCRIBE));
  const [data] = (await once(socket, 'message')) as [Buffer];
  assert.equal((JSON.parse(data.toString()) as LiveServerMessage).op, 'snap');
  socket.close();
  const again = connect();
  const [, response] = (await once(again, 'unexpected-response')) as [unknown, { statusCode: number }];
  assert.equal(response.statusCode, 401);
  again.on('error', () => undefined);
  again.terminate();
});

test('whatever is posted, the server answers, and the connection closes with a code of the protocol', async () => {
  const seed = 20261122;
  const random = new SeededRandom(seed);
  const address = await start({ connections: 40 });
  const bodies = [
    [SUBSCRIBE],
    [{ op: 'ack', id: 1, seq: 1 }],
    [{ op: 'upd', id: 1, params: {} }],
    [{ op: 'ping' }],
  ];
  for (let i = 0; i < 30; i++) {
    const c = `${i}-`.padEnd(22, 'f');
    const events = await openEvents(address, c);
    const text = JSON.stringify(bodies[i % bodies.length]);
    const at = Math.floor(random.float() * text.length);
    const mutated = text.slice(0, at) + ['', '[', '"', '1e999', '\u0000', '{}'][i % 6] + text.slice(at + 1);
    const { status } = await post(address, c, mutated);
    assert.ok([204, 400].includes(status), `seed ${seed}, body ${mutated}: ${status}`);
    await events.leave();
  }
  const { status } = await fetch(`${address}/-/healthy`);
  assert.equal(status, 200);
});
