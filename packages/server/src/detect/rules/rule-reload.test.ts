/** What a reload of rules keeps and what it ends, over the real engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLabels, labelsOf } from '@vedette/model';
import { openRuleWorld, type RuleWorld } from './rule-world-fixture.ts';

const INTERVAL_MS = 30_000;

interface Reloads extends RuleWorld {
  /** Evaluates for so many intervals. */
  run(count: number): Promise<void>;
  /** `seconds status labels` of what was posted since the last call. */
  take(): string[];
  /** `state since seconds (value)` of all alerts. */
  alerts(): string[];
}

const check = (sentence: string, run: (world: Reloads) => Promise<void>): void =>
  void test(sentence, async () => {
    const world = openRuleWorld({ intervalMs: INTERVAL_MS });
    const { clock, manager, posts } = world;
    for (let atMs = 0; atMs < 3_600_000; atMs += 15_000)
      for (const i of ['1', '2']) world.samples.add(labelsOf({ __name__: 'm', i }), atMs, Number(i));
    await run({
      ...world,
      run: async (count) => {
        for (let i = 0; i < count; i++) {
          await manager.evaluate(clock.nowMs(), new AbortController().signal);
          await clock.advance(INTERVAL_MS);
        }
      },
      take: () =>
        posts
          .splice(0)
          .map(({ atMs, alert }) => `${atMs / 1000}s ${alert.status} ${formatLabels(alert.labels)}`),
      alerts: () =>
        manager
          .groups()
          .flatMap(({ rules }) => rules)
          .flatMap((rule) => (rule.kind === 'alerting' ? rule.alerts : []))
          .map(({ state, activeAtMs, value }) => `${state} since ${activeAtMs / 1000}s (${value})`),
    });
    await world.close();
  });

const rulesOf = (...rules: string[]): string =>
  `groups: [ { name: g, rules: [ ${rules.map((rule) => `{ ${rule} }`).join(', ')} ] } ]`;

check('who moves a threshold keeps the alerts above it and loses the others', async (world) => {
  await world.apply(rulesOf('alert: A, expr: m > 0, for: 1m'));
  await world.run(3);
  assert.deepEqual(world.take(), ['60s firing {alertname="A", i="1"}', '60s firing {alertname="A", i="2"}']);
  await world.apply(rulesOf('alert: A, expr: m > 1, for: 1m'));
  assert.deepEqual(world.take(), [], 'the reload itself ends nothing');
  await world.run(1);
  assert.deepEqual(world.take(), ['90s resolved {alertname="A", i="1"}']);
  assert.deepEqual(world.alerts(), ['firing since 0s (2)']);
});

check('a rule with other labels is another rule: the old one resolves, the new one waits', async (world) => {
  await world.apply(rulesOf('alert: A, expr: m > 1, for: 1m, labels: { severity: warning }'));
  await world.run(3);
  world.take();
  await world.apply(rulesOf('alert: A, expr: m > 1, for: 1m, labels: { severity: critical }'));
  assert.deepEqual(world.take(), ['90s resolved {alertname="A", i="2", severity="warning"}']);
  await world.run(2);
  assert.deepEqual(world.alerts(), ['pending since 90s (2)']);
  await world.run(1);
  assert.deepEqual(world.take(), ['150s firing {alertname="A", i="2", severity="critical"}']);
});

check('a recording rule with another expression ends the series it no longer writes', async (world) => {
  await world.apply(rulesOf('record: r, expr: m'));
  await world.run(2);
  await world.apply(rulesOf('record: r, expr: m > 1'));
  await world.run(1);
  const result = await world.query.instant({ expr: 'r', atMs: 60_000 }, new AbortController().signal);
  assert.deepEqual(result.kind === 'series' && result.series.map(({ labels }) => formatLabels(labels)), [
    'r{i="2"}',
  ]);
});

check('alerts posted under other labels of the server end and come anew; none waits again', async (world) => {
  await world.apply(rulesOf('alert: A, expr: m > 1, for: 1m', 'alert: B, expr: m > 1, for: 10m'));
  await world.run(3);
  world.take();
  let isChanged = false;
  await world.manager.repost(async () => {
    assert.deepEqual(world.take(), ['90s resolved {alertname="A", i="2"}'], 'ended before the change');
    isChanged = true;
  });
  assert.ok(isChanged);
  assert.deepEqual(world.alerts(), ['firing since 0s (2)', 'pending since 0s (2)']);
  await world.run(1);
  assert.deepEqual(world.take(), ['90s firing {alertname="A", i="2"}']);
});

check('what is forgotten is gone without a word to the sink', async (world) => {
  await world.apply(rulesOf('alert: A, expr: m > 0'));
  await world.run(1);
  world.take();
  await world.manager.forget((value) => JSON.stringify(value).includes('"i","1"'));
  assert.deepEqual(world.alerts(), ['firing since 0s (2)']);
  assert.deepEqual(world.take(), []);
});
