import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { UnavailableError } from '@vedette/model';
import { SUBJECT_ID_BYTES_MAX } from '@vedette/sdk';
import {
  ANNA,
  crossingOf,
  EXTENDED,
  GuardWorld,
  HOUR_MS,
  MINUTE_MS,
  NOW_MS,
  policyOf,
  settingsOf,
  settleFully,
  TEMPORARY,
  userOf,
} from './guard-fixture.ts';

const SETUP = { settings: settingsOf(), policies: [policyOf()] };

async function open(t: TestContext, ...options: Parameters<typeof GuardWorld.start>): Promise<GuardWorld> {
  const world = await GuardWorld.start(...options);
  t.after(() => world.close());
  return world;
}

function fileFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'vedette-guard-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'state.db');
}

test('a crossing becomes a decision that holds for its time and no longer', async (t) => {
  const world = await open(t);
  await world.cross(crossingOf('u1'));
  const held = world.holding('u1');
  assert.deepEqual(
    [held?.kind, held?.grade, held?.level, held?.untilMs, held?.reason],
    ['refuse', 'temporary', 1, NOW_MS + 5 * MINUTE_MS, '31 actions in 60 s; the limit is 30'],
  );
  assert.equal(world.metric('banned_users_current{ban_type="temporary"}'), 1);
  await world.clock.advance(5 * MINUTE_MS - 1);
  assert.equal(world.holding('u1')?.id, held?.id);
  await world.clock.advance(1);
  assert.equal(world.holding('u1'), undefined);
  assert.deepEqual(world.guard.live(), []);
  assert.equal(world.metric('banned_users_current{ban_type="temporary"}'), 0);
  const [view] = await world.guard.decisions({ limit: 10 });
  assert.deepEqual([view?.state, view?.events.map(({ kind }) => kind)], ['expired', ['made', 'expired']]);
});

test('while a decision holds, an equal crossing makes none and a graver one does, as the same offence', async (t) => {
  const world = await open(t);
  await world.cross(crossingOf('u1'), crossingOf('u1'));
  await world.cross(crossingOf('u1'));
  assert.equal((await world.guard.decisions({ limit: 10 })).length, 1);
  await world.cross(crossingOf('u1', { step: EXTENDED }));
  assert.deepEqual(
    [world.holding('u1')?.grade, world.holding('u1')?.level, world.holding('u1')?.untilMs],
    ['extended', 1, NOW_MS + HOUR_MS],
  );
  await world.cross(crossingOf('u1'));
  assert.equal((await world.guard.decisions({ limit: 10 })).length, 2, 'the milder one is covered');
});

test('what goes on after a decision is another strike, and the ladder makes it graver', async (t) => {
  const world = await open(t);
  const seen: string[] = [];
  for (let i = 0; i < 5; i++) {
    await world.cross(crossingOf('u1'));
    const held = world.holding('u1')!;
    seen.push(`${held.level} ${held.grade} ${(held.untilMs! - world.clock.nowMs()) / MINUTE_MS}`);
    await world.clock.advance(held.untilMs! - world.clock.nowMs());
  }
  assert.deepEqual(seen, [
    '1 temporary 5',
    '2 temporary 5',
    '3 extended 60',
    '4 extended 60',
    '5 review_required 1440',
  ]);
  assert.equal((await world.guard.reviews()).length, 1, 'it waits for a person even after its end');
  await world.clock.advance(30 * 24 * HOUR_MS);
  await world.cross(crossingOf('u1'));
  assert.equal(world.holding('u1')?.level, 1, 'a month later strikes are forgotten');
});

test('in shadow decisions are recorded, climb the ladder by themselves, and refuse nobody', async (t) => {
  const shadow = policyOf({ mode: 'shadow' });
  const world = await open(t, {}, [shadow, policyOf({ name: 'other' })]);
  for (let i = 0; i < 3; i++) {
    await world.cross(crossingOf('u1', { policy: shadow }));
    assert.equal(world.holding('u1'), undefined);
    await world.clock.advance(5 * MINUTE_MS);
  }
  const views = await world.guard.decisions({ limit: 10 });
  assert.deepEqual(
    views.map(({ decision }) => [decision.mode, decision.isEnforced, decision.level]),
    [
      ['shadow', false, 3],
      ['shadow', false, 2],
      ['shadow', false, 1],
    ],
  );
  assert.equal(views[0]?.state, 'shadow');
  await world.cross(crossingOf('u1', { policy: policyOf({ name: 'other' }) }));
  assert.equal(world.holding('u1')?.level, 1, 'what was only recorded makes no refusal graver');
});

test('a canary is in force for about its part of the subjects, and for the same ones every time', async (t) => {
  const at = (canaryPercent: number) => policyOf({ mode: 'canary', canaryPercent });
  const subjects = Array.from({ length: 1000 }, (_, i) => `user-${i}`);
  const pick = async (percent: number): Promise<string[]> => {
    const world = await open(t, {}, [at(percent)]);
    await world.cross(...subjects.map((subject) => crossingOf(subject)));
    return world.liveSubjects();
  };
  const [ten, again, twenty] = [await pick(10), await pick(10), await pick(20)];
  assert.deepEqual(ten, again);
  assert.ok(ten.length > 60 && ten.length < 140, `${ten.length} of 1000 at 10 %`);
  assert.ok(twenty.length > 150 && twenty.length < 250, `${twenty.length} of 1000 at 20 %`);
  assert.deepEqual(
    ten.filter((subject) => !twenty.includes(subject)),
    [],
  );
  assert.deepEqual([(await pick(0)).length, (await pick(100)).length], [0, 1000]);
});

test('nothing is decided about those on the allow list, by id, address or network', async (t) => {
  const world = await open(t, { allow: ['boss', 'cafe\u0301', '10.0.0.0/8', '2001:db8::/32'] });
  const check = async (
    scope: 'user' | 'ip' | 'range',
    subject: string,
    isDecided: boolean,
  ): Promise<void> => {
    await world.cross(crossingOf(subject, { scope }));
    assert.equal(world.guard.holding({ scope, subject }) !== undefined, isDecided, subject);
  };
  await check('user', 'boss', false);
  await check('user', 'caf\u00e9', false);
  await check('user', 'bosses', true);
  await check('ip', '10.1.2.3', false);
  await check('ip', '::ffff:10.1.2.3', false);
  await check('ip', '11.1.2.3', true);
  await check('ip', '2001:db8::1', false);
  await check('ip', '2001:db9::1', true);
  await check('range', '10.1.0.0/16', false);
  await check('range', '11.0.0.0/8', true);
  await check('user', '10.1.2.3', true);
  await assert.rejects(world.guard.ban({ ...ANNA, scope: 'ip', subject: '10.9.9.9', untilMs: null }), {
    code: 'VED_GUARD_INVALID',
    message: /allow list/,
  });
});

test('ten thousand bans at once pull the brake: few are in force, the rest waits for a person', async (t) => {
  const world = await open(t, {
    blast_radius: { max_share: 0.01, floor: 20, window: 10 * MINUTE_MS, per_minute: 120 },
  });
  world.activeSubjects = 5000;
  await world.cross(...Array.from({ length: 10_000 }, (_, i) => crossingOf(`u${i}`)));
  for (let i = 0; i < 20; i++) await settleFully();
  assert.equal(world.guard.live().length, 50, '1 % of 5,000 active subjects');
  assert.deepEqual(world.trips, ['per-minute'], 'one page, not ten thousand');
  const [status] = world.guard.policies();
  assert.deepEqual(
    [status?.mode, status?.configuredMode, status?.decisionCount],
    ['shadow', 'enforce', 10_000],
  );
  assert.match(status?.tripped?.reason ?? '', /more than 50 decisions in 600 s, with 5000 active subjects/);
  assert.equal((await world.guard.reviews()).length, 9950);
  assert.equal(world.metric('guard_brake_tripped{policy="per-minute"}'), 1);
  assert.deepEqual(world.guard.feed.settings().policies, [], 'applications no longer apply it by themselves');

  const [held] = await world.guard.reviews();
  assert.equal(held?.state, 'held-back');
  await world.clock.advance(HOUR_MS);
  await world.guard.approve(held!.decision.id, ANNA);
  const live = world.holding(held!.decision.subject);
  assert.equal(
    live?.untilMs,
    world.clock.nowMs() + 5 * MINUTE_MS,
    'its time begins when a person approves it',
  );

  await world.restart(SETUP);
  assert.equal(world.guard.policies()[0]?.mode, 'shadow', 'a restart does not let it go');
  await world.guard.setMode('per-minute', 'enforce', ANNA);
  assert.deepEqual(
    [world.guard.policies()[0]?.mode, world.guard.policies()[0]?.tripped],
    ['enforce', undefined],
  );
  await world.cross(crossingOf('fresh'));
  assert.notEqual(world.holding('fresh'), undefined);
});

test('applications hear whom and what a policy counts, and of a share only that it closes', async (t) => {
  const share = { measure: { kind: 'share', minCount: 20 }, steps: [{ ...TEMPORARY, over: 0.5 }] } as const;
  const world = await open(t, {}, [
    policyOf({ name: 'by-address', scope: 'ip', sources: ['http'] }),
    policyOf({ name: 'errors', measure: { kind: 'errors' }, actions: ['pay*'], whenUnavailable: 'limit' }),
    policyOf({ name: 'share', ...share }),
    policyOf({ name: 'closed-share', whenUnavailable: 'closed', ...share }),
    policyOf({ name: 'shadow', mode: 'shadow' }),
  ]);
  const counted = { windowMs: MINUTE_MS, threshold: 30 };
  assert.deepEqual(world.guard.feed.settings().policies, [
    { name: 'by-address', scope: 'ip', ...counted, sources: ['http'], whenUnavailable: 'open' },
    {
      name: 'errors',
      scope: 'user',
      measure: 'errors',
      ...counted,
      actions: ['pay*'],
      whenUnavailable: 'limit',
    },
    { name: 'closed-share', scope: 'user', ...counted, threshold: 0.5, whenUnavailable: 'closed' },
  ]);
});

test('the brake counts per minute, too, and a change of the configuration of the policy releases it', async (t) => {
  const blast_radius = { max_share: 1, floor: 1000, window: 10 * MINUTE_MS, per_minute: 3 };
  const world = await open(t, { blast_radius });
  for (const subject of ['a', 'b', 'c']) await world.cross(crossingOf(subject));
  await world.clock.advance(MINUTE_MS);
  for (const subject of ['d', 'e', 'f']) await world.cross(crossingOf(subject));
  assert.deepEqual([world.guard.live().length, world.trips.length], [6, 0], 'three in each minute');
  await world.cross(crossingOf('g'));
  assert.deepEqual([world.guard.live().length, world.trips.length], [6, 1]);
  const settings = settingsOf({ blast_radius });
  world.guard.apply({ settings: { ...settings, allow: ['x'] }, policies: [policyOf()] });
  assert.equal(world.guard.policies()[0]?.mode, 'shadow', 'another key of the configuration changes nothing');
  world.guard.apply({ settings, policies: [policyOf({ windowMs: 2 * MINUTE_MS })] });
  assert.equal(world.guard.policies()[0]?.mode, 'enforce');
  await world.cross(crossingOf('h'));
  assert.notEqual(world.holding('h'), undefined);
});

test('whom a person lets go is left alone for a while, and the strike is taken back', async (t) => {
  const world = await open(t);
  await world.cross(crossingOf('u1'));
  await world.guard.lift(world.holding('u1')!.id, ANNA);
  assert.equal(world.holding('u1'), undefined);
  await world.cross(crossingOf('u1', { step: EXTENDED }));
  assert.equal(world.holding('u1'), undefined);
  assert.equal(world.metric('guard_offences_passed_over_total{reason="soft_allow"}'), 1);
  await world.clock.advance(30 * MINUTE_MS);
  await world.cross(crossingOf('u1'));
  assert.equal(world.holding('u1')?.level, 1);
  const [status] = world.guard.policies();
  assert.deepEqual([status?.rightCount, status?.wrongCount, status?.precision], [0, 1, 0]);
});

test('with a raised bar only a measure far above the threshold ends a soft allow', async (t) => {
  const world = await open(t, { soft_allow: { for: 30 * MINUTE_MS, raise: 2 } });
  await world.cross(crossingOf('u1'));
  await world.guard.lift(world.holding('u1')!.id, ANNA);
  const at = (value: number) => crossingOf('u1', { evidence: { ...crossingOf('u1').evidence, value } });
  await world.cross(at(60));
  assert.equal(world.holding('u1'), undefined);
  await world.cross(at(61));
  assert.notEqual(world.holding('u1'), undefined);
});

test('people extend, make permanent, approve and lift, each with name and reason', async (t) => {
  const world = await open(t);
  await world.cross(crossingOf('u1'), crossingOf('u2'), crossingOf('u3'));
  const id = world.holding('u1')!.id;
  await assert.rejects(
    world.guard.extend(id, NOW_MS + MINUTE_MS, ANNA),
    /must be later than the current one/,
  );
  await world.guard.extend(id, NOW_MS + HOUR_MS, ANNA);
  assert.equal(world.holding('u1')?.untilMs, NOW_MS + HOUR_MS);
  await world.clock.advance(6 * MINUTE_MS);
  assert.deepEqual(world.liveSubjects(), ['u1'], 'the end it had before means nothing any more');
  await world.guard.makePermanent(id, ANNA);
  await world.clock.advance(40 * 24 * HOUR_MS);
  assert.deepEqual([world.holding('u1')?.grade, world.holding('u1')?.untilMs], ['permanent', null]);
  assert.equal(world.metric('banned_users_current{ban_type="permanent"}'), 1);
  await world.guard.lift(id, { by: 'bob', reason: 'enough' });
  await assert.rejects(world.guard.lift(id, ANNA), { code: 'VED_GUARD_INVALID', message: /it is over/ });
  const view = await world.guard.find(id);
  assert.deepEqual(
    view?.events.map((event) => ('by' in event ? `${event.kind} ${event.by}` : event.kind)),
    ['made', 'changed anna', 'changed anna', 'lifted bob'],
  );
  await assert.rejects(world.guard.approve('nobody', ANNA), { code: 'VED_GUARD_NOT_FOUND' });
  await assert.rejects(world.guard.lift(id, { by: ' ', reason: 'x' }), { code: 'VED_GUARD_INVALID' });
  await assert.rejects(world.guard.lift(id, { by: 'anna', reason: '' }), { code: 'VED_GUARD_INVALID' });
  await assert.rejects(world.guard.setMode('none', 'off', ANNA), { code: 'VED_GUARD_NOT_FOUND' });
  const [status] = world.guard.policies();
  assert.deepEqual([status?.rightCount, status?.wrongCount], [0, 1], 'the last word of a person counts');
});

test('an approved decision counts as right, and precision is told', async (t) => {
  const world = await open(t);
  await world.cross(crossingOf('u1'), crossingOf('u2'), crossingOf('u3'));
  assert.equal(world.guard.policies()[0]?.precision, undefined);
  await world.guard.approve(world.holding('u1')!.id, ANNA);
  await world.guard.approve(world.holding('u2')!.id, ANNA);
  await world.guard.approve(world.holding('u2')!.id, ANNA);
  await world.guard.lift(world.holding('u3')!.id, ANNA);
  assert.equal(world.metric('guard_policy_precision{policy="per-minute"}'), 2 / 3);
  await world.restart(SETUP);
  assert.equal(world.guard.policies()[0]?.precision, 2 / 3);
});

test('a person bans by hand, for a time or for good, and a milder ban never shortens a longer one', async (t) => {
  const world = await open(t);
  await world.guard.ban({ ...ANNA, ...userOf('u1'), untilMs: NOW_MS + HOUR_MS });
  await world.guard.ban({ ...ANNA, ...userOf('u1'), untilMs: NOW_MS + MINUTE_MS });
  assert.equal(world.holding('u1')?.untilMs, NOW_MS + HOUR_MS);
  await world.guard.ban({ ...ANNA, ...userOf('u1'), untilMs: null, kind: 'slow' });
  assert.equal(world.holding('u1')?.kind, 'refuse');
  await world.clock.advance(HOUR_MS);
  assert.equal(world.holding('u1')?.kind, 'slow', 'what lies below comes into force');
  await assert.rejects(
    world.guard.ban({ ...ANNA, ...userOf('u2'), untilMs: NOW_MS }),
    /must be in the future/,
  );
  await assert.rejects(world.guard.ban({ ...ANNA, ...userOf('u2'), untilMs: NaN }), /must be in the future/);
  await assert.rejects(world.guard.ban({ ...ANNA, ...userOf('u2'), untilMs: 1e17 }), /must be in the future/);
});

test('any well-formed id is a subject, up to its limit', async (t) => {
  const world = await open(t);
  const poisoned = [
    '__proto__',
    'constructor',
    'a\0b',
    'a\nb',
    '😀',
    '"}{',
    'x'.repeat(SUBJECT_ID_BYTES_MAX),
  ];
  await world.cross(...poisoned.map((subject) => crossingOf(subject)));
  assert.deepEqual(world.liveSubjects(), poisoned.toSorted());
  const refused = [
    '',
    'x'.repeat(SUBJECT_ID_BYTES_MAX + 1),
    '😀'.repeat(65),
    '\ud800',
    'x'.repeat(1_000_000),
  ];
  await world.cross(...refused.map((subject) => crossingOf(subject)));
  assert.equal(world.guard.live().length, poisoned.length);
  assert.equal(world.metric('guard_offences_passed_over_total{reason="invalid_subject"}'), refused.length);
  for (const subject of refused)
    await assert.rejects(world.guard.ban({ ...ANNA, ...userOf(subject), untilMs: null }), {
      code: 'VED_GUARD_INVALID',
    });
  await world.restart(SETUP);
  assert.deepEqual(world.liveSubjects(), poisoned.toSorted());
});

test('after a kill everything acknowledged is there, saved or not, and strikes go on', async (t) => {
  const path = fileFor(t);
  const world = await open(t, {}, [policyOf()], { path });
  await world.cross(crossingOf('u1'), crossingOf('u2'));
  await world.clock.advance(11_000);
  await world.cross(crossingOf('u3'));
  await world.guard.lift(world.holding('u2')!.id, ANNA);
  await world.guard.setMode('per-minute', 'canary', ANNA);
  const before = world.guard.live();
  await world.restart(SETUP, { isClean: false });
  assert.deepEqual(
    world.guard.live().toSorted((a, b) => a.subject.localeCompare(b.subject)),
    before.toSorted((a, b) => a.subject.localeCompare(b.subject)),
  );
  assert.deepEqual(world.liveSubjects(), ['u1', 'u3']);
  assert.equal(world.guard.policies()[0]?.mode, 'canary');
  assert.deepEqual([world.guard.policies()[0]?.decisionCount, world.guard.policies()[0]?.wrongCount], [3, 1]);
  await world.clock.advance(5 * MINUTE_MS);
  assert.deepEqual(world.liveSubjects(), []);
  await world.guard.setMode('per-minute', 'enforce', ANNA);
  await world.cross(crossingOf('u1'), crossingOf('u2'));
  assert.equal(world.holding('u1')?.level, 2);
  assert.equal(world.holding('u2'), undefined, 'the soft allow is remembered');
});

test('a kill in the middle of saving loses and doubles nothing', async (t) => {
  const subjects = Array.from({ length: 150 }, (_, i) => `u${i}`);
  const statusOf = (world: GuardWorld) => {
    const { decisionCount, enforcedCount, wrongCount } = world.guard.policies()[0]!;
    return { live: world.liveSubjects(), decisionCount, enforcedCount, wrongCount };
  };
  for (let written = 0; written <= 4; written++) {
    const world = await open(t);
    await world.cross(...subjects.map((subject) => crossingOf(subject)));
    await world.clock.advance(11_000);
    for (const subject of subjects.slice(0, 120)) await world.guard.lift(world.holding(subject)!.id, ANNA);
    const { id } = world.holding('u149')!;
    await world.guard.extend(id, world.clock.nowMs() + 6 * MINUTE_MS, ANNA);
    const { writeDocuments } = world;
    let left = written;
    world.writeDocuments = (writes) => (left-- > 0 ? writeDocuments(writes) : new Promise(() => undefined));
    await world.clock.advance(11_000);
    assert.ok(left < 0 || written === 4, 'the save was cut off');
    const before = statusOf(world);
    world.writeDocuments = writeDocuments;
    await world.restart(SETUP, { isClean: false });
    assert.deepEqual(statusOf(world), before, `${written} calls written`);
    const events = (await world.guard.find(id))?.events.map(({ kind }) => kind);
    assert.deepEqual(events, ['made', 'changed'], `${written} calls written`);
    await world.clock.advance(31 * MINUTE_MS);
    await world.cross(crossingOf('u0'), crossingOf('u149'));
    assert.deepEqual([world.holding('u0')?.level, world.holding('u149')?.level], [1, 2]);
  }
});

test('what cannot be written is not in force, and is decided when the disk works again', async (t) => {
  const world = await open(t);
  const { append } = world;
  world.append = () => Promise.reject(new UnavailableError('VED_STORAGE_FULL', 'cannot write: full'));
  await world.cross(crossingOf('u1'));
  assert.deepEqual([world.holding('u1'), world.guard.live()], [undefined, []]);
  assert.equal(world.metric('guard_write_failures_total'), 1);
  await assert.rejects(world.guard.ban({ ...ANNA, ...userOf('u1'), untilMs: null }), UnavailableError);
  world.append = append;
  await world.cross(crossingOf('u1'));
  assert.equal(world.holding('u1')?.level, 1);
  world.append = () => Promise.reject(new UnavailableError('VED_STORAGE_FULL', 'cannot write: full'));
  await world.clock.advance(6 * MINUTE_MS);
  assert.equal(world.metric('banned_users_current{ban_type="temporary"}'), 0, 'its end needs no disk');
  world.append = append;
  await world.clock.advance(MINUTE_MS);
  assert.equal((await world.guard.decisions({ limit: 1 }))[0]?.events.at(-1)?.kind, 'expired');
});

test('decisions of one moment are written together, and while one is written its subject makes no other', async (t) => {
  const world = await open(t);
  const { append } = world;
  const sizes: number[] = [];
  const gate = Promise.withResolvers<void>();
  world.append = async (log, records) => {
    sizes.push(records.length);
    await gate.promise;
    return await append(log, records);
  };
  await world.cross(crossingOf('u0'));
  for (let i = 1; i < 100; i++) await world.cross(crossingOf(`u${i}`));
  await world.cross(crossingOf('u0'), crossingOf('u50', { step: EXTENDED }));
  assert.deepEqual(world.guard.live(), [], 'nothing is in force before it is durable');
  gate.resolve();
  await settleFully();
  assert.deepEqual(sizes, [1, 99]);
  assert.equal(world.guard.live().length, 100);
  assert.equal(world.metric('guard_offences_passed_over_total{reason="in_flight"}'), 2);
});

test('a clock that is set forward ends decisions within half a minute, one set back prolongs none that ended', async (t) => {
  const world = await open(t);
  await world.cross(crossingOf('u1'));
  world.clock.jumpWallClock(HOUR_MS);
  assert.deepEqual(
    [world.holding('u1'), world.guard.live()],
    [undefined, []],
    'whoever asks is told the truth at once',
  );
  await world.clock.advance(30_000);
  assert.equal(world.metric('banned_users_current{ban_type="temporary"}'), 0);
  world.clock.jumpWallClock(-HOUR_MS);
  assert.equal(world.holding('u1'), undefined);
  await world.cross(crossingOf('u2'));
  world.clock.jumpWallClock(-24 * HOUR_MS);
  assert.notEqual(world.holding('u2'), undefined);
  await world.cross(crossingOf('u3'));
  await world.clock.advance(5 * MINUTE_MS);
  assert.deepEqual(world.liveSubjects(), ['u2']);
});

test('erasing removes a subject from memory, feed and the files of the state, with the words about it', async (t) => {
  const path = fileFor(t);
  const world = await open(t, {}, [policyOf()], { path });
  await world.cross(crossingOf('secret-id'), crossingOf('u2'));
  await world.clock.advance(11_000);
  const { id } = world.holding('secret-id')!;
  await world.guard.extend(id, NOW_MS + HOUR_MS, { by: 'anna', reason: 'known from the forum' });
  assert.equal((await world.guard.exportOf([userOf('secret-id')])).length, 1);
  const other = await world.guard.ban({
    scope: 'user',
    subject: 'u3',
    untilMs: NOW_MS + HOUR_MS,
    by: 'anna',
    reason: 'friend of secret-id, they say',
  });
  const { decisions, records } = await world.guard.erase([userOf('secret-id')]);
  assert.equal(decisions, 1);
  assert.ok(records >= 2, `${records} went: the decision, and an event`);
  assert.equal((await world.guard.find(other.id))?.decision.reason, 'friend of [erased], they say');
  await world.guard.extend(other.id, NOW_MS + 2 * HOUR_MS, { by: 'anna', reason: 'again' });
  assert.deepEqual(world.liveSubjects().toSorted(), ['u2', 'u3']);
  assert.deepEqual(await world.guard.exportOf([userOf('secret-id')]), []);
  for (const file of readdirSync(dirname(path))) {
    const bytes = readFileSync(join(dirname(path), file));
    for (const text of ['secret-id', id, 'known from the forum'])
      assert.ok(!bytes.includes(text), `${text} in ${file}`);
  }
  const { seq, epoch } = world.guard.feed;
  const messages = world.guard.feed.follow({ epoch, seq: seq - 1 }, new AbortController().signal);
  assert.doesNotMatch(JSON.stringify(await firstOf(messages, 2)), /secret-id/);
  await world.restart(SETUP, { isClean: false });
  assert.deepEqual(world.liveSubjects().toSorted(), ['u2', 'u3']);
  await world.cross(crossingOf('secret-id'));
  assert.equal(world.holding('secret-id')?.level, 1, 'its strikes are gone');
});

async function firstOf<T>(all: AsyncIterable<T>, count: number): Promise<T[]> {
  const first: T[] = [];
  for await (const one of all) if (first.push(one) === count) break;
  return first;
}

test('no key of a document has a subject in it', async (t) => {
  const world = await open(t);
  await world.cross(crossingOf('plain-id'));
  await world.clock.advance(11_000);
  let count = 0;
  for (const collection of [
    'guard_decisions',
    'guard_subjects',
    'guard_policies',
    'guard_state',
    'guard_modes',
  ])
    for (const { key } of await world.state.documents.list(collection)) {
      assert.doesNotMatch(key, /plain-id/);
      count++;
    }
  assert.ok(count >= 4, `${count} documents`);
});

test('lists are newest first, by subject, by policy, and only what holds', async (t) => {
  const world = await open(t, {}, [policyOf(), policyOf({ name: 'b' })]);
  for (const [i, subject] of ['a', 'b', 'c', 'd'].entries()) {
    await world.cross(crossingOf(subject, i % 2 === 0 ? {} : { policy: policyOf({ name: 'b' }) }));
    await world.clock.advance(2 * MINUTE_MS);
  }
  const list = async (more: object): Promise<string> =>
    (await world.guard.decisions({ limit: 10, ...more })).map(({ decision }) => decision.subject).join('');
  assert.equal(await list({}), 'dcba');
  assert.equal(await list({ limit: 2 }), 'dc');
  assert.equal(await list({ policy: 'b' }), 'db');
  assert.equal(await list({ subject: userOf('c') }), 'c');
  assert.equal(await list({ isLive: true }), 'dc');
  assert.equal(await list({ isLive: true, limit: 1 }), 'd');
  for (const limit of [0, 1001, 1.5])
    await assert.rejects(world.guard.decisions({ limit }), /limit must be 1 to 1000/);
});

test('what is older than the retention leaves the log, and what still holds stays', async (t) => {
  const world = await open(t, { retention: 24 * HOUR_MS });
  await world.guard.ban({ ...ANNA, ...userOf('u1'), untilMs: null });
  await world.cross(crossingOf('u2'));
  await world.clock.advance(26 * HOUR_MS);
  assert.deepEqual(await world.guard.decisions({ limit: 10 }), []);
  await world.restart(SETUP);
  assert.deepEqual(world.liveSubjects(), ['u1']);
  assert.equal((await world.guard.exportOf([userOf('u1')])).length, 1);
});

test('a stop does not wait for a great save: the next start reads the log instead', async (t) => {
  const world = await open(t);
  await world.cross(...Array.from({ length: 3000 }, (_, i) => crossingOf(`u${i}`)));
  const disk = Promise.withResolvers<void>();
  let writeCount = 0;
  world.writeDocuments = async (writes) => {
    writeCount++;
    await disk.promise;
    return await world.state.documents.write(writes);
  };
  await world.clock.advance(10_000);
  assert.equal(writeCount, 1);
  const stopped = world.guard.stop();
  disk.resolve();
  await stopped;
  assert.equal(writeCount, 1, '6,000 documents would be 60 writes');
  await world.restart(SETUP);
  assert.equal(world.liveSubjects().length, 3000);
});
