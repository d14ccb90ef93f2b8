import type { LiveClientMessage, LiveServerMessage } from '@vedette/api';
import { SeededRandom, VirtualClock } from '@vedette/model';
import { expect, test } from 'vitest';
import { LiveClient, type LiveState, type RememberedValue, type SocketEvents } from './live-client.ts';
import type { LiveRequest, LiveValueOf } from './live-topic.ts';
import type { LiveTransport } from './transport-ladder.ts';

const QUERY: LiveRequest = {
  topic: 'query',
  params: { exprs: ['up'], start: 'now-15m', end: 'now', step: 2000 },
};
const OTHER: LiveRequest = {
  topic: 'query',
  params: { exprs: ['down'], start: 'now-15m', end: 'now', step: 2000 },
};

class FakeSocket {
  readonly events: SocketEvents;
  readonly sent: LiveClientMessage[] = [];
  isClosed = false;

  constructor(events: SocketEvents) {
    this.events = events;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as LiveClientMessage);
  }

  close(): void {
    this.isClosed = true;
  }

  receive(message: LiveServerMessage): void {
    this.events.onMessage(JSON.stringify(message));
  }

  ops(): string[] {
    return this.sent.map(({ op }) => op);
  }
}

interface Bench {
  readonly clock: VirtualClock;
  readonly client: LiveClient;
  readonly sockets: FakeSocket[];
  readonly frame: () => void;
  readonly newest: () => FakeSocket;
  readonly transports: LiveTransport[];
  /** What the server answers to questions; a rejection without it. */
  answer: LiveValueOf | undefined;
  /** What an earlier visit left. */
  remembered: RememberedValue | undefined;
}

function start(): Bench {
  const clock = new VirtualClock({ startMs: 1_000_000 });
  const sockets: FakeSocket[] = [];
  const transports: LiveTransport[] = [];
  const frames: (() => void)[] = [];
  const client = new LiveClient({
    clock,
    random: new SeededRandom(3),
    openSocket: (protocol, events, transport) => {
      expect(protocol).toBe('vedette.live.v1');
      transports.push(transport);
      const socket = new FakeSocket(events);
      sockets.push(socket);
      return socket;
    },
    requestFrame: (task) => frames.push(task),
    poll: () =>
      bench.answer === undefined ? Promise.reject(new Error('no answer')) : Promise.resolve(bench.answer),
    recall: () => Promise.resolve(bench.remembered),
  });
  const bench: Bench = {
    transports,
    answer: undefined,
    remembered: undefined,
    clock,
    client,
    sockets,
    frame: () => frames.splice(0).forEach((task) => task()),
    newest: () => sockets.at(-1)!,
  };
  return bench;
}

const snapOf = (id: number, seq: number, value: number): LiveServerMessage => ({
  op: 'snap',
  id,
  seq,
  data: { t0: 0, step: 2000, n: 1, series: [{ q: 0, l: {}, v: [value] }] },
});

const deltaOf = (id: number, seq: number, t: number, value: number): LiveServerMessage => ({
  op: 'delta',
  id,
  seq,
  data: { t0: 0, t, k: 1, series: [{ i: 0, v: [value] }] },
});

const valuesOf = (state: LiveState | undefined): unknown =>
  state?.value?.topic === 'query' ? state.value.frame.series[0]?.values : undefined;

test('the first subscription opens the socket and is sent when it is open', () => {
  const { client, sockets, newest } = start();
  client.subscribe(QUERY, () => undefined);
  expect(sockets).toHaveLength(1);
  expect(newest().sent).toEqual([]);
  newest().events.onOpen();
  expect(newest().sent).toEqual([{ op: 'sub', id: 1, ...QUERY }]);
  expect(client.health).toEqual({ kind: 'live', transport: 'socket' });
});

test('a snap and its deltas reach the listener once per frame', () => {
  const { client, newest, frame } = start();
  const heard: unknown[] = [];
  client.subscribe(QUERY, (state) => heard.push(valuesOf(state)));
  newest().events.onOpen();
  newest().receive(snapOf(1, 1, 5));
  newest().receive(deltaOf(1, 2, 2000, 6));
  newest().receive(deltaOf(1, 3, 4000, 7));
  expect(heard).toEqual([]);
  frame();
  expect(heard).toEqual([[5, 6, 7]]);
});

test('equal requests share one subscription, and the second hears what the first already knows', () => {
  const { client, newest, frame } = start();
  const heard: unknown[] = [];
  const first = client.subscribe(QUERY, () => undefined);
  newest().events.onOpen();
  newest().receive(snapOf(1, 1, 5));
  frame();
  const second = client.subscribe({ ...QUERY }, (state) => heard.push(valuesOf(state)));
  frame();
  expect(heard).toEqual([[5]]);
  first.close();
  expect(newest().ops()).toEqual(['sub']);
  second.close();
  second.close();
  expect(newest().ops()).toEqual(['sub', 'unsub']);
});

test('what is known of a request can be asked for at once', () => {
  const { client, newest } = start();
  expect(client.stateOf(QUERY)).toBeUndefined();
  const subscription = client.subscribe(QUERY, () => undefined);
  expect(client.stateOf(QUERY)).toBeUndefined();
  newest().events.onOpen();
  newest().receive(snapOf(1, 1, 5));
  expect(valuesOf(client.stateOf({ ...QUERY }))).toEqual([5]);
  expect(client.stateOf(OTHER)).toBeUndefined();
  subscription.close();
  expect(client.stateOf(QUERY)).toBeUndefined();
});

test('a lost frame is answered by subscribing anew, and later deltas wait for the snap', () => {
  const { client, newest, frame } = start();
  let state: LiveState | undefined;
  client.subscribe(QUERY, (next) => (state = next));
  newest().events.onOpen();
  newest().receive(snapOf(1, 1, 5));
  newest().receive(deltaOf(1, 3, 4000, 7));
  newest().receive(deltaOf(1, 4, 6000, 8));
  expect(newest().ops()).toEqual(['sub', 'unsub', 'sub']);
  newest().receive(snapOf(1, 9, 1));
  newest().receive(deltaOf(1, 10, 2000, 2));
  frame();
  expect(valuesOf(state)).toEqual([1, 2]);
});

test('frames of a subscription that ended, and unknown words, are ignored', () => {
  const { client, newest, frame } = start();
  const heard: unknown[] = [];
  client.subscribe(QUERY, (state) => heard.push(state)).close();
  newest().events.onOpen();
  newest().receive(snapOf(1, 1, 5));
  newest().receive({ op: 'drop', id: 1, n: 3, why: 'slow' });
  newest().receive({ op: 'pong' });
  frame();
  expect(heard).toEqual([]);
});

test('text that is no JSON does not break the client', () => {
  const { client, newest, frame } = start();
  let state: LiveState | undefined;
  client.subscribe(QUERY, (next) => (state = next));
  newest().events.onOpen();
  newest().events.onMessage('{"op":"sn');
  newest().receive(snapOf(1, 1, 5));
  frame();
  expect(valuesOf(state)).toEqual([5]);
});

test('an error keeps the old state beside it', () => {
  const { client, newest, frame } = start();
  let state: LiveState | undefined;
  client.subscribe(QUERY, (next) => (state = next));
  newest().events.onOpen();
  newest().receive(snapOf(1, 1, 5));
  newest().receive({
    op: 'err',
    id: 1,
    code: 'VED_LIVE_LIMIT',
    message: 'cannot show 900 series live',
    position: 3,
  });
  frame();
  expect(state?.error).toMatchObject({ message: 'cannot show 900 series live', position: 3 });
  expect(valuesOf(state)).toEqual([5]);
});

test('a broken connection is tried again, state kept, and everything subscribed anew', async () => {
  const { client, clock, sockets, newest, frame } = start();
  let state: LiveState | undefined;
  client.subscribe(QUERY, (next) => (state = next));
  client.subscribe(OTHER, () => undefined);
  newest().events.onOpen();
  newest().receive(snapOf(1, 1, 5));
  frame();
  newest().events.onClose(1006);
  expect(client.health).toEqual({ kind: 'offline', heardAtMs: 1_000_000 });
  await clock.advance(500);
  expect(sockets).toHaveLength(2);
  newest().events.onOpen();
  expect(newest().ops()).toEqual(['sub', 'sub']);
  expect(valuesOf(state)).toEqual([5]);
  newest().receive(snapOf(1, 1, 6));
  frame();
  expect(valuesOf(state)).toEqual([6]);
});

test('the socket that was given up has no say any more', async () => {
  const { client, clock, sockets, newest } = start();
  client.subscribe(QUERY, () => undefined);
  const [first] = sockets;
  first?.events.onClose(1006);
  await clock.advance(500);
  newest().events.onOpen();
  first?.events.onClose(1006);
  expect(client.health).toEqual({ kind: 'live', transport: 'events' });
});

test('bye names its own wait', async () => {
  const { client, clock, sockets, newest } = start();
  client.subscribe(QUERY, () => undefined);
  newest().events.onOpen();
  newest().receive({ op: 'bye', retryAfter: 5000 });
  newest().events.onClose(1001);
  await clock.advance(4999);
  expect(sockets).toHaveLength(1);
  await clock.advance(1);
  expect(sockets).toHaveLength(2);
});

test('a refusal waits for a sign-in instead of trying again', async () => {
  const { client, clock, sockets, newest } = start();
  client.subscribe(QUERY, () => undefined);
  newest().events.onClose(4401);
  expect(client.health).toEqual({ kind: 'refused' });
  await clock.advance(600_000);
  expect(sockets).toHaveLength(1);
  client.reconnectNow();
  expect(sockets).toHaveLength(2);
});

test('what may not be seen any more is dropped at once, and asked for anew', () => {
  const { client, newest, frame } = start();
  const heard: unknown[] = [];
  client.subscribe(QUERY, (state) => heard.push(valuesOf(state)));
  newest().events.onOpen();
  newest().receive(snapOf(1, 1, 5));
  frame();
  client.forget();
  newest().receive(deltaOf(1, 2, 2000, 6));
  frame();
  expect(heard).toEqual([[5], undefined]);
  expect(newest().ops()).toEqual(['sub', 'unsub', 'sub']);
  expect(newest().sent.at(-1)).not.toHaveProperty('since');
  newest().receive(snapOf(1, 1, 7));
  frame();
  expect(heard.at(-1)).toEqual([7]);
});

test('silence is called delayed after 10 s and ends the connection after 45 s', async () => {
  const { client, clock, newest } = start();
  client.subscribe(QUERY, () => undefined);
  newest().events.onOpen();
  const silent = newest();
  await clock.advance(10_000);
  expect(client.health).toEqual({ kind: 'delayed', sinceMs: 1_000_000 });
  expect(silent.ops()).toContain('ping');
  silent.receive({ op: 'pong' });
  expect(client.health).toEqual({ kind: 'live', transport: 'socket' });
  await clock.advance(50_000);
  expect(silent.isClosed).toBe(true);
});

test('only the newest frame of a subscription is acknowledged, and only once', async () => {
  const { client, clock, newest } = start();
  client.subscribe(QUERY, () => undefined);
  newest().events.onOpen();
  newest().receive(snapOf(1, 1, 5));
  newest().receive(deltaOf(1, 2, 2000, 6));
  await clock.advance(5000);
  await clock.advance(5000);
  expect(newest().sent.filter(({ op }) => op === 'ack')).toEqual([{ op: 'ack', id: 1, seq: 2 }]);
});

test('a tab hidden for half a minute pauses, a returning one resumes', async () => {
  const { client, clock, newest } = start();
  client.subscribe(QUERY, () => undefined);
  newest().events.onOpen();
  client.setHidden(true);
  await clock.advance(29_999);
  expect(newest().ops()).not.toContain('upd');
  newest().receive({ op: 'pong' });
  await clock.advance(1);
  const updates = (): LiveClientMessage[] => newest().sent.filter(({ op }) => op === 'upd');
  expect(updates()).toMatchObject([{ op: 'upd', id: 1, params: { exprs: ['up'], paused: true } }]);
  client.setHidden(false);
  expect(updates().at(-1)).toMatchObject({ op: 'upd', id: 1, params: { paused: false } });
});

test('a tab hidden briefly sends nothing', async () => {
  const { client, clock, newest } = start();
  client.subscribe(QUERY, () => undefined);
  newest().events.onOpen();
  client.setHidden(true);
  await clock.advance(4000);
  client.setHidden(false);
  expect(newest().ops()).toEqual(['sub']);
});

test('a closed client leaves no timer behind', async () => {
  const { client, clock, newest } = start();
  client.subscribe(QUERY, () => undefined);
  newest().events.onOpen();
  client.setHidden(true);
  client.close();
  expect(clock.pendingTimerCount).toBe(0);
  expect(newest().isClosed).toBe(true);
});

test('after a loss a subscription goes on from its last frame', async () => {
  const { client, clock, newest, frame } = start();
  let state: LiveState | undefined;
  client.subscribe(QUERY, (next) => (state = next));
  newest().events.onOpen();
  newest().receive(snapOf(1, 7, 5));
  newest().events.onClose(1006);
  await clock.advance(500);
  newest().events.onOpen();
  expect(newest().sent).toEqual([{ op: 'sub', id: 1, ...QUERY, since: 7 }]);
  newest().receive(deltaOf(1, 8, 2000, 6));
  frame();
  expect(valuesOf(state)).toEqual([5, 6]);
});

test('where the socket is blocked the events are tried at once', () => {
  const { client, transports, newest } = start();
  client.subscribe(QUERY, () => undefined);
  newest().events.onClose(1006);
  expect(transports).toEqual(['socket', 'events']);
  newest().events.onOpen();
  expect(client.health).toEqual({ kind: 'live', transport: 'events' });
});

test('an answer that never begins counts as blocked', async () => {
  const { client, clock, transports } = start();
  client.subscribe(QUERY, () => undefined);
  await clock.advance(7999);
  expect(transports).toEqual(['socket']);
  await clock.advance(1);
  expect(transports).toEqual(['socket', 'events']);
});

const ALERTS: LiveRequest = { topic: 'alerts', params: {} };

test('where both are blocked lists are asked for every 30 s, until a connection opens', async () => {
  const bench = start();
  const { client, clock, frame, newest } = bench;
  let state: LiveState | undefined;
  client.subscribe(ALERTS, (next) => (state = next));
  bench.answer = { topic: 'alerts', alerts: [] };
  newest().events.onClose(1006);
  newest().events.onClose(1006);
  await clock.advance(0);
  expect(client.health).toEqual({ kind: 'polling', heardAtMs: 1_000_000 });
  frame();
  expect(state?.value).toEqual({ topic: 'alerts', alerts: [] });
  await clock.advance(30_000);
  expect(client.health).toEqual({ kind: 'polling', heardAtMs: 1_030_000 });
  newest().events.onOpen();
  expect(client.health.kind).toBe('live');
});

test('without any answer what an earlier visit left is shown with its time', async () => {
  const bench = start();
  const { client, clock, frame, newest } = bench;
  let state: LiveState | undefined;
  bench.remembered = { value: { topic: 'alerts', alerts: [] }, atMs: 820_000 };
  client.subscribe(ALERTS, (next) => (state = next));
  newest().events.onClose(1006);
  newest().events.onClose(1006);
  await clock.advance(0);
  frame();
  expect(client.health).toEqual({ kind: 'offline', heardAtMs: 820_000 });
  expect(state?.value).toEqual({ topic: 'alerts', alerts: [] });
});

test('while paused nothing moves, a new chart gets one picture, and going on brings a snap', () => {
  const { client, newest, frame } = start();
  let state: LiveState | undefined;
  let other: LiveState | undefined;
  client.subscribe(QUERY, (next) => (state = next));
  newest().events.onOpen();
  newest().receive(snapOf(1, 1, 5));
  client.setPaused(true);
  expect(client.health).toEqual({ kind: 'paused', sinceMs: 1_000_000 });
  newest().receive(deltaOf(1, 2, 2000, 6));
  client.subscribe(OTHER, (next) => (other = next));
  newest().receive(snapOf(2, 1, 9));
  newest().receive(deltaOf(2, 2, 2000, 8));
  frame();
  expect(valuesOf(state)).toEqual([5]);
  expect(valuesOf(other)).toEqual([9]);
  expect(newest().sent.map((message) => [message.op, 'params' in message && message.params.paused])).toEqual([
    ['sub', undefined],
    ['upd', true],
    ['sub', undefined],
    ['upd', true],
  ]);
  client.setPaused(false);
  expect(client.health.kind).toBe('live');
  newest().receive(snapOf(1, 9, 7));
  frame();
  expect(valuesOf(state)).toEqual([7]);
});
