import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GuardService } from '../../../respond/index.ts';
import { createToolScene } from './tool-fixture.ts';

/** A guard with so many bans in force. */
function guardOf(count: number): GuardService {
  const live: ReturnType<GuardService['live']> = Array.from({ length: count }, (_, i) => ({
    id: `d${i}`,
    scope: 'user',
    subject: `person-${i}`,
    kind: 'refuse',
    grade: 'temporary',
    level: 1,
    madeAtMs: 0,
    untilMs: null,
    reason: 'floods',
    policy: i % 3 === 0 ? 'logins' : 'searches',
  }));
  const asked: Pick<GuardService, 'live' | 'policies' | 'decisions'> = {
    live: () => live,
    policies: () => [],
    decisions: ({ limit }) => (limit <= 1000 ? Promise.resolve([]) : assert.fail(`asked for ${limit}`)),
  };
  return asked as GuardService;
}

test('all decisions in force are counted, however many are listed', async () => {
  const { ask } = createToolScene({ guard: () => Promise.resolve(guardOf(4500)) });
  const text = await ask('guard_status');
  assert.match(text, /^4500 decisions in force/);
  assert.match(text, /\nsearches refuse temporary \| 3000\nlogins refuse temporary \| 1500\n/);
  assert.match(text, /0 of 4500 rows of "Decisions" are shown/);
});
