import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetricsRegistry } from '../metrics/registry.ts';
import { SeededRandom } from '../system/seeded-random-fixture.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { createGuard } from './create-guard.ts';
import { decision, digest, FakeTransport, hello, policy, snapshot } from './guard-fixture.ts';
import type { GuardOptions } from './guard-options.ts';
import type { FeedSettings } from './wire.ts';

/** The decisions of the fixture hold around this moment. */
const START_MS = 1_700_000_000_000;

function world(options: Partial<GuardOptions> = {}) {
  const clock = manualClock(START_MS);
  const transport = new FakeTransport();
  const errors: string[] = [];
  const guard = createGuard({
    transports: [transport],
    ids: { mode: 'plain' },
    clock,
    random: new SeededRandom(1),
    onError: (error) => errors.push(error.message),
    ...options,
  });
  const follow = (decisions = [decision('eve')], more: Partial<FeedSettings> = {}) =>
    transport.tell(hello('e1', 1, more), snapshot('e1', 1, decisions));
  return { clock, transport, errors, guard, follow };
}

test('a decision holds until its time is over by our own clock, whatever else happens', () => {
  const { clock, guard, follow } = world();
  follow();
  const verdict = guard.check('eve');
  assert.equal(verdict.kind, 'refuse');
  assert.deepEqual(verdict.kind === 'refuse' && verdict.ground, {
    decisionId: 'd-eve',
    kind: 'refuse',
    grade: 'temporary',
    level: 1,
    policy: 'per-minute',
    reason: 'too many actions',
    retryAfterMs: 300_000,
    by: 'replica',
  });
  clock.jumpWallClock(299_999);
  assert.equal(guard.check('eve').kind, 'refuse');
  clock.jumpWallClock(1);
  assert.equal(guard.check('eve').kind, 'allow');
});

test('a permanent decision names no time after which to come back', () => {
  const { guard, follow } = world();
  follow([decision('eve', { untilMs: null, grade: 'permanent' })]);
  const verdict = guard.check('eve');
  assert.equal(verdict.kind === 'refuse' && verdict.ground.retryAfterMs, undefined);
  assert.equal(verdict.kind, 'refuse');
});

test('who is slowed waits a second per level, five at most', () => {
  const { guard, follow } = world();
  follow([1, 2, 5, 9].map((level) => decision(`eve${level}`, { kind: 'slow', level })));
  const delays = [1, 2, 5, 9].map((level) => {
    const verdict = guard.check(`eve${level}`);
    return verdict.kind === 'slow' ? verdict.delayMs : verdict.kind;
  });
  assert.deepEqual(delays, [1000, 2000, 5000, 5000]);
});

test('neither the list of the application nor that of the server lets a decision through', () => {
  const { guard, follow } = world({
    allow: ['root', { scope: 'range', id: '10.0.0.0/8' }],
  });
  const ip = (id: string) => ({ scope: 'ip' as const, id });
  follow(['root', 'eve', 'bob'].map((id) => decision(id)).concat(decision('0.0.0.0/0', { scope: 'range' })), {
    allow: ['bob', '192.0.2.0/24'],
  });
  assert.equal(guard.check('root').kind, 'allow');
  assert.equal(guard.check('bob').kind, 'allow');
  assert.equal(guard.check('eve').kind, 'refuse');
  assert.equal(guard.check(ip('10.1.2.3')).kind, 'allow');
  assert.equal(guard.check(ip('192.0.2.9')).kind, 'allow');
  assert.equal(guard.check(ip('198.51.100.1')).kind, 'refuse');
});

test('actions of one second are one row, and leave within a second', async () => {
  const { clock, transport, guard, follow } = world();
  follow();
  for (let i = 0; i < 5; i++) guard.track({ subject: 'amy', action: 'next_card', source: 'rich_menu' });
  guard.track({ subject: 'amy', action: 'next_card', source: 'rich_menu', outcome: 'error' });
  assert.equal(guard.status.pendingRows, 2);
  await clock.advance(1000);
  assert.equal(guard.status.pendingRows, 0);
  assert.equal(transport.batches.length, 1);
  const [batch] = transport.batches;
  assert.deepEqual(batch?.words, ['user', 'next_card', 'rich_menu', 'ok', 'error']);
  assert.deepEqual(
    batch.rows.map((row) => row.slice(0, 6)),
    [
      [0, 'amy', 1, 2, 3, 5],
      [0, 'amy', 1, 2, 4, 1],
    ],
  );
});

test('an attempt that is refused is told as refused, and counts toward nothing', async () => {
  const { clock, transport, guard, follow } = world();
  follow([decision('eve')], { policies: [policy({ threshold: 2 })] });
  for (let i = 0; i < 10; i++) assert.equal(guard.attempt({ subject: 'eve', action: 'a' }).kind, 'refuse');
  await clock.advance(900);
  assert.equal(transport.batches.length, 0, 'refusals are not urgent');
  await clock.advance(100);
  assert.deepEqual(transport.counts(), { 'eve a refused': 10 });
});

test('a subject past half of its smallest threshold leaves within milliseconds, a burst as one batch, alone', async () => {
  const { clock, transport, guard, follow } = world();
  follow([], { policies: [policy({ threshold: 600, windowMs: 3_600_000 }), policy()] });
  guard.track({ subject: 'amy', action: 'a' });
  for (let i = 0; i < 14; i++) guard.track({ subject: 'eve', action: 'a' });
  await clock.advance(50);
  assert.equal(transport.batches.length, 0, 'fourteen are not half of thirty');
  for (let i = 0; i < 20; i++) guard.track({ subject: 'eve', action: 'a' });
  await clock.advance(4);
  assert.equal(transport.batches.length, 1);
  assert.deepEqual(transport.counts(), { 'eve a ok': 34 });
  await clock.advance(1000);
  assert.deepEqual(transport.counts(), { 'eve a ok': 34, 'amy a ok': 1 });
});

test('one who goes on past half of a threshold causes at most forty batches a second', async () => {
  const { clock, transport, guard, follow } = world();
  follow([], { policies: [policy({ threshold: 2 })] });
  for (let i = 0; i < 1000; i++) {
    guard.track({ subject: 'eve', action: 'a' });
    await clock.advance(1);
  }
  assert.ok(transport.batches.length <= 42, `got ${transport.batches.length}`);
  assert.ok(transport.batches.length >= 35, `got ${transport.batches.length}`);
});

test('without server the known decisions hold, and each policy does what it says, from ten seconds on', async () => {
  const { clock, transport, errors, guard, follow } = world();
  follow([decision('eve', { untilMs: null })], {
    policies: [
      policy({ name: 'cards', actions: ['next_*'], threshold: 3, whenUnavailable: 'limit' }),
      policy({ name: 'pay', actions: ['pay'], whenUnavailable: 'closed' }),
      policy({ name: 'rest', actions: ['look'], threshold: 1, whenUnavailable: 'open' }),
    ],
  });
  const attempt = (action: string) => guard.attempt({ subject: 'amy', action }).kind;
  transport.lose();
  await clock.advance(9_900);
  assert.equal(guard.status.feed, 'following');
  assert.deepEqual(
    [1, 2, 3, 4].map(() => attempt('next_card')),
    Array(4).fill('allow'),
  );
  await clock.advance(1100);
  assert.equal(guard.status.feed, 'stale');
  assert.equal(guard.check('eve').kind, 'refuse');
  assert.equal(attempt('pay'), 'refuse');
  assert.deepEqual(
    [1, 2, 3].map(() => attempt('look')),
    Array(3).fill('allow'),
  );
  assert.equal(attempt('next_card'), 'refuse');
  assert.equal(guard.check('bob', 'next_card').kind, 'allow', 'only who was busy here');
  assert.equal(guard.check('bob').kind, 'refuse', 'without an action the closed policy holds');
  const verdict = guard.check('amy', 'next_card');
  assert.equal(verdict.kind === 'refuse' && verdict.ground.by, 'local');
  assert.equal(errors.length, 2);
  assert.match(errors[0] ?? '', /cannot follow decisions by fake.*connection refused/);
  assert.match(errors[1] ?? '', /no source of decisions/);
  follow([decision('eve', { untilMs: null })]);
  assert.equal(guard.status.feed, 'following');
  assert.equal(attempt('pay'), 'allow');
});

test('the wait that a local refusal names is enough, and no wait but the last millisecond is too long', async () => {
  const { clock, transport, guard, follow } = world();
  follow([], { policies: [policy({ threshold: 3, windowMs: 10_000, whenUnavailable: 'limit' })] });
  transport.lose();
  await clock.advance(11_000);
  for (let i = 0; i < 3; i++) assert.equal(guard.attempt({ subject: 'amy', action: 'a' }).kind, 'allow');
  const verdict = guard.check('amy', 'a');
  assert.ok(verdict.kind === 'refuse');
  const waitMs = verdict.ground.retryAfterMs ?? 0;
  assert.ok(waitMs > 1000 && waitMs <= 20_000, `${waitMs}`);
  await clock.advance(waitMs - 2);
  assert.equal(guard.check('amy', 'a').kind, 'refuse');
  await clock.advance(3);
  assert.equal(guard.check('amy', 'a').kind, 'allow');
});

test('before the server was ever reached the application says what holds', async () => {
  const open = world();
  assert.equal(open.guard.check('amy').kind, 'allow');
  const closed = world({ whenUnavailable: 'closed', allow: ['root'] });
  assert.equal(closed.guard.check('amy').kind, 'refuse');
  assert.equal(closed.guard.check('root').kind, 'allow');
  const ready = closed.guard.ready(5000);
  closed.follow();
  assert.equal(await ready, true);
  assert.equal(closed.guard.check('amy').kind, 'allow');
  const isReady = open.guard.ready(5000);
  await open.clock.advance(5000);
  assert.equal(await isReady, false);
});

test('a source that says nothing for too long does not count as good, and the next one answers', async () => {
  const second = new FakeTransport('second');
  const first = new FakeTransport('first');
  const { clock, guard } = world({ transports: [first, second] });
  first.tell(hello('a', 1), snapshot('a', 1, [decision('eve', { untilMs: null })]));
  second.tell(hello('b', 7), snapshot('b', 7, [decision('bob', { untilMs: null })]));
  assert.deepEqual([guard.check('eve').kind, guard.check('bob').kind], ['refuse', 'allow']);
  await clock.advance(30_000);
  second.tell(digest(7, [decision('bob', { untilMs: null })]));
  await clock.advance(8000);
  assert.deepEqual([guard.check('eve').kind, guard.check('bob').kind], ['allow', 'refuse']);
  first.tell(digest(1, [decision('eve', { untilMs: null })]));
  assert.deepEqual([guard.check('eve').kind, guard.check('bob').kind], ['refuse', 'allow']);
});

test('pseudonyms leave in place of ids, and decisions under every live key are found', async () => {
  const keys = ['k2', 'k1'].map((kid, i) => ({ kid, key: new Uint8Array(32).fill(i) }));
  const { clock, transport, guard, follow } = world({ ids: { mode: 'pseudonym', keys } });
  const { pseudonymsOf } = await import('./pseudonym.ts');
  const [newest, old] = pseudonymsOf('amy', 'user', keys);
  follow([decision(old ?? '')], { ids: 'pseudonym' });
  assert.equal(guard.attempt({ subject: 'amy', action: 'a' }).kind, 'refuse');
  await clock.advance(1000);
  assert.deepEqual(transport.counts(), { [`${newest} a refused`]: 1 });
  assert.ok(!JSON.stringify(transport.batches).includes('amy'));
});

test('an address that a proxy had banned in plain is refused under pseudonyms, too, in any spelling', () => {
  const keys = [{ kid: '1', key: new Uint8Array(32) }];
  const { guard, follow } = world({ ids: { mode: 'pseudonym', keys } });
  follow([decision('2001:db8::1', { scope: 'ip' })], { ids: 'pseudonym' });
  assert.equal(guard.check({ scope: 'ip', id: '2001:DB8:0::0:1' }).kind, 'refuse');
  assert.equal(guard.check({ scope: 'user', id: '2001:db8::1' }).kind, 'allow');
});

test('ids of another mode than the server expects are told once', () => {
  const { errors, follow } = world();
  follow([], { ids: 'pseudonym' });
  follow([], { ids: 'pseudonym' });
  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? '', /mode "plain", the server expects "pseudonym"/);
});

const poisoned: readonly [string, string][] = [
  ['a megabyte', 'x'.repeat(1_000_000)],
  ['a megabyte of astral characters', '😀'.repeat(250_000)],
  ['NUL', 'a\0b'],
  ['a line feed', 'a\nb'],
  ['an emoji', '👩‍👩‍👧'],
  ['a lone surrogate', 'a\ud800'],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
];

for (const [what, id] of poisoned)
  test(`an id of ${what} is counted, and refused when a decision says so`, async () => {
    const { clock, transport, guard, follow } = world();
    follow([]);
    assert.equal(guard.attempt({ subject: id, action: id }).kind, 'allow');
    await clock.advance(1000);
    const [row] = transport.batches[0]?.rows ?? [];
    const key = row?.[1] ?? '';
    assert.ok(key !== '' && Buffer.byteLength(key) <= 256, key.slice(0, 300));
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
    assert.doesNotMatch(key, /[\0-\x1f]/);
    assert.ok(key.isWellFormed());
    assert.ok(transport.batches[0]?.words.every((word) => word.length <= 64 && word.isWellFormed()));
    transport.tell({ type: 'delta', seq: 2, put: [decision(key)], drop: [] });
    assert.equal(guard.check(id).kind, 'refuse');
    assert.equal(guard.check(`${id}!`).kind, 'allow');
  });

test('a flood of new subjects while the server hangs loses the oldest, keeps count, and fills no memory', async () => {
  const { clock, transport, guard, follow } = world({ subjectsCachedMax: 1000 });
  follow([decision('eve', { untilMs: null })], { policies: [policy()] });
  transport.faults.push('hang');
  const flood = 70_000;
  for (let i = 0; i < flood; i++) guard.track({ subject: `bot${i}`, action: 'a' });
  await clock.advance(1000);
  const { pendingRows, droppedRows } = guard.status;
  assert.equal(pendingRows + droppedRows, flood);
  assert.ok(pendingRows <= 50_000 && pendingRows >= 48_000, `${pendingRows}`);
  assert.equal(guard.check('eve').kind, 'refuse');
  await clock.advance(6000);
  assert.equal(guard.status.pendingRows, 0);
  assert.equal(transport.batches.at(-1)?.rows.at(-1)?.[1], `bot${flood - 1}`);
});

test('one who is busy among a flood of others keeps the count of its own', async () => {
  const { transport, clock, guard, follow } = world({ subjectsCachedMax: 100 });
  follow([], { policies: [policy({ threshold: 10 })] });
  for (let i = 0; i < 1000; i++) {
    guard.track({ subject: `bot${i}`, action: 'a' });
    if (i % 40 === 0) guard.track({ subject: 'eve', action: 'a' });
  }
  await clock.advance(5);
  assert.equal(transport.counts()['eve a ok'], 25, 'told before the second is over');
});

test('what names nobody is counted as such, and throws nothing', async () => {
  const registry = createMetricsRegistry();
  const { clock, transport, guard, follow } = world({ registry });
  follow();
  const wrong = ['', '  ', undefined, null, 7, {}, { scope: '__proto__', id: 'x' }, { scope: 'user', id: 7 }];
  for (const subject of wrong) {
    guard.track({ subject: subject as string, action: 'a' });
    assert.equal(guard.check(subject as string).kind, 'allow');
  }
  guard.track({ subject: 'amy', action: '' });
  guard.track({ subject: 'amy', action: 'a', outcome: 'failed' as 'error' });
  await clock.advance(1000);
  assert.equal(transport.batches.length, 0);
  const family = registry.collect().find(({ name }) => name === 'guard_actions_dropped_total');
  assert.equal(family?.samples.find(({ labels }) => labels[1] === 'nameless')?.value, 2 * wrong.length + 2);
});

test('two guards in one process know nothing of each other', async () => {
  const [a, b] = [world(), world()];
  a.follow([decision('eve')]);
  b.follow([]);
  a.guard.track({ subject: 'amy', action: 'a' });
  await a.clock.advance(1000);
  await b.clock.advance(1000);
  assert.deepEqual([a.guard.check('eve').kind, b.guard.check('eve').kind], ['refuse', 'allow']);
  assert.deepEqual([a.transport.batches.length, b.transport.batches.length], [1, 0]);
});

test('the last actions leave with the close, and nothing stays behind', async () => {
  const { clock, transport, guard, follow } = world();
  follow();
  transport.lose();
  await clock.advance(11_000);
  const ready = guard.ready(60_000);
  guard.track({ subject: 'amy', action: 'a' });
  await guard.close();
  assert.equal(await ready, false);
  await guard.close();
  guard.track({ subject: 'amy', action: 'a' });
  assert.deepEqual(transport.counts(), { 'amy a ok': 1 });
  assert.equal(transport.isClosed, true);
  assert.equal(clock.timerCount, 0);
});

test('metrics say what was checked, tracked and how the feed stands', async () => {
  const registry = createMetricsRegistry();
  const { clock, transport, guard, follow } = world({
    registry,
    userActions: true,
    userActionsByUser: { seriesMax: 1 },
  });
  follow();
  guard.check('eve');
  guard.check('amy');
  guard.track({ subject: 'amy', action: 'a', source: 'menu' });
  guard.track({ subject: 'bob', action: 'a', source: 'menu' });
  await clock.advance(500);
  const lines = () =>
    registry
      .read()
      .flatMap((family) =>
        Array.from(
          { length: family.seriesCount },
          (_, i) => `${family.identityOf(i, 0).text} ${family.valueOf(i, 0)}`,
        ),
      );
  for (const line of [
    'guard_checks_total{verdict="refuse"} 1',
    'guard_checks_total{verdict="allow"} 1',
    'guard_actions_tracked_total 2',
    'guard_pending_rows 2',
    'guard_decisions 1',
    'guard_feed_state{state="following"} 1',
    'guard_feed_lag_seconds 0.5',
    'user_actions_total{action_type="a",source="menu"} 2',
    'user_actions_by_user_total{user_id="amy",action_type="a"} 1',
    'user_actions_by_user_total{user_id="_overflow",action_type="_overflow"} 1',
  ])
    assert.ok(lines().includes(line), `${line} in\n${lines().join('\n')}`);
  transport.lose();
  await clock.advance(11_000);
  assert.ok(lines().includes('guard_feed_state{state="stale"} 1'));
  assert.ok(lines().includes('guard_checks_total{verdict="refuse"} 1'), 'counted once');
});

test('options that cannot be are refused', () => {
  assert.throws(() => createGuard({ ids: { mode: 'plain' } }), /want a server or a transport/);
  const transports = [new FakeTransport()];
  assert.throws(() => createGuard({ transports, ids: { mode: 'pseudonym', keys: [] } }), /number of keys/);
  const keys = [{ kid: '1', key: new Uint8Array(32) }];
  assert.throws(
    () => createGuard({ transports, ids: { mode: 'pseudonym', keys }, userActionsByUser: { seriesMax: 9 } }),
    /want ids.mode "plain"/,
  );
  assert.throws(
    () => createGuard({ transports, ids: { mode: 'plain' }, allow: [{ scope: 'range', id: '10.0.0.0/99' }] }),
    /cannot allow the network/,
  );
});
