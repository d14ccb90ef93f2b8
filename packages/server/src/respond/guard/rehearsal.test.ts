import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import {
  crossingOf,
  EXTENDED,
  GuardWorld,
  MINUTE_MS,
  NOW_MS,
  policyOf,
  settingsOf,
  userOf,
} from './guard-fixture.ts';
import { GuardRehearsal } from './rehearsal.ts';

function rehearsalOf(more: Partial<Parameters<typeof settingsOf>[0]> = {}): GuardRehearsal {
  const options = { policies: [policyOf()], settings: settingsOf(more), activeSubjects: () => 0 };
  return new GuardRehearsal({ random: new SeededRandom(1) }, options);
}

test('a rehearsal decides what the server decides', async () => {
  const blast_radius = { max_share: 0, floor: 6, window: 60 * MINUTE_MS, per_minute: 100 };
  const world = await GuardWorld.start({ blast_radius });
  const rehearsal = rehearsalOf({ blast_radius });
  const random = new SeededRandom(7);
  for (let i = 0; i < 200; i++) {
    const step = random.float() < 0.3 ? { step: EXTENDED } : {};
    const crossing = crossingOf(`u${Math.floor(random.float() * 8)}`, { ...step, atMs: world.clock.nowMs() });
    await world.cross(crossing);
    rehearsal.cross(crossing);
    for (let user = 0; user < 8; user++) {
      const { id: _, ...held } = world.holding(`u${user}`) ?? { id: '' };
      const { id: _id, ...rehearsed } = rehearsal.holding(userOf(`u${user}`), world.clock.nowMs()) ?? {
        id: '',
      };
      assert.deepEqual(rehearsed, held);
    }
    await world.clock.advance(Math.floor(random.float() * 3 * MINUTE_MS));
  }
  assert.deepEqual(world.trips, ['per-minute'], 'the brake was part of it');
  await world.close();
});

test('it says why there was no decision', () => {
  const rehearsal = rehearsalOf({ allow: ['boss'] });
  assert.deepEqual(rehearsal.cross(crossingOf('boss')), { kind: 'pass', why: 'allowed' });
  assert.equal(rehearsal.cross(crossingOf('u1'))?.kind, 'decide');
  assert.deepEqual(rehearsal.cross(crossingOf('u1')), { kind: 'pass', why: 'holds' });
  const other = crossingOf('u2', { policy: policyOf({ name: 'gone' }) });
  assert.deepEqual(rehearsal.cross(other), { kind: 'pass', why: 'unknown_policy' });
  const warning = crossingOf('u2', { step: { over: 1, decide: 'warn', grade: 'temporary', forMs: 1 } });
  assert.equal(rehearsal.cross(warning), undefined);
});

test('decisions end as the time goes on', () => {
  const rehearsal = rehearsalOf();
  rehearsal.cross(crossingOf('u1'));
  const check = (afterMs: number, isHeld: boolean): void =>
    assert.equal(rehearsal.holding(userOf('u1'), NOW_MS + afterMs) !== undefined, isHeld);
  check(5 * MINUTE_MS - 1, true);
  check(5 * MINUTE_MS, false);
  rehearsal.cross(crossingOf('u1', { atMs: NOW_MS + 5 * MINUTE_MS }));
  assert.equal(rehearsal.holding(userOf('u1'), NOW_MS + 5 * MINUTE_MS)?.level, 2);
});
