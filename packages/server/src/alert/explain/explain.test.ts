/** Explanations of a running stage, and whether what they foretell comes true. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';

import { openStateStore } from '../../store/state/embedded.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import type { AlertPost } from '../alert.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { parseMatchers } from '../matchers/parse.ts';
import type { Receiver, SendResult } from '../notify/receiver.ts';
import { createAlertPipeline, type AlertPipeline, type AlertSetup } from '../pipeline.ts';
import type { Route } from '../route/route.ts';
import { routeOf, setupOf } from '../setup-fixture.ts';
import { TimeInterval } from '../time-intervals/time-interval.ts';
import type { AlertExplanation } from './explanation.ts';

// A Saturday.
const START_MS = Date.UTC(2026, 10, 21, 10);
const MINUTE_MS = 60_000;
const SEED = Number(process.env['VEDETTE_SEED'] ?? 20_261_121);

interface Sent {
  readonly atMs: number;
  readonly receiver: string;
  readonly reason: string;
  readonly fingerprints: readonly string[];
}

class World {
  readonly clock = new VirtualClock({ startMs: START_MS, settle: settleFully });
  readonly sent: Sent[] = [];
  answer: SendResult = { kind: 'delivered' };
  readonly pipeline: AlertPipeline;
  readonly #state = openStateStore({ clock: this.clock, log: SILENT_LOG }, { path: ':memory:' });

  constructor(route: Partial<Route>, more: Partial<AlertSetup> = {}, names: readonly string[] = ['ops']) {
    const { clock } = this;
    const deps = { clock, state: this.#state, random: new SeededRandom(1), log: SILENT_LOG };
    const setup = setupOf(
      names.map((name) => this.receiver(name)),
      route,
      more,
    );
    this.pipeline = createAlertPipeline({ ...deps, metrics: createMetricsRegistry() }, setup);
  }

  receiver(name: string): Receiver {
    return {
      name,
      integration: 'webhook',
      index: 0,
      sendsResolved: true,
      send: ({ alerts, reason }) => {
        const fingerprints = alerts.map(({ fingerprint }) => fingerprint);
        this.sent.push({ atMs: this.clock.nowMs(), receiver: name, reason, fingerprints });
        return Promise.resolve(this.answer);
      },
    };
  }

  async post(labels: Record<string, string>, status: 'firing' | 'resolved' = 'firing'): Promise<void> {
    await this.pipeline.post([postOf(labels, status, this.clock.nowMs())]);
  }

  async silence(matchers: string, minutes: number): Promise<string> {
    const startsAtMs = this.clock.nowMs();
    return await this.pipeline.silences.set({
      matchers: parseMatchers(matchers).matchers,
      startsAtMs,
      endsAtMs: startsAtMs + minutes * MINUTE_MS,
      createdBy: 'me',
      comment: 'disk swap',
    });
  }

  async explain(labels: Record<string, string>): Promise<AlertExplanation> {
    const found = await this.pipeline.explain(labelsOf(labels));
    assert.ok(found !== undefined);
    return found;
  }

  async close(): Promise<void> {
    await this.pipeline.stop();
    await this.#state.close();
  }
}

function postOf(labels: Record<string, string>, status: 'firing' | 'resolved', nowMs: number): AlertPost {
  const times = { startsAtMs: nowMs, endsAtMs: nowMs };
  return { status, labels: labelsOf(labels), annotations: labelsOf({}), generatorUrl: '', ...times };
}

async function settleFully(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => void setImmediate(resolve));
}

const check = (sentence: string, world: () => World, run: (world: World) => Promise<void>) =>
  test(sentence, async () => {
    const here = world();
    try {
      await here.pipeline.start();
      await run(here);
    } finally {
      await here.close();
    }
  });

const minuteOf = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : (ms - START_MS) / MINUTE_MS;

const ROUTE: Partial<Route> = { groupWaitMs: MINUTE_MS, groupIntervalMs: 5 * MINUTE_MS };

check(
  'a firing alert is told when its group waits, then when it is repeated',
  () => new World(ROUTE),
  async (world) => {
    const { clock, pipeline } = world;
    const labels = { alertname: 'A', i: '1' };
    await world.post(labels);
    const before = await world.explain(labels);
    const [route] = before.routes;
    assert.equal(before.state, 'firing');
    assert.deepEqual(
      [route?.receiver, route?.groupKey, route?.group],
      ['ops', '{}:{alertname="A"}', { nextFlushMs: START_MS + MINUTE_MS, hasFlushed: false, alertCount: 1 }],
    );
    assert.deepEqual(route?.integrations[0]?.told, undefined);
    assert.match(before.summary, /^The next message goes to "ops" \(webhook\) at 2026-11-21T10:01:00Z\. /);
    await clock.advance(2 * MINUTE_MS);
    const after = await pipeline.explain(fingerprintOf(labelsOf(labels)));
    const [integration] = after?.routes[0]?.integrations ?? [];
    assert.equal(integration?.told?.said, 'firing');
    assert.equal(minuteOf(integration.told.atMs), 1);
    assert.deepEqual(
      [minuteOf(integration.next.atMs), integration.next.reason],
      [241, 'repeat interval elapsed'],
    );
  },
);

check(
  'labels that nobody posted are explained as if they fired now',
  () => new World(ROUTE),
  async (world) => {
    const found = await world.explain({ alertname: 'B' });
    assert.equal(found.state, 'hypothetical');
    assert.equal(found.alert, undefined);
    assert.equal(minuteOf(found.routes[0]?.integrations[0]?.next.atMs), 1);
    assert.match(
      found.summary,
      /^Nobody has posted such an alert\. If it began to fire now: The next message/,
    );
    assert.equal(await world.pipeline.explain('0123456789abcdef'), undefined);
    assert.deepEqual(world.pipeline.alerts(), []);
    assert.deepEqual(world.pipeline.groups(), []);
  },
);

check(
  'a silence is named with its end, and the message after it foretold',
  () => new World(ROUTE),
  async (world) => {
    const labels = { alertname: 'A' };
    const id = await world.silence('alertname=A', 8);
    await world.post(labels);
    const found = await world.explain(labels);
    assert.deepEqual(
      found.silencedBy.map((silence) => silence.id),
      [id],
    );
    const next = found.routes[0]?.integrations[0]?.next;
    assert.equal(minuteOf(next?.atMs), 11);
    assert.match(
      next?.text ?? '',
      new RegExp(`^It is silenced by silence ${id} of me \\("disk swap"\\) until 2026-11-21T10:08:00Z\\. `),
    );
    await world.silence('alertname=~"A|B"', 14);
    assert.equal(minuteOf((await world.explain(labels)).routes[0]?.integrations[0]?.next.atMs), 16);
  },
);

const INHIBITING: Partial<AlertSetup> = {
  mutePolicy: {
    inhibitRules: [
      {
        name: 'down',
        source: parseMatchers('alertname=Down').matchers,
        target: parseMatchers('severity=warning').matchers,
        equal: ['host'],
      },
    ],
    timeIntervals: new Map([
      [
        'weekend',
        [
          new TimeInterval({
            weekdays: [
              { first: 6, last: 6 },
              { first: 0, last: 0 },
            ],
          }),
        ],
      ],
      ['always', [new TimeInterval({})]],
    ]),
  },
};

check(
  'an inhibited alert names its source and the rule, and has no time',
  () => new World(ROUTE, INHIBITING),
  async (world) => {
    await world.post({ alertname: 'Down', host: 'a' });
    await world.post({ alertname: 'Slow', host: 'a', severity: 'warning' });
    const found = await world.explain({ alertname: 'Slow', host: 'a', severity: 'warning' });
    const [source] = found.inhibitedBy;
    assert.deepEqual(
      [source?.rule.name, source?.labels],
      ['down', labelsOf({ alertname: 'Down', host: 'a' })],
    );
    assert.equal(found.routes[0]?.integrations[0]?.next.atMs, undefined);
    assert.match(
      found.summary,
      /^No message is due\. It is inhibited by \{alertname="Down", host="a"\} \(the inhibit rule "down"\); /,
    );
    const elsewhere = await world.explain({ alertname: 'Slow', host: 'b', severity: 'warning' });
    assert.deepEqual(elsewhere.inhibitedBy, []);
  },
);

check(
  'a route that is quiet says until when, and one that is always quiet that it is',
  () => new World({ ...ROUTE, muteTimeIntervals: ['weekend'] }, INHIBITING),
  async (world) => {
    await world.post({ alertname: 'A' });
    const [route] = (await world.explain({ alertname: 'A' })).routes;
    const mondayMs = Date.UTC(2026, 10, 23);
    assert.deepEqual(route?.quiet, { reason: 'mute_time_interval', names: ['weekend'], untilMs: mondayMs });
    const next = route?.integrations[0]?.next;
    assert.equal(next?.atMs, mondayMs + MINUTE_MS);
    assert.match(next.text, /^Its route is muted by time interval "weekend"\. /);
    await world.pipeline.apply(
      setupOf([world.receiver('ops')], { ...ROUTE, muteTimeIntervals: ['always'] }, INHIBITING),
    );
    const [asleep] = (await world.explain({ alertname: 'A' })).routes;
    assert.equal(asleep?.quiet?.untilMs, undefined);
    assert.equal(asleep?.integrations[0]?.next.atMs, undefined);
  },
);

check(
  'a receiver that fails is told of with its error, while it is tried and after',
  () => new World(ROUTE),
  async (world) => {
    world.answer = { kind: 'failed', isRetriable: true, category: 'serverError', error: 'status 502' };
    await world.post({ alertname: 'A' });
    await world.clock.advance(2 * MINUTE_MS);
    const [during] = (await world.explain({ alertname: 'A' })).routes[0]?.integrations ?? [];
    assert.equal(during?.next.reason, 'being retried');
    assert.equal(during.lastError?.error, 'status 502');
    assert.equal(during.retrying?.error, 'status 502');
    assert.equal(during.unconfirmed?.said, 'firing');
    world.answer = { kind: 'failed', isRetriable: false, category: 'clientError', error: 'status 400' };
    await world.clock.advance(2 * MINUTE_MS);
    const [after] = (await world.explain({ alertname: 'A' })).routes[0]?.integrations ?? [];
    assert.deepEqual(
      [after?.retrying, after?.lastError?.error, after?.lastError?.category],
      [undefined, 'status 400', 'clientError'],
    );
    assert.deepEqual([minuteOf(after?.next.atMs), after?.next.reason], [6, 'first notification']);
  },
);

check(
  'a receiver without integrations says that nobody is told',
  () => new World(ROUTE, {}, []),
  async (world) => {
    await world.post({ alertname: 'A' });
    const found = await world.explain({ alertname: 'A' });
    assert.deepEqual(found.routes[0]?.integrations, []);
    assert.equal(found.summary, 'Nobody is told: the receiver "ops" has no integration.');
  },
);

const MORE: Readonly<Record<string, Partial<AlertSetup>>> = {
  'with cooldowns': { cooldownsMs: new Map([['warning', 12 * MINUTE_MS]]) },
  "Alertmanager's way": {
    corrections: { keepTimers: false, repeatOnTime: false, resolveWhileMuted: false },
  },
};

/** Random posts and silences; then a question; then nothing but time. What was foretold must be what happens. */
for (const way of ['with our corrections', 'with cooldowns', "Alertmanager's way"] as const)
  test(`what is foretold comes true, ${way}`, async () => {
    const random = new SeededRandom(SEED);
    const below = (count: number): number => Math.floor(random.float() * count);
    for (let round = 0; round < 25; round++) {
      const world = new World(
        {
          ...ROUTE,
          repeatIntervalMs: 17 * MINUTE_MS,
          routes: [
            routeOf({
              ...ROUTE,
              receiver: 'dba',
              id: '{}/{i="1"}/0',
              key: '{}/{i="1"}',
              matchers: parseMatchers('i=1').matchers,
              repeatIntervalMs: 9 * MINUTE_MS,
              isContinued: true,
              groupBy: 'all',
            }),
            routeOf({ ...ROUTE, id: '{}/{}/1', key: '{}/{}', repeatIntervalMs: 17 * MINUTE_MS }),
          ],
        },
        MORE[way],
        ['ops', 'dba'],
      );
      await world.pipeline.start();
      const labels = { alertname: 'A', i: '1', severity: 'warning' };
      for (let step = 0; step < 8; step++) {
        const i = String(1 + below(3));
        const choice = below(10);
        if (choice < 6)
          await world.post(
            { alertname: 'A', i, severity: 'warning' },
            below(3) === 0 ? 'resolved' : 'firing',
          );
        else if (choice < 8) await world.silence(`i=${i}`, 1 + below(20));
        await world.clock.advance(below(6) * MINUTE_MS + below(60) * 1000 + 500);
      }
      const fingerprint = fingerprintOf(labelsOf(labels));
      const found = await world.pipeline.explain(fingerprint);
      world.sent.splice(0);
      await world.clock.advance(90 * MINUTE_MS);
      for (const { receiver, integrations } of found?.routes ?? []) {
        const first = world.sent.find(
          (sent) => sent.receiver === receiver && sent.fingerprints.includes(fingerprint),
        );
        const [integration] = integrations;
        assert.deepEqual(
          [minuteOf(integration?.next.atMs), integration?.next.reason],
          [minuteOf(first?.atMs), first?.reason],
          `seed ${SEED}, round ${round}, ${receiver}, ${found?.state}: ${integration?.next.text}`,
        );
      }
      await world.close();
    }
  });
