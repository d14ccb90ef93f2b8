/** Very many at once: new subjects, and bans. Loads are bounded and stay on loopback. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { GuardDecisions, GuardPolicies } from '@vedette/api';
import { metricOf } from '../support/alerting-scene.ts';
import { until } from '../support/until.ts';
import { startVedette, type VedetteProcess } from '../support/vedette-process.ts';
import { guardConfig, liveDecisions, postActions, untilRefused, verdictOn } from './scene.ts';

// What a body may have.
const ROWS_PER_BODY = 2000;

/** `count` actions each of many subjects, four bodies at a time. */
async function flood(server: VedetteProcess, prefix: string, subjects: number, count: number): Promise<void> {
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < subjects) {
      const first = next;
      next += ROWS_PER_BODY;
      const actions = Array.from({ length: Math.min(ROWS_PER_BODY, subjects - first) }, (_, i) => ({
        subject: `${prefix}-${first + i}`,
        action: 'search',
        count,
      }));
      const answer = await postActions(server, { actions });
      assert.equal(answer.status, 200, await answer.text());
    }
  };
  await Promise.all([send(), send(), send(), send()]);
}

function residentBytes({ pid }: VedetteProcess): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

// Ten times what the windows count exactly; the rest shares a sketch.
const FLOOD_SUBJECTS = 200_000;
const SMALL_LIMITS = 'limits: { subjects: 20000, journal_bytes: 4MB, suspects_bytes: 4MB }';

test('a flood of new subjects neither fills memory nor hides who does too much', async (t) => {
  const server = await startVedette(t, { config: guardConfig(SMALL_LIMITS) });
  await flood(server, 'first', ROWS_PER_BODY, 1);
  const beforeBytes = residentBytes(server);
  const flooding = flood(server, 'new', FLOOD_SUBJECTS, 1);
  let [answers, slowestMs, isOver] = [0, 0, false];
  void flooding.finally(() => (isOver = true));
  const startedMs = performance.now();
  for (let i = 0; !isOver; i++) {
    const askedMs = performance.now();
    const action = { subject: 'mallory', action: 'search', count: 2 };
    if (i < 20) assert.equal((await postActions(server, { actions: [action] })).status, 200);
    assert.equal(await verdictOn(server, 'ann'), 'allow');
    slowestMs = Math.max(slowestMs, performance.now() - askedMs);
    answers++;
  }
  await flooding;
  const seconds = (performance.now() - startedMs) / 1000;
  for (let i = 0; i < 20; i++)
    await postActions(server, { actions: [{ subject: 'mallory', action: 'search', count: 2 }] });
  await untilRefused(server, 'mallory');
  const grownMb = (residentBytes(server) - beforeBytes) / 2 ** 20;
  t.diagnostic(
    `${FLOOD_SUBJECTS} subjects in ${seconds.toFixed(1)} s; ${answers} answers beside, slowest ${slowestMs.toFixed(0)} ms; memory grew by ${grownMb.toFixed(0)} MB`,
  );
  assert.ok(answers > 0);
  // Garbage that waits for its collection is most of it.
  assert.ok(grownMb < 250, `${grownMb} MB`);
  // Two of them: past 30, and past 60.
  const refused = new Set((await liveDecisions(server)).map(({ subject }) => subject));
  assert.deepEqual(refused, new Set(['mallory']), 'nobody else');
});

const POLICY = 'actions-per-minute';

test('a policy that would ban ten thousand at once is stopped, and the rest waits for a person', async (t) => {
  const server = await startVedette(t, { config: guardConfig() });
  await flood(server, 'crowd', 10_000, 31);
  await until('the brake', async () =>
    (await metricOf(server, `guard_brake_tripped{policy="${POLICY}"}`)) === 1 ? true : undefined,
  );
  const { decisions: waiting } = await until('the review queue', async () => {
    const answer = await server.json<GuardDecisions>('/api/vedette/guard/reviews');
    return answer.decisions.length > 0 ? answer : undefined;
  });
  assert.ok(waiting.every(({ state, isEnforced }) => state === 'held-back' && !isEnforced));
  const live = await liveDecisions(server);
  // The floor of 20, or a hundredth of those that were active when it tripped.
  assert.ok(live.length >= 20 && live.length <= 100, `${live.length} in force`);
  const { policies } = await server.json<GuardPolicies>('/api/vedette/guard/policies');
  const stopped = policies.find(({ name }) => name === POLICY);
  assert.deepEqual([stopped?.mode, stopped?.configuredMode], ['shadow', 'enforce']);
  assert.match(stopped?.tripped?.reason ?? '', /guard\.blast_radius/);
  const [first] = waiting;
  assert.ok(first !== undefined);
  assert.equal(await verdictOn(server, first.subject), 'allow');
  const body = JSON.stringify({ reason: 'they are bots' });
  const headers = { 'content-type': 'application/json' };
  const path = `/api/vedette/guard/decisions/${first.id}/approve`;
  assert.equal((await server.get(path, { method: 'POST', headers, body })).status, 200);
  assert.equal(await verdictOn(server, first.subject), 'refuse', 'a person approved it');
  t.diagnostic(`${live.length} in force, ${waiting.length} of the review queue on its first page`);
});
