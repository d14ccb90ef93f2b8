import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import type { SdkClock } from '../system/system.ts';
import { SeededRandom } from '../system/seeded-random-fixture.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { createGuard } from './create-guard.ts';
import { decision, digest, hello, snapshot } from './guard-fixture.ts';
import { Arrivals, batchOf, eventOf, HttpServerFixture } from './http-server-fixture.ts';
import { createHttpTransport, type HttpTransportOptions } from './http-transport.ts';
import { BatchRefusedError, type GuardTransport } from './transport.ts';
import type { FeedMessage } from './wire.ts';

/** The decisions of the fixture hold around this moment. */
const START_MS = 1_700_000_000_000;

const never = new AbortController().signal;

function transportTo(server: HttpServerFixture, options: Partial<HttpTransportOptions> = {}) {
  const clock = manualClock(START_MS);
  const deps = { clock, random: new SeededRandom(1) };
  return { clock, transport: createHttpTransport({ url: server.url, ...options }, deps) };
}

/** Follows with a listener that says yes until told otherwise. */
function followerOf(transport: GuardTransport) {
  const messages = new Arrivals<FeedMessage>();
  const losses = new Arrivals<string>();
  const answers: boolean[] = [];
  const handle = transport.follow({
    take: (message) => {
      messages.add(message);
      return answers.shift() ?? true;
    },
    lost: (error) => losses.add(error instanceof Error ? error.message : String(error)),
  });
  return { messages, losses, answers, handle };
}

/** However it came about. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.closed ? resolve() : void socket.on('close', () => resolve())));
}

test('a batch is posted as JSON with the token, over one kept connection', async () => {
  await using server = await HttpServerFixture.start();
  const { transport } = transportTo(server, { token: 's3cret', url: `${server.url}/watch` });
  const ports = new Set<number | undefined>();
  for (const seq of [1, 2]) {
    const sent = transport.send?.(batchOf(seq), never);
    const { request, response, body } = await server.exchanges.next();
    assert.equal(`${request.method} ${request.url}`, 'POST /watch/guard/actions');
    assert.equal(request.headers.authorization, 'Bearer s3cret');
    assert.equal(request.headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(body), batchOf(seq));
    ports.add(request.socket.remotePort);
    response.writeHead(204).end();
    await sent;
  }
  assert.equal(ports.size, 1);
});

const statuses: readonly [number, boolean][] = [
  [400, true],
  [413, true],
  [422, true],
  [301, false],
  [401, false],
  [404, false],
  [429, false],
  [500, false],
  [503, false],
];

for (const [status, isFinal] of statuses)
  test(`a batch answered with ${status} is ${isFinal ? 'given up' : 'to be sent again'}`, async () => {
    await using server = await HttpServerFixture.start();
    const { transport } = transportTo(server);
    const sent = assert.rejects(
      async () => transport.send?.(batchOf(1), never),
      (error) => {
        assert.ok(error instanceof Error);
        assert.equal(error instanceof BatchRefusedError, isFinal);
        assert.match(error.message, new RegExp(`answers ${status}: because`));
        return true;
      },
    );
    const { response } = await server.exchanges.next();
    response.writeHead(status).end('because');
    await sent;
  });

test('a sending that is aborted ends, also while the server says nothing', async () => {
  await using server = await HttpServerFixture.start();
  const { transport } = transportTo(server);
  const abort = new AbortController();
  const sent = assert.rejects(async () => transport.send?.(batchOf(1), abort.signal), /cannot send actions/);
  await server.exchanges.next();
  abort.abort();
  await sent;
});

test('an answer that breaks off is a failure to be repeated', async () => {
  await using server = await HttpServerFixture.start();
  const { transport } = transportTo(server);
  const sent = assert.rejects(async () => transport.send?.(batchOf(1), never), /cannot send actions/);
  const { response } = await server.exchanges.next();
  response.writeHead(200, { 'content-length': 10 });
  response.write('half');
  response.socket?.destroy();
  await sent;
});

test('a kept connection that the server has closed costs no pause: the batch goes out again at once', async () => {
  await using server = await HttpServerFixture.start();
  const { transport } = transportTo(server);
  const first = transport.send?.(batchOf(1), never);
  (await server.exchanges.next()).response.end();
  await first;
  const second = transport.send?.(batchOf(2), never);
  (await server.exchanges.next()).response.socket?.resetAndDestroy();
  const { response, body } = await server.exchanges.next();
  assert.deepEqual(JSON.parse(body), batchOf(2));
  response.end();
  await second;
});

test('over TLS it trusts the certificates it is given, and no others', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'guard-tls-'));
  try {
    const [keyFile, certFile] = [path.join(folder, 'key'), path.join(folder, 'cert')];
    const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const name = ['-subj', '/CN=guard', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    execFileSync('openssl', [...kind, ...name, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
    const cert = readFileSync(certFile);
    await using server = await HttpServerFixture.start({ key: readFileSync(keyFile), cert });
    await assert.rejects(
      async () => transportTo(server).transport.send?.(batchOf(1), never),
      /cannot send actions: self-signed certificate/,
    );
    const { transport } = transportTo(server, { ca: cert });
    const sent = transport.send?.(batchOf(1), never);
    (await server.exchanges.next()).response.end();
    await sent;
    const { messages, handle } = followerOf(transport);
    (await server.feed()).response.write(eventOf(hello('e', 1)));
    assert.equal((await messages.next()).type, 'hello');
    handle.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a token file is read again after ten seconds, and not before', async () => {
  await using server = await HttpServerFixture.start();
  const folder = mkdtempSync(path.join(tmpdir(), 'guard-token-'));
  const tokenFile = path.join(folder, 'token');
  const { transport, clock } = transportTo(server, { tokenFile });
  const sendAndSeeToken = async () => {
    const sent = transport.send?.(batchOf(1), never);
    const { request, response } = await server.exchanges.next();
    response.end();
    await sent;
    return request.headers.authorization;
  };
  try {
    await assert.rejects(async () => transport.send?.(batchOf(1), never), /ENOENT/);
    writeFileSync(tokenFile, 'one\n');
    assert.equal(await sendAndSeeToken(), 'Bearer one');
    writeFileSync(tokenFile, 'two\n');
    assert.equal(await sendAndSeeToken(), 'Bearer one');
    await clock.advance(10_000);
    assert.equal(await sendAndSeeToken(), 'Bearer two');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('addresses and tokens that cannot be are refused, and no secret is repeated', () => {
  const check = (options: HttpTransportOptions, want: RegExp) =>
    assert.throws(() => createHttpTransport(options), want);
  check({ url: 'localhost:8080' }, /want http:\/\/… or https:\/\//);
  check({ url: '' }, /want http/);
  check({ url: 'ftp://me:hunter2@host' }, /^Error: cannot use the address "ftp:\/\/…@host" of[^2]*$/);
  check(
    { url: 'http://me:hunter2@host' },
    /^Error: cannot use an address with a password for the guard's server/,
  );
  check({ url: 'http://h', token: 'hunter2\r\nx: y' }, /^Error: cannot use the token[^2]*$/);
  check({ url: 'http://h', token: 'a', tokenFile: 'b' }, /both "token" and "tokenFile"/);
});

test('the feed is read in order, and taken up where it broke off', async () => {
  await using server = await HttpServerFixture.start();
  const { transport, clock } = transportTo(server, { token: 't' });
  const { messages, losses, handle } = followerOf(transport);
  const first = await server.feed();
  assert.equal(first.request.headers['last-event-id'], undefined);
  assert.equal(first.request.headers.accept, 'text/event-stream');
  assert.equal(first.request.headers.authorization, 'Bearer t');
  const script: [FeedMessage, string][] = [
    [hello('e', 3), 'e:3'],
    [snapshot('e', 3, [decision('eve')]), 'e:3'],
    [{ type: 'delta', seq: 4, put: [], drop: [{ scope: 'user', subject: 'eve' }] }, 'e:4'],
    [digest(4, []), ''],
  ];
  for (const [message, id] of script) first.response.write(eventOf(message, id));
  for (const [message] of script) assert.deepEqual(await messages.next(), message);
  first.response.end();
  assert.match(await losses.next(), /ended the feed/);
  await clock.advance(250);
  const second = await server.feed();
  assert.equal(second.request.headers['last-event-id'], 'e:4');
  handle.close();
  await closeOf(second.request.socket);
  assert.equal(clock.timerCount, 0);
});

test('a snapshot that broke off between two pieces is asked for again, from its beginning', async () => {
  await using server = await HttpServerFixture.start();
  const { transport, clock } = transportTo(server);
  const { messages, losses, handle } = followerOf(transport);
  const first = await server.feed();
  const piece = { ...snapshot('e', 3, []), isLast: false } as FeedMessage;
  first.response.write(eventOf(hello('e', 3), 'e:3') + eventOf(piece, 'e:3'));
  await messages.next();
  await messages.next();
  first.response.socket?.destroy();
  await losses.next();
  await clock.advance(250);
  const second = await server.feed();
  assert.equal(second.request.headers['last-event-id'], undefined);
  handle.close();
});

test('after a message that does not fit the server is asked for everything', async () => {
  await using server = await HttpServerFixture.start();
  const { transport, clock } = transportTo(server);
  const { messages, losses, answers, handle } = followerOf(transport);
  const first = await server.feed();
  answers.push(true, true, false);
  const delta: FeedMessage = { type: 'delta', seq: 9, put: [], drop: [] };
  for (const message of [hello('e', 3), snapshot('e', 3, []), delta, delta])
    first.response.write(eventOf(message, 'e:3'));
  assert.match(await losses.next(), /begins again with a snapshot/);
  await clock.advance(250);
  assert.equal((await server.feed()).request.headers['last-event-id'], undefined);
  const types: string[] = [];
  for (let i = 0; i < 3; i++) types.push((await messages.next()).type);
  assert.deepEqual(types, ['hello', 'snapshot', 'delta'], 'nothing of a connection that is over');
  handle.close();
});

const broken: readonly [string, string, RegExp][] = [
  ['no JSON', 'data: {"type":\n\n', /no JSON/],
  [
    'a field of another type',
    'data: {"type":"delta","seq":"1","put":[],"drop":[]}\n\n',
    /seq: want a number; got "1"/,
  ],
  ['a line without end', `data: ${'x'.repeat(2_100_000)}`, /EVENT_CHARS_MAX/],
];

for (const [what, text, want] of broken)
  test(`a feed with ${what} is left, and followed anew`, async () => {
    await using server = await HttpServerFixture.start();
    const { transport, clock } = transportTo(server);
    const { losses, handle } = followerOf(transport);
    const first = await server.feed();
    first.response.write(text);
    assert.match(await losses.next(), want);
    await clock.advance(250);
    await server.feed();
    handle.close();
  });

test('messages of a type that only newer servers know are passed over', async () => {
  await using server = await HttpServerFixture.start();
  const { transport } = transportTo(server);
  const { messages, handle } = followerOf(transport);
  const { response } = await server.feed();
  response.write(`data: {"type":"weather"}\n\n${eventOf(digest(1, []))}`);
  assert.equal((await messages.next()).type, 'digest');
  handle.close();
});

test('answers that are no feed are told with what came instead', async () => {
  await using server = await HttpServerFixture.start();
  const { transport, clock } = transportTo(server);
  const { losses, handle } = followerOf(transport);
  (await server.exchanges.next()).response.writeHead(401).end('who?');
  assert.match(await losses.next(), /want 200 and text\/event-stream; got 401/);
  await clock.advance(500);
  (await server.exchanges.next()).response.writeHead(200, { 'content-type': 'text/html' }).end('login');
  assert.match(await losses.next(), /got 200 text\/html/);
  handle.close();
});

test('a line that is cut without a word is noticed after two and a half signs of life', async () => {
  await using server = await HttpServerFixture.start();
  const { transport, clock } = transportTo(server);
  const { messages, losses, handle } = followerOf(transport);
  const { response } = await server.feed();
  response.write(eventOf(hello('e', 1)));
  await messages.next();
  await clock.advance(37_000);
  response.write(eventOf(digest(1, [])));
  await messages.next();
  await clock.advance(37_499);
  const loss = losses.next();
  assert.equal(await Promise.race([loss, Promise.resolve('still there')]), 'still there');
  await clock.advance(1);
  assert.match(await loss, /silent for 37.5 s/);
  handle.close();
});

test('pauses between connections grow until both sides agree on a digest', async () => {
  await using server = await HttpServerFixture.start();
  const clock = manualClock(START_MS);
  const delays: number[] = [];
  const watched: SdkClock = {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    setTimer: (delayMs, task) => {
      delays.push(delayMs);
      return clock.setTimer(delayMs, task);
    },
  };
  const transport = createHttpTransport({ url: server.url }, { clock: watched, random: new SeededRandom(1) });
  const { messages, losses, handle } = followerOf(transport);
  /** The pause that follows a connection which brought just this. */
  const pauseAfter = async (message: FeedMessage): Promise<number> => {
    const { response } = await server.feed();
    response.write(eventOf(message));
    await messages.next();
    response.end();
    await losses.next();
    const pauseMs = delays.at(-1) ?? 0;
    await clock.advance(pauseMs);
    return pauseMs;
  };
  for (const fullMs of [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]) {
    const pauseMs = await pauseAfter(snapshot('e', 1, []));
    assert.ok(pauseMs >= fullMs / 2 && pauseMs <= fullMs, `got ${pauseMs}, want half to all of ${fullMs}`);
  }
  const afterDigestMs = await pauseAfter(digest(1, []));
  assert.ok(afterDigestMs <= 250, `${afterDigestMs}`);
  handle.close();
});

test('a guard over HTTP refuses who is banned, and lets go of everything when closed', async () => {
  await using server = await HttpServerFixture.start();
  const clock = manualClock(START_MS);
  const random = new SeededRandom(1);
  const guard = createGuard({ server: { url: server.url }, ids: { mode: 'plain' }, clock, random });
  const ready = guard.ready(5000);
  const { request, response } = await server.feed();
  // Half an event, and half a character.
  const bytes = Buffer.from(eventOf(hello('e', 1)) + eventOf(snapshot('e', 1, [decision('émile')])));
  const half = bytes.indexOf('mile') - 1;
  response.write(bytes.subarray(0, half));
  response.write(bytes.subarray(half));
  assert.equal(await ready, true);
  assert.equal(guard.attempt({ subject: 'e\u0301mile', action: 'a' }).kind, 'refuse');
  const closed = guard.close();
  const post = await server.exchanges.next();
  assert.equal(JSON.parse(post.body).rows[0][1], 'émile');
  post.response.end();
  await closed;
  await closeOf(request.socket);
  assert.equal(clock.timerCount, 0);
});
