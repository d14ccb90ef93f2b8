/** What Alertmanager's flags limit, through the whole pipeline. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, labelValueOf, NO_LABELS, SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry, exposeMetrics } from '@vedette/sdk';
import { openStateStore } from '../store/state/embedded.ts';
import { INSTANT_SYNCS } from '../store/state/instant-syncs-fixture.ts';
import { SILENT_LOG } from '../telemetry/log.ts';
import type { AlertPost } from './alert.ts';
import { createAlertMatcher } from './matchers/matcher.ts';
import type { AlertPipelineLimits } from './pipeline-limits.ts';
import { createAlertPipeline, type AlertPipeline } from './pipeline.ts';
import { routeOf, setupOf } from './setup-fixture.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

interface World {
  readonly clock: VirtualClock;
  readonly pipeline: AlertPipeline;
  /** Second and names of every message. */
  readonly told: string[];
  /** Values of the metrics whose lines begin so. */
  values(start: string): readonly string[];
  post(status: AlertPost['status'], ...names: readonly string[]): Promise<void>;
}

const check = (
  sentence: string,
  limits: Partial<AlertPipelineLimits>,
  run: (world: World) => Promise<void>,
): void =>
  void test(sentence, async () => {
    const clock = new VirtualClock({
      startMs: 0,
      settle: () => new Promise((resolve) => void setImmediate(resolve)),
    });
    const state = openStateStore({ clock, log: SILENT_LOG, syncs: INSTANT_SYNCS }, { path: ':memory:' });
    const metrics = createMetricsRegistry();
    const told: string[] = [];
    const receiver = {
      name: 'ops',
      integration: 'webhook',
      index: 0,
      sendsResolved: true,
      send: ({ alerts }: { alerts: readonly { labels: AlertPost['labels'] }[] }) => {
        const names = alerts.map(({ labels }) => labelValueOf(labels, 'instance'));
        told.push(`${clock.nowMs() / 1000}s ${names.join('+')}`);
        return Promise.resolve({ kind: 'delivered' as const });
      },
    };
    const route = routeOf({ receiver: 'ops', groupWaitMs: 10_000, groupIntervalMs: MINUTE_MS });
    const deps = { clock, state, metrics, random: new SeededRandom(1), log: SILENT_LOG };
    const pipeline = createAlertPipeline(deps, setupOf([receiver], route), limits);
    await pipeline.start();
    await run({
      clock,
      pipeline,
      told,
      values: (start) =>
        [...exposeMetrics(metrics, 'prometheus')]
          .join('')
          .split('\n')
          .filter((line) => line.startsWith(start))
          .map((line) => line.slice(start.length)),
      post: (status, ...names) => pipeline.post(names.map((name) => postOf(status, name, clock.nowMs()))),
    });
    await pipeline.stop();
    await state.close();
  });

function postOf(status: AlertPost['status'], instance: string, nowMs: number): AlertPost {
  const labels = labelsOf({ alertname: 'Down', instance });
  const times = { startsAtMs: nowMs, endsAtMs: nowMs };
  return { status, labels, annotations: NO_LABELS, generatorUrl: '', ...times };
}

check(
  'no group is flushed before the delay of the start is over',
  { startDelayMs: 30_000 },
  async (world) => {
    await world.post('firing', 'a');
    await world.clock.advance(25_000);
    assert.deepEqual(world.told, []);
    await world.post('firing', 'b');
    await world.clock.advance(MINUTE_MS);
    assert.deepEqual(world.told, ['30s a+b']);
  },
);

check(
  'of one alertname so many fire and no more; what ended makes room, and who fires may say so again',
  { alertsPerNameMax: 2 },
  async (world) => {
    await world.post('firing', 'a', 'b', 'c');
    await world.post('firing', 'a', 'b');
    const known = (): number => world.pipeline.alerts().length;
    assert.equal(known(), 2);
    assert.deepEqual(world.values('vedette_alerts_limited_total'), ['{limit="alertname"} 1']);
    await world.clock.advance(1000);
    await world.post('resolved', 'a');
    await world.clock.advance(1000);
    await world.post('firing', 'c');
    assert.equal(known(), 3);
    await world.post('firing', 'a');
    assert.deepEqual(world.values('vedette_alerts_limited_total'), ['{limit="alertname"} 2']);
  },
);

check('a resolved alert is kept for its life', { resolvedLifeMs: 2 * MINUTE_MS }, async (world) => {
  await world.post('firing', 'a');
  await world.clock.advance(20_000);
  await world.post('resolved', 'a');
  await world.clock.advance(MINUTE_MS);
  assert.equal(world.pipeline.alerts().length, 1);
  await world.clock.advance(2 * MINUTE_MS);
  assert.equal(world.pipeline.alerts().length, 0);
});

const silence = async ({ pipeline, clock }: World, i: string): Promise<string> =>
  await pipeline.silences.set({
    matchers: [createAlertMatcher('instance', '=', i)],
    startsAtMs: clock.nowMs(),
    endsAtMs: clock.nowMs() + HOUR_MS,
    createdBy: 'test',
    comment: '',
  });

check(
  'an expired silence is kept for the retention, and counted by its state',
  { retentionMs: 2 * HOUR_MS },
  async (world) => {
    await silence(world, 'a');
    const active = '{state="active"} ';
    assert.ok(world.values('vedette_silences').includes(`${active}1`));
    await world.clock.advance(2 * HOUR_MS);
    assert.deepEqual(world.values('vedette_silences'), [
      '{state="pending"} 0',
      `${active}0`,
      '{state="expired"} 1',
    ]);
    await world.clock.advance(HOUR_MS + MINUTE_MS);
    assert.equal(world.pipeline.silences.all().length, 0);
  },
);

check('silences beyond their number are refused', { silencesMax: 1 }, async (world) => {
  await silence(world, 'a');
  await assert.rejects(silence(world, 'b'), /exceeded maximum number of silences: 1 \(limit: 1\)/);
});

check('an alert waits, is told, and is suppressed while a silence holds it', {}, async (world) => {
  const told = (): readonly string[] => world.values('vedette_alerts_told{state=');
  await world.post('firing', 'a', 'b');
  assert.deepEqual(told(), ['"active"} 0', '"suppressed"} 0', '"unprocessed"} 2']);
  await silence(world, 'a');
  await world.clock.advance(20_000);
  assert.deepEqual(told(), ['"active"} 1', '"suppressed"} 1', '"unprocessed"} 0']);
  assert.deepEqual(world.values('vedette_alerts_receivers'), [' 1']);
  assert.deepEqual(world.values('vedette_notification_requests_total'), ['{integration="webhook"} 1']);
});
