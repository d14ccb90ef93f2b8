import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { labelsOf, SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { createAgentHouse } from './compose-agent.ts';
import { loadStartSettings } from './config/start-settings.ts';
import { alertFixture, NO_RUNBOOKS, NOW_MS, Story } from './respond/agent/agent-fixture.ts';
import type { AgentAlert } from './respond/agent/agent-world.ts';
import { openStateStore } from './store/state/embedded.ts';
import { SILENT_LOG } from './telemetry/log.ts';

const settings = await loadStartSettings({}, { env: {}, workingDirectory: import.meta.dirname });
const FIRST_LOOK_MS = 5000;

/** A house over a state store that cannot be read while `scene.isFailing`. */
function houseOf(t: TestContext) {
  const clock = new VirtualClock({ startMs: NOW_MS });
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  const scene = { isFailing: true, openings: 0, errors: 0 };
  const list = state.documents.list.bind(state.documents);
  t.mock.method(state.documents, 'list', async (...args: Parameters<typeof list>) => {
    scene.openings++;
    await Promise.resolve();
    if (scene.isFailing) throw new Error('no disk');
    return await list(...args);
  });
  const alerts: AgentAlert[] = [];
  const detection = {
    alerts: {
      alerts: () => alerts,
      groups: () => [{ key: 'all', labels: labelsOf({}), alerts }],
      mutesOf: () => ({ silencedBy: [], inhibitedBy: [] }),
    },
    rules: { groups: () => [] },
  };
  const deps = {
    clock,
    random: new SeededRandom(1),
    log: { ...SILENT_LOG, error: () => void scene.errors++ },
    registry: createMetricsRegistry(),
    query: new Story().query,
    stores: { state },
    detection: detection as never,
    guard: { peek: () => undefined },
    library: () => Promise.resolve(NO_RUNBOOKS),
  };
  const house = createAgentHouse(deps, settings);
  t.after(async () => {
    await house.part.stop?.();
    await state.close();
  });
  return { clock, house, alerts, scene };
}

test('nothing is opened before an alert fires that is for people', async (t) => {
  const { clock, house, alerts, scene } = houseOf(t);
  await house.part.start?.();
  alerts.push(alertFixture({ alertname: 'Watchdog', severity: 'none' }));
  await clock.advance(10 * FIRST_LOOK_MS);
  assert.equal(scene.openings, 0);
});

test('an opening that fails is told and tried again with each look, until it succeeds', async (t) => {
  const { clock, house, alerts, scene } = houseOf(t);
  await house.part.start?.();
  alerts.push(alertFixture({ alertname: 'A' }));
  await clock.advance(3 * FIRST_LOOK_MS);
  assert.deepEqual([scene.openings, scene.errors], [3, 3]);
  scene.isFailing = false;
  await clock.advance(FIRST_LOOK_MS);
  assert.equal(scene.openings, 4);
  await clock.advance(60_000);
  const [report] = await (await house.use()).recent(10);
  assert.equal(report?.name, 'A');
  assert.deepEqual([scene.openings, scene.errors], [4, 3]);
});

test('who asks while it is opened shares the opening, and its failure takes no later one away', async (t) => {
  const { house, scene } = houseOf(t);
  const failures = await Promise.allSettled([house.use(), house.use(), house.use()]);
  assert.deepEqual([failures.every(({ status }) => status === 'rejected'), scene.openings], [true, 1]);
  const first = house.use();
  const again = first.catch(() => {
    scene.isFailing = false;
    return house.use();
  });
  const late = first.catch(() => undefined).then(() => house.use());
  assert.equal(await again, await late);
  assert.equal(scene.openings, 3);
});

test('after the stop nobody opens it', async (t) => {
  const { house, scene } = houseOf(t);
  await house.part.stop?.();
  await assert.rejects(house.use(), /the server stops/);
  assert.equal(scene.openings, 0);
});
