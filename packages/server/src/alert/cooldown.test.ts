import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PipelineWorld } from './pipeline-fixture.ts';
import { setupOf } from './setup-fixture.ts';

const COOLDOWNS_MS = new Map([
  ['critical', 60_000],
  ['info', 3_600_000],
]);

const check = (
  sentence: string,
  run: (world: PipelineWorld) => Promise<void>,
  repeatIntervalMs = 14_400_000,
) =>
  test(sentence, async () => {
    const world = new PipelineWorld((world) => ({
      ...setupOf([world.receiver('ops')], {
        groupBy: new Set(),
        groupWaitMs: 1000,
        groupIntervalMs: 10_000,
        repeatIntervalMs,
      }),
      cooldownsMs: COOLDOWNS_MS,
    }));
    await world.pipeline.start();
    await run(world);
    await world.close();
    assert.equal(world.clock.pendingTimerCount, 0);
  });

check('what flaps is told again when it has cooled; its ends are told at once', async (world) => {
  const flap = 'alertname=A severity=critical';
  await world.post(flap);
  await world.advanceSeconds(12);
  await world.post(`-${flap}`);
  await world.advanceSeconds(10);
  assert.deepEqual(world.take(), ['1s ops A', '21s ops -A']);
  await world.post(flap);
  await world.advanceSeconds(38);
  assert.deepEqual(world.take(), [], 'told at 1 s, cooling until 61 s');
  assert.ok(world.suppressed('cooldown') > 0);
  await world.advanceSeconds(10);
  assert.deepEqual(world.take(), ['61s ops A'], 'at the first tick after that');
  await world.post(`-${flap}`);
  await world.advanceSeconds(10);
  assert.deepEqual(world.take(), ['71s ops -A']);
});

check('a firing that was held back and ends while it cools is told neither way', async (world) => {
  const flap = 'alertname=A severity=critical';
  await world.post(flap, 'alertname=B severity=critical');
  await world.advanceSeconds(2);
  await world.post(`-${flap}`);
  await world.advanceSeconds(10);
  assert.deepEqual(world.take(), ['1s ops A,B', '11s ops -A,B']);
  await world.post(flap);
  await world.advanceSeconds(10);
  await world.post(`-${flap}`);
  await world.advanceSeconds(30);
  assert.deepEqual(world.take(), []);
  await world.advanceSeconds(60);
  assert.deepEqual(world.take(), [], 'nor later');
});

check('an alert that cools stays in the message about another one', async (world) => {
  await world.post('alertname=A severity=critical');
  await world.advanceSeconds(5);
  await world.post('alertname=B severity=critical');
  await world.advanceSeconds(10);
  assert.deepEqual(world.take(), ['1s ops A', '11s ops A,B']);
  await world.advanceSeconds(60);
  assert.equal(world.suppressed('cooldown'), 0, 'nothing was held back');
});

check('severities without a cooldown, and alerts without severity, do not cool', async (world) => {
  for (const alert of ['alertname=A severity=page', 'alertname=B']) {
    await world.post(alert);
    await world.advanceSeconds(10);
    await world.post(`-${alert}`);
    await world.advanceSeconds(10);
    await world.post(alert);
    await world.advanceSeconds(10);
    assert.equal(world.take().length, 3, alert);
    await world.post(`-${alert}`);
    await world.advanceSeconds(10);
    world.take();
  }
});

check(
  'a repetition waits until an alert in it has cooled',
  async (world) => {
    await world.post('alertname=A severity=critical');
    await world.advanceSeconds(140);
    assert.deepEqual(world.take(), ['1s ops A', '61s ops A', '121s ops A']);
  },
  20_000,
);

check('what could not be delivered is not held', async (world) => {
  const flap = 'alertname=A severity=critical';
  const failure = { kind: 'failed', isRetriable: false, category: 'clientError', error: 'no' } as const;
  world.answer = () => Promise.resolve(failure);
  await world.post(flap);
  await world.advanceSeconds(5);
  world.answer = () => Promise.resolve({ kind: 'delivered' });
  await world.advanceSeconds(10);
  assert.deepEqual(world.take(), ['1s ops A', '11s ops A']);
});

check('a group of as many alerts as there may be is written down, and does not cool', async (world) => {
  const alerts = Array.from({ length: 20_000 }, (_, i) => `alertname=A i=${i} severity=critical`);
  await world.post(...alerts);
  await world.advanceSeconds(2);
  assert.equal(world.told.splice(0)[0]?.notification.alerts.length, 20_000);
  // What could not be written would be told again by the next process.
  const [entry] = await world.state.documents.list('notification_log');
  assert.ok(JSON.stringify(entry?.value).length > 19 * 20_000);
  await world.post(`-${alerts[0]}`);
  await world.advanceSeconds(10);
  await world.post(alerts[0] ?? '');
  await world.advanceSeconds(10);
  assert.equal(world.told.length, 2);
});
