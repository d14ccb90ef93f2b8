import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../guard/digest.ts';
import type { FeedMessage, LiveDecision } from '../guard/wire.ts';
import type { SdkClock } from '../system/system.ts';
import { createRedisTransport, type RedisTransport, type RedisTransportOptions } from './redis.ts';
import { connectClient, skipWithoutRedis, startRedis } from './redis-fixture.ts';

const skip = skipWithoutRedis();

/** Stands still until told; `fire` runs what waits, whenever it was due. */
class HandClock implements SdkClock {
  #atMs = 0;
  #timers: (() => void)[] = [];
  nowMs(): number {
    return 1_700_000_000_000 + this.#atMs;
  }
  monotonicMs(): number {
    return this.#atMs;
  }
  setTimer(_delayMs: number, task: () => void): { cancel(): void } {
    this.#timers.push(task);
    return { cancel: () => (this.#timers = this.#timers.filter((one) => one !== task)) };
  }
  fire(byMs: number): void {
    this.#atMs += byMs;
    for (const task of this.#timers.splice(0)) task();
  }
}

/** What the guard keeps, as short as can be. */
class Replica {
  readonly messages: FeedMessage[] = [];
  readonly held = new Map<string, LiveDecision>();
  readonly losses: unknown[] = [];
  answer = true;
  wake = (): void => undefined;

  take(message: FeedMessage): boolean {
    if (message.type === 'snapshot' && message.isFirst) this.held.clear();
    if (message.type === 'snapshot')
      for (const one of message.decisions) this.held.set(`${one.scope} ${one.subject}`, one);
    if (message.type === 'delta') {
      for (const one of message.put) this.held.set(`${one.scope} ${one.subject}`, one);
      for (const one of message.drop) this.held.delete(`${one.scope} ${one.subject}`);
    }
    this.messages.push(message);
    this.wake();
    return this.answer;
  }
  lost(error: unknown): void {
    this.losses.push(error);
    this.wake();
  }
  count(type: FeedMessage['type']): number {
    return this.messages.filter((message) => message.type === type).length;
  }
  digest(): number {
    let digest = 0;
    for (const one of this.held.values()) digest ^= digestOf(one);
    return digest >>> 0;
  }
}

interface Fixture {
  readonly path: string;
  readonly directory: string;
  readonly kill: () => Promise<void>;
  /** The application's client, also used to write as the server would. */
  readonly client: Awaited<ReturnType<typeof connectClient>>;
  readonly clock: HandClock;
  readonly replica: Replica;
  readonly follow: (options?: Partial<RedisTransportOptions>) => RedisTransport;
  readonly until: (isEnough: () => boolean) => Promise<void>;
}

async function withRedis(run: (fixture: Fixture) => Promise<void>): Promise<void> {
  const redis = await startRedis();
  const client = await connectClient(redis.path);
  const [clock, replica] = [new HandClock(), new Replica()];
  const following: { close(): void }[] = [];
  const follow = (options: Partial<RedisTransportOptions> = {}): RedisTransport => {
    const transport = createRedisTransport({ client, prefix: 'g:', clock, ...options });
    following.push(transport.follow(replica));
    return transport;
  };
  const until = async (isEnough: () => boolean): Promise<void> => {
    while (!isEnough()) await new Promise<void>((resolve) => (replica.wake = resolve));
  };
  try {
    await run({ ...redis, client, clock, replica, follow, until });
  } finally {
    for (const one of following) one.close();
    client.destroy();
    await redis.close();
  }
}

function refusalOf(
  subject: string,
  untilMs: number | null = 2_000_000_000_000,
  more: Partial<LiveDecision> = {},
): LiveDecision {
  const base = {
    scope: 'user',
    kind: 'refuse',
    grade: 'temporary',
    level: 1,
    madeAtMs: 1,
    reason: 'r',
    policy: 'p',
  } as const;
  return { id: `d-${subject}`, subject, untilMs, ...base, ...more };
}

/** What the server keeps in Redis. */
async function write(
  { client }: Fixture,
  epoch: string,
  seq: number,
  decisions: readonly LiveDecision[],
): Promise<void> {
  await client.del('g:live');
  for (const one of decisions)
    await client.hSet('g:live', `${one.scope}\0${one.subject}`, JSON.stringify(one));
  const settings = JSON.stringify({ ids: 'plain', policies: [], allow: ['vip'] });
  await client.hSet('g:state', { ready: '1', epoch, seq: String(seq), settings });
}

const say = async ({ client }: Fixture, epoch: string, message: object): Promise<void> =>
  void (await client.publish('g:feed', JSON.stringify({ epoch, message })));

test('a snapshot, then each delta, with numbers of its own', { skip }, () =>
  withRedis(async (fixture) => {
    const { replica, follow, until } = fixture;
    await write(
      fixture,
      'e',
      41,
      Array.from({ length: 2100 }, (_, i) => refusalOf(`U${i}`)),
    );
    const transport = follow();
    await until(() => replica.messages.some((message) => message.type === 'snapshot' && message.isLast));
    assert.equal(replica.held.size, 2100);
    const pieces = replica.messages.filter((message) => message.type === 'snapshot');
    assert.deepEqual(
      pieces.map(({ isFirst, isLast, decisions }) => [isFirst, isLast, decisions.length]),
      [
        [true, false, 1000],
        [false, false, 1000],
        [false, true, 100],
      ],
    );
    const hello = replica.messages[0];
    assert.deepEqual(hello?.type === 'hello' && hello.settings.allow, ['vip']);
    await say(fixture, 'e', { type: 'delta', seq: 41, put: [refusalOf('old')], drop: [] });
    await say(fixture, 'e', {
      type: 'delta',
      seq: 42,
      put: [refusalOf('new')],
      drop: [{ scope: 'user', subject: 'U0' }],
    });
    await say(fixture, 'e', { type: 'digest', seq: 42, count: 2100, digest: 7 });
    await say(fixture, 'e', { type: 'settings', settings: { ids: 'plain', policies: [], allow: [] } });
    await until(() => replica.count('settings') === 1);
    assert.equal(replica.held.size, 2100);
    assert.deepEqual(
      replica.messages.slice(-3, -1).map((message) => 'seq' in message && message.seq),
      [1, 1],
    );
    assert.deepEqual([transport.status.snapshotCount, transport.status.skippedCount], [1, 0]);
  }),
);

test(
  'a gap, another epoch, and a listener that says no lead to a new snapshot, once a second at most',
  { skip },
  () =>
    withRedis(async (fixture) => {
      const { replica, follow, until, clock } = fixture;
      await write(fixture, 'e', 1, [refusalOf('A')]);
      const transport = follow();
      await until(() => replica.count('snapshot') === 1);
      await write(fixture, 'e', 3, [refusalOf('B')]);
      await say(fixture, 'e', { type: 'delta', seq: 3, put: [refusalOf('B')], drop: [] });
      await say(fixture, 'e', { type: 'digest', seq: 3, count: 1, digest: 0 });
      await sync(fixture);
      assert.equal(transport.status.snapshotCount, 1);
      clock.fire(1000);
      await until(() => replica.count('snapshot') === 2);
      assert.deepEqual([...replica.held.keys()], ['user B']);

      await sync(fixture);
      clock.fire(1000);
      await write(fixture, 'f', 0, [refusalOf('C')]);
      await say(fixture, 'f', {
        type: 'hello',
        epoch: 'f',
        seq: 0,
        settings: { ids: 'plain', policies: [], allow: [] },
      });
      await fireUntil(fixture, () => replica.held.has('user C'));

      await sync(fixture);
      clock.fire(1000);
      replica.answer = false;
      await say(fixture, 'f', { type: 'digest', seq: 0, count: 9, digest: 9 });
      await until(() => replica.losses.length > 0);
      assert.match(String(replica.losses[0]), /was not taken/);
      replica.answer = true;
      const before = replica.count('snapshot');
      clock.fire(1000);
      await until(() => replica.count('snapshot') > before);
      await sync(fixture);
      await say(fixture, 'f', { type: 'delta', seq: 1, put: [refusalOf('D')], drop: [] });
      await until(() => replica.held.has('user D'));
    }),
);

/** Until what was published before has gone through every connection, and reads of it are done. */
async function sync({ client }: Fixture): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await client.ping();
}

/** Lets time pass in steps of a second. */
async function fireUntil(fixture: Fixture, isEnough: () => boolean): Promise<void> {
  while (!isEnough()) {
    await sync(fixture);
    if (!isEnough()) fixture.clock.fire(1000);
  }
}

test('a Redis that is killed is said to be lost, and followed again when it is back', { skip }, () =>
  withRedis(async (fixture) => {
    const { replica, follow, until, kill, directory, clock } = fixture;
    await write(fixture, 'e', 1, [refusalOf('A')]);
    follow();
    await until(() => replica.count('snapshot') === 1);
    await kill();
    await until(() => replica.losses.length > 0);
    assert.ok(replica.held.has('user A'), 'known decisions hold');
    const again = await startRedis(directory);
    clock.fire(2000);
    await write(fixture, 'f', 7, [refusalOf('B')]);
    await say(fixture, 'f', { type: 'digest', seq: 7, count: 1, digest: 0 });
    for (;;) {
      if (replica.held.has('user B')) break;
      clock.fire(2000);
      await say(fixture, 'f', { type: 'digest', seq: 7, count: 1, digest: 0 });
      await sync(fixture);
    }
    await again.kill();
  }),
);

test('what is in Redis and is none of ours is passed over and counted', { skip }, () =>
  withRedis(async (fixture) => {
    const { client, replica, follow, until } = fixture;
    await write(fixture, 'e', 0, [refusalOf('A'), refusalOf('__proto__'), refusalOf('a\0b\n😀*[x]')]);
    const broken = ['', '{', 'null', '[]', '{"scope":"user"}', JSON.stringify(refusalOf('x'.repeat(257)))];
    for (const [i, text] of broken.entries()) await client.hSet('g:live', `broken${i}`, text);
    const transport = follow();
    await until(() => replica.count('snapshot') === 1);
    assert.deepEqual([...replica.held.keys()].toSorted(), ['user A', 'user __proto__', 'user a\0b\n😀*[x]']);
    assert.equal(transport.status.skippedCount, broken.length);
    for (const text of [
      '',
      'x',
      '{}',
      '{"epoch":"e","message":{"type":"delta","seq":1,"put":[{}],"drop":[]}}',
    ])
      await client.publish('g:feed', text);
    await say(fixture, 'e', { type: 'delta', seq: 1, put: [refusalOf('B')], drop: [] });
    await until(() => replica.held.has('user B'));
    assert.equal(transport.status.skippedCount, broken.length + 4);
  }),
);

test('without a snapshot the listener is told, until a server has written one', { skip }, () =>
  withRedis(async (fixture) => {
    const { client, replica, follow, until, clock } = fixture;
    await client.hSet('g:state', { ready: '0', epoch: 'e' });
    follow();
    await until(() => replica.losses.length === 1);
    assert.match(String(replica.losses[0]), /no server has written decisions under "g:"/);
    clock.fire(1000);
    await write(fixture, 'e', 5, []);
    await say(fixture, 'e', {
      type: 'hello',
      epoch: 'e',
      seq: 5,
      settings: { ids: 'plain', policies: [], allow: [] },
    });
    await until(() => replica.count('snapshot') === 1);
    assert.equal(replica.held.size, 0);
  }),
);

test('a server that is silent for three signs of life is said to be lost', { skip }, () =>
  withRedis(async (fixture) => {
    const { replica, follow, until, clock } = fixture;
    await write(fixture, 'e', 0, []);
    follow();
    await until(() => replica.count('snapshot') === 1);
    await sync(fixture);
    clock.fire(45_000);
    assert.deepEqual(replica.losses, []);
    clock.fire(1);
    assert.match(String(replica.losses[0]), /no sign of life of the server in Redis for 45 s/);
  }),
);

test('bans of other programs hold beside those of the server, and the later end counts', { skip }, () =>
  withRedis(async (fixture) => {
    const { client, replica, follow, until, clock } = fixture;
    const [soon, late] = [1_900_000_000_000, 1_950_000_000_000];
    await write(fixture, 'e', 0, [
      refusalOf('both', soon),
      refusalOf('ours', late),
      refusalOf('slowed', late, { kind: 'slow' }),
    ]);
    const ban = (id: string, until: string, more = {}) =>
      client.hSet(`ban[*]:${id}`, { banned_until: until, ...more });
    await ban('both', new Date(late).toISOString(), {
      ban_reason: 'spam',
      ban_type: 'extended',
      banned_at: '1700000000',
    });
    await ban('ours', String(soon / 1000));
    await ban('slowed', String(soon));
    await ban('alone', '9999-12-31T23:59:59.999Z');
    for (const id of ['*', 'a\0b', '__proto__', '😀\n']) await ban(id, String(late));
    await ban('mirrored', new Date(late).toISOString(), { decision_id: 'd', banned_until_ms: String(late) });
    await ban('garbage', 'tomorrow');
    await ban('x'.repeat(257), String(late));
    await client.set('ban[*]:text', '1');
    await client.hSet('ban*:other', { banned_until: String(late) });

    const transport = follow({ foreignBans: { prefix: 'ban[*]:' } });
    await until(() => replica.count('snapshot') === 1);
    const holding = (id: string): readonly [unknown, unknown] => {
      const one = replica.held.get(`user ${id}`);
      return [one?.untilMs, one?.policy];
    };
    assert.deepEqual(replica.held.get('user both'), {
      id: 'redis:both',
      scope: 'user',
      subject: 'both',
      kind: 'refuse',
      grade: 'extended',
      level: 1,
      madeAtMs: 1_700_000_000_000,
      untilMs: late,
      reason: 'spam',
      policy: 'redis',
    });
    assert.deepEqual(
      [holding('ours'), holding('slowed'), holding('alone')],
      [
        [late, 'p'],
        [soon, 'redis'],
        [null, 'redis'],
      ],
    );
    for (const id of ['*', 'a\0b', '__proto__', '😀\n']) assert.deepEqual(holding(id), [late, 'redis'], id);
    assert.equal(replica.held.size, 8);
    assert.deepEqual([transport.status.skippedCount, transport.status.foreignBanCount], [3, 8]);

    const feed = [refusalOf('both', late + 1), refusalOf('slowed', late, { kind: 'slow' })];
    await sync(fixture);
    await say(fixture, 'e', {
      type: 'delta',
      seq: 1,
      put: [feed[0]],
      drop: [{ scope: 'user', subject: 'ours' }],
    });
    await until(() => holding('ours')[1] === 'redis');
    assert.deepEqual(holding('both'), [late + 1, 'p']);
    const digest = feed.reduce((xor, one) => (xor ^ digestOf(one)) >>> 0, 0);
    await say(fixture, 'e', { type: 'digest', seq: 1, count: 2, digest });
    await until(() => replica.count('digest') === 1);
    const told = replica.messages.at(-1);
    assert.deepEqual(told?.type === 'digest' && [told.count, told.digest], [
      replica.held.size,
      replica.digest(),
    ]);

    await client.del(['ban[*]:alone', 'ban[*]:slowed']);
    await ban('fresh', String(late));
    const before = replica.count('delta');
    clock.fire(10_000);
    await until(() => replica.count('delta') > before);
    assert.deepEqual(
      [holding('alone'), holding('slowed'), holding('fresh')],
      [
        [undefined, undefined],
        [late, 'p'],
        [late, 'redis'],
      ],
    );
  }),
);

test('bans of other programs hold where no server of ours is', { skip }, () =>
  withRedis(async (fixture) => {
    const { client, replica, follow, until } = fixture;
    await client.hSet('banned:U1', { banned_until: '2099-01-01 00:00:00+08:00' });
    follow({ foreignBans: {} });
    await until(() => replica.count('snapshot') === 1);
    assert.equal(replica.held.get('user U1')?.untilMs, Date.UTC(2098, 11, 31, 16));
    assert.deepEqual(replica.losses, []);
  }),
);

test('a transport that is closed says nothing more', { skip }, () =>
  withRedis(async (fixture) => {
    const { replica, client, clock } = fixture;
    await write(fixture, 'e', 0, []);
    createRedisTransport({ client, prefix: 'g:', clock }).follow(replica).close();
    await sync(fixture);
    clock.fire(100_000);
    assert.deepEqual([replica.messages, replica.losses], [[], []]);
  }),
);
