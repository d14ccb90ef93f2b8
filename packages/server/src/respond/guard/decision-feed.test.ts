import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom, VirtualClock } from '@vedette/model';
import { FEED_DIGEST_MS, SNAPSHOT_PIECE_MAX, type FeedMessage, type LiveDecision } from '@vedette/sdk';
import type { Log } from '../../telemetry/log.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { DELTAS_KEPT_MAX, Feed, FOLLOWER_QUEUE_MAX, FOLLOWERS_MAX } from './decision-feed.ts';
import { Replica, settleFully, userOf } from './guard-fixture.ts';

const SETTINGS = { ids: 'plain', policies: [], allow: [] } as const;

function liveOf(subject: string, more: Partial<LiveDecision> = {}): LiveDecision {
  return {
    id: `id of ${subject}`,
    scope: 'user',
    subject,
    kind: 'refuse',
    grade: 'temporary',
    level: 1,
    madeAtMs: 0,
    untilMs: 1,
    reason: '',
    policy: 'p',
    ...more,
  };
}

class FeedWorld {
  readonly clock = new VirtualClock({ startMs: 0, settle: settleFully });
  readonly seen = { cutOff: 0, errors: 0 };
  readonly feed: Feed;
  readonly controller = new AbortController();

  constructor() {
    const { clock, seen } = this;
    const log: Log = { ...SILENT_LOG, error: () => void seen.errors++ };
    const onCutOff = (): void => void seen.cutOff++;
    this.feed = new Feed({ clock, log, random: new SeededRandom(1), onCutOff }, SETTINGS);
  }

  put(...subjects: string[]): void {
    this.feed.publish(subjects.map((subject) => [userOf(subject), liveOf(subject)]));
  }

  drop(...subjects: string[]): void {
    this.feed.publish(subjects.map((subject) => [userOf(subject), undefined]));
  }

  follow(since?: { epoch: string; seq: number }): AsyncIterator<FeedMessage> {
    return this.feed.follow(since, this.controller.signal)[Symbol.asyncIterator]();
  }
}

/** Types of the next messages. */
async function typesOf(messages: AsyncIterator<FeedMessage>, count: number): Promise<string[]> {
  const types: string[] = [];
  for (let i = 0; i < count; i++) {
    const { done, value } = await messages.next();
    types.push(done === true ? 'end' : (value as FeedMessage).type);
  }
  return types;
}

test('a new reader gets hello, a snapshot in pieces, and then what changes', async () => {
  const world = new FeedWorld();
  world.put(...Array.from({ length: SNAPSHOT_PIECE_MAX + 1 }, (_, i) => `u${i}`));
  const messages = world.follow();
  const replica = new Replica();
  for (let i = 0; i < 3; i++) replica.take((await messages.next()).value as FeedMessage);
  assert.deepEqual([replica.held.size, replica.seq, replica.epoch], [1001, 2, world.feed.epoch]);
  world.drop('u0');
  world.put('u1', 'new');
  replica.take((await messages.next()).value as FeedMessage);
  replica.take((await messages.next()).value as FeedMessage);
  assert.deepEqual([replica.held.size, replica.seq], [1001, 4]);
  assert.equal(replica.digest(), world.feed.live.digest);
  world.put('new');
  assert.equal(world.feed.seq, 4, 'what is as before is not told');
});

test('nothing in force is a snapshot, too: an empty one', async () => {
  const messages = new FeedWorld().follow();
  await messages.next();
  const { value } = await messages.next();
  const { isFirst, isLast, decisions } = value as FeedMessage & { type: 'snapshot' };
  assert.deepEqual([isFirst, isLast, decisions], [true, true, []]);
});

test('who was here a moment ago goes on with deltas; who was not, or lies, begins with a snapshot', async () => {
  const world = new FeedWorld();
  for (let i = 0; i < 10; i++) world.put(`u${i}`);
  const { epoch } = world.feed;
  const check = async (since: { epoch: string; seq: number }, want: string): Promise<void> => {
    const messages = world.follow(since);
    const { value } = (await messages.next(), await messages.next());
    const message = value as FeedMessage;
    assert.equal(
      message.type === 'delta' ? `delta ${message.seq}` : message.type,
      want,
      JSON.stringify(since),
    );
  };
  await check({ epoch, seq: 7 }, 'delta 8');
  await check({ epoch, seq: 0 }, 'delta 1');
  await check({ epoch, seq: 11 }, 'snapshot');
  await check({ epoch, seq: -1 }, 'snapshot');
  await check({ epoch, seq: NaN }, 'snapshot');
  await check({ epoch, seq: 1.5 }, 'snapshot');
  await check({ epoch: 'another', seq: 7 }, 'snapshot');
  const atEnd = world.follow({ epoch, seq: 10 });
  await atEnd.next();
  world.put('late');
  assert.equal(((await atEnd.next()).value as FeedMessage & { type: 'delta' }).seq, 11);
});

test('deltas are kept up to their limit, and no further', async () => {
  const world = new FeedWorld();
  const { epoch } = world.feed;
  for (let i = 0; i <= DELTAS_KEPT_MAX; i++) world.put(`u${i}`);
  assert.deepEqual(await typesOf(world.follow({ epoch, seq: 1 }), 2), ['hello', 'delta']);
  assert.deepEqual(await typesOf(world.follow({ epoch, seq: 0 }), 2), ['hello', 'snapshot']);
  world.feed.forgetDeltas();
  assert.deepEqual(await typesOf(world.follow({ epoch, seq: 1000 }), 2), ['hello', 'snapshot']);
});

test('a reader that is too slow is cut off, the others are not, and it begins again', async () => {
  const world = new FeedWorld();
  const slow = world.follow();
  const quick = world.follow();
  await typesOf(slow, 2);
  await typesOf(quick, 2);
  assert.deepEqual(await typesOf(slow, 1), ['settings'], 'it is not alone any more');
  for (let i = 0; i < FOLLOWER_QUEUE_MAX; i++) {
    world.put(`u${i}`);
    await quick.next();
  }
  assert.equal(world.seen.cutOff, 0, 'at the limit it may still catch up');
  world.put('one more');
  assert.equal(world.seen.cutOff, 1);
  assert.deepEqual(await typesOf(slow, 1), ['end']);
  assert.deepEqual(await typesOf(quick, 1), ['delta']);
  assert.equal(world.feed.listenerCount, 1);
});

test('a digest comes every 15 s, only while somebody follows, and matches a replica', async () => {
  const world = new FeedWorld();
  world.put('a', 'b');
  assert.equal(world.clock.pendingTimerCount, 0);
  const replica = new Replica();
  const messages = world.follow();
  replica.take((await messages.next()).value as FeedMessage);
  replica.take((await messages.next()).value as FeedMessage);
  await world.clock.advance(FEED_DIGEST_MS);
  const { value } = await messages.next();
  assert.equal((value as FeedMessage).type, 'digest');
  replica.take(value as FeedMessage);
  replica.held.delete('user\0a');
  assert.throws(() => replica.take(value as FeedMessage), /digest/);
  world.controller.abort();
  assert.deepEqual(await typesOf(messages, 1), ['end']);
  assert.equal(world.clock.pendingTimerCount, 0);
});

test('a listener that throws is logged and kept; settings reach all who listen', () => {
  const world = new FeedWorld();
  const heard: string[] = [];
  const stop = world.feed.subscribe(({ type }) => {
    heard.push(type);
    throw new Error('mine');
  });
  world.put('a');
  world.feed.applySettings({ ...SETTINGS, allow: ['b'] });
  assert.deepEqual([heard, world.seen.errors], [['delta', 'settings'], 2]);
  stop();
  world.put('b');
  assert.equal(heard.length, 2);
});

test('more followers than there may be are turned away', async () => {
  const world = new FeedWorld();
  for (let i = 0; i < FOLLOWERS_MAX; i++) world.feed.subscribe(() => undefined);
  assert.deepEqual(await typesOf(world.follow(), 1), ['end']);
});

test('closing ends every follower', async () => {
  const world = new FeedWorld();
  const messages = world.follow();
  await typesOf(messages, 2);
  const next = messages.next();
  world.feed.close();
  assert.equal((await next).done, true);
});

test('followers are told how many they are, at each doubling and when most have gone', async () => {
  const world = new FeedWorld();
  const processesOf = (message: FeedMessage): number | undefined =>
    message.type === 'hello' || message.type === 'settings' ? message.settings.processes : -1;
  const first = world.follow();
  assert.equal(processesOf((await first.next()).value as FeedMessage), undefined);
  await first.next();
  const others = Array.from({ length: 4 }, () => world.follow());
  const hellos = [];
  for (const other of others) hellos.push(processesOf((await other.next()).value as FeedMessage));
  assert.deepEqual(hellos, [2, 4, 4, 8]);
  const told: (number | undefined)[] = [];
  for (let i = 0; i < 3; i++) told.push(processesOf((await first.next()).value as FeedMessage));
  assert.deepEqual(told, [2, 4, 8]);
  for (const other of others) await other.return?.();
  assert.equal(world.feed.settings().processes, 2);
  assert.equal(processesOf((await first.next()).value as FeedMessage), 2);
});
