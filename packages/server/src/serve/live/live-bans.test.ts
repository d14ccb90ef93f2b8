import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import type { DecisionQuery, DecisionView, GuardService } from '../../respond/index.ts';
import { LiveBans } from './live-bans.ts';

function viewOf(id: string, subject: string): DecisionView {
  return {
    decision: {
      id,
      scope: 'user',
      subject,
      kind: 'refuse',
      grade: 'temporary',
      level: 1,
      madeAtMs: 5,
      untilMs: 10,
      reason: 'floods',
      policy: 'flood',
      policyVersion: '1',
      mode: 'enforce',
      isEnforced: true,
      evidence: { kind: 'person', by: 'ada' },
    },
    grade: 'extended',
    untilMs: null,
    state: 'live',
    events: [],
  };
}

function bansOf(views: readonly DecisionView[]) {
  const asked: DecisionQuery[] = [];
  const decisions = (query: DecisionQuery) => (asked.push(query), Promise.resolve(views));
  const guard = () => Promise.resolve({ decisions } as unknown as GuardService);
  return { asked, bans: new LiveBans({ guard, random: new SeededRandom(1) }) };
}

test('operators see who is banned, as the decision stands now', async () => {
  const { asked, bans } = bansOf([viewOf('1', 'u42')]);
  assert.deepEqual(await bans.read('operator'), [
    {
      id: '1',
      scope: 'user',
      subject: 'u42',
      kind: 'refuse',
      grade: 'extended',
      policy: 'flood',
      madeAtMs: 5,
      untilMs: null,
    },
  ]);
  assert.deepEqual(asked, [{ isLive: true, limit: 200 }]);
});

test('viewers see pseudonyms that tell subjects apart and stay the same', async () => {
  const { bans } = bansOf([viewOf('1', 'u42'), viewOf('2', 'u42'), viewOf('3', 'u43')]);
  const subjects = (await bans.read('viewer')).map(({ subject }) => subject);
  assert.match(subjects[0] ?? '', /^#[\w-]{12}$/);
  assert.equal(subjects[0], subjects[1]);
  assert.notEqual(subjects[0], subjects[2]);
  assert.doesNotMatch(JSON.stringify(await bans.read('viewer')), /u4[23]/);
});
