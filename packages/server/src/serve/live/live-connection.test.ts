import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIVE_LIMITS, type LiveServerMessage } from '@vedette/api';
import { SeededRandom, type Slicer } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { createTestClock, FakePromQuery } from '../test-server.ts';
import { CLOSE_MS_MAX, type LiveSocket } from './live-connection.ts';
import { LiveHub } from './live-hub.ts';
import { createLiveMetrics } from './live-metrics.ts';
import { QueryFeed } from './query-feed.ts';
import { ValueFeed } from './value-feed.ts';

const NO_SLICER: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
const PARAMS = { exprs: ['x'], start: 'now-5s', end: 'now', step: 1000 };

class FakeSocket implements LiveSocket {
  bufferedBytes = 0;
  readonly sent: LiveServerMessage[] = [];
  readonly onWritten: (() => void)[] = [];
  pings = 0;
  pongs = 0;
  closed: [code: number, reason: string] | 'terminated' | undefined;

  send(text: string, onWritten: () => void): void {
    this.sent.push(JSON.parse(text) as LiveServerMessage);
    this.onWritten.push(onWritten);
  }

  ping(): void {
    this.pings++;
  }

  pong(): void {
    this.pongs++;
  }

  close(code: number, reason: string): void {
    this.closed = [code, reason];
  }

  terminate(): void {
    this.closed = 'terminated';
  }
}

function createHub() {
  const clock = createTestClock();
  const random = new SeededRandom(1);
  const query = new FakePromQuery();
  query.answers.set('x', () => [{ labels: { __name__: 'x' }, valueAt: () => 1 }]);
  const registry = createMetricsRegistry();
  const metrics = createLiveMetrics(registry);
  const alerts: string[] = [];
  let readAlerts = (): string[] => alerts;
  let verdict: 'viewer' | 'operator' | 'admin' | 'signed-out' | 'forbidden' = 'viewer';
  const hub = new LiveHub(
    { clock, random, log: SILENT_LOG, metrics },
    {
      connectionsMax: 2,
      createFeed: ({ params }) =>
        params === undefined
          ? new ValueFeed({ clock, log: SILENT_LOG }, () => readAlerts())
          : new QueryFeed(
              { clock, random, log: SILENT_LOG, query, createSlicer: () => NO_SLICER, metrics },
              params,
            ),
    },
  );
  const connect = () => {
    const socket = new FakeSocket();
    const connection = hub.connect(socket, () => verdict);
    const say = async (message: unknown): Promise<void> => {
      connection.receive(typeof message === 'string' ? message : JSON.stringify(message));
      await clock.advance(0);
    };
    const sub = (id: number, params: object = PARAMS, rest: object = {}): Promise<void> =>
      say({ op: 'sub', id, topic: 'query', params, ...rest });
    const opsOf = (id: number): string[] =>
      socket.sent.filter((message) => 'id' in message && message.id === id).map(({ op }) => op);
    /** Acknowledges everything sent so far. */
    const ackAll = async (): Promise<void> => {
      for (const message of socket.sent.slice())
        if (message.op === 'snap' || message.op === 'delta')
          await say({ op: 'ack', id: message.id, seq: message.seq });
    };
    return { socket, connection, say, sub, opsOf, ackAll };
  };
  return {
    clock,
    hub,
    query,
    registry,
    alerts,
    connect,
    setVerdict: (next: typeof verdict) => (verdict = next),
    setAlertReader: (next: typeof readAlerts) => (readAlerts = next),
  };
}

const valueOf = (registry: ReturnType<typeof createMetricsRegistry>, name: string): number =>
  registry
    .collect()
    .find((family) => family.name === name)
    ?.samples.reduce((sum, { value }) => sum + value, 0) ?? NaN;

test('a subscription gets a snap, then deltas', async () => {
  const { clock, connect } = createHub();
  const { sub, opsOf } = connect();
  await sub(1);
  assert.deepEqual(opsOf(1), ['snap']);
  await clock.advance(2300);
  assert.deepEqual(opsOf(1), ['snap', 'delta', 'delta']);
});

test('equal subscriptions of all clients are computed once', async () => {
  const { clock, query, connect, registry } = createHub();
  const a = connect();
  const b = connect();
  await a.sub(1);
  await b.sub(7);
  await a.sub(2, { ...PARAMS, paused: false });
  assert.equal(query.ranges.length, 1);
  await clock.advance(3300);
  assert.equal(query.ranges.length, 4);
  assert.deepEqual(a.opsOf(2), b.opsOf(7));
  assert.equal(valueOf(registry, 'vedette_live_feeds'), 1);
  assert.equal(valueOf(registry, 'vedette_live_subscriptions'), 3);
});

test('a paused subscription is silent and costs nothing; shown again it gets a snap', async () => {
  const { clock, query, connect } = createHub();
  const { connection, sub, say, opsOf } = connect();
  await sub(1);
  await say({ op: 'upd', id: 1, params: { ...PARAMS, paused: true } });
  await clock.advance(40_000);
  connection.heard();
  await clock.advance(25_000);
  const computed = query.ranges.length;
  await clock.advance(10_000);
  assert.equal(query.ranges.length, computed, 'the feed is given up after the time to resume');
  assert.deepEqual(opsOf(1), ['snap']);
  await say({ op: 'upd', id: 1, params: PARAMS });
  assert.deepEqual(opsOf(1), ['snap', 'snap']);
});

test('a subscription may begin paused', async () => {
  const { query, connect } = createHub();
  const { sub, opsOf } = connect();
  await sub(1, { ...PARAMS, paused: true });
  assert.deepEqual(opsOf(1), []);
  assert.equal(query.ranges.length, 0);
});

test('new parameters are answered with a new snap of other data', async () => {
  const { query, connect } = createHub();
  const { socket, sub, say } = connect();
  query.answers.set('y', () => [{ labels: { __name__: 'y' }, valueAt: () => 2 }]);
  await sub(1);
  await say({ op: 'upd', id: 1, params: { ...PARAMS, exprs: ['y'] } });
  const last = socket.sent.at(-1);
  assert.equal(last?.op, 'snap');
  assert.match(JSON.stringify(last), /"__name__":"y"/);
});

test('nothing comes after unsub', async () => {
  const { clock, connect } = createHub();
  const { sub, say, opsOf } = connect();
  await sub(1);
  await say({ op: 'unsub', id: 1 });
  await clock.advance(5000);
  assert.deepEqual(opsOf(1), ['snap']);
  await sub(1);
  assert.deepEqual(opsOf(1), ['snap', 'snap'], 'the id is free again');
});

test('who comes back soon goes on where it was', async () => {
  const { clock, hub, query, connect } = createHub();
  const first = connect();
  await first.sub(1);
  await clock.advance(2300);
  const seen = first.socket.sent.at(-1);
  hub.disconnect(first.connection);
  await clock.advance(3000);
  const second = connect();
  await second.sub(5, PARAMS, { since: seen?.op === 'delta' ? seen.seq : -1 });
  assert.deepEqual(second.opsOf(5), ['delta', 'delta', 'delta']);
  const wholeWindows = query.ranges.filter(({ startMs, endMs }) => endMs - startMs === 5000);
  assert.equal(wholeWindows.length, 1);
});

test('who comes back late, or with a number of another life, gets a snap', async () => {
  const { clock, hub, connect } = createHub();
  const first = connect();
  await first.sub(1);
  hub.disconnect(first.connection);
  await clock.advance(61_000);
  const second = connect();
  await second.sub(1, PARAMS, { since: 1 });
  assert.deepEqual(second.opsOf(1), ['snap']);
});

test('topics of values send the whole when it has changed, and only then', async () => {
  const { clock, alerts, connect } = createHub();
  const { socket, say, opsOf } = connect();
  await say({ op: 'sub', id: 3, topic: 'alerts', params: {} });
  await clock.advance(5000);
  assert.deepEqual(opsOf(3), ['snap']);
  alerts.push('DiskFull');
  await clock.advance(1000);
  assert.deepEqual(opsOf(3), ['snap', 'delta']);
  assert.deepEqual((socket.sent.at(-1) as { data: unknown }).data, ['DiskFull']);
});

test('a slow reader gets no backlog but a fresh snap once it has caught up', async () => {
  const { clock, connect, registry } = createHub();
  const { socket, sub, opsOf, ackAll } = connect();
  await sub(1);
  socket.bufferedBytes = LIVE_LIMITS.bufferedBytesPause + 1;
  await clock.advance(3300);
  assert.deepEqual(opsOf(1), ['snap']);
  assert.equal(
    valueOf(registry, 'vedette_live_frames_skipped_total'),
    1,
    'behind after the first; not asked again',
  );
  socket.bufferedBytes = 0;
  for (const onWritten of socket.onWritten.splice(0)) onWritten();
  await clock.advance(0);
  assert.deepEqual(opsOf(1), ['snap', 'drop', 'snap']);
  const drop = socket.sent.find(({ op }) => op === 'drop') as LiveServerMessage & { op: 'drop' };
  assert.equal(drop.n, 3);
  assert.match(drop.why, /bufferedBytesPause/);
  await ackAll();
  await clock.advance(1000);
  assert.deepEqual(opsOf(1), ['snap', 'drop', 'snap', 'delta']);
});

test('a socket that fills up beyond its limit is closed', async () => {
  const { clock, connect } = createHub();
  const { socket, sub } = connect();
  await sub(1);
  socket.bufferedBytes = LIVE_LIMITS.bufferedBytesClose;
  await clock.advance(1300);
  assert.equal(socket.closed, undefined);
  const other = connect();
  await other.sub(1);
  other.socket.bufferedBytes = LIVE_LIMITS.bufferedBytesClose + 1;
  await clock.advance(1000);
  assert.deepEqual(other.socket.closed?.[0], 4408);
});

test('a client that asks and never reads is closed, whatever it asks', async () => {
  const { connect } = createHub();
  const check = async (ask: (client: ReturnType<typeof connect>) => Promise<void> | void): Promise<void> => {
    const client = connect();
    client.socket.bufferedBytes = LIVE_LIMITS.bufferedBytesClose + 1;
    await ask(client);
    assert.equal(Array.isArray(client.socket.closed) ? client.socket.closed[0] : undefined, 4408);
    assert.deepEqual([client.socket.sent, client.socket.pongs], [[], 0]);
  };
  await check(({ say }) => say({ op: 'ping' }));
  await check(({ connection }) => connection.pinged(new Uint8Array(125)));
  const other = createHub();
  const client = other.connect();
  await client.sub(1);
  client.socket.bufferedBytes = LIVE_LIMITS.bufferedBytesClose + 1;
  await client.say({ op: 'upd', id: 1, params: { ...PARAMS, step: 2000 } });
  assert.deepEqual(client.opsOf(1), ['snap'], 'a new snap for each update would fill the memory');
  assert.ok(Array.isArray(client.socket.closed));
});

test('pings are answered and count as messages', async () => {
  const { clock, connect } = createHub();
  const { socket, connection } = connect();
  const ping = (): void => connection.pinged(new Uint8Array(1));
  for (let i = 0; i < LIVE_LIMITS.subscriptionsMax * 2; i++) ping();
  assert.equal(socket.pongs, LIVE_LIMITS.subscriptionsMax * 2);
  assert.equal(socket.closed, undefined);
  await clock.advance(1000);
  for (let i = 0; i < LIVE_LIMITS.messagesPerSecondMax; i++) ping();
  assert.equal(socket.closed, undefined);
  ping();
  assert.match(String(socket.closed), /^4429,too many messages/);
});

test('frames that are not acknowledged for 30 s close the socket, acknowledged ones do not', async () => {
  const { clock, connect } = createHub();
  const silent = connect();
  const good = connect();
  await silent.sub(1);
  await good.sub(1);
  for (let second = 0; second < 30; second += 5) {
    assert.equal(silent.socket.closed, undefined, `at ${second} s`);
    await clock.advance(5000);
    await good.ackAll();
    silent.connection.heard();
  }
  assert.deepEqual(silent.socket.closed?.[0], 4408);
  assert.equal(good.socket.closed, undefined);
});

test('a dead peer is pinged every 20 s and given up after 45', async () => {
  const { clock, connect } = createHub();
  const { socket } = connect();
  await clock.advance(40_000);
  assert.equal(socket.pings, 2);
  assert.equal(socket.closed, undefined);
  await clock.advance(5000);
  assert.equal(socket.closed, 'terminated');
});

test('a closed socket that does not go is cut off', async () => {
  const { clock, connect } = createHub();
  const { socket, say } = connect();
  await say('{');
  assert.deepEqual(socket.closed?.[0], 4400);
  await clock.advance(CLOSE_MS_MAX - 5000);
  assert.deepEqual(socket.closed?.[0], 4400);
  await clock.advance(10_000);
  assert.equal(socket.closed, 'terminated');
});

test('a session that ends closes its sockets within a minute', async () => {
  const check = async (verdict: 'signed-out' | 'forbidden', code: number): Promise<void> => {
    const { clock, connect, setVerdict } = createHub();
    const { socket, say } = connect();
    setVerdict(verdict);
    for (let i = 0; i < 12; i++) {
      assert.equal(socket.closed, undefined);
      await say({ op: 'ping' });
      await clock.advance(5000);
    }
    assert.equal(socket.closed?.[0], code);
  };
  await check('signed-out', 4401);
  await check('forbidden', 4403);
});

test('when told so, every connection looks at its session at once', () => {
  const { hub, connect, setVerdict } = createHub();
  const { socket } = connect();
  setVerdict('signed-out');
  assert.equal(socket.closed, undefined);
  hub.recheckAll();
  assert.equal(socket.closed?.[0], 4401);
});

test('a role that changes shows its own rows with a fresh snap, and leaves the rest alone', async () => {
  const { hub, connect, setVerdict, clock } = createHub();
  const { say, opsOf } = connect();
  await say({ op: 'sub', id: 1, topic: 'bans', params: {} });
  await say({ op: 'sub', id: 2, topic: 'alerts', params: {} });
  setVerdict('operator');
  hub.recheckAll();
  await clock.advance(0);
  assert.deepEqual(opsOf(1), ['snap', 'snap']);
  assert.deepEqual(opsOf(2), ['snap']);
  hub.recheckAll();
  await clock.advance(0);
  assert.deepEqual(opsOf(1), ['snap', 'snap'], 'nothing has changed since');
});

test('what cannot be read closes, what can be named is answered', async () => {
  const { connect } = createHub();
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"op":"sub"}',
    '{"op":"nonsense","id":-1}',
    '{"op":"ack","id":1.5,"seq":1}',
  ]) {
    const { socket, say } = connect();
    await say(text);
    assert.equal(socket.closed?.[0], 4400, text);
  }
  const { socket, say, sub } = connect();
  await sub(4, { ...PARAMS, step: 10 });
  await say({ op: 'upd', id: 9, params: PARAMS });
  await sub(5, { ...PARAMS, exprs: Array.from({ length: 17 }, () => 'x') });
  await sub(6, { ...PARAMS, start: 'now-7x' });
  assert.equal(socket.closed, undefined);
  assert.deepEqual(
    socket.sent.map((message) => [
      message.op,
      'id' in message && message.id,
      'code' in message && message.code,
    ]),
    [
      ['err', 4, 'VED_LIVE_INVALID'],
      ['err', 9, 'VED_LIVE_INVALID'],
      ['err', 5, 'VED_LIVE_INVALID'],
      ['err', 6, 'VED_LIVE_INVALID'],
    ],
  );
});

test('64 subscriptions are kept, the next is refused with the limit', async () => {
  const { connect } = createHub();
  const { socket, sub } = connect();
  for (let id = 0; id < LIVE_LIMITS.subscriptionsMax; id++) await sub(id, { ...PARAMS, paused: true });
  assert.equal(socket.sent.length, 0);
  await sub(64);
  assert.match(JSON.stringify(socket.sent), /VED_LIVE_LIMIT.*subscriptionsMax is 64/);
  assert.equal(socket.closed, undefined);
});

test('an id is used once at a time', async () => {
  const { connect } = createHub();
  const { socket, sub, opsOf } = connect();
  await sub(1);
  await sub(1);
  assert.deepEqual(opsOf(1), ['snap', 'err']);
  assert.match(JSON.stringify(socket.sent.at(-1)), /id 1 is in use/);
});

test('the series of one connection are counted together', async () => {
  const { query, connect } = createHub();
  const { socket, sub, opsOf } = connect();
  for (const expr of ['a', 'b'])
    query.answers.set(expr, () =>
      Array.from({ length: 101 }, (_, i) => ({ labels: { i: String(i) }, valueAt: () => 1 })),
    );
  await sub(1, { ...PARAMS, exprs: ['a'] });
  await sub(2, { ...PARAMS, exprs: ['b'] });
  assert.deepEqual(opsOf(1), ['snap']);
  assert.deepEqual(opsOf(2), ['err']);
  assert.match(
    JSON.stringify(socket.sent.at(-1)),
    /cannot show 202 series on one connection: seriesMax is 200/,
  );
});

test('more messages than the limit close the socket; awaited acknowledgements do not count', async () => {
  const { clock, connect } = createHub();
  const flood = connect();
  for (let i = 0; i < 129; i++) {
    assert.equal(flood.socket.closed, undefined, `message ${i}`);
    await flood.say({ op: 'ping' });
  }
  assert.equal(flood.socket.closed?.[0], 4429);
  const steady = connect();
  for (let second = 0; second < 30; second++) {
    for (let i = 0; i < 20; i++) await steady.say({ op: 'ping' });
    await clock.advance(1000);
  }
  assert.equal(steady.socket.closed, undefined);
  const acks = connect();
  await acks.sub(1);
  for (let i = 0; i < 200; i++) await acks.say({ op: 'ack', id: 1, seq: 0 });
  assert.equal(acks.socket.closed, undefined, 'the snap is waited for');
  await acks.ackAll();
  for (let i = 0; i < 200; i++) await acks.say({ op: 'ack', id: 1, seq: 0 });
  assert.equal(acks.socket.closed?.[0], 4429, 'nothing is waited for any more');
});

test('the server says bye, spread over some seconds, and leaves no timer behind', async () => {
  const { clock, hub, connect } = createHub();
  const a = connect();
  const b = connect();
  await a.sub(1);
  hub.close();
  hub.close();
  const byes = [a, b].map(({ socket }) => socket.sent.at(-1) as { op: string; retryAfter: number });
  for (const bye of byes) {
    assert.equal(bye.op, 'bye');
    assert.ok(bye.retryAfter >= 1000 && bye.retryAfter <= 3000);
  }
  assert.notEqual(byes[0]?.retryAfter, byes[1]?.retryAfter);
  assert.equal(a.socket.closed?.[0], 1001);
  assert.equal(hub.hasRoom, false);
  assert.equal(clock.pendingTimerCount, 0);
});

test('as many connections as the limit are accepted', () => {
  const { hub, connect } = createHub();
  const { connection } = connect();
  assert.equal(hub.hasRoom, true);
  connect();
  assert.equal(hub.hasRoom, false);
  hub.disconnect(connection);
  assert.equal(hub.hasRoom, true);
});

test('a fault of ours is told without its details and ends nothing else', async () => {
  const { clock, query, alerts, connect, setAlertReader } = createHub();
  const broken = (): never => {
    throw new TypeError('secret detail');
  };
  const { socket, say, sub, opsOf } = connect();
  await say({ op: 'sub', id: 1, topic: 'alerts', params: {} });
  setAlertReader(broken);
  await clock.advance(2000);
  query.answers.set('broken', broken);
  await sub(2, { ...PARAMS, exprs: ['broken', 'x'] });
  assert.deepEqual(opsOf(2), ['snap']);
  await say({ op: 'sub', id: 3, topic: 'status', params: {} });
  assert.deepEqual(opsOf(3), ['err']);
  assert.doesNotMatch(JSON.stringify(socket.sent), /secret/);
  alerts.push('Again');
  setAlertReader(() => alerts);
  await clock.advance(1000);
  assert.deepEqual(opsOf(1), ['snap', 'delta']);
});
