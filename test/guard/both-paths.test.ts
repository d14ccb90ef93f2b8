/**
 * One crowd, three ways to a decision: the direct path (policies), the classic one (Prometheus, the rule file as it ships,
 * Alertmanager, webhook) and the classic one inside Vedette (its own rules, the receiver `guard_configs`). Each has a
 * server of its own, and all get the same actions through the SDK.
 *
 * Whoever is refused is the same on all three. How long it takes is not: a rule sees what a scrape brought, when it is
 * evaluated. The delays are printed; a path that stands still refuses nobody by the end.
 */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { createGuard, type Guard } from '@vedette/sdk';
import { startAlertmanager } from '../compat/real-alertmanager.ts';
import { startPrometheus } from '../compat/real-prometheus.ts';
import { PEERS, projectRoot, skipWithout } from '../support/peers.ts';
import { startVedette } from '../support/vedette-process.ts';
import { guardConfig, spread } from './scene.ts';

// The issue asks for three minutes: a window of a minute that slides twice past what it began with.
const TRAFFIC_MS = 185_000;
const TICK_MS = 20;

/** Of the policy actions-per-minute, and of the rule UserHighFrequencyActivity. */
const THRESHOLD = 30;

interface Person {
  readonly name: string;
  readonly everyMs: number;
  nextMs: number;
  /** Of the last minute, as the driver counts them. */
  actedMs: number[];
  crossedMs: number | undefined;
}

/** All begin within their first interval, so that the traffic is even. */
function personOf(name: string, perMinute: number, place: number): Person {
  const everyMs = 60_000 / perMinute;
  return { name, everyMs, nextMs: everyMs * place, actedMs: [], crossedMs: undefined };
}

// From one in ten seconds to a fifth below the threshold; from a fifth above it to twice as much and more.
const honest = Array.from({ length: 40 }, (_, i) => personOf(`honest-${i}`, 6 + (18 * i) / 39, (i % 7) / 7));
const abusers = Array.from({ length: 10 }, (_, i) => personOf(`abuser-${i}`, 38 + 4 * i, (i % 7) / 7));
const ACTIONS = ['search', 'next_card', 'quiz', 'profile'];

/** One way to a decision, and when it refused whom for the first time. */
interface Way {
  readonly name: string;
  readonly guard: Guard;
  readonly refusedMs: Map<string, number>;
}

// Policies judge without enforcing; alerts are enforced. They keep the gauges of the thresholds that the rules read.
const CLASSIC = 'webhook: { mode: enforce }, limits: { user_series: 1000 }';

async function startDirect(t: TestContext): Promise<string> {
  return (await startVedette(t, { config: guardConfig() })).url;
}

async function startClassic(t: TestContext): Promise<string> {
  const server = await startVedette(t, {
    config: guardConfig(CLASSIC).replace('mode: enforce, ids', 'mode: shadow, ids'),
  });
  const alertmanager = await startAlertmanager(
    t,
    `route:
  receiver: nobody
  routes:
    - receiver: guard
      matchers: [ 'ban_type!=""' ]
      group_by: [user_id]
      group_wait: 0s
      group_interval: 10s
receivers:
  - name: nobody
  - name: guard
    webhook_configs: [ { url: "${server.url}/webhooks/alertmanager/user-behavior" } ]
`,
  );
  await startPrometheus(
    t,
    `global: { scrape_interval: 5s, scrape_timeout: 5s }
rule_files: [ ${path.join(projectRoot, 'rules/user-behavior.yml')} ]
alerting: { alertmanagers: [ { static_configs: [ { targets: [ "${alertmanager}" ] } ] } ] }
scrape_configs: [ { job_name: vedette, static_configs: [ { targets: [ "${server.url.replace('http://', '')}" ] } ] } ]
`,
  );
  return server.url;
}

async function startOwnRules(t: TestContext): Promise<string> {
  const config = guardConfig(
    CLASSIC,
    `alertmanager:
  route:
    receiver: nobody
    routes:
      - { receiver: guard, matchers: [ 'ban_type!=""' ], group_by: [user_id], group_wait: 0s, group_interval: 10s }
  receivers:
    - name: nobody
    - name: guard
      guard_configs: [ {} ]
`,
  );
  const server = await startVedette(t, {
    config: config
      .replace('mode: enforce, ids', 'mode: shadow, ids')
      .replace('containers: false }', 'containers: false, user_behavior: true }'),
  });
  return server.url;
}

async function follow(t: TestContext, name: string, url: string): Promise<Way> {
  const guard = createGuard({ server: { url }, ids: { mode: 'plain' } });
  t.after(() => guard.close());
  assert.equal(await guard.ready(60_000), true, `${name}: follows the decisions`);
  return { name, guard, refusedMs: new Map() };
}

test(
  'the direct path, the classic path and own rules refuse the same subjects under the same traffic',
  { skip: skipWithout(PEERS.prometheus, PEERS.alertmanager), timeout: TRAFFIC_MS + 300_000 },
  async (t) => {
    const ways = [
      await follow(t, 'direct', await startDirect(t)),
      await follow(t, 'Prometheus and Alertmanager', await startClassic(t)),
      await follow(t, 'own rules', await startOwnRules(t)),
    ];
    await drive(ways);
    const expected = abusers.map(({ name }) => name).sort();
    for (const { name, guard, refusedMs } of ways) {
      const delaysMs = abusers.map((person) =>
        Math.round((refusedMs.get(person.name) ?? NaN) - (person.crossedMs ?? NaN)),
      );
      t.diagnostic(`${name}: from the crossing to the refusal: ${spread(delaysMs)}`);
      assert.deepEqual([...refusedMs.keys()].sort(), expected, name);
      assert.equal(guard.status.droppedRows, 0, name);
    }
  },
);

/** Lets everybody act in time, on all ways alike, and asks all guards about everybody. */
async function drive(ways: readonly Way[]): Promise<void> {
  const people = [...honest, ...abusers];
  const startMs = performance.now();
  for (let nowMs = 0; nowMs < TRAFFIC_MS; nowMs = performance.now() - startMs) {
    for (const person of people) if (nowMs >= person.nextMs) act(person, ways, nowMs);
    for (const way of ways) look(way, people, performance.now() - startMs);
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
}

function act(person: Person, ways: readonly Way[], nowMs: number): void {
  const action = ACTIONS[person.actedMs.length % ACTIONS.length] ?? '';
  for (const { guard } of ways) guard.attempt({ subject: person.name, action, source: 'crowd' });
  // What a machine that stood still has missed is not made up for: a burst would make an honest person one who is not.
  do person.nextMs += person.everyMs;
  while (person.nextMs <= nowMs);
  person.actedMs = [...person.actedMs.filter((atMs) => nowMs - atMs < 60_000), nowMs];
  if (person.actedMs.length > THRESHOLD) person.crossedMs ??= nowMs;
}

function look({ guard, refusedMs }: Way, people: readonly Person[], nowMs: number): void {
  for (const { name } of people)
    if (!refusedMs.has(name) && guard.check(name).kind === 'refuse') refusedMs.set(name, nowMs);
}
