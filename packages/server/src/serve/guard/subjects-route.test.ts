import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guardDecision, guardSubjects } from '@vedette/api';
import type { WatchReport } from '../../detect/index.ts';
import { startAuthScene } from '../auth/auth-fixture.ts';
import { createTestClock, startTestServer } from '../test-server.ts';
import { FakeGuard } from './guard-fixture.ts';

const PATH = '/api/vedette/guard/subjects';

function reportOf(count: number): WatchReport {
  return {
    factor: 0.8,
    activeCount: 12,
    policies: [
      {
        name: 'exports',
        version: '1',
        scope: 'user',
        measure: { kind: 'actions' },
        actions: [],
        sources: [],
        windowMs: 60_000,
        steps: [{ over: 10, decide: 'refuse', grade: 'temporary', forMs: 300_000 }],
        isDynamic: true,
        mode: 'shadow',
        canaryPercent: 10,
        whenUnavailable: 'open',
      },
    ],
    subjects: Array.from({ length: count }, (_, i) => ({
      scope: 'user' as const,
      subject: `u${i}`,
      policy: 'exports',
      value: 9,
      ratio: 9 / 8,
      step: i === 0 ? 0 : undefined,
      actionCount: 9,
      course: [4, 5],
      topActions: [{ action: 'GET /exports', count: 9 }],
    })),
  };
}

test('who is near a threshold is listed with the thresholds in force', async (t) => {
  const server = await startTestServer({
    guardWatch: () => Promise.resolve({ watch: () => reportOf(101) }),
  });
  t.after(() => server.close());
  const { policies, subjects, factor } = guardSubjects.parse(
    await (await fetch(server.address + PATH)).json(),
  );
  assert.equal(factor, 0.8);
  assert.deepEqual(
    policies[0]?.steps.map(({ over, threshold }) => [over, threshold]),
    [[10, 8]],
  );
  assert.equal(subjects.length, 100, 'a hundred at most');
  assert.deepEqual([subjects[0]?.subject, subjects[0]?.step, subjects[1]?.step], ['u0', 0, null]);
});

test('a server without a guard says so', async (t) => {
  const server = await startTestServer();
  t.after(() => server.close());
  const answer = await fetch(server.address + PATH);
  assert.equal(answer.ok, false);
  assert.match(await answer.text(), /this server has none/);
});

test('a viewer sees who is the same and not who it is', async (t) => {
  const { setUp, join } = await startAuthScene(
    t,
    {},
    { guardWatch: () => Promise.resolve({ watch: () => reportOf(2) }) },
  );
  const admin = await setUp();
  const namesFor = async (role: string): Promise<readonly string[]> => {
    const { body } = await (await join(admin, role, role)).send('GET', PATH);
    return guardSubjects.parse(body).subjects.map(({ subject }) => subject);
  };
  assert.deepEqual(await namesFor('operator'), ['u0', 'u1']);
  const [first = '', second = ''] = await namesFor('viewer');
  assert.match(first, /^#[\w-]{12}$/);
  assert.notEqual(first, second);
});

test('whoever is signed in decides in their own name, whatever the body says', async (t) => {
  const clock = createTestClock();
  const guard = new FakeGuard(clock);
  const { setUp, join } = await startAuthScene(t, {}, { guard: () => Promise.resolve(guard) });
  const operator = await join(await setUp(), 'ada', 'operator');
  const { status, body } = await operator.send('POST', '/api/vedette/guard/decisions', {
    subject: 'u42',
    untilMs: clock.nowMs() + 60_000,
    reason: 'floods',
    by: 'somebody else',
  });
  assert.equal(status, 201);
  assert.deepEqual(guardDecision.parse(body).evidence, { kind: 'person', by: 'account:ada' });
});
