import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Secret } from '../../lib/secret.ts';
import { APPEAL_CHARACTERS_MAX } from './appeals.ts';
import { ANNA, crossingOf, GuardWorld, HOUR_MS, MINUTE_MS, policyOf, settingsOf } from './guard-fixture.ts';

const INVALID = { code: 'VED_GUARD_INVALID' };
const LONG = { steps: [{ over: 1, decide: 'refuse', grade: 'extended', forMs: 200 * HOUR_MS }] } as const;

async function banned(t: TestContext, ...options: Parameters<typeof GuardWorld.start>) {
  const world = await GuardWorld.start(...options);
  t.after(() => world.close());
  await world.cross(crossingOf('u1', { step: LONG.steps[0] }));
  return { world, id: world.holding('u1')!.id, appeals: () => world.guard.appeals };
}

test('looking decides nothing, however often; submitting brings the decision into the queue', async (t) => {
  const { world, id, appeals } = await banned(t);
  const token = await appeals().issue(id);
  for (let i = 0; i < 3; i++) assert.equal((await appeals().look(token)).decision.id, id);
  assert.deepEqual(await world.guard.reviews(), []);
  await appeals().submit(token, '  I am no robot.  ');
  const [review] = await world.guard.reviews();
  assert.deepEqual(
    [review?.decision.id, review?.state, review?.events.at(-1)],
    [id, 'live', { kind: 'appealed', atMs: world.clock.nowMs(), id, text: 'I am no robot.' }],
  );
  await world.guard.lift(id, ANNA);
  assert.deepEqual([await world.guard.reviews(), world.holding('u1')], [[], undefined]);
});

test('a link works once, also twice at the same moment and after a restart', async (t) => {
  const { world, id, appeals } = await banned(t);
  const [token, other] = [await appeals().issue(id), await appeals().issue(id)];
  const results = await Promise.allSettled([appeals().submit(token, 'a'), appeals().submit(other, 'b')]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  await world.restart({ settings: settingsOf(), policies: [policyOf()] });
  await assert.rejects(appeals().submit(token, 'again'), { ...INVALID, message: /the link was used/ });
  await assert.rejects(appeals().look(token), INVALID);
  const next = await appeals().issue(id);
  await world.restart({ settings: settingsOf(), policies: [policyOf()] });
  await appeals().submit(next, 'the key is kept');
});

test('a decision has as many appeals as the configuration allows', async (t) => {
  const { id, appeals } = await banned(t);
  const spare = [];
  for (let i = 0; i < 3; i++) {
    spare.push(await appeals().issue(id));
    await appeals().submit(spare[i]!, `${i}`);
  }
  await assert.rejects(appeals().issue(id), { ...INVALID, message: /had 3 appeals/ });
});

test('forged, cut, foreign and old links are refused', async (t) => {
  const { world, id, appeals } = await banned(t);
  const token = await appeals().issue(id);
  const [, count, until, signature] = token.split('.');
  const forged = [
    '',
    '.',
    '...',
    'x',
    token.slice(0, -1),
    `${token}x`,
    token.toUpperCase(),
    `${id}.1.${until}.${signature}`,
    `${id}.${count}.zzzzzzzzz.${signature}`,
    `${id}.${count}.${until}.`,
    'x'.repeat(1_000_000),
    `${id}.${count}.${until}.${'😀'.repeat(20)}`,
  ];
  for (const text of forged) await assert.rejects(appeals().look(text), INVALID, text.slice(0, 80));
  const other = await banned(t, {}, [policyOf()], { seed: 2 });
  await assert.rejects(other.appeals().look(token), /not one of this server/);
  await world.clock.advance(72 * HOUR_MS - 1);
  await appeals().look(token);
  await world.clock.advance(1);
  await assert.rejects(appeals().look(token), { ...INVALID, message: /too old/ });
});

test('words are wanted, but not a book', async (t) => {
  const { id, appeals } = await banned(t);
  const token = await appeals().issue(id);
  for (const text of ['', ' \n ', 'x'.repeat(APPEAL_CHARACTERS_MAX + 1), '\ud800'])
    await assert.rejects(appeals().submit(token, text), INVALID);
  await appeals().submit(token, 'x'.repeat(APPEAL_CHARACTERS_MAX));
});

test('only what is in force can be appealed', async (t) => {
  const { world, id, appeals } = await banned(t);
  const token = await appeals().issue(id);
  await world.guard.lift(id, ANNA);
  await assert.rejects(appeals().submit(token, 'late'), INVALID);
  await assert.rejects(appeals().issue(id), { ...INVALID, message: /not in force/ });
  await assert.rejects(appeals().issue('nobody'), { code: 'VED_GUARD_NOT_FOUND' });
});

test('a key of the configuration signs instead of the one that is kept', async (t) => {
  const { appeals: ours } = settingsOf();
  const key = new Secret('k'.repeat(32));
  const { world, id, appeals } = await banned(t, { appeals: { ...ours, key } });
  const token = await appeals().issue(id);
  await world.clock.advance(MINUTE_MS);
  world.guard.apply({ settings: settingsOf(), policies: [policyOf()] });
  await assert.rejects(appeals().look(token), /not one of this server/);
});
