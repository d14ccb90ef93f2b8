import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { labelsOf, SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { openStateStore } from '../store/state/embedded.ts';
import { INSTANT_SYNCS } from '../store/state/instant-syncs-fixture.ts';
import type { StateStore } from '../store/state/port.ts';
import { SILENT_LOG } from '../telemetry/log.ts';
import type { AlertPost } from './alert.ts';
import type { Route } from './route/route.ts';
import { ALERT_CHARS_MAX, ALERTS_MAX } from './alert-book.ts';
import { DELIVERIES_PER_RECEIVER_MAX } from './lane.ts';
import type { Notification, Receiver, SendResult } from './notify/receiver.ts';
import { createAlertPipeline, type AlertPipeline } from './pipeline.ts';
import { setupOf } from './setup-fixture.ts';

const START_MS = 1_700_000_000_000;
const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/** A receiver that notes what arrives and answers as told. */
class FakeReceiver implements Receiver {
  readonly name = 'ops';
  readonly integration: string;
  readonly index = 0;
  sendsResolved = true;
  readonly sent: { atMs: number; notification: Notification }[] = [];
  answer: (signal: AbortSignal) => Promise<SendResult> = () => Promise.resolve({ kind: 'delivered' });
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, integration = 'webhook') {
    this.#clock = clock;
    this.integration = integration;
  }

  async send(notification: Notification, signal: AbortSignal): Promise<SendResult> {
    this.sent.push({ atMs: this.#clock.nowMs() - START_MS, notification });
    return await this.answer(signal);
  }

  /** `seconds: status firing+resolved (reason)` of what came since the last call. */
  take(): string[] {
    return this.sent.splice(0).map(({ atMs, notification }) => {
      const marks = notification.alerts.map(({ labels, endsAt }) => {
        const name = labels[labels.indexOf('i') + 1] ?? '';
        return endsAt === undefined ? name : `-${name}`;
      });
      return `${atMs / 1000}s ${notification.status} ${marks.join(',')} (${notification.reason})`;
    });
  }
}

const failed = (more: Partial<SendResult & { kind: 'failed' }> = {}): SendResult => ({
  kind: 'failed',
  isRetriable: true,
  category: 'serverError',
  error: 'unexpected status code 500',
  ...more,
});

interface World {
  readonly clock: VirtualClock;
  readonly receiver: FakeReceiver;
  readonly state: StateStore;
  pipeline: AlertPipeline;
  /** Posts alerts `i` of one group; `-1` posts the resolution of alert 1. */
  post(...names: string[]): Promise<void>;
  /** Drops everything in memory as a kill does, and starts again on the same file `downMs` later. */
  restart: (downMs?: number) => Promise<void>;
}

type MoreReceivers = (clock: VirtualClock) => Receiver[];

const check = (
  sentence: string,
  run: (world: World) => Promise<void>,
  options: { route?: Partial<Route>; more?: MoreReceivers } = {},
) =>
  test(sentence, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'vedette-alert-'));
    const path = join(directory, 'state.db');
    const live = (startMs: number, seed: number): World => {
      const clock = new VirtualClock({ startMs, settle: settleFully });
      const state = openStateStore({ clock, log: SILENT_LOG, syncs: INSTANT_SYNCS }, { path });
      const receiver = new FakeReceiver(clock);
      const receivers = [receiver, ...(options.more?.(clock) ?? [])];
      const random = new SeededRandom(seed);
      const deps = { clock, state, random, log: SILENT_LOG, metrics: createMetricsRegistry() };
      const pipeline = createAlertPipeline(deps, setupOf(receivers, options.route));
      const post = (...names: string[]): Promise<void> =>
        pipeline.post(names.map((name) => postOf(name, clock)));
      return { clock, state, receiver, pipeline, post, restart: () => Promise.resolve() };
    };
    const stores: StateStore[] = [];
    const world: World = live(START_MS, 1);
    stores.push(world.state);
    world.restart = async (downMs = 0) => {
      const next = live(world.clock.nowMs() + downMs, stores.length + 1);
      stores.push(next.state);
      const { restart } = world;
      Object.assign(world, next, { restart });
      await next.pipeline.start();
    };
    try {
      await world.pipeline.start();
      await run(world);
      await world.pipeline.stop();
      assert.equal(world.clock.pendingTimerCount, 0, 'stop leaves no timer behind');
    } finally {
      await Promise.all(stores.map((store) => store.close()));
      rmSync(directory, { recursive: true });
    }
  });

function postOf(name: string, clock: VirtualClock): AlertPost {
  const isResolved = name.startsWith('-');
  const nowMs = clock.nowMs();
  return {
    status: isResolved ? 'resolved' : 'firing',
    labels: labelsOf({ alertname: 'A', i: name.replace('-', '') }),
    annotations: labelsOf({ summary: 's' }),
    startsAtMs: nowMs,
    endsAtMs: nowMs,
    generatorUrl: '',
  };
}

check('a group waits, sends, tells additions and resolutions at its interval, and repeats', async (world) => {
  const { clock, receiver } = world;
  await world.post('1');
  await clock.advance(10 * SECOND_MS);
  await world.post('2');
  await clock.advance(5 * MINUTE_MS);
  assert.deepEqual(receiver.take(), ['30s firing 1,2 (first notification)']);
  await world.post('3');
  await clock.advance(5 * MINUTE_MS);
  assert.deepEqual(receiver.take(), ['330s firing 1,2,3 (new alerts added)']);
  await world.post('-1');
  await clock.advance(5 * MINUTE_MS);
  assert.deepEqual(receiver.take(), ['630s firing -1,2,3 (some alerts resolved)']);
  await clock.advance((4 * 60 + 5) * MINUTE_MS);
  assert.deepEqual(receiver.take(), ['15030s firing 2,3 (repeat interval elapsed)']);
  await world.post('-2', '-3');
  await clock.advance(5 * MINUTE_MS);
  assert.deepEqual(receiver.take(), ['15630s resolved -2,-3 (all alerts resolved)']);
  // What was told is known for twice repeat_interval.
  await clock.advance(8 * 60 * MINUTE_MS);
  assert.deepEqual(receiver.take(), []);
  assert.deepEqual(world.pipeline.groups(), []);
  for (const collection of ['alerts', 'alert_groups', 'notification_log'])
    assert.deepEqual(await world.state.documents.list(collection), [], collection);
});

check('resolved before group_wait, and a flap inside the interval, say nothing', async (world) => {
  const { clock, receiver } = world;
  await world.post('1');
  await clock.advance(10 * SECOND_MS);
  await world.post('-1');
  await clock.advance(10 * MINUTE_MS);
  assert.deepEqual(receiver.take(), []);
  await world.post('1');
  await clock.advance(31 * SECOND_MS);
  assert.equal(receiver.take().length, 1);
  await world.post('-1');
  await world.post('1');
  await clock.advance(20 * MINUTE_MS);
  assert.deepEqual(receiver.take(), []);
});

check('an alert that is older than group_wait is told at once', async (world) => {
  const old = { ...postOf('1', world.clock), startsAtMs: START_MS - MINUTE_MS };
  await world.pipeline.post([old]);
  await world.clock.advance(0);
  assert.deepEqual(world.receiver.take(), ['0s firing 1 (first notification)']);
});

check('a receiver that does not want resolutions hears none, and hears of the next firing', async (world) => {
  const { clock, receiver } = world;
  receiver.sendsResolved = false;
  await world.post('1', '2');
  await clock.advance(MINUTE_MS);
  await world.post('-1');
  await clock.advance(5 * MINUTE_MS);
  await world.post('-2');
  await clock.advance(5 * MINUTE_MS);
  assert.deepEqual(receiver.take(), ['30s firing 1,2 (first notification)']);
  await world.post('2');
  await clock.advance(5 * MINUTE_MS);
  assert.equal(receiver.take().length, 1);
});

check('attempts back off, honour Retry-After and carry one id', async (world) => {
  const { clock, receiver } = world;
  const answers = [failed(), failed(), failed({ retryAfterMs: 100_000 })];
  receiver.answer = () => Promise.resolve(answers.shift() ?? { kind: 'delivered' });
  await world.post('1');
  await clock.advance(31 * SECOND_MS);
  assert.equal((await world.pipeline.notifications(10))[0]?.outcome, 'retrying');
  await clock.advance(4 * MINUTE_MS);
  const times = receiver.sent.map(({ atMs }) => atMs - 30_000);
  assert.equal(times.length, 4);
  assert.ok(times[1]! >= 250 && times[1]! <= 750, String(times));
  assert.ok(times[2]! - times[1]! >= 375 && times[2]! - times[1]! <= 1125, String(times));
  assert.equal(times[3]! - times[2]!, 100_000);
  assert.equal(new Set(receiver.sent.map(({ notification }) => notification.id)).size, 1);
  const history = await world.pipeline.notifications(10);
  assert.deepEqual(
    history.map(({ outcome, attempts, error }) => [outcome, attempts, error]),
    [['delivered', 4, null]],
  );
  const { attempts } = await world.pipeline.attempts({ limit: 10 });
  assert.deepEqual(
    attempts.map(({ attempt, outcome, isRetriable, category }) => [attempt, outcome, isRetriable, category]),
    [
      [4, 'delivered', false, null],
      [3, 'failed', true, 'serverError'],
      [2, 'failed', true, 'serverError'],
      [1, 'failed', true, 'serverError'],
    ],
  );
});

check('a final refusal is not repeated within the flush, but at the next', async (world) => {
  const { clock, receiver } = world;
  receiver.answer = () =>
    Promise.resolve(failed({ isRetriable: false, category: 'clientError', error: '400' }));
  await world.post('1');
  await clock.advance(4 * MINUTE_MS);
  assert.equal(receiver.take().length, 1);
  await clock.advance(2 * MINUTE_MS);
  assert.deepEqual(receiver.take(), ['330s firing 1 (first notification)']);
  await world.post('-1');
  await clock.advance(10 * MINUTE_MS);
  assert.deepEqual(receiver.take(), [], 'what was refused for good needs no resolution');
  assert.equal((await world.pipeline.notifications(10))[0]?.error, '400');
});

check('when nobody answers until the deadline, the next flush repeats under the same id', async (world) => {
  const { clock, receiver } = world;
  receiver.answer = (signal) =>
    new Promise((resolve) =>
      signal.addEventListener('abort', () => resolve(failed({ category: 'deadline' }))),
    );
  await world.post('1');
  await clock.advance(10 * MINUTE_MS);
  const ids = new Set(receiver.sent.map(({ notification }) => notification.id));
  assert.deepEqual([receiver.sent.length >= 2, ids.size], [true, 1]);
  receiver.answer = () => Promise.resolve({ kind: 'delivered' });
  await world.post('-1');
  await clock.advance(10 * MINUTE_MS);
  assert.match(receiver.take().at(-1) ?? '', /resolved -1 \(all alerts resolved\)/);
});

const others: FakeReceiver[] = [];
check(
  'a receiver that hangs delays no other',
  async (world) => {
    const { clock, receiver } = world;
    const fast = others.at(-1)!;
    receiver.answer = (signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(failed())));
    await world.post('1');
    await clock.advance(3 * SECOND_MS);
    await world.post('2');
    await clock.advance(2 * SECOND_MS);
    assert.deepEqual(fast.take(), ['1s firing 1 (first notification)', '4s firing 1,2 (new alerts added)']);
    assert.equal(receiver.take().length, 1);
  },
  {
    route: { groupWaitMs: SECOND_MS, groupIntervalMs: SECOND_MS },
    more: (clock) => {
      others.push(new FakeReceiver(clock, 'fast'));
      return others.slice(-1);
    },
  },
);

check(
  'deliveries to one receiver at a time are bounded',
  async ({ clock, receiver, pipeline }) => {
    let underWay = 0;
    let underWayMax = 0;
    receiver.answer = async () => {
      underWayMax = Math.max(underWayMax, ++underWay);
      await clock.sleep(100);
      underWay--;
      return { kind: 'delivered' };
    };
    await pipeline.post(Array.from({ length: 50 }, (_, i) => postOf(String(i), clock)));
    await clock.advance(MINUTE_MS);
    assert.equal(receiver.sent.length, 50);
    assert.equal(underWayMax, DELIVERIES_PER_RECEIVER_MAX);
  },
  { route: { groupBy: 'all' } },
);

check('after a restart nothing is told twice, timers go on, and the resolution comes', async (world) => {
  await world.post('1');
  await world.clock.advance(MINUTE_MS);
  assert.equal(world.receiver.take().length, 1);
  await world.restart();
  await world.clock.advance(20 * MINUTE_MS);
  assert.deepEqual(world.receiver.take(), []);
  await world.restart(60 * MINUTE_MS);
  await world.post('-1');
  await world.clock.advance(5 * MINUTE_MS);
  assert.match(world.receiver.take().join(), /^\d+s resolved -1 \(all alerts resolved\)$/);
  await world.clock.advance(60 * MINUTE_MS);
  assert.deepEqual(world.receiver.take(), []);
});

check('what a kill cut off is told after group_wait, under its id, not at the next tick', async (world) => {
  world.receiver.answer = () => Promise.resolve(failed());
  await world.post('1');
  await world.clock.advance(40 * SECOND_MS);
  const [first] = world.receiver.sent;
  assert.equal(first?.atMs, 30 * SECOND_MS);
  await world.restart(10 * SECOND_MS);
  await world.clock.advance(MINUTE_MS);
  const [again] = world.receiver.sent;
  assert.equal(Math.round(again?.atMs ?? 0), 80 * SECOND_MS);
  assert.equal(again?.notification.id, first?.notification.id);
  assert.equal(world.receiver.take().length, 1);
});

check('a restart between two flushes keeps the group waiting for the rest of its interval', async (world) => {
  await world.post('1');
  // Told at 30 s and at 330 s; nothing is posted after, so that only the flush itself can have saved the next.
  await world.clock.advance(310 * SECOND_MS);
  await world.post('2');
  await world.clock.advance(90 * SECOND_MS);
  assert.equal(world.receiver.take().length, 2);
  await world.restart();
  await world.post('-1', '-2');
  await world.clock.advance(229 * SECOND_MS);
  assert.deepEqual(world.receiver.take(), []);
  await world.clock.advance(2 * SECOND_MS);
  assert.deepEqual(world.receiver.take(), ['630s resolved -1,-2 (all alerts resolved)']);
});

check('a restart inside group_wait keeps the group waiting for the rest of it', async (world) => {
  await world.post('1');
  await world.clock.advance(20 * SECOND_MS);
  await world.restart();
  await world.clock.advance(9 * SECOND_MS);
  assert.deepEqual(world.receiver.take(), []);
  await world.clock.advance(2 * SECOND_MS);
  assert.deepEqual(world.receiver.take(), ['30s firing 1 (first notification)']);
});

check('a kill between sending and recording repeats under the same id', async (world) => {
  world.receiver.answer = () => new Promise(() => undefined);
  await world.post('1');
  await world.clock.advance(31 * SECOND_MS);
  const { id } = world.receiver.sent[0]!.notification;
  await world.restart();
  await world.clock.advance(10 * MINUTE_MS);
  assert.deepEqual(
    world.receiver.sent.map(({ notification }) => notification.id),
    [id],
  );
});

check('a reload keeps timers and what was told; another group_by groups and tells anew', async (world) => {
  const { clock, receiver, pipeline } = world;
  await world.post('1', '2');
  await clock.advance(MINUTE_MS);
  assert.equal(receiver.take().length, 1);
  const before = pipeline.groups()[0]?.nextFlushMs;
  await pipeline.apply(setupOf([receiver], { repeatIntervalMs: 6 * MINUTE_MS }));
  assert.equal(pipeline.groups()[0]?.nextFlushMs, before);
  await clock.advance(10 * MINUTE_MS);
  assert.deepEqual(receiver.take(), ['630s firing 1,2 (repeat interval elapsed)']);
  await pipeline.apply(setupOf([receiver], { groupBy: new Set(['i']) }));
  await clock.advance(10 * MINUTE_MS);
  assert.deepEqual(receiver.take(), [
    '660s firing 1 (first notification)',
    '660s firing 2 (first notification)',
  ]);
  assert.equal((await world.state.documents.list('alert_groups')).length, 2);
});

check(
  'what is tried again when the receiver is mended by a reload is sent at once, one at a time',
  async (world) => {
    const { clock, receiver, pipeline } = world;
    let finish: (result: SendResult) => void = () => assert.fail('nothing is under way');
    receiver.answer = () => new Promise((resolve) => (finish = resolve));
    await world.post('1');
    await clock.advance(30 * SECOND_MS);
    const mended = new FakeReceiver(clock);
    await pipeline.apply(setupOf([mended]));
    await clock.advance(SECOND_MS);
    assert.deepEqual(mended.sent, [], 'the attempt under way comes first');
    finish(failed());
    await clock.advance(SECOND_MS);
    assert.deepEqual(mended.take(), ['31s firing 1 (unconfirmed)']);
    await clock.advance(20 * MINUTE_MS);
    assert.equal(receiver.sent.length, 1, 'no further attempt under the old configuration');
    assert.deepEqual(mended.take(), []);
    await pipeline.apply(setupOf([mended]));
    await clock.advance(20 * MINUTE_MS);
    assert.deepEqual(mended.take(), [], 'a reload alone is no news');
    await pipeline.apply(setupOf([]));
    mended.answer = () => Promise.resolve(failed());
    await world.post('-1');
    await clock.advance(10 * MINUTE_MS);
    assert.deepEqual(world.pipeline.groups(), [], 'without a receiver nothing is held');
  },
);

check('what was told under an earlier group_by is forgotten in time', async (world) => {
  const { clock, receiver, pipeline, state } = world;
  await world.post('1');
  await clock.advance(31 * SECOND_MS);
  await pipeline.apply(setupOf([receiver], { groupBy: new Set(['i']) }));
  await clock.advance(9 * 60 * MINUTE_MS);
  const told = await state.documents.list('notification_log');
  assert.deepEqual(
    told.map(({ value }) => (value as { groupKey: string }).groupKey),
    ['{}:{i="1"}'],
  );
  assert.equal((await state.documents.list('alert_groups')).length, 1);
});

check('a clock that was set far ahead before a restart does not silence a group', async (world) => {
  world.clock.jumpWallClock(365 * 24 * 60 * MINUTE_MS);
  await world.post('1');
  world.clock.jumpWallClock(-365 * 24 * 60 * MINUTE_MS);
  await world.restart();
  await world.clock.advance(6 * MINUTE_MS);
  assert.equal(world.receiver.take().length, 1);
});

check('alerts are taken at the limits and refused above them, the others kept', async (world) => {
  const { pipeline, clock } = world;
  const base = postOf('1', clock);
  const chars = [...base.labels].join('').length + 's'.length;
  const annotations = (length: number) => labelsOf({ s: 'x'.repeat(length) });
  await pipeline.post([
    { ...base, annotations: annotations(ALERT_CHARS_MAX - chars) },
    { ...postOf('2', clock), annotations: annotations(ALERT_CHARS_MAX - chars + 1) },
    postOf('3', clock),
  ]);
  const held = pipeline.groups()[0]?.alerts.map(({ labels }) => labels.at(-1));
  assert.deepEqual(held, ['1', '3']);
  await pipeline.post(Array.from({ length: ALERTS_MAX }, (_, i) => postOf(`n${i}`, clock)));
  assert.equal(pipeline.groups()[0]?.alerts.length, ALERTS_MAX);
  await pipeline.post([postOf('-1', clock)]);
  assert.equal(pipeline.groups()[0]?.alerts.filter(({ endsAt }) => endsAt !== undefined).length, 1);
});

check('alerts that are known do not count against the limit of new ones', async ({ pipeline, clock }) => {
  const names = Array.from({ length: ALERTS_MAX - 1 }, (_, i) => `n${i}`);
  await pipeline.post(names.map((name) => postOf(name, clock)));
  const changed = names.map((name) => ({
    ...postOf(name, clock),
    annotations: labelsOf({ summary: 'new' }),
  }));
  await pipeline.post([...changed, postOf('last', clock)]);
  assert.equal(pipeline.groups()[0]?.alerts.length, ALERTS_MAX);
});

test('a full disk does not keep an alert from going out, and says so to the detector', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'vedette-alert-'));
  const clock = new VirtualClock({ startMs: START_MS, settle: settleFully });
  const state = openStateStore(
    { clock, log: SILENT_LOG, syncs: INSTANT_SYNCS },
    { path: join(directory, 'state.db'), fileBytesMax: 64 * 1024 },
  );
  try {
    const receiver = new FakeReceiver(clock);
    const deps = { clock, state, random: new SeededRandom(1), log: SILENT_LOG };
    const pipeline = createAlertPipeline({ ...deps, metrics: createMetricsRegistry() }, setupOf([receiver]));
    await pipeline.start();
    const big = { ...postOf('1', clock), annotations: labelsOf({ s: 'x'.repeat(60_000) }) };
    await assert.rejects(pipeline.post([big]), { code: 'VED_STORAGE_FULL' });
    await clock.advance(MINUTE_MS);
    assert.equal(receiver.take().length, 1);
    await assert.rejects(
      pipeline.post([big]),
      { code: 'VED_STORAGE_FULL' },
      'an unsaved alert is written again',
    );
    await pipeline.stop();
  } finally {
    await state.close();
    rmSync(directory, { recursive: true });
  }
});

/** All promises that can move do so before the event loop turns; nothing here waits for I/O. */
function settleFully(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
