import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedMessage } from '@vedette/sdk';
import { createTestClock } from '../test-server.ts';
import { CUT_MS, FEED_FOLLOWERS_MAX, FeedFollowers, type FollowRequest } from './feed-followers.ts';
import { BY, soonMs, startGuardScene, type GuardScene } from './guard-scene.ts';

interface Event {
  readonly id: string | undefined;
  readonly message: FeedMessage;
}

interface Reader {
  readonly response: Response;
  next(): Promise<Event | undefined>;
  leave(): void;
}

async function follow(scene: GuardScene, headers: Readonly<Record<string, string>> = {}): Promise<Reader> {
  const response = await scene.get('/guard/feed', headers);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader() ?? assert.fail('no body');
  let text = '';
  const next = async (): Promise<Event | undefined> => {
    while (!text.includes('\n\n')) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += value;
    }
    const cut = text.indexOf('\n\n');
    const lines = text.slice(0, cut).split('\n');
    text = text.slice(cut + 2);
    const field = (name: string): string | undefined =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    return { id: field('id'), message: JSON.parse(field('data') ?? '') as FeedMessage };
  };
  return { response, next, leave: () => void reader.cancel() };
}

test('a follower hears what holds and then every change at once', async (t) => {
  const scene = await startGuardScene(t);
  const first = await scene.guard.ban({ scope: 'user', subject: 'a\n\r\u2028😀', untilMs: soonMs(), ...BY });
  const reader = await follow(scene, { 'accept-encoding': 'gzip' });
  assert.equal(reader.response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.equal(reader.response.headers.get('content-encoding'), null);
  assert.equal(reader.response.headers.get('cache-control'), 'no-store');
  assert.equal(reader.response.headers.get('x-accel-buffering'), 'no');
  const hello = await reader.next();
  assert.deepEqual([hello?.message.type, hello?.id], ['hello', undefined]);
  const snapshot = await reader.next();
  assert.equal(snapshot?.id, 'e1:1');
  assert.ok(snapshot.message.type === 'snapshot');
  assert.deepEqual(snapshot.message.decisions, scene.guard.live());
  assert.equal((await reader.next())?.message.type, 'digest');
  await scene.guard.lift(first.id, BY);
  const delta = await reader.next();
  assert.equal(delta?.id, 'e1:2');
  assert.deepEqual(delta.message, {
    type: 'delta',
    seq: 2,
    put: [],
    drop: [
      {
        scope: 'user',
        subject: 'a\n\r\u2028😀',
      },
    ],
  });
  reader.leave();
});

test('who was near enough is not told everything again, and nonsense counts as nothing', async (t) => {
  const scene = await startGuardScene(t);
  await scene.guard.ban({ scope: 'user', subject: 'a', untilMs: null, ...BY });
  const check = async (lastEventId: string, want: string): Promise<void> => {
    const reader = await follow(scene, { 'last-event-id': lastEventId });
    await reader.next();
    assert.equal((await reader.next())?.message.type, want, lastEventId);
    reader.leave();
  };
  await check('e1:1', 'digest');
  await check('e1:0', 'snapshot');
  await check('other:1', 'snapshot');
  for (const bad of ['', 'e1', ':1', 'e1:', 'e1:-1', 'e1:1e0', `e1:${'9'.repeat(30)}`, 'x'.repeat(5000)])
    await check(bad, 'snapshot');
});

test('followers are let go when the server stops, and counted out when they leave', async (t) => {
  // On this clock the deadline of running requests never comes.
  const scene = await startGuardScene(t, { clock: createTestClock() });
  const before = scene.guard.listenerCount;
  const reader = await follow(scene);
  for (let i = 0; i < 3; i++) await reader.next();
  assert.equal(scene.guard.listenerCount, before + 1);
  await Promise.all([scene.close(), reader.next().then((event) => assert.equal(event, undefined))]);
  assert.equal(scene.guard.listenerCount, before);
});

const asked = (signal: AbortSignal): FollowRequest => ({
  method: 'GET',
  headers: {},
  remoteAddress: '127.0.0.1',
  signal,
  role: 'viewer',
});

test('there are places for as many followers as the limit', () => {
  const followers = new FeedFollowers(createTestClock());
  const controller = new AbortController();
  const places = Array.from({ length: FEED_FOLLOWERS_MAX }, () => followers.enter(asked(controller.signal)));
  assert.ok(places.every((place) => place !== undefined));
  assert.equal(followers.enter(asked(controller.signal)), undefined);
  places[0]?.leave();
  places[0]?.leave();
  assert.notEqual(followers.enter(asked(controller.signal)), undefined);
  assert.equal(followers.enter(asked(controller.signal)), undefined);
  controller.abort();
  assert.ok(places.every((place) => place?.signal.aborted));
  assert.notEqual(followers.enter(asked(new AbortController().signal)), undefined);
  followers.close();
  assert.equal(followers.enter(asked(new AbortController().signal)), undefined);
});

test('who may not follow any more is cut off when nobody takes what waits, and not after an answer that ended', async () => {
  const clock = createTestClock();
  const followers = new FeedFollowers(clock);
  const stalled = followers.enter(asked(new AbortController().signal));
  const reading = followers.enter(asked(new AbortController().signal));
  assert.ok(stalled !== undefined && reading !== undefined);
  followers.recheckAll();
  assert.equal(stalled.signal.aborted, false);
  followers.useJudge(() => false);
  followers.recheckAll();
  assert.ok(stalled.signal.aborted && reading.signal.aborted);
  reading.leave();
  await clock.advance(CUT_MS - 1);
  assert.equal(stalled.cutSignal.aborted, false);
  await clock.advance(1);
  assert.equal(stalled.cutSignal.aborted, true);
  assert.equal(reading.cutSignal.aborted, false);
});

test('a follower too many is asked to come again', async (t) => {
  const scene = await startGuardScene(t);
  t.mock.method(FeedFollowers.prototype, 'enter', () => undefined);
  const answer = await scene.get('/guard/feed');
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '5']);
  assert.match(await answer.text(), /FEED_FOLLOWERS_MAX/);
});
