import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { formatLabels, UnavailableError, VirtualClock } from '@vedette/model';
import { JsonCursor } from '../../lib/json-cursor.ts';
import type { PrometheusApi } from '../../store/metrics/port.ts';
import { openStateStore } from '../../store/state/embedded.ts';
import type { StateStore } from '../../store/state/port.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import type { PostedAlert } from '../alert-sink.ts';
import {
  createEngineRules,
  retireEngineAlerts,
  type EngineRules,
  type EngineRulesDeps,
} from './engine-rules.ts';

const START_MS = 1_700_000_000_000;
const INTERVAL_MS = 15_000;

interface World {
  readonly clock: VirtualClock;
  readonly state: StateStore;
  readonly posts: PostedAlert[];
  readonly deps: EngineRulesDeps;
  /** Alerts that the engine lists as firing, by instance; `undefined`: it does not answer. */
  firing: readonly string[] | undefined;
  isSinkBroken: boolean;
  start(): Promise<EngineRules>;
  /** What was posted since the last look: `firing a`. */
  taken(): readonly string[];
}

function createWorld(t: TestContext): World {
  const clock = new VirtualClock({ startMs: START_MS });
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  t.after(() => state.close());
  const posts: PostedAlert[] = [];
  const api: PrometheusApi = {
    url: 'http://engine',
    call: async (_request, read) => {
      if (world.firing === undefined) throw new UnavailableError('VED_ENGINE_UNAVAILABLE', 'refused');
      const body = JSON.stringify({ groups: [groupOf(world.firing)] });
      return { data: await read(new JsonCursor(Buffer.from(body))), warnings: [], infos: [] };
    },
  };
  const sink = {
    post: async (alerts: readonly PostedAlert[]): Promise<void> => {
      if (world.isSinkBroken) throw new UnavailableError('VED_STORAGE_FULL', 'full');
      posts.push(...alerts);
    },
  };
  const deps = { clock, api, sink, state, log: SILENT_LOG, externalUrl: 'http://us' };
  const world: World = {
    clock,
    state,
    posts,
    deps,
    firing: [],
    isSinkBroken: false,
    start: async () => {
      const rules = createEngineRules(deps);
      t.after(() => rules.stop());
      await rules.start(INTERVAL_MS);
      await clock.advance(0);
      return rules;
    },
    taken: () =>
      posts.splice(0).map(({ status, labels }) => `${status} ${labels[labels.indexOf('instance') + 1]}`),
  };
  return world;
}

function groupOf(instances: readonly string[]): object {
  return {
    name: 'g',
    file: 'there.yml',
    interval: 15,
    evaluationTime: 0.25,
    lastEvaluation: '2023-11-14T22:13:20.123456789Z',
    rules: [
      { type: 'recording', name: 'a:b', query: 'sum(a)', health: 'ok', labels: { z: '1', y: '2' } },
      {
        type: 'alerting',
        name: 'Down',
        query: 'up == 0',
        duration: 60,
        health: 'err',
        lastError: 'late',
        annotations: { summary: 's' },
        alerts: [
          {
            labels: { alertname: 'Down', instance: 'waiting' },
            state: 'pending',
            activeAt: iso(-10_000),
            value: '0',
          },
          ...instances.map((instance) => ({
            labels: { alertname: 'Down', instance },
            annotations: { summary: `${instance} is down` },
            state: 'firing',
            activeAt: iso(-90_000),
            value: '1e+00',
          })),
        ],
      },
    ],
  };
}

function iso(offsetMs: number): string {
  return new Date(START_MS + offsetMs).toISOString();
}

test('the groups are shown as they stand there', async (t) => {
  const world = createWorld(t);
  world.firing = ['a'];
  const rules = await world.start();
  const [group] = rules.groups();
  assert.deepEqual(
    [group?.name, group?.file, group?.intervalMs, group?.evaluationTookMs, group?.lastEvaluationMs],
    ['g', 'there.yml', 15_000, 250, START_MS + 123],
  );
  const [recording, alerting] = group?.rules ?? [];
  assert.deepEqual(recording?.rule.labels, [
    ['y', '2'],
    ['z', '1'],
  ]);
  assert.ok(alerting?.kind === 'alerting');
  assert.deepEqual([alerting.state, alerting.last.error, alerting.rule.forMs], ['firing', 'late', 60_000]);
  assert.deepEqual(
    alerting.alerts.map(({ labels, state }) => `${state} ${formatLabels(labels)}`),
    ['firing {alertname="Down", instance="a"}', 'pending {alertname="Down", instance="waiting"}'],
  );
});

test('a firing alert is posted at once and every minute, pending ones are not', async (t) => {
  const world = createWorld(t);
  world.firing = ['a'];
  await world.start();
  const [post] = world.posts;
  assert.equal(post?.startsAtMs, START_MS - 30_000);
  assert.equal(post?.endsAtMs, START_MS + 240_000);
  assert.equal(post?.generatorUrl, 'http://us/graph?g0.expr=up+%3D%3D+0&g0.tab=1');
  assert.deepEqual(world.taken(), ['firing a']);
  await world.clock.advance(59_000);
  assert.deepEqual(world.taken(), []);
  await world.clock.advance(1000);
  assert.deepEqual(world.taken(), ['firing a']);
});

test('an alert that is no longer listed is resolved, and posted so for 15 minutes', async (t) => {
  const world = createWorld(t);
  world.firing = ['a', 'b'];
  await world.start();
  world.taken();
  world.firing = ['b'];
  await world.clock.advance(INTERVAL_MS);
  assert.equal(world.posts[0]?.endsAtMs, START_MS + INTERVAL_MS);
  assert.deepEqual(world.taken(), ['resolved a']);
  await world.clock.advance(20 * 60_000);
  const resolved = world.taken().filter((text) => text === 'resolved a').length;
  assert.ok(resolved >= 14 && resolved <= 15, `${resolved} times`);
});

test('an engine that does not answer resolves nothing, and is a problem until it does', async (t) => {
  const world = createWorld(t);
  world.firing = ['a'];
  const rules = await world.start();
  world.taken();
  world.firing = undefined;
  await world.clock.advance(5 * INTERVAL_MS);
  assert.deepEqual(world.taken(), []);
  assert.deepEqual(rules.problems(), ['the rules of the metrics engine cannot be read: refused']);
  assert.equal(rules.groups().length, 1);
  world.firing = ['a'];
  await world.clock.advance(INTERVAL_MS);
  assert.deepEqual(world.taken(), ['firing a']);
  assert.deepEqual(rules.problems(), []);
});

test('what ended while we were away is resolved after the restart', async (t) => {
  const world = createWorld(t);
  world.firing = ['a', 'b'];
  const rules = await world.start();
  await rules.stop();
  world.taken();
  world.firing = ['b'];
  await world.start();
  assert.deepEqual(world.taken().toSorted(), ['firing b', 'resolved a']);
  await retireEngineAlerts(world.deps);
  assert.deepEqual(world.taken(), ['resolved b']);
  await retireEngineAlerts(world.deps);
  assert.deepEqual(world.taken(), []);
});

test('what cannot be handed on is posted at the next question', async (t) => {
  const world = createWorld(t);
  world.isSinkBroken = true;
  world.firing = ['a'];
  await world.start();
  assert.deepEqual(world.taken(), []);
  world.isSinkBroken = false;
  await world.clock.advance(INTERVAL_MS);
  assert.deepEqual(world.taken(), ['firing a']);
  world.isSinkBroken = true;
  world.firing = [];
  await world.clock.advance(INTERVAL_MS);
  world.isSinkBroken = false;
  await world.clock.advance(INTERVAL_MS);
  assert.deepEqual(world.taken(), ['resolved a']);
  assert.deepEqual(await world.state.documents.list('engine_alerts'), []);
});

test('withdrawn alerts end under their old labels and are posted anew', async (t) => {
  const world = createWorld(t);
  world.firing = ['a'];
  const rules = await world.start();
  world.taken();
  await rules.withdraw();
  assert.deepEqual(world.taken(), ['resolved a']);
  await world.clock.advance(INTERVAL_MS);
  assert.deepEqual(world.taken(), ['firing a']);
});

test('a group that is none makes a problem, not a crash', async (t) => {
  const world = createWorld(t);
  const call: PrometheusApi['call'] = async (_request, read) => ({
    data: await read(new JsonCursor(Buffer.from('{"groups":[{"name":7}]}'))),
    warnings: [],
    infos: [],
  });
  const rules = createEngineRules({ ...world.deps, api: { url: '', call } });
  await rules.start(INTERVAL_MS);
  await world.clock.advance(0);
  await rules.stop();
  assert.match(rules.problems()[0] ?? '', /cannot read a rule group: name: /);
});
