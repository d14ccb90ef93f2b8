/** Routes, mutes and ends of alerts, through the whole pipeline; timers and restarts are in ../pipeline.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, labelValueOf, NO_LABELS, SeededRandom, VirtualClock, type Matcher } from '@vedette/model';
import { createMetricsRegistry, exposeMetrics } from '@vedette/sdk';
import { openStateStore } from '../../store/state/embedded.ts';
import { INSTANT_SYNCS } from '../../store/state/instant-syncs-fixture.ts';
import type { StateStore } from '../../store/state/port.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import type { AlertPost } from '../alert.ts';
import { createAlertMatcher } from '../matchers/matcher.ts';
import type { Receiver } from '../notify/receiver.ts';
import { createAlertPipeline, type AlertingCorrections, type AlertPipeline } from '../pipeline.ts';
import { routeOf as defaultRouteOf } from '../setup-fixture.ts';
import { TimeInterval } from '../time-intervals/time-interval.ts';
import type { MutePolicy } from './policy-muting.ts';
import type { Route } from '../route/route.ts';

const SECOND_MS = 1000;

/** As Alertmanager does it, unless a test says otherwise. */
const EXACT: AlertingCorrections = { keepTimers: false, repeatOnTime: false, resolveWhileMuted: false };

class World {
  readonly clock = new VirtualClock({ startMs: 0, settle: settleFully });
  readonly metrics = createMetricsRegistry();
  readonly state: StateStore = openStateStore(
    { clock: this.clock, log: SILENT_LOG, syncs: INSTANT_SYNCS },
    { path: ':memory:' },
  );
  corrections = EXACT;
  root = routeOf({});
  mutePolicy: MutePolicy = { inhibitRules: [], timeIntervals: new Map() };
  readonly told: string[] = [];
  readonly pipeline: AlertPipeline;

  constructor() {
    const { clock, state, metrics } = this;
    const deps = { clock, state, metrics, random: new SeededRandom(1), log: SILENT_LOG };
    this.pipeline = createAlertPipeline(deps, this.setup());
  }

  setup(): Parameters<AlertPipeline['apply']>[0] {
    return {
      root: this.root,
      mutePolicy: this.mutePolicy,
      receivers: ['a', 'b'].map((name) => this.#receiver(name)),
      resolveTimeoutMs: 300 * SECOND_MS,
      corrections: this.corrections,
    };
  }

  /** `1` fires, `-1` is over, `1<60` fires until 60 s. */
  async post(...names: string[]): Promise<void> {
    const nowMs = this.clock.nowMs();
    const posts = names.map((name): AlertPost => {
      const [, minus, i, until] = /^(-?)(\w+)(?:<(\d+))?$/.exec(name) ?? assert.fail(name);
      return {
        status: minus === '' ? 'firing' : 'resolved',
        labels: labelsOf({ i: i ?? '' }),
        annotations: NO_LABELS,
        startsAtMs: nowMs,
        endsAtMs: until === undefined ? nowMs : Number(until) * SECOND_MS,
        expiry: until === undefined ? undefined : 'stated',
        generatorUrl: '',
      };
    });
    await this.pipeline.post(posts);
  }

  /** Silences an alert for so many seconds from now on. */
  async silence(i: string, seconds: number): Promise<void> {
    const startsAtMs = this.clock.nowMs();
    const endsAtMs = startsAtMs + seconds * SECOND_MS;
    const matchers = [createAlertMatcher('i', '=', i)];
    await this.pipeline.silences.set({ matchers, startsAtMs, endsAtMs, createdBy: 'test', comment: '' });
  }

  /** What was told since the last call. */
  take(): string[] {
    return this.told.splice(0);
  }

  suppressed(): string[] {
    const lines = [...exposeMetrics(this.metrics, 'prometheus')].join('').split('\n');
    return lines
      .filter((line) => line.startsWith('vedette_notifications_suppressed_total{'))
      .map((line) => line.replace(/.*reason="(\w+)"\} /, '$1 '));
  }

  #receiver(name: string): Receiver {
    return {
      name,
      integration: 'webhook',
      index: 0,
      sendsResolved: true,
      send: ({ alerts }) => {
        const marks = alerts.map(
          ({ labels, endsAt }) => `${endsAt === undefined ? '' : '-'}${labelValueOf(labels, 'i')}`,
        );
        this.told.push(`${this.clock.nowMs() / SECOND_MS}s ${name} ${marks.join(',')}`);
        return Promise.resolve({ kind: 'delivered' });
      },
    };
  }
}

const routeOf = (more: Partial<Route>): Route =>
  defaultRouteOf({
    receiver: 'a',
    groupBy: new Set(),
    groupWaitMs: 10 * SECOND_MS,
    groupIntervalMs: 60 * SECOND_MS,
    repeatIntervalMs: 600 * SECOND_MS,
    ...more,
  });

const check = (sentence: string, run: (world: World) => Promise<void>): void =>
  void test(sentence, async () => {
    const world = new World();
    await world.pipeline.start();
    await run(world);
    await world.pipeline.stop();
    assert.equal(world.clock.pendingTimerCount, 0);
    await world.state.close();
  });

check('an alert goes to every route that matches, each with its own timers and receiver', async (world) => {
  const child = (pattern: string, more: Partial<Route>): Route =>
    routeOf({
      matchers: [createAlertMatcher('i', '=~', pattern)],
      key: `{}/${pattern}`,
      id: pattern,
      ...more,
    });
  world.root = routeOf({
    routes: [
      child('x.', {}),
      child('[xy]1', { receiver: 'b', isContinued: true }),
      child('y.', { receiver: 'b', groupWaitMs: 20 * SECOND_MS, groupBy: 'all' }),
    ],
  });
  await world.pipeline.apply(world.setup());
  await world.post('x1', 'x2', 'y1', 'y2', '1');
  await world.clock.advance(60 * SECOND_MS);
  assert.deepEqual(world.take(), ['10s a x1,x2', '10s b y1', '10s a 1', '20s b y1', '20s b y2']);
});

check('an alert with an end is over when nobody repeats it in time', async (world) => {
  await world.post('1<100');
  await world.clock.advance(50 * SECOND_MS);
  await world.post('1<150');
  await world.clock.advance(200 * SECOND_MS);
  assert.deepEqual(world.take(), ['10s a 1', '190s a -1']);
});

check('muted alerts are left out and counted by the first reason that holds', async (world) => {
  const is = (i: string): Matcher[] => [createAlertMatcher('i', '=', i)];
  const rule = { name: 'r', source: is('3'), target: is('1'), equal: [] };
  world.mutePolicy = { ...world.mutePolicy, inhibitRules: [rule] };
  await world.pipeline.apply(world.setup());
  await world.silence('1', 30);
  await world.silence('2', 30);
  await world.post('1', '2', '3<60');
  await world.clock.advance(20 * SECOND_MS);
  assert.deepEqual(world.take(), ['10s a 3']);
  assert.deepEqual(world.suppressed(), ['inhibition 1', 'silence 1']);
  await world.clock.advance(60 * SECOND_MS);
  assert.deepEqual(world.take(), ['70s a 1,2,-3']);
});

check('a quiet route tells nobody, and tells afterwards what still fires', async (world) => {
  // The first two minutes of the epoch.
  const night = new TimeInterval({ times: [{ startMinute: 0, endMinute: 2 }] });
  world.mutePolicy = { ...world.mutePolicy, timeIntervals: new Map([['night', [night]]]) };
  world.root = routeOf({ muteTimeIntervals: ['night'] });
  await world.pipeline.apply(world.setup());
  await world.post('1', '2');
  await world.clock.advance(20 * SECOND_MS);
  await world.post('-2');
  await world.clock.advance(120 * SECOND_MS);
  assert.deepEqual(world.take(), ['130s a 1']);
  assert.deepEqual(world.suppressed(), ['mute_time_interval 4']);
});

const resolveWhileSilenced = async (world: World): Promise<string[]> => {
  await world.post('1');
  await world.clock.advance(20 * SECOND_MS);
  await world.silence('1', 90);
  await world.post('-1');
  await world.clock.advance(100 * SECOND_MS);
  await world.post('1');
  await world.clock.advance(100 * SECOND_MS);
  return world.take();
};

check(
  'exactly as Alertmanager: who is told nothing of an end hears nothing of the next beginning',
  async (world) => {
    assert.deepEqual(await resolveWhileSilenced(world), ['10s a 1']);
  },
);

check('corrected: an end is told through a silence, and the next beginning, too', async (world) => {
  world.corrections = { ...EXACT, resolveWhileMuted: true };
  await world.pipeline.apply(world.setup());
  assert.deepEqual(await resolveWhileSilenced(world), ['10s a 1', '70s a -1', '130s a 1']);
});

check(
  'exactly as Alertmanager: a repetition that falls due at a tick comes at the next one',
  async (world) => {
    world.root = routeOf({ repeatIntervalMs: 60 * SECOND_MS });
    await world.pipeline.apply(world.setup());
    await world.post('1');
    await world.clock.advance(260 * SECOND_MS);
    assert.deepEqual(world.take(), ['10s a 1', '130s a 1', '250s a 1']);
  },
);

check('corrected: a repetition comes at the tick at which it falls due', async (world) => {
  world.corrections = { ...EXACT, repeatOnTime: true };
  world.root = routeOf({ repeatIntervalMs: 60 * SECOND_MS });
  await world.pipeline.apply(world.setup());
  await world.pipeline.apply(world.setup());
  await world.post('1');
  await world.clock.advance(200 * SECOND_MS);
  assert.deepEqual(world.take(), ['10s a 1', '70s a 1', '130s a 1', '190s a 1']);
});

const reloadBetweenTicks = async (world: World): Promise<number | undefined> => {
  await world.post('1');
  await world.clock.advance(40 * SECOND_MS);
  world.root = routeOf({});
  await world.pipeline.apply(world.setup());
  await world.clock.advance(0);
  assert.deepEqual(world.take(), ['10s a 1'], 'a reload alone is no news');
  return world.pipeline.groups()[0]?.nextFlushMs;
};

check('exactly as Alertmanager: a reload restarts the timers', async (world) => {
  assert.equal(await reloadBetweenTicks(world), 100 * SECOND_MS);
});

check('corrected: a reload keeps the timers', async (world) => {
  world.corrections = { ...EXACT, keepTimers: true };
  await world.pipeline.apply(world.setup());
  assert.equal(await reloadBetweenTicks(world), 70 * SECOND_MS);
});

check(
  'exactly as Alertmanager: a reload takes up what is over, too, and tells it where it was muted before',
  async (world) => {
    await world.post('1', '2');
    await world.clock.advance(20 * SECOND_MS);
    await world.silence('1', 90);
    await world.post('-1');
    await world.clock.advance(100 * SECOND_MS);
    assert.deepEqual(world.take(), ['10s a 1,2']);
    await world.pipeline.apply(world.setup());
    await world.clock.advance(0);
    assert.deepEqual(world.take(), ['120s a -1,2']);
  },
);

check('an end that was muted is told when its sender repeats it after the silence', async (world) => {
  await world.post('1');
  await world.clock.advance(20 * SECOND_MS);
  await world.silence('1', 90);
  await world.post('-1');
  await world.clock.advance(100 * SECOND_MS);
  assert.deepEqual(world.pipeline.groups(), [], 'the group is forgotten meanwhile');
  await world.pipeline.post([repeated(world)]);
  await world.clock.advance(60 * SECOND_MS);
  await world.pipeline.post([repeated(world)]);
  await world.clock.advance(60 * SECOND_MS);
  assert.deepEqual(world.take(), ['10s a 1', '120s a -1']);
});

check('who repeats an end makes no new group, and does not make it told again', async (world) => {
  await world.post('1');
  await world.clock.advance(20 * SECOND_MS);
  await world.post('-1');
  await world.clock.advance(120 * SECOND_MS);
  assert.deepEqual(world.take(), ['10s a 1', '70s a -1']);
  assert.deepEqual(world.pipeline.groups(), []);
  await world.pipeline.post([repeated(world)]);
  assert.deepEqual(world.pipeline.groups(), []);
  await world.clock.advance(16 * 60 * SECOND_MS);
  assert.deepEqual(world.take(), []);
  assert.deepEqual(world.pipeline.alerts(), []);
});

/** The only alert, which is over, as its sender posts it again. */
function repeated({ pipeline }: World): AlertPost {
  const { endsAt } = pipeline.alerts()[0] ?? assert.fail('known for a while');
  return {
    status: 'resolved',
    labels: labelsOf({ i: '1' }),
    annotations: NO_LABELS,
    startsAtMs: 0,
    endsAtMs: endsAt?.ms ?? 0,
    generatorUrl: '',
  };
}

function settleFully(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
