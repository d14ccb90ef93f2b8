import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { openRedisConnection, type RedisConnection, type RedisReply } from '../../lib/redis-connection.ts';
import { skipWithoutRedis, startRedis, type RedisServer } from '../../lib/redis-fixture.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { createBanMirror, type BanMirror, type BanMirrorOptions } from './ban-mirror.ts';
import { FakeFeed, refusalOf } from './decision-feed-fixture.ts';

const skip = skipWithoutRedis();
const clock = new SystemClock();
const deps = { clock, random: new SeededRandom(1), log: SILENT_LOG };
const OPTIONS: BanMirrorOptions = { prefix: 'g:', bannedPrefix: 'banned:', holder: 'one' };

interface Fixture {
  readonly redis: RedisServer;
  readonly raw: RedisConnection;
  readonly feed: FakeFeed;
  /** Begins one, which is closed with the fixture. */
  readonly begin: (options?: Partial<BanMirrorOptions>, ownClock?: SystemClock) => BanMirror;
  /** The same; resolves when it follows. */
  readonly mirror: (options?: Partial<BanMirrorOptions>) => Promise<BanMirror>;
  /** What the channel says, as parsed. */
  readonly heard: Message[];
  readonly until: (isEnough: () => boolean) => Promise<void>;
  readonly hash: (key: string) => Promise<Readonly<Record<string, string>>>;
}

interface Message {
  readonly epoch: string;
  readonly message: { readonly type: string; readonly seq?: number };
}

async function withRedis(run: (fixture: Fixture) => Promise<void>): Promise<void> {
  const redis = await startRedis();
  const connect = (): Promise<RedisConnection> => openRedisConnection(deps, { url: redis.url, name: 'test' });
  const [raw, feed] = [await connect(), new FakeFeed()];
  const mirrors: BanMirror[] = [];
  const heard: Message[] = [];
  let wake = (): void => undefined;
  const subscriber = await raw.openSubscriber();
  await subscriber.subscribe('g:feed', (text) => {
    heard.push(JSON.parse(text) as Message);
    wake();
  });
  const until = async (isEnough: () => boolean): Promise<void> => {
    while (!isEnough()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const begin = (options: Partial<BanMirrorOptions> = {}, ownClock = clock): BanMirror => {
    const one = createBanMirror(
      { ...deps, clock: ownClock, feed, openRedis: connect },
      { ...OPTIONS, ...options },
    );
    mirrors.push(one);
    return one;
  };
  const mirror = async (options: Partial<BanMirrorOptions> = {}): Promise<BanMirror> => {
    const hellos = (): number => heard.filter(({ message }) => message.type === 'hello').length;
    const before = hellos();
    const one = begin(options);
    await until(() => hellos() > before);
    return one;
  };
  const hash = async (key: string): Promise<Readonly<Record<string, string>>> => {
    const texts = (await raw.call(['HGETALL', key])) as readonly string[];
    return Object.fromEntries(texts.flatMap((text, i) => (i % 2 === 0 ? [[text, texts[i + 1] ?? '']] : [])));
  };
  try {
    await run({ redis, raw, feed, begin, mirror, heard, until, hash });
  } finally {
    await Promise.all(mirrors.map((one) => one.close()));
    await raw.close();
    await redis.close();
  }
}

const inAnHour = (): number => clock.nowMs() + 3_600_000;

/** Makes one delta and waits until it is through. */
async function change(
  { feed, heard, until }: Fixture,
  ...args: Parameters<FakeFeed['change']>
): Promise<void> {
  const deltas = (): number => heard.filter(({ message }) => message.type === 'delta').length;
  const before = deltas();
  feed.change(...args);
  await until(() => deltas() > before);
}

test('a ban is a hash of the classic design that expires with it', { skip }, () =>
  withRedis(async (fixture) => {
    const { raw, mirror, hash } = fixture;
    await mirror();
    const untilMs = inAnHour();
    await change(fixture, [refusalOf('U1', untilMs, { grade: 'extended', level: 2 })]);
    assert.deepEqual(await hash('banned:U1'), {
      banned_until: new Date(untilMs).toISOString(),
      ban_reason: 'too many actions per minute',
      ban_type: 'extended',
      alert_severity: 'critical',
      banned_at: '2023-11-14T22:13:20.000Z',
      decision_id: 'd-U1',
      banned_until_ms: String(untilMs),
    });
    assert.equal(await raw.call(['PEXPIRETIME', 'banned:U1']), untilMs);
    await change(fixture, [], [{ scope: 'user', subject: 'U1' }]);
    assert.equal(await raw.call(['EXISTS', 'banned:U1', 'g:live']), 0);
  }),
);

test('a permanent ban does not expire, and every reader can compare its end', { skip }, () =>
  withRedis(async (fixture) => {
    const { raw, mirror, hash } = fixture;
    await mirror();
    await change(fixture, [refusalOf('U1', inAnHour())]);
    await change(fixture, [refusalOf('U1', null)]);
    assert.equal((await hash('banned:U1'))['banned_until'], '9999-12-31T23:59:59.999Z');
    assert.equal(await raw.call(['PTTL', 'banned:U1']), -1);
    await change(fixture, [refusalOf('U1', inAnHour())]);
    assert.ok(Number(await raw.call(['PTTL', 'banned:U1'])) > 0, 'a person shortened it');
  }),
);

test('only refusals of users are bans of the classic design; the snapshot has all', { skip }, () =>
  withRedis(async (fixture) => {
    const { raw, mirror } = fixture;
    await mirror();
    await change(fixture, [
      refusalOf('U1', inAnHour(), { kind: 'slow' }),
      refusalOf('203.0.113.7', inAnHour(), { scope: 'ip' }),
      refusalOf('U2', inAnHour()),
    ]);
    assert.deepEqual(await raw.call(['KEYS', 'banned:*']), ['banned:U2']);
    assert.equal(await raw.call(['HLEN', 'g:live']), 3);
    await change(fixture, [refusalOf('U2', inAnHour(), { kind: 'slow' })]);
    assert.equal(await raw.call(['EXISTS', 'banned:U2']), 0);
  }),
);

test('a ban of another program that lasts longer is neither shortened nor lifted', { skip }, () =>
  withRedis(async (fixture) => {
    const { raw, mirror, hash } = fixture;
    const one = await mirror();
    const [soon, late] = [inAnHour(), inAnHour() + 3_600_000];
    const forms: readonly [id: string, until: string][] = [
      ['iso', new Date(late).toISOString()],
      ['offset', `${new Date(late + 7_200_000).toISOString().slice(0, 19)}+02:00`],
      ['python', new Date(late).toISOString().slice(0, 23).replace('T', ' ')],
      ['seconds', String(Math.floor(late / 1000))],
      ['ms', String(late)],
      ['garbage', 'until tomorrow'],
    ];
    for (const [id, until] of forms)
      await raw.call(['HSET', `banned:${id}`, 'banned_until', until, 'by', 'them']);
    await change(
      fixture,
      forms.map(([id]) => refusalOf(id, soon)),
    );
    await change(
      fixture,
      [],
      forms.map(([subject]) => ({ scope: 'user' as const, subject })),
    );
    for (const [id, until] of forms)
      assert.deepEqual(await hash(`banned:${id}`), { banned_until: until, by: 'them' }, id);
    await one.close();
    assert.equal(one.status.keptCount, forms.length);
  }),
);

test(
  'a shorter ban of another program is lengthened, and one that lengthens ours is left alone',
  { skip },
  () =>
    withRedis(async (fixture) => {
      const { raw, mirror, hash } = fixture;
      await mirror();
      const untilMs = inAnHour();
      await raw.call(['HSET', 'banned:short', 'banned_until', new Date(untilMs - 1000).toISOString()]);
      await change(fixture, [refusalOf('short', untilMs), refusalOf('theirs', untilMs)]);
      assert.equal((await hash('banned:short'))['banned_until_ms'], String(untilMs));
      const later = new Date(untilMs + 1000).toISOString();
      await raw.call(['HSET', 'banned:theirs', 'banned_until', later]);
      await change(fixture, [refusalOf('theirs', untilMs - 5000)]);
      await change(fixture, [], [{ scope: 'user', subject: 'theirs' }]);
      assert.equal((await hash('banned:theirs'))['banned_until'], later);
    }),
);

test('keys of another type are left alone, and harm no other ban', { skip }, () =>
  withRedis(async (fixture) => {
    const { raw, mirror } = fixture;
    const one = await mirror();
    await raw.call(['SET', 'banned:U1', '1']);
    await change(fixture, [refusalOf('U1', inAnHour()), refusalOf('U2', inAnHour())]);
    assert.equal(await raw.call(['GET', 'banned:U1']), '1');
    assert.equal(await raw.call(['EXISTS', 'banned:U2']), 1);
    await one.close();
    assert.equal(one.status.wrongTypeCount, 1);
  }),
);

test('poisoned ids are keys like any other; those beyond the limit are left out', { skip }, () =>
  withRedis(async (fixture) => {
    const { raw, mirror, heard } = fixture;
    const one = await mirror();
    const ids = ['a\u0000b', 'a\nb', '😀', '__proto__', '*', 'x[a-z]?\\', 'b'.repeat(256)];
    const tooLong = ['c'.repeat(257), 'd'.repeat(2 ** 20), ''];
    await change(fixture, [
      refusalOf('keep', inAnHour()),
      ...[...ids, ...tooLong].map((id) => refusalOf(id, inAnHour())),
    ]);
    for (const id of ids) assert.equal(await raw.call(['EXISTS', `banned:${id}`]), 1, id.slice(0, 20));
    assert.equal(await raw.call(['DBSIZE']), ids.length + 3);
    assert.equal(one.status.skippedCount, 3);
    await change(
      fixture,
      [],
      ids.map((subject) => ({ scope: 'user' as const, subject })),
    );
    assert.deepEqual(await raw.call(['KEYS', 'banned:*']), ['banned:keep'] as RedisReply);
    assert.equal(heard.at(-1)?.message.type, 'delta');
  }),
);

test('a ban that is over already leaves no hash behind', { skip }, () =>
  withRedis(async (fixture) => {
    const { raw, mirror } = fixture;
    await mirror();
    await change(fixture, [refusalOf('U1', clock.nowMs() - 1), refusalOf('U2', 1.5)]);
    assert.deepEqual(await raw.call(['KEYS', 'banned:*']), []);
  }),
);

test('after an outage everything is compared: what was lifted goes, what is missing comes', { skip }, () =>
  withRedis(async (fixture) => {
    const { redis, raw, feed, mirror, heard, until } = fixture;
    const one = await mirror();
    await change(
      fixture,
      Array.from({ length: 450 }, (_, i) => refusalOf(`U${i}`, inAnHour())),
    );
    // One that somebody removed by hand, and one that it must not touch.
    await raw.call(['DEL', 'banned:U4']);
    await raw.call(['HSET', 'banned:theirs', 'banned_until', 'soon']);
    const epoch = heard.at(-1)?.epoch;
    feed.change([refusalOf('new', inAnHour())], [{ scope: 'user', subject: 'U3' }]);
    await raw.call(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
    await until(() => heard.at(-1)?.message.type === 'hello' && heard.at(-1)?.epoch !== epoch);
    const exists = async (id: string): Promise<RedisReply> => await raw.call(['EXISTS', `banned:${id}`]);
    assert.deepEqual(
      [await exists('new'), await exists('U3'), await exists('U4'), await exists('theirs')],
      [1, 0, 1, 1],
    );
    assert.equal(await raw.call(['HLEN', 'g:live']), 450);

    await redis.kill();
    feed.change([refusalOf('in the outage', inAnHour())]);
    await redis.start();
    // Whoever listens may be connected later than the mirror.
    while (one.status.comparedCount < 3 || !raw.isReady) await clock.yield();
    assert.equal(await exists('in the outage'), 1);
    assert.equal(await raw.call(['HLEN', 'g:live']), 451);
    await one.close();
    assert.match(one.problems().join(), /not up to date/);
  }),
);

test('every message of the feed passes, in order, with the numbers kept beside the snapshot', { skip }, () =>
  withRedis(async (fixture) => {
    const { feed, mirror, heard, until, hash } = fixture;
    await mirror();
    for (let i = 0; i < 500; i++) feed.change([refusalOf(`U${i}`, inAnHour())]);
    feed.digest();
    feed.settings({ ids: 'pseudonym', policies: [], allow: ['vip'] });
    await until(() => heard.at(-1)?.message.type === 'settings');
    const seqs = heard.flatMap(({ message }) => (message.type === 'delta' ? [message.seq] : []));
    assert.deepEqual(
      seqs,
      Array.from({ length: 500 }, (_, i) => i + 1),
    );
    const state = await hash('g:state');
    assert.deepEqual([state['seq'], state['count'], state['ready']], ['500', '500', '1']);
    assert.match(state['settings'] ?? '', /"allow":\["vip"\]/);
  }),
);

test('a second server waits for the lease of the first and takes over when it is given back', { skip }, () =>
  withRedis(async (fixture) => {
    const { begin, mirror, heard, until } = fixture;
    const first = await mirror();
    const second = begin({ holder: 'two' });
    await change(fixture, [refusalOf('U1', inAnHour())]);
    assert.equal(heard.filter(({ message }) => message.type === 'delta').length, 1);
    assert.equal(second.status.isFollowing, false);
    const epoch = heard.at(-1)?.epoch;
    await first.close();
    await until(() => heard.at(-1)?.message.type === 'hello' && heard.at(-1)?.epoch !== epoch);
    await change(fixture, [refusalOf('U2', inAnHour())]);
  }),
);

test('a server that lost its lease writes nothing more', { skip }, () =>
  withRedis(async (fixture) => {
    const { raw, feed, mirror, heard, until } = fixture;
    const first = await mirror();
    // As when the first one stood still for longer than its lease.
    await raw.call(['HSET', 'g:state', 'held_until_ms', '0']);
    await mirror({ holder: 'two' });
    feed.change([refusalOf('U1', inAnHour())]);
    await until(() => heard.some(({ message }) => message.type === 'delta'));
    while (first.status.isFollowing) await clock.yield();
    assert.match(first.problems().join(), /another server (has begun to write|writes) them/);
    await first.close();
    assert.equal(heard.filter(({ message }) => message.type === 'delta').length, 1);
  }),
);

test('clocks that differ are named', { skip }, () =>
  withRedis(async ({ begin, heard, until }) => {
    const late = new SystemClock();
    late.nowMs = () => clock.nowMs() - 60_000;
    const one = begin({}, late);
    await until(() => heard.length > 0);
    assert.match(one.problems().join(), /clock of Redis differs from this machine's by 60 s/);
  }),
);
