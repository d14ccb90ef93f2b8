import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { labelsOf, labelValueOf, NO_LABELS, SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { openStateStore } from '../../store/state/embedded.ts';
import { INSTANT_SYNCS } from '../../store/state/instant-syncs-fixture.ts';
import type { StateStore } from '../../store/state/port.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import type { Alert } from '../alert.ts';
import { fingerprintOf } from '../fingerprint.ts';
import type { Receiver } from '../notify/receiver.ts';
import { createAlertPipeline, type AlertPipeline } from '../pipeline.ts';
import { setupOf } from '../setup-fixture.ts';
import { alertIntakeConfig } from './config.ts';
import { VIA_ANNOTATION } from './loop-guard.ts';
import { ALERT_SOURCES_MAX, createWebhookIntake, type WebhookIntake } from './webhook-intake.ts';
import { alertBody, bytesOf, NOW_MS, webhookBody } from './webhook-fixture.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DOWN = labelsOf({ alertname: 'Down', instance: 'a' });
const RESOLVED = { status: 'resolved', endsAt: '2026-11-21T09:59:00Z' };

/** A pipeline with an intake before it, on a virtual clock; dies as after a kill at `restart`. */
class World {
  clock: VirtualClock;
  pipeline!: AlertPipeline;
  intake!: WebhookIntake;
  readonly sent: string[] = [];
  readonly #path: string;
  readonly #stores: StateStore[] = [];

  constructor(t: TestContext) {
    const directory = mkdtempSync(join(tmpdir(), 'vedette-intake-'));
    this.#path = join(directory, 'state.db');
    this.clock = new VirtualClock({ startMs: NOW_MS, settle: settleFully });
    t.after(async () => {
      await this.pipeline.stop();
      await Promise.all(this.#stores.map((store) => store.close()));
      rmSync(directory, { recursive: true });
    });
  }

  async start(): Promise<this> {
    const { clock } = this;
    const state = openStateStore({ clock, log: SILENT_LOG, syncs: INSTANT_SYNCS }, { path: this.#path });
    this.#stores.push(state);
    const metrics = createMetricsRegistry();
    const random = new SeededRandom(this.#stores.length);
    const receiver: Receiver = {
      name: 'ops',
      integration: 'webhook',
      index: 0,
      sendsResolved: true,
      send: ({ status, alerts }) => {
        this.sent.push(
          `${status} ${alerts.map(({ labels }) => labelValueOf(labels, 'alertname')).join('+')}`,
        );
        return Promise.resolve({ kind: 'delivered' });
      },
    };
    this.pipeline = createAlertPipeline(
      { clock, random, state, metrics, log: SILENT_LOG },
      setupOf([receiver]),
    );
    this.intake = createWebhookIntake(
      { clock, log: SILENT_LOG, metrics, alerts: this.pipeline },
      {
        externalUrl: 'http://us',
        config: () => alertIntakeConfig.parse({ sources: { short: { ttl: '1h' } } }),
        resolveTimeoutMs: () => 5 * MINUTE_MS,
      },
    );
    await this.pipeline.start();
    return this;
  }

  async restart(downMs: number): Promise<void> {
    this.clock = new VirtualClock({ startMs: this.clock.nowMs() + downMs, settle: settleFully });
    await this.start();
  }

  async post(body: unknown, source = 'am'): Promise<{ alertCount: number; ignoredCount: number }> {
    return await this.intake.receive(source, bytesOf(body));
  }

  down(): Alert | undefined {
    return this.pipeline.find(fingerprintOf(DOWN));
  }

  isFiring(): boolean {
    const endsAt = this.down()?.endsAt?.ms ?? (this.down() === undefined ? 0 : Infinity);
    return endsAt > this.clock.nowMs();
  }

  takeSent(): string[] {
    return this.sent.splice(0);
  }
}

/** Gives disk and promises their turns between two timers. */
async function settleFully(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

test('an alert of a webhook is known by its labels, whatever fingerprint is claimed, and tells its way', async (t) => {
  const world = await new World(t).start();
  const taken = await world.post(webhookBody([alertBody()]));
  assert.deepEqual(taken, { alertCount: 1, ignoredCount: 0, failed: [] });
  const alert = world.down();
  assert.equal(alert?.source, 'am');
  assert.equal(alert.startsAt.text, '2026-11-21T09:00:00.123456789Z');
  assert.equal(labelValueOf(alert.annotations, VIA_ANNOTATION), 'http://am:9093');
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(world.takeSent(), ['firing Down']);
});

test('it fires until a resolved body, which receivers hear', async (t) => {
  const world = await new World(t).start();
  await world.post(webhookBody([alertBody()]));
  await world.clock.advance(4 * HOUR_MS);
  assert.equal(world.isFiring(), true);
  await world.post(webhookBody([alertBody(RESOLVED)]));
  assert.equal(world.isFiring(), false);
  await world.clock.advance(10 * MINUTE_MS);
  assert.equal(world.takeSent().at(-1), 'resolved Down');
  assert.deepEqual(world.intake.sources()[0]?.stale, []);
});

test('a repetition prolongs it; without one it is stale after the TTL, and shown as such for a day', async (t) => {
  const world = await new World(t).start();
  await world.post(webhookBody([alertBody()]), 'short');
  await world.clock.advance(50 * MINUTE_MS);
  await world.post(webhookBody([alertBody()]), 'short');
  await world.clock.advance(50 * MINUTE_MS);
  assert.equal(world.isFiring(), true);
  assert.deepEqual(world.intake.sources(), [
    {
      name: 'short',
      ttlMs: HOUR_MS,
      lastReceivedAtMs: NOW_MS + 50 * MINUTE_MS,
      firingCount: 1,
      staleCount: 0,
      stale: [],
    },
  ]);
  await world.clock.advance(20 * MINUTE_MS);
  assert.equal(world.takeSent().at(-1), 'resolved Down');
  const [source] = world.intake.sources();
  assert.equal(source?.firingCount, 0);
  assert.deepEqual(source?.stale, [
    {
      fingerprint: fingerprintOf(DOWN),
      labels: { alertname: 'Down', instance: 'a' },
      startsAtMs: Date.UTC(2026, 10, 21, 9, 0, 0, 123),
      staleSinceMs: NOW_MS + 110 * MINUTE_MS,
    },
  ]);
  await world.clock.advance(23 * HOUR_MS);
  assert.equal(world.intake.sources()[0]?.staleCount, 1);
  await world.clock.advance(2 * HOUR_MS);
  assert.equal(world.intake.sources()[0]?.staleCount, 0);
});

test('a restart forgets neither who announced an alert nor how long it lives, and brings back nothing stale', async (t) => {
  const world = await new World(t).start();
  await world.post(webhookBody([alertBody()]));
  await world.clock.advance(11 * HOUR_MS);
  await world.post(webhookBody([alertBody()]));
  await world.restart(2 * HOUR_MS);
  assert.equal(world.isFiring(), true);
  assert.deepEqual(
    world.intake
      .sources()
      .map(({ name, lastReceivedAtMs, firingCount }) => [name, lastReceivedAtMs, firingCount]),
    [['am', undefined, 1]],
  );
  await world.clock.advance(10 * HOUR_MS + MINUTE_MS);
  assert.equal(world.intake.sources()[0]?.staleCount, 1);
  await world.clock.advance(10 * MINUTE_MS);
  world.takeSent();
  await world.restart(MINUTE_MS);
  await world.clock.advance(10 * MINUTE_MS);
  assert.equal(world.isFiring(), false);
  assert.deepEqual(world.takeSent(), []);
  assert.equal(world.intake.sources()[0]?.staleCount, 1);
});

test('a body of our own is refused, and other handlers see it all the same', async (t) => {
  const world = await new World(t).start();
  const own = webhookBody([alertBody()], { externalURL: 'http://us/' });
  await assert.rejects(world.post(own), /come from this server itself, since externalURL is "http:\/\/us\/"/);
  assert.equal(world.down(), undefined);
  const seen: string[] = [];
  world.intake.register({
    name: 'guard',
    source: 'user-behavior',
    handle: ({ alerts }) => {
      seen.push(...alerts.map(({ labels }) => labelValueOf(labels, 'alertname')));
      return Promise.resolve({ ignoredCount: 0 });
    },
  });
  await world.post(own, 'user-behavior');
  assert.deepEqual(seen, ['Down']);
  assert.equal(world.down(), undefined);
});

test('an alert that has been here is passed over, the others of its body are not', async (t) => {
  const world = await new World(t).start();
  const looped = alertBody({ annotations: { [VIA_ANNOTATION]: 'http://us http://am:9093' } });
  const other = alertBody({ labels: { alertname: 'Other' } });
  assert.equal((await world.post(webhookBody([looped, other]))).ignoredCount, 1);
  assert.equal(world.down(), undefined);
  assert.equal(world.pipeline.alerts().length, 1);
});

test('an echo neither prolongs nor ends nor brings back what our own rule holds', async (t) => {
  const world = await new World(t).start();
  const own = {
    labels: DOWN,
    annotations: NO_LABELS,
    startsAtMs: Date.UTC(2026, 10, 21, 9),
    endsAtMs: NOW_MS,
    generatorUrl: '',
  };
  await world.pipeline.post([{ ...own, status: 'firing' }]);
  assert.equal((await world.post(webhookBody([alertBody(RESOLVED)]))).ignoredCount, 1);
  assert.equal(world.isFiring(), true);
  assert.equal(world.down()?.source, undefined);
  await world.pipeline.post([{ ...own, status: 'resolved' }]);
  assert.equal((await world.post(webhookBody([alertBody()]))).ignoredCount, 1);
  assert.equal(world.isFiring(), false);
  await world.clock.advance(MINUTE_MS);
  const again = alertBody({ startsAt: '2026-11-21T10:00:30Z' });
  assert.equal((await world.post(webhookBody([again]))).ignoredCount, 0);
  assert.equal(world.isFiring(), true);
});

test('alerts of API v1 live as those posted to API v2 do', async (t) => {
  const world = await new World(t).start();
  await world.post([{ labels: { alertname: 'Down', instance: 'a' } }], 'default');
  assert.equal(world.down()?.source, undefined);
  await world.clock.advance(6 * MINUTE_MS);
  assert.equal(world.isFiring(), false);
  await world.post(
    [{ labels: { alertname: 'Down', instance: 'a' }, endsAt: '2026-11-21T11:00:00Z' }],
    'default',
  );
  await world.clock.advance(30 * MINUTE_MS);
  assert.equal(world.isFiring(), true);
});

test('as many sources as the limit says are taken, and a broken body makes none', async (t) => {
  const world = await new World(t).start();
  await assert.rejects(world.post('{', 'broken'));
  for (let i = 0; i < ALERT_SOURCES_MAX; i++) await world.post(webhookBody([]), `s${i}`);
  await assert.rejects(
    world.post(webhookBody([]), 'one-more'),
    /100 sources have sent alerts .* the limit is 100/,
  );
  await world.post(webhookBody([]), 's0');
});
