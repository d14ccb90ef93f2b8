import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { labelsOf, UnavailableError } from '@vedette/model';
import { fingerprintOf } from '../../alert/index.ts';
import {
  alertOf,
  ANNA,
  crossingOf,
  EXTENDED,
  GuardWorld,
  HOUR_MS,
  MINUTE_MS,
  NOW_MS,
  policyOf,
  settingsOf,
} from './guard-fixture.ts';

async function open(t: TestContext, ...options: Parameters<typeof GuardWorld.start>): Promise<GuardWorld> {
  const world = await GuardWorld.start(...options);
  t.after(() => world.close());
  return world;
}

test('ban_type says what follows, a duration how long, and what is unknown counts as temporary', async (t) => {
  const world = await open(t);
  const check = async (labels: Record<string, string>, want: string): Promise<void> => {
    const subject = JSON.stringify(labels);
    await world.alerts(alertOf({ user_id: subject, ...labels }));
    const held = world.holding(subject)!;
    assert.equal(`${held.kind} ${held.grade} ${(held.untilMs! - NOW_MS) / MINUTE_MS}`, want);
  };
  await check({}, 'refuse temporary 5');
  await check({ ban_type: 'temporary' }, 'refuse temporary 5');
  await check({ ban_type: 'extended' }, 'refuse extended 60');
  await check({ ban_type: 'review_required' }, 'refuse review_required 1440');
  await check({ ban_type: 'permanent' }, 'refuse review_required 1440');
  await check({ ban_type: 'slow' }, 'slow temporary 5');
  await check({ ban_type: 'challenge' }, 'challenge temporary 5');
  await check({ ban_type: 'constructor' }, 'refuse temporary 5');
  await check({ ban_type: 'extended', duration: '2h' }, 'refuse extended 120');
  await check({ duration: '30d' }, 'refuse temporary 43200');
  await check({ duration: '31d' }, 'refuse temporary 5');
  await check({ duration: '0s' }, 'refuse temporary 5');
  await check({ duration: 'forever' }, 'refuse temporary 5');
});

test('the decision carries the alert as its evidence, with the fingerprint that Alertmanager has for it', async (t) => {
  const world = await open(t);
  await world.alerts(
    alertOf({ user_id: 'u1' }, { annotations: labelsOf({ summary: 'too many actions', duration: '7m' }) }),
  );
  const [view] = await world.guard.decisions({ limit: 1 });
  assert.deepEqual(view?.decision.evidence, {
    kind: 'alert',
    fingerprint: fingerprintOf(alertOf({ user_id: 'u1' }).labels),
    startsAtMs: NOW_MS,
    alertName: 'UserHighFrequencyActivity',
    severity: 'warning',
    source: 'user-behavior',
  });
  assert.deepEqual(
    [view?.decision.policy, view?.decision.reason, view?.untilMs],
    ['alert', 'too many actions', NOW_MS + 7 * MINUTE_MS],
  );
});

test('the same alert again changes nothing while its decision holds; still firing after that is a new strike', async (t) => {
  const world = await open(t);
  const alert = alertOf({ user_id: 'u1' });
  await world.alerts(alert, alert);
  const first = world.holding('u1')!;
  await world.clock.advance(4 * MINUTE_MS);
  await world.alerts(alert);
  assert.deepEqual([world.holding('u1')?.id, world.holding('u1')?.untilMs], [first.id, first.untilMs]);
  await world.clock.advance(MINUTE_MS);
  assert.equal(world.holding('u1'), undefined);
  await world.alerts(alert);
  assert.deepEqual([world.holding('u1')?.level, world.holding('u1')?.untilMs], [2, NOW_MS + 10 * MINUTE_MS]);
  assert.equal((await world.guard.decisions({ limit: 10 })).length, 2);
});

test('an alert never shortens a longer ban, whoever made it', async (t) => {
  const world = await open(t);
  await world.cross(crossingOf('u1', { step: EXTENDED }));
  const before = world.holding('u1')!;
  await world.alerts(alertOf({ user_id: 'u1' }));
  assert.deepEqual(world.holding('u1'), before);
  await world.alerts(alertOf({ user_id: 'u1', ban_type: 'review_required', duration: '1m' }));
  assert.equal(
    world.holding('u1')?.untilMs,
    before.untilMs,
    'graver and shorter: the longer one stays in force',
  );
  await world.clock.advance(2 * MINUTE_MS);
  assert.equal(world.holding('u1')?.id, before.id);
});

test('the end of an alert lifts its decision only when configured, and says nothing about the policy', async (t) => {
  const keep = await open(t);
  await keep.alerts(alertOf({ user_id: 'u1' }));
  await keep.alerts(alertOf({ user_id: 'u1' }, { status: 'resolved' }));
  assert.notEqual(keep.holding('u1'), undefined);

  const { webhook } = settingsOf();
  const lift = await open(t, { webhook: { ...webhook, on_resolved: 'lift' } });
  await lift.alerts(alertOf({ user_id: 'u1' }));
  await lift.alerts(
    alertOf({ user_id: 'u1' }, { status: 'resolved', startsAt: { ms: NOW_MS - 1, text: '' } }),
  );
  assert.notEqual(lift.holding('u1'), undefined, 'another occurrence of the alert');
  await lift.alerts(alertOf({ user_id: 'u1' }, { status: 'resolved' }));
  assert.equal(lift.holding('u1'), undefined);
  const status = lift.guard.policies().find(({ name }) => name === 'alert');
  assert.deepEqual([status?.wrongCount, status?.precision], [0, undefined]);
  await lift.alerts(alertOf({ user_id: 'u1' }, { startsAt: { ms: NOW_MS + 1, text: '' } }));
  assert.equal(lift.holding('u1')?.level, 2, 'neither soft allow nor a strike less');
});

test('an alert whose decision a person lifted makes none again until it begins anew, also after a restart', async (t) => {
  const world = await open(t);
  const alert = alertOf({ user_id: 'u1' });
  await world.alerts(alert);
  await world.guard.lift(world.holding('u1')!.id, ANNA);
  await world.restart({ settings: settingsOf(), policies: [policyOf()] });
  await world.clock.advance(2 * HOUR_MS);
  await world.alerts(alert);
  assert.equal(world.holding('u1'), undefined);
  await world.alerts(alertOf({ user_id: 'u1' }, { startsAt: { ms: NOW_MS + HOUR_MS, text: '' } }));
  assert.notEqual(world.holding('u1'), undefined);
});

test('alerts that name nobody, or nobody possible, are counted and passed over; the others are taken', async (t) => {
  const world = await open(t);
  const ignoredCount = await world.alerts(
    alertOf({}),
    alertOf({ user_id: 'u1', subject_scope: 'planet' }),
    alertOf({ user_id: 'x'.repeat(1_000_000) }),
    alertOf({ user_id: '__proto__' }),
    alertOf({ user_id: '10.0.0.1', subject_scope: 'ip' }),
  );
  assert.equal(ignoredCount, 3);
  assert.deepEqual(world.liveSubjects(), ['10.0.0.1', '__proto__']);
  assert.equal(world.metric('guard_webhook_alerts_total{outcome="ignored"}'), 3);
  assert.equal(world.metric('guard_webhook_alerts_total{outcome="decided"}'), 2);
});

test('a subject is spelled as applications spell it', async (t) => {
  const world = await open(t);
  await world.alerts(
    alertOf({ user_id: 'cafe\u0301' }),
    alertOf({ user_id: '::ffff:c000:201', subject_scope: 'ip' }),
    alertOf({ user_id: '  ' }),
  );
  assert.deepEqual(world.liveSubjects(), ['192.0.2.1', 'caf\u00e9']);
});

test('labels have the names that the configuration gives them', async (t) => {
  const { webhook } = settingsOf();
  const world = await open(t, { webhook: { ...webhook, subject_label: 'account', ban_type_label: 'grade' } });
  await world.alerts(alertOf({ account: 'a1', grade: 'extended', user_id: 'u1' }));
  assert.deepEqual([world.liveSubjects(), world.holding('a1')?.grade], [['a1'], 'extended']);
});

test('in shadow alerts are only recorded, and their brake is one of their own', async (t) => {
  const shadow = await open(t, { mode: 'shadow' });
  await shadow.alerts(alertOf({ user_id: 'u1' }));
  assert.deepEqual(
    [shadow.guard.live(), (await shadow.guard.decisions({ limit: 1 }))[0]?.state],
    [[], 'shadow'],
  );

  const world = await open(t, {
    blast_radius: { max_share: 0, floor: 5, window: MINUTE_MS, per_minute: 100 },
  });
  await world.alerts(...Array.from({ length: 20 }, (_, i) => alertOf({ user_id: `u${i}` })));
  assert.deepEqual([world.guard.live().length, world.trips], [5, ['alert']]);
  assert.equal((await world.guard.reviews()).length, 15);
  await world.cross(crossingOf('other'));
  assert.notEqual(world.holding('other'), undefined, 'a policy that did nothing goes on');
});

test('a message that cannot be written is asked for again, and may then come twice', async (t) => {
  const world = await open(t);
  const { append } = world;
  world.append = () => Promise.reject(new UnavailableError('VED_STORAGE_FULL', 'cannot write: full'));
  await assert.rejects(world.alerts(alertOf({ user_id: 'u1' }), alertOf({})), UnavailableError);
  assert.equal(world.metric('guard_webhook_alerts_total{outcome="failed"}'), 1);
  world.append = append;
  await world.alerts(alertOf({ user_id: 'u1' }), alertOf({}));
  await world.alerts(alertOf({ user_id: 'u1' }), alertOf({}));
  assert.equal((await world.guard.decisions({ limit: 10 })).length, 1);
});
