/** The live protocol `vedette.live.v1` on the real process: what it promises to clients, and what it does with bad ones. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectSocket, type Socket } from 'node:net';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import {
  LIVE_LIMITS,
  LIVE_PATH,
  LIVE_PROTOCOL,
  statusSummary,
  type LiveQueryDelta,
  type LiveQuerySnap,
  type LiveServerMessage,
} from '../packages/api/src/index.ts';
import { startService } from './support/small-service.ts';
import { until } from './support/until.ts';
import { startVedette, temporaryDirectory, type VedetteProcess } from './support/vedette-process.ts';

type Frame = LiveServerMessage & { readonly op: 'snap' | 'delta' };

const QUERY = { exprs: ['vector(1)'], start: 'now-30s', end: 'now', step: 1000 };

/** A client of the protocol that keeps what it got. */
class LiveClient {
  readonly socket: WebSocket;
  readonly messages: LiveServerMessage[] = [];
  closed: readonly [code: number, reason: string] | undefined;

  constructor(t: TestContext, { url }: VedetteProcess, headers: Record<string, string> = { origin: url }) {
    this.socket = new WebSocket(url.replace('http', 'ws') + LIVE_PATH, LIVE_PROTOCOL, { headers });
    this.socket.on('message', (data: Buffer) =>
      this.messages.push(JSON.parse(data.toString()) as LiveServerMessage),
    );
    this.socket.on('close', (code, reason) => (this.closed = [code, reason.toString()]));
    this.socket.on('error', () => undefined);
    t.after(() => this.socket.terminate());
  }

  async opened(): Promise<this> {
    await once(this.socket, 'open');
    return this;
  }

  say(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  sub(id: number, topic: string, params: object = {}, rest: object = {}): void {
    this.say({ op: 'sub', id, topic, params, ...rest });
  }

  frames(id: number): Frame[] {
    return this.messages.filter(
      (message): message is Frame => (message.op === 'snap' || message.op === 'delta') && message.id === id,
    );
  }

  errors(id: number): string[] {
    return this.messages.flatMap((message) =>
      message.op === 'err' && message.id === id ? [`${message.code}: ${message.message}`] : [],
    );
  }

  async frame(id: number, count = 1): Promise<Frame> {
    return await until(`frame ${count} of subscription ${id}`, () => this.frames(id)[count - 1]);
  }

  async error(id: number): Promise<string> {
    return await until(`an error of subscription ${id}`, () => this.errors(id)[0]);
  }

  async closedWith(): Promise<readonly [code: number, reason: string]> {
    return await until('the socket to close', () => this.closed);
  }
}

const start = (t: TestContext, config = ''): Promise<VedetteProcess> =>
  startVedette(t, { args: ['--no-host'], config });

const client = (t: TestContext, vedette: VedetteProcess): Promise<LiveClient> =>
  new LiveClient(t, vedette).opened();

async function metricOf(vedette: VedetteProcess, name: string): Promise<number> {
  const text = await (await vedette.get('/metrics')).text();
  return [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
    (sum, match) => sum + Number(match[1]),
    0,
  );
}

function rssBytes({ pid }: VedetteProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

test('each topic has a snap, then deltas that continue it', async (t) => {
  const vedette = await start(t);
  const live = await client(t, vedette);
  await t.test('a query moves along its grid', async () => {
    live.sub(1, 'query', { ...QUERY, exprs: ['vector(1)', 'time()', 'sum('] });
    const snap = (await live.frame(1)).data as LiveQuerySnap;
    assert.equal(snap.step, 1000);
    assert.equal(snap.t0 % 1000, 0);
    assert.ok(snap.n === 30 || snap.n === 31, `${snap.n} points`);
    assert.deepEqual(
      snap.series.map(({ q, v }) => [q, v.length]),
      [
        [0, snap.n],
        [1, snap.n],
      ],
    );
    assert.deepEqual(
      snap.errors?.map(({ q }) => q),
      [2],
    );
    const second = await live.frame(1, 2);
    assert.equal(second.op, 'delta');
    const delta = second.data as LiveQueryDelta;
    assert.ok(delta.t0 > snap.t0);
    assert.ok(delta.t + (delta.k - 1) * 1000 > snap.t0 + (snap.n - 1) * 1000, 'no new point');
    for (const { v } of delta.series) assert.equal(v.length, delta.k);
    assert.ok(second.seq > (await live.frame(1)).seq);
  });
  await t.test('status and alerts carry the whole', async () => {
    live.sub(2, 'status');
    live.sub(3, 'alerts');
    statusSummary.parse((await live.frame(2)).data);
    assert.ok(Array.isArray((await live.frame(3)).data));
    assert.equal((await live.frame(2, 2)).op, 'delta');
    statusSummary.parse((await live.frame(2, 2)).data);
  });
  await t.test('unsub ends it, paused silences it, upd shows it again or something else', async () => {
    live.say({ op: 'unsub', id: 2 });
    live.say({ op: 'upd', id: 1, params: { paused: true } });
    live.say({ op: 'ping' });
    await until('the pong', () => live.messages.find(({ op }) => op === 'pong'));
    const counts = [live.frames(1).length, live.frames(2).length];
    live.sub(4, 'status');
    await live.frame(4, 3);
    assert.deepEqual([live.frames(1).length, live.frames(2).length], counts);
    live.say({ op: 'upd', id: 1, params: { ...QUERY, step: 2000 } });
    const again = await live.frame(1, (counts[0] ?? 0) + 1);
    assert.equal(again.op, 'snap');
    assert.equal((again.data as LiveQuerySnap).step, 2000);
  });
  await t.test('two clients share one computation', async () => {
    const other = await client(t, vedette);
    const shared = { ...QUERY, exprs: ['vector(42)'] };
    const before = await metricOf(vedette, 'vedette_live_feeds');
    live.sub(10, 'query', shared);
    other.sub(20, 'query', shared);
    await Promise.all([live.frame(10), other.frame(20)]);
    assert.ok((await metricOf(vedette, 'vedette_live_feeds')) <= before + 1);
    const deltasOf = (frames: readonly Frame[]): number[] => frames.slice(1).map(({ seq }) => seq);
    await until('a frame that both got', () => {
      const others = deltasOf(other.frames(20));
      return deltasOf(live.frames(10)).find((seq) => others.includes(seq));
    });
  });
  await t.test('who comes back with the last number gets what was missed and no snap', async () => {
    const params = { ...QUERY, exprs: ['vector(7)'] };
    const first = await client(t, vedette);
    first.sub(1, 'query', params);
    const { seq } = await first.frame(1, 2);
    first.socket.terminate();
    const second = await client(t, vedette);
    second.sub(1, 'query', params, { since: seq });
    const resumed = await second.frame(1);
    assert.deepEqual([resumed.op, resumed.seq], ['delta', seq + 1]);
    second.sub(2, 'query', params, { since: 1 });
    assert.equal((await second.frame(2)).op, 'snap', 'a number of another life');
  });
});

test('every limit has an answer that names it', async (t) => {
  const lines = Array.from({ length: LIVE_LIMITS.seriesMax + 1 }, (_, i) => `many{i="${i}"} 1\n`).join('');
  const service = await startService(t, () => ({ body: lines }));
  const vedette = await start(
    t,
    `scrape_configs: [ { job_name: many, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [ { targets: ["127.0.0.1:${service.port}"] } ] } ]`,
  );
  await t.test('subscriptions', async () => {
    const live = await client(t, vedette);
    for (let id = 0; id <= LIVE_LIMITS.subscriptionsMax; id++) live.sub(id, 'alerts');
    assert.match(await live.error(LIVE_LIMITS.subscriptionsMax), /VED_LIVE_LIMIT.*subscriptionsMax is 64/);
    await live.frame(LIVE_LIMITS.subscriptionsMax - 1);
    assert.equal(live.closed, undefined);
  });
  await t.test('points and series', async () => {
    const live = await client(t, vedette);
    live.sub(1, 'query', { ...QUERY, start: 'now-1h' });
    assert.match(await live.error(1), /VED_LIVE_LIMIT.*pointsMax is 2000/);
    await until('the series', async () => {
      const { data } = await vedette.json<{ data: { result: unknown[] } }>('/api/v1/query?query=many');
      return data.result.length > LIVE_LIMITS.seriesMax || undefined;
    });
    live.sub(2, 'query', { ...QUERY, exprs: ['many'] });
    assert.match(await live.error(2), /VED_LIVE_LIMIT.*201 series.*seriesMax is 200/);
    live.sub(3, 'query', { ...QUERY, exprs: ['many{i!="0"}'] });
    assert.equal(((await live.frame(3)).data as LiveQuerySnap).series.length, LIVE_LIMITS.seriesMax);
    live.sub(4, 'query', QUERY);
    assert.match(await live.error(4), /201 series on one connection: seriesMax is 200/);
  });
  await t.test('messages', async () => {
    const live = await client(t, vedette);
    assert.equal(await floodedUntilClosed(live, () => live.say({ op: 'ping' })), 4429);
    const pinger = await client(t, vedette);
    assert.equal(await floodedUntilClosed(pinger, () => pinger.socket.ping('x')), 4429);
  });
  await t.test('the size of a message', async () => {
    const live = await client(t, vedette);
    const padded = (length: number): string => `{"op":"ping"}${' '.repeat(length - 13)}`;
    live.say(padded(LIVE_LIMITS.messageBytesMax));
    await until('the pong', () => live.messages.find(({ op }) => op === 'pong'));
    live.say(padded(LIVE_LIMITS.messageBytesMax + 1));
    assert.equal((await live.closedWith())[0], 1009);
  });
  await t.test('connections', async () => {
    // Of the tests above two are open; those that were closed are let go a moment after they know it.
    const countIs = async (count: number): Promise<void> =>
      void (await until(`${count} connections`, async () =>
        (await metricOf(vedette, 'vedette_live_connections')) === count ? true : undefined,
      ));
    await countIs(2);
    const many = await Promise.all(Array.from({ length: 98 }, () => client(t, vedette)));
    for (const live of many) live.sub(1, 'query', QUERY);
    await Promise.all(many.map((live) => live.frame(1, 2)));
    const refused = new LiveClient(t, vedette);
    const [, response] = (await once(refused.socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number },
    ];
    assert.equal(response.statusCode, 503);
    many[0]?.socket.close();
    await many[0]?.closedWith();
    await countIs(99);
    await client(t, vedette);
  });
});

/** Says it more often than is allowed, again where a slow machine has spread it over seconds; the code of the end. */
async function floodedUntilClosed(live: LiveClient, say: () => void): Promise<number> {
  return await until('the flood to be ended', () => {
    if (live.closed !== undefined) return live.closed[0];
    for (let i = 0; i < 400 && live.socket.readyState === WebSocket.OPEN; i++) say();
    return undefined;
  });
}

test('who may not, or does not speak the protocol, is refused or closed', async (t) => {
  const vedette = await start(t);
  const statusOf = async (headers: Record<string, string>): Promise<number> => {
    const { socket } = new LiveClient(t, vedette, headers);
    return await new Promise((resolve) => {
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    });
  };
  const { host } = new URL(vedette.url);
  await t.test('an Origin that is not ours, or none', async () => {
    assert.equal(await statusOf({ origin: vedette.url }), 101);
    for (const origin of [
      'http://evil.example',
      'null',
      'http://127.0.0.1:1',
      `${vedette.url}.evil.example`,
      'file://',
    ])
      assert.equal(await statusOf({ origin }), 403, origin);
    assert.equal(await statusOf({}), 403, 'none');
    assert.equal(
      await statusOf({ authorization: 'Bearer made-up-token-xyz' }),
      403,
      'none, and a made-up token',
    );
    assert.equal(
      await statusOf({ origin: 'http://evil.example', host: 'evil.example' }),
      403,
      'DNS rebinding',
    );
    assert.equal(await statusOf({ origin: vedette.url, 'x-forwarded-for': '8.8.8.8' }), 403, 'a proxy');
    assert.equal(await statusOf({ origin: `http://localhost`, host: 'localhost' }), 101);
    assert.equal(await statusOf({ origin: `http://${host}`, host }), 101);
  });
  await t.test('frames that are no messages', async () => {
    const check = async (want: number, frame: string | Buffer): Promise<void> => {
      const live = await client(t, vedette);
      live.socket.send(frame);
      assert.equal((await live.closedWith())[0], want, frame.toString().slice(0, 60));
    };
    for (const garbage of [
      '',
      '{',
      'null',
      '[]',
      '7',
      '{"op":"sub"}',
      '{"op":"nope"}',
      `${'['.repeat(10_000)}`,
    ])
      await check(4400, garbage);
    await check(4400, Buffer.from('{"op":"ping"}'));
    const live = await client(t, vedette);
    for (const [id, message] of [
      { op: 'sub', topic: 'nope', params: {} },
      { op: 'sub', topic: 'query', params: { ...QUERY, step: 1 } },
      { op: 'sub', topic: 'query', params: { ...QUERY, exprs: [] } },
      { op: 'sub', topic: 'query', params: { ...QUERY, start: 'now', end: 'now-1h' } },
      { op: 'upd', params: QUERY },
    ].entries()) {
      live.say({ ...message, id });
      assert.match(await live.error(id), /^VED_LIVE_INVALID: cannot/, JSON.stringify(message));
    }
    assert.equal(live.closed, undefined);
  });
  await t.test('bytes that are no frames', async () => {
    const socket = await rawUpgrade(t, vedette);
    socket.write(Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]));
    await until('the socket to close', () => (socket.destroyed ? true : undefined));
  });
  assert.equal((await vedette.get('/-/ready')).status, 200);
});

/** A connection whose bytes the test reads and writes itself; it never answers pings or closing frames. */
async function rawUpgrade(t: TestContext, { url }: VedetteProcess): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connectSocket(Number(port), hostname);
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.write(
    `GET ${LIVE_PATH} HTTP/1.1\r\nhost: ${host}\r\norigin: ${url}\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
      `sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: ${LIVE_PROTOCOL}\r\n\r\n`,
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  assert.match(head.toString('latin1'), /^HTTP\/1\.1 101 /);
  return socket;
}

/** A masked text frame; the mask is zero. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = 0x81;
  head[1] = 0x80 | 126;
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

test('a reader that stops is dropped, and costs the server no memory meanwhile', async (t) => {
  const service = await startService(t, () => ({
    body: Array.from({ length: 200 }, (_, i) => `wide{name="${'x'.repeat(1000)}",i="${i}"} 1\n`).join(''),
  }));
  const vedette = await start(
    t,
    `scrape_configs: [ { job_name: wide, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [ { targets: ["127.0.0.1:${service.port}"] } ] } ]`,
  );
  const end = await until('the series', async () => {
    const seconds = Math.floor(Date.now() / 1000);
    const { data } = await vedette.json<{ data: { result: unknown[] } }>(
      `/api/v1/query?query=wide&time=${seconds}`,
    );
    return data.result.length === 200 ? seconds * 1000 : undefined;
  });
  const reader = await client(t, vedette);
  reader.sub(1, 'status');
  const before = rssBytes(vedette);
  const socket = await rawUpgrade(t, vedette);
  socket.pause();
  // A window that stands still has no deltas, on which a slow reader would be noticed: snaps alone must do.
  const params = { ...QUERY, exprs: ['wide'], start: end - 30 * 60_000, end };
  socket.write(textFrame(JSON.stringify({ op: 'sub', id: 1, topic: 'query', params })));
  // Each update asks for a new snap of some 2 MB that nobody reads.
  let polls = 0;
  await until('the server to drop the reader', async () => {
    // Some eight a second: within the limit of messages, and each snap is made before the next is asked for.
    if (!socket.destroyed && polls++ % 4 === 0)
      socket.write(textFrame(JSON.stringify({ op: 'upd', id: 1, params })));
    return (await metricOf(vedette, 'vedette_live_closes_total')) > 0 || undefined;
  });
  assert.match(await (await vedette.get('/metrics')).text(), /vedette_live_closes_total\{code="4408"\} 1/);
  // What was queued for a client that reads nothing: the limit of the buffer, and the frame that passed it.
  const queuedChars = await metricOf(vedette, 'vedette_live_frame_characters_total');
  assert.ok(queuedChars > 2e6 && queuedChars < 16 * 1024 * 1024, `${queuedChars} characters queued`);
  // The buffer holds 8 MB at most. Most of what the process grew by is snaps that were made and thrown away; V8
  // gives that back when it sees fit, and was seen to keep 215 MiB.
  const grownBytes = rssBytes(vedette) - before;
  assert.ok(
    grownBytes < 400 * 1024 * 1024,
    `${Math.round(grownBytes / 1024 / 1024)} MiB more after ${polls / 4} updates`,
  );
  const seen = reader.frames(1).length;
  await reader.frame(1, seen + 1);
});

test('a server that stops says bye, and does not wait for those who do not answer', async (t) => {
  const vedette = await start(t);
  const clients = await Promise.all(Array.from({ length: 5 }, () => client(t, vedette)));
  for (const live of clients) live.sub(1, 'status');
  await Promise.all(clients.map((live) => live.frame(1)));
  await rawUpgrade(t, vedette);
  vedette.kill('SIGTERM');
  for (const live of clients) {
    assert.equal((await live.closedWith())[0], 1001);
    const bye = live.messages.at(-1);
    assert.ok(bye?.op === 'bye' && bye.retryAfter >= 1000 && bye.retryAfter <= 3000, JSON.stringify(bye));
  }
  assert.deepEqual(await vedette.exited(), { code: 0, signal: null });
});

test('with a token a socket needs the session or the token, and a page still its Origin', async (t) => {
  const token = 'correct-horse-battery-staple';
  const file = path.join(temporaryDirectory(t), 'token');
  writeFileSync(file, token);
  const vedette = await start(t, `server: { token_file: ${JSON.stringify(file)} }`);
  const signedIn = await vedette.get('/api/vedette/session', {
    method: 'POST',
    body: JSON.stringify({ token }),
  });
  const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  const check = async (want: number, headers: Record<string, string>): Promise<void> => {
    const { socket } = new LiveClient(t, vedette, headers);
    const status = await new Promise((resolve) => {
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    });
    assert.equal(status, want, JSON.stringify(headers));
  };
  await check(401, { origin: vedette.url });
  await check(101, { origin: vedette.url, cookie });
  await check(403, { origin: 'http://evil.example', cookie });
  await check(403, { cookie });
  await check(101, { authorization: `Bearer ${token}` });
  await check(401, { authorization: 'Bearer wrong-wrong-wrong' });
  await check(403, { authorization: `Bearer ${token}`, origin: 'http://evil.example' });
});
