/**
 * A rule, the alert pipeline and a receiver over one state file, on a virtual clock, killed at every
 * point at which something leaves the process: before and after each write of the state store and each
 * notification. Whatever the point, people hear of the trouble and of its end, each under one id.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  createValidity,
  labelsOf,
  SeededRandom,
  setValidAt,
  VirtualClock,
  type MetricsWriter,
  type QueryResult,
} from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { createAlertPipeline, type AlertPipeline, type Receiver } from '../alert/index.ts';
import { setupOf } from '../alert/setup-fixture.ts';
import { createRuleManager, type RuleGroup, type RuleManager } from '../detect/index.ts';
import type { PromQuery } from '../query/metrics/port.ts';
import { openStateStore } from '../store/state/embedded.ts';
import { INSTANT_SYNCS } from '../store/state/instant-syncs-fixture.ts';
import type { StateStore } from '../store/state/port.ts';
import { SILENT_LOG } from '../telemetry/log.ts';

const START_MS = 1_700_000_000_000;
const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/** The target is down from minute 1 to minute 4. */
const isDownAt = (ms: number): boolean => ms >= START_MS + MINUTE_MS && ms < START_MS + 4 * MINUTE_MS;
const END_MS = START_MS + 8 * MINUTE_MS;
const OUTAGE_MS = 20 * SECOND_MS;

const GROUP: RuleGroup = {
  file: 'rules.yml',
  name: 'targets',
  intervalMs: 15_000,
  queryOffsetMs: undefined,
  limit: 0,
  rules: [
    {
      kind: 'alerting',
      name: 'TargetDown',
      expr: 'up == 0',
      forMs: MINUTE_MS,
      keepFiringForMs: 0,
      labels: [['severity', 'critical']],
      annotations: [['summary', 'the target is down']],
    },
  ],
};

const ROUTE = { groupBy: new Set<string>(), groupWaitMs: 10_000, groupIntervalMs: 30_000 };

interface Message {
  readonly id: string;
  readonly status: string;
  readonly startsAt: string | undefined;
}

/** Kills the process at one of its outward steps: from then on nothing it awaits ever comes. */
class Fate {
  stepCount = 0;
  isDead = false;
  readonly #killAt: number;
  readonly #moment: 'before' | 'after';

  constructor(killAt: number, moment: 'before' | 'after') {
    this.#killAt = killAt;
    this.#moment = moment;
  }

  async step<T>(act: () => Promise<T>): Promise<T> {
    const isLast = !this.isDead && ++this.stepCount === this.#killAt;
    if (isLast && this.#moment === 'before') this.isDead = true;
    if (this.isDead) return await new Promise<T>(() => undefined);
    const result = await act();
    if (isLast) this.isDead = true;
    return this.isDead ? await new Promise<T>(() => undefined) : result;
  }

  over(state: StateStore): StateStore {
    const { documents, logs } = state;
    return {
      ...state,
      documents: { ...documents, write: (writes) => this.step(() => documents.write(writes)) },
      logs: { ...logs, append: (log, records) => this.step(() => logs.append(log, records)) },
    };
  }
}

interface Life {
  readonly clock: VirtualClock;
  readonly pipeline: AlertPipeline;
  readonly manager: RuleManager;
  readonly state: StateStore;
}

function live(open: OpenState, startMs: number, fate: Fate, inbox: Message[]): Life {
  const clock = new VirtualClock({ startMs, settle: settleFully });
  const own = open(clock);
  const state = fate.over(own);
  const receiver: Receiver = {
    name: 'ops',
    integration: 'webhook',
    index: 0,
    sendsResolved: true,
    send: ({ id, status, alerts }) =>
      fate.step(async () => {
        inbox.push({ id, status, startsAt: alerts[0]?.startsAt.text });
        return { kind: 'delivered' };
      }),
  };
  const random = new SeededRandom(startMs);
  const common = { clock, state, log: SILENT_LOG, metrics: createMetricsRegistry() };
  const pipeline = createAlertPipeline({ ...common, random }, setupOf([receiver], ROUTE));
  const manager = createRuleManager({
    ...common,
    metrics: createMetricsRegistry(),
    query: { instant: async ({ atMs }: { atMs: number }) => answerAt(atMs) } as unknown as PromQuery,
    writer: NO_WRITER,
    sink: pipeline,
    templates: { findFault: () => undefined, expand: async ({ text }) => text },
    externalUrl: 'http://vedette.test',
  });
  void boot(pipeline, manager);
  return { clock, pipeline, manager, state: own };
}

async function boot(pipeline: AlertPipeline, manager: RuleManager): Promise<void> {
  await pipeline.start();
  await manager.apply([GROUP], { evaluationIntervalMs: MINUTE_MS, queryOffsetMs: 0 });
  manager.start();
}

type OpenState = (clock: VirtualClock) => StateStore;

/** Runs the whole outage; a killed process is started again 20 s later and then left alone. */
async function simulate(fate: Fate, open: OpenState): Promise<Message[]> {
  const inbox: Message[] = [];
  const lives = [live(open, START_MS, fate, inbox)];
  for (let life = lives[0]!; life.clock.nowMs() < END_MS; life = lives.at(-1)!) {
    await life.clock.advance(5 * SECOND_MS);
    if (fate.isDead && lives.length === 1)
      lives.push(live(open, life.clock.nowMs() + OUTAGE_MS, new Fate(0, 'after'), inbox));
  }
  const last = lives.at(-1)!;
  await last.manager.stop();
  await last.pipeline.stop();
  assert.deepEqual(last.pipeline.groups(), [], 'nothing is left of the trouble');
  for (const { state } of lives) await state.close();
  return inbox;
}

/** Each life opens the same file, as a killed process does. */
async function simulateOnFile(fate: Fate): Promise<Message[]> {
  const directory = mkdtempSync(join(tmpdir(), 'vedette-simulation-'));
  try {
    const path = join(directory, 'state.db');
    return await simulate(fate, (clock) =>
      openStateStore({ clock, log: SILENT_LOG, syncs: INSTANT_SYNCS }, { path }),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** All lives share one store in memory: what was committed is there, and hundreds of runs cost no fsync. */
async function simulateInMemory(fate: Fate): Promise<Message[]> {
  let shared: StateStore | undefined;
  return await simulate(fate, (clock) => {
    shared ??= openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
    return shared;
  });
}

function assertTold(inbox: readonly Message[], where: string): void {
  const ids = (status: string): Set<string> =>
    new Set(inbox.filter((message) => message.status === status).map(({ id }) => id));
  assert.equal(ids('firing').size, 1, `${where}: the trouble is told under one id`);
  assert.equal(ids('resolved').size, 1, `${where}: its end is told under one id`);
  assert.equal(inbox.at(-1)?.status, 'resolved', `${where}: the end comes last`);
  assert.equal(new Set(inbox.map(({ startsAt }) => startsAt)).size, 1, `${where}: it is one alert`);
  assert.ok(inbox.length <= 3, `${where}: at most the message at the kill comes twice; got ${inbox.length}`);
}

test('a rule fires, the group waits, the message goes out, and so does its end', async () => {
  const inbox = await simulateOnFile(new Fate(0, 'after'));
  assert.deepEqual(
    inbox.map(({ status }) => status),
    ['firing', 'resolved'],
  );
});

test('killed while the alert fires and started on the same file, it tells the end exactly once', async () => {
  // Found by counting: the firing message is out and recorded long before half of the steps are done.
  const whole = new Fate(0, 'after');
  await simulateOnFile(whole);
  const inbox = await simulateOnFile(new Fate(Math.ceil(whole.stepCount / 2), 'after'));
  assert.deepEqual(
    inbox.map(({ status }) => status),
    ['firing', 'resolved'],
  );
});

test('killed at any step, the process tells the trouble and its end, each under one id', async () => {
  const whole = new Fate(0, 'after');
  await simulateInMemory(whole);
  assert.ok(whole.stepCount >= 12, `the simulation has steps to be killed at; got ${whole.stepCount}`);
  let repeatCount = 0;
  for (let killAt = 1; killAt <= whole.stepCount; killAt++) {
    for (const moment of ['before', 'after'] as const) {
      const inbox = await simulateInMemory(new Fate(killAt, moment));
      assertTold(inbox, `killed ${moment} step ${killAt}`);
      repeatCount += inbox.length - 2;
    }
  }
  // Only between sending and recording, of the trouble and of its end: after the send, before the attempt is
  // noted (nobody waits for that), before the record.
  assert.equal(repeatCount, 6);
});

function answerAt(atMs: number): QueryResult {
  const validity = createValidity(1);
  setValidAt(validity, 0);
  const series = { labels: labelsOf({ __name__: 'up', job: 'api' }), values: Float64Array.of(0), validity };
  return {
    kind: 'series',
    grid: { startMs: atMs, stepMs: 0, count: 1 },
    series: isDownAt(atMs) ? [series] : [],
    annotations: { warnings: [], infos: [] },
    stats: { samplesTotal: 0, samplesPeak: 0, seriesRead: 0 },
  };
}

const NO_WRITER: MetricsWriter = {
  append: async () => ({
    acceptedCount: 0,
    acceptedHistogramCount: 0,
    acceptedExemplarCount: 0,
    createdSeriesCount: 0,
    refusals: [],
  }),
};

/** All promises that can move do so before the event loop turns; nothing here waits for I/O. */
function settleFully(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
