import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  createValidity,
  formatLabels,
  labelsOf,
  labelsOfSeriesKey,
  labelsToRecord,
  setValidAt,
  VirtualClock,
  type AppendResult,
  type MetricsWriter,
  type QueryResult,
  type SampleBatch,
} from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import type { PromQuery } from '../../query/metrics/port.ts';
import { openStateStore } from '../../store/state/embedded.ts';
import { INSTANT_SYNCS } from '../../store/state/instant-syncs-fixture.ts';
import type { StateStore } from '../../store/state/port.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import type { AlertSink, PostedAlert } from '../alert-sink.ts';
import { createRuleManager, type RuleManager } from './rule-manager.ts';
import type { AlertingRule, Rule, RuleGroup } from './rule.ts';
import type { TemplateExpander } from './template-expander.ts';

const MINUTE_MS = 60_000;
const START_MS = 1_700_000_000_000;
const SETTINGS = { evaluationIntervalMs: MINUTE_MS, queryOffsetMs: 0 };

type Vector = readonly (readonly [labels: Record<string, string>, value: number])[];

/** A world in which tests say what expressions return, and see what is written and posted. */
class World {
  readonly clock = new VirtualClock({ startMs: START_MS, settle: settleFully });
  readonly answers = new Map<string, Vector | Error | QueryResult>();
  readonly asked: { expr: string; atMs: number }[] = [];
  readonly posts: { atMs: number; alert: PostedAlert }[] = [];
  readonly written: string[] = [];
  sinkError: Error | undefined;
  /** How long each query takes. */
  queryTakesMs = 0;

  readonly query = {
    instant: async (
      { expr, atMs }: { expr: string; atMs: number },
      signal: AbortSignal,
    ): Promise<QueryResult> => {
      this.asked.push({ expr, atMs });
      if (this.queryTakesMs > 0) await this.clock.sleep(this.queryTakesMs, signal);
      const answer = this.answers.get(expr) ?? [];
      if (answer instanceof Error) throw answer;
      return 'kind' in answer ? answer : seriesResult(answer);
    },
  } as unknown as PromQuery;

  readonly writer: MetricsWriter = {
    append: (batch: SampleBatch): Promise<AppendResult> => {
      this.written.push(...describe(batch));
      return Promise.resolve({
        acceptedCount: batch.timestampsMs.length,
        acceptedHistogramCount: 0,
        acceptedExemplarCount: 0,
        createdSeriesCount: 0,
        refusals: [],
      });
    },
  };

  readonly sink: AlertSink = {
    post: async (alerts) => {
      if (this.sinkError !== undefined) throw this.sinkError;
      for (const alert of alerts) this.posts.push({ atMs: this.clock.nowMs() - START_MS, alert });
    },
  };

  /** `{{ label }}` and `{{ $value }}` only; `{{ boom }}` fails. */
  readonly templates: TemplateExpander = {
    findFault: () => undefined,
    expand: async ({ text, labels, value }) => {
      if (text.includes('boom')) throw new Error('error executing template: boom');
      const record = labelsToRecord(labels);
      return text.replaceAll(/\{\{ (\S+) \}\}/g, (_, name: string) =>
        name === '$value' ? String(value) : (record[name] ?? ''),
      );
    },
  };

  manager(state: StateStore): RuleManager {
    return createRuleManager({
      clock: this.clock,
      query: this.query,
      writer: this.writer,
      sink: this.sink,
      templates: this.templates,
      state,
      log: SILENT_LOG,
      metrics: createMetricsRegistry(),
      externalUrl: 'http://vedette.test',
    });
  }

  takePosts(): string[] {
    return this.posts.splice(0).map(({ alert }) => `${alert.status} ${formatLabels(alert.labels)}`);
  }

  takeWritten(): string[] {
    return this.written.splice(0);
  }
}

const alerting = (name: string, expr: string, more: Partial<AlertingRule> = {}): AlertingRule => ({
  kind: 'alerting',
  name,
  expr,
  forMs: 0,
  keepFiringForMs: 0,
  labels: [],
  annotations: [],
  ...more,
});
const group = (rules: readonly Rule[], more: Partial<RuleGroup> = {}): RuleGroup => ({
  file: 'f.yml',
  name: 'g',
  intervalMs: undefined,
  queryOffsetMs: undefined,
  limit: 0,
  rules,
  ...more,
});

const check = (
  sentence: string,
  run: (world: World, state: StateStore, reopen: () => Promise<StateStore>) => Promise<void>,
) =>
  test(sentence, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'vedette-rules-'));
    const world = new World();
    const open = (): StateStore =>
      openStateStore(
        { clock: world.clock, log: SILENT_LOG, syncs: INSTANT_SYNCS },
        { path: join(directory, 'state.db') },
      );
    let state = open();
    const reopen = async (): Promise<StateStore> => {
      await state.close();
      state = open();
      return state;
    };
    try {
      await run(world, state, reopen);
    } finally {
      await state.close();
      rmSync(directory, { recursive: true });
    }
  });

check('an alert goes pending, firing, resolved, with its series and posts', async (world, state) => {
  const manager = world.manager(state);
  await manager.apply([group([alerting('Down', 'up == 0', { forMs: MINUTE_MS })])], SETTINGS);
  manager.start();
  world.answers.set('up == 0', [[{ __name__: 'up', job: 'a' }, 0]]);
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(world.takePosts(), []);
  const slotMs = world.asked[0]!.atMs;
  assert.deepEqual(world.takeWritten(), [
    `ALERTS{alertname="Down", alertstate="pending", job="a"} 1 @${slotMs}`,
    `ALERTS_FOR_STATE{alertname="Down", job="a"} ${Math.floor(slotMs / 1000)} @${slotMs}`,
  ]);
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(world.posts[0]?.alert, {
    status: 'firing',
    labels: labelsOf({ alertname: 'Down', job: 'a' }),
    annotations: [],
    startsAtMs: slotMs + MINUTE_MS,
    endsAtMs: slotMs + 5 * MINUTE_MS,
    generatorUrl: 'http://vedette.test/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
  });
  assert.equal(world.takePosts().length, 1);
  assert.deepEqual(
    world.takeWritten().map((line) => line.replace(/ @.*/, '')),
    [
      'ALERTS{alertname="Down", alertstate="firing", job="a"} 1',
      `ALERTS_FOR_STATE{alertname="Down", job="a"} ${Math.floor(slotMs / 1000)}`,
      'ALERTS{alertname="Down", alertstate="pending", job="a"} stale',
    ],
  );
  world.answers.delete('up == 0');
  await world.clock.advance(MINUTE_MS);
  assert.equal(world.posts[0]?.alert.endsAtMs, slotMs + 2 * MINUTE_MS);
  assert.deepEqual(world.takePosts(), ['resolved {alertname="Down", job="a"}']);
  assert.equal(world.takeWritten().filter((line) => line.includes('stale')).length, 2);
  await manager.stop();
  assert.equal(world.clock.pendingTimerCount, 0);
});

check('an alert is shown when it is saved: what somebody saw outlives a kill', async (world, state) => {
  const disk = Promise.withResolvers<void>();
  const slowly: StateStore['documents']['write'] = async (writes) => {
    if (writes[0]?.collection === 'rule_alerts') await disk.promise;
    await state.documents.write(writes);
  };
  const manager = world.manager({ ...state, documents: { ...state.documents, write: slowly } });
  await manager.apply([group([alerting('Down', 'up == 0')])], SETTINGS);
  world.answers.set('up == 0', [[{ job: 'a' }, 0]]);
  const shown = () => manager.groups()[0]?.rules.map((rule) => 'alerts' in rule && rule.alerts.length);
  const evaluated = manager.evaluate(START_MS, new AbortController().signal);
  await settleFully();
  assert.deepEqual([world.asked.length, shown()], [1, [0]]);
  disk.resolve();
  await evaluated;
  assert.deepEqual(shown(), [1]);
});

check(
  'firing and resolved alerts are posted every minute, resolved ones for 15 minutes',
  async (world, state) => {
    const manager = world.manager(state);
    await manager.apply([group([alerting('A', 'a')], { intervalMs: 15_000 })], SETTINGS);
    manager.start();
    world.answers.set('a', [[{}, 1]]);
    await world.clock.advance(3 * MINUTE_MS);
    assert.deepEqual(world.takePosts(), Array(3).fill('firing {alertname="A"}'));
    world.answers.delete('a');
    await world.clock.advance(30 * MINUTE_MS);
    assert.deepEqual(world.takePosts(), Array(16).fill('resolved {alertname="A"}'));
    assert.deepEqual(await state.documents.list('rule_alerts'), []);
    await manager.stop();
  },
);

check('a failing expression changes no alert, ends no series and shows its error', async (world, state) => {
  const manager = world.manager(state);
  await manager.apply([group([alerting('A', 'a')])], SETTINGS);
  manager.start();
  world.answers.set('a', [[{}, 1]]);
  await world.clock.advance(MINUTE_MS);
  world.takePosts();
  world.takeWritten();
  world.answers.set('a', new Error('the store is on fire'));
  await world.clock.advance(60 * MINUTE_MS);
  assert.deepEqual(world.takePosts(), []);
  assert.deepEqual(world.takeWritten(), []);
  const [rule] = manager.groups()[0]!.rules;
  assert.equal(rule?.last.health, 'err');
  assert.equal(rule?.last.error, 'the store is on fire');
  assert.equal(rule?.kind === 'alerting' ? rule.state : '', 'firing');
  await manager.stop();
});

check('rules run in order, one after the other, at the slot less the query offset', async (world, state) => {
  const manager = world.manager(state);
  const rules: Rule[] = [
    { kind: 'recording', name: 'r', expr: 'x', labels: [['src', 'rec']] },
    alerting('B', 'r > 1'),
  ];
  await manager.apply([group(rules, { queryOffsetMs: 30_000 })], SETTINGS);
  manager.start();
  world.answers.set('x', [[{ __name__: 'x', job: 'a', src: 'old' }, 7]]);
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(
    world.asked.map(({ expr }) => expr),
    ['x', 'r > 1'],
  );
  const { atMs } = world.asked[0]!;
  assert.deepEqual(world.takeWritten(), [`r{job="a", src="rec"} 7 @${atMs}`]);
  assert.equal(manager.groups()[0]?.lastEvaluationMs, atMs + 30_000);
  await manager.stop();
});

check('templates see the result with its name; a failing one is told in the text', async (world, state) => {
  const manager = world.manager(state);
  const rule = alerting('A', 'a', {
    labels: [
      ['gone', '{{ nothing }}'],
      ['job', '{{ job }}-x'],
    ],
    annotations: [
      ['bad', '{{ boom }}'],
      ['summary', '{{ __name__ }} of {{ job }} is {{ $value }}'],
    ],
  });
  await manager.apply([group([rule])], SETTINGS);
  manager.start();
  world.answers.set('a', [[{ __name__: 'm', job: 'api' }, 1.5]]);
  await world.clock.advance(MINUTE_MS);
  const { alert } = world.posts[0]!;
  assert.equal(formatLabels(alert.labels), '{alertname="A", job="api-x"}');
  assert.deepEqual(labelsToRecord(alert.annotations), {
    bad: '<error expanding template: error executing template: boom>',
    summary: 'm of api is 1.5',
  });
  await manager.stop();
});

check('two alerts that become one are an error of the rule, and nothing is sent', async (world, state) => {
  const manager = world.manager(state);
  await manager.apply([group([alerting('A', 'a', { labels: [['i', 'same']] })])], SETTINGS);
  manager.start();
  world.answers.set('a', [
    [{ i: '1' }, 1],
    [{ i: '2' }, 1],
  ]);
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(world.takePosts(), []);
  assert.match(
    manager.groups()[0]?.rules[0]?.last.error ?? '',
    /vector contains metrics with the same labelset after applying alert labels/,
  );
  await manager.stop();
});

check(
  'a rule at its limit works; one above it is unhealthy and lets go of its alerts',
  async (world, state) => {
    const manager = world.manager(state);
    const rules: Rule[] = [alerting('A', 'a'), { kind: 'recording', name: 'r', expr: 'a', labels: [] }];
    await manager.apply([group(rules, { limit: 1 })], SETTINGS);
    manager.start();
    world.answers.set('a', [[{ i: '1' }, 1]]);
    await world.clock.advance(MINUTE_MS);
    assert.deepEqual(world.takePosts(), ['firing {alertname="A", i="1"}']);
    world.answers.set('a', [
      [{ i: '1' }, 1],
      [{ i: '2' }, 1],
    ]);
    await world.clock.advance(MINUTE_MS);
    assert.deepEqual(world.takePosts(), ['resolved {alertname="A", i="1"}']);
    assert.deepEqual(
      manager.groups()[0]?.rules.map(({ last }) => last.error),
      ['exceeded limit of 1 with 2 alerts', 'exceeded limit of 1 with 2 series'],
    );
    await manager.stop();
  },
);

check('a scalar is a vector of one; a string is an error', async (world, state) => {
  const manager = world.manager(state);
  const grid = { startMs: 0, stepMs: 0, count: 1 };
  const rest = { grid, annotations: { warnings: [], infos: [] }, stats: NO_STATS };
  world.answers.set('1', { kind: 'scalar', values: Float64Array.of(1), ...rest });
  world.answers.set('"s"', { kind: 'string', value: 's', ...rest });
  await manager.apply([group([alerting('A', '1'), alerting('B', '"s"')])], SETTINGS);
  manager.start();
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(world.takePosts(), ['firing {alertname="A"}']);
  assert.equal(manager.groups()[0]?.rules[1]?.last.error, 'rule result is not a vector or scalar');
  await manager.stop();
});

check('a killed process continues exactly where it was', async (world, state, reopen) => {
  const rules = [
    alerting('Pending', 'p', { forMs: 10 * MINUTE_MS }),
    alerting('Firing', 'f'),
    alerting('Kept', 'k', { keepFiringForMs: 10 * MINUTE_MS }),
    alerting('Resolved', 'r'),
  ];
  for (const expr of ['p', 'f', 'k', 'r']) world.answers.set(expr, [[{ i: '1' }, 1]]);
  const first = world.manager(state);
  await first.apply([group(rules)], SETTINGS);
  first.start();
  await world.clock.advance(2 * MINUTE_MS);
  world.answers.delete('k');
  world.answers.delete('r');
  await world.clock.advance(2 * MINUTE_MS);
  const before = first.groups()[0]?.rules.map((rule) => (rule.kind === 'alerting' ? rule.alerts : []));
  const startsAtMs = world.posts.find(({ alert }) => alert.labels.includes('Firing'))?.alert.startsAtMs;
  await first.stop();
  world.takePosts();

  const second = world.manager(await reopen());
  await second.apply([group(rules)], SETTINGS);
  const after = second.groups()[0]?.rules.map((rule) => (rule.kind === 'alerting' ? rule.alerts : []));
  assert.deepEqual(after, before);
  second.start();
  await world.clock.advance(5 * MINUTE_MS);
  const firing = world.posts.filter(({ alert }) => alert.labels.includes('Firing'));
  assert.ok(firing.length > 0 && firing.every(({ alert }) => alert.startsAtMs === startsAtMs));
  assert.ok(
    world.posts.some(({ alert }) => alert.status === 'resolved' && alert.labels.includes('Resolved')),
  );
  world.posts.length = 0;
  // The pending one has waited 4 minutes before and 5 after the restart; the kept one 2 and 5.
  await world.clock.advance(2 * MINUTE_MS);
  const pending = second.groups()[0]?.rules[0];
  assert.equal(pending?.kind === 'alerting' ? pending.state : '', 'firing');
  await world.clock.advance(3 * MINUTE_MS);
  assert.ok(world.posts.some(({ alert }) => alert.status === 'resolved' && alert.labels.includes('Kept')));
  await second.stop();
});

check('series of alerts that are gone after a restart are ended', async (world, state, reopen) => {
  world.answers.set('a', [[{}, 1]]);
  const first = world.manager(state);
  await first.apply([group([alerting('A', 'a')])], SETTINGS);
  first.start();
  await world.clock.advance(MINUTE_MS);
  await first.stop();
  world.takeWritten();
  world.answers.delete('a');
  const second = world.manager(await reopen());
  await second.apply([group([alerting('A', 'a')])], SETTINGS);
  second.start();
  await world.clock.advance(MINUTE_MS);
  assert.equal(world.takeWritten().filter((line) => line.includes('stale')).length, 2);
  await second.stop();
});

check('a reload keeps unchanged groups and rules, and ends what is gone', async (world, state) => {
  world.answers.set('a', [[{}, 1]]);
  world.answers.set('b', [[{}, 1]]);
  const manager = world.manager(state);
  const kept = alerting('A', 'a');
  await manager.apply(
    [group([kept, alerting('B', 'b')]), group([alerting('C', 'a')], { name: 'h' })],
    SETTINGS,
  );
  manager.start();
  await world.clock.advance(MINUTE_MS);
  world.takePosts();
  world.takeWritten();
  const activeAtMs = manager.groups()[0]?.rules[0]?.last.atMs;
  await manager.apply(
    [
      group([
        { ...kept, annotations: [['new', 'text']] },
        alerting('B', 'b', { labels: [['new', 'label']] }),
      ]),
    ],
    SETTINGS,
  );
  assert.deepEqual(world.takePosts(), ['resolved {alertname="B"}', 'resolved {alertname="C"}']);
  assert.equal(world.takeWritten().filter((line) => line.includes('stale')).length, 4);
  const [a, b] = manager.groups()[0]!.rules;
  assert.equal(a?.kind === 'alerting' ? a.alerts[0]?.activeAtMs : undefined, activeAtMs);
  assert.equal(b?.kind === 'alerting' ? b.alerts.length : undefined, 0);
  assert.equal(manager.groups().length, 1);
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(world.takePosts(), ['firing {alertname="A"}', 'firing {alertname="B", new="label"}']);
  await manager.stop();
});

check(
  'a rule removed while the process was down resolves its alerts at the next start',
  async (world, state, reopen) => {
    world.answers.set('a', [[{ i: '1' }, 1]]);
    const first = world.manager(state);
    await first.apply([group([alerting('A', 'a')])], SETTINGS);
    first.start();
    await world.clock.advance(MINUTE_MS);
    await first.stop();
    world.takePosts();
    const again = await reopen();
    await world.manager(again).apply([], SETTINGS);
    assert.deepEqual(world.takePosts(), ['resolved {alertname="A", i="1"}']);
    assert.deepEqual(await again.documents.list('rule_alerts'), []);
  },
);

check('setting the clock fires nothing and resolves nothing', async (world, state) => {
  const manager = world.manager(state);
  const rules = [
    alerting('P', 'p', { forMs: 10 * MINUTE_MS }),
    alerting('K', 'k', { keepFiringForMs: 10 * MINUTE_MS }),
  ];
  await manager.apply([group(rules)], SETTINGS);
  manager.start();
  world.answers.set('p', [[{}, 1]]);
  world.answers.set('k', [[{}, 1]]);
  await world.clock.advance(2 * MINUTE_MS);
  world.answers.delete('k');
  await world.clock.advance(MINUTE_MS);
  const states = (): string[] =>
    manager.groups()[0]!.rules.map((rule) => (rule.kind === 'alerting' ? rule.state : ''));
  assert.deepEqual(states(), ['pending', 'firing']);
  world.clock.jumpWallClock(3 * 60 * MINUTE_MS);
  await world.clock.advance(2 * MINUTE_MS);
  assert.deepEqual(states(), ['pending', 'firing']);
  world.clock.jumpWallClock(-6 * 60 * MINUTE_MS);
  await world.clock.advance(2 * MINUTE_MS);
  assert.deepEqual(states(), ['pending', 'firing']);
  await world.clock.advance(8 * MINUTE_MS);
  assert.deepEqual(states(), ['firing', 'inactive']);
  await manager.stop();
});

check(
  'an evaluation longer than the interval lets slots pass and is cancelled by stop',
  async (world, state) => {
    const manager = world.manager(state);
    await manager.apply([group([alerting('A', 'a')])], SETTINGS);
    manager.start();
    world.queryTakesMs = 150_000;
    await world.clock.advance(10 * MINUTE_MS);
    const gaps = world.asked.map(({ atMs }, i) => atMs - (world.asked[i - 1]?.atMs ?? atMs));
    assert.deepEqual(gaps.slice(0, 4), [0, 3 * MINUTE_MS, 3 * MINUTE_MS, 3 * MINUTE_MS]);
    await manager.stop();
    assert.equal(world.clock.pendingTimerCount, 0);
  },
);

check('a clock that is set back during an evaluation does not put off the next one', async (world, state) => {
  const manager = world.manager(state);
  await manager.apply([group([alerting('A', 'a')])], SETTINGS);
  manager.start();
  world.queryTakesMs = 1000;
  while (world.asked.length === 0) await world.clock.advance(500);
  world.clock.jumpWallClock(-60 * MINUTE_MS);
  await world.clock.advance(3 * MINUTE_MS);
  assert.ok(world.asked.length >= 3, `${world.asked.length} evaluations`);
  await manager.stop();
});

check('when the sink refuses, the next evaluation posts again', async (world, state) => {
  const manager = world.manager(state);
  await manager.apply([group([alerting('A', 'a')], { intervalMs: 15_000 })], SETTINGS);
  manager.start();
  world.answers.set('a', [[{}, 1]]);
  world.sinkError = new Error('no');
  await world.clock.advance(30_000);
  world.sinkError = undefined;
  await world.clock.advance(15_000);
  assert.deepEqual(world.takePosts(), ['firing {alertname="A"}']);
  await manager.stop();
});

for (const [name, spentMs, downMs, wantMs] of [
  ['was firing keeps its start', 31 * MINUTE_MS, 5 * MINUTE_MS, 'start'],
  ['had little left fires after the grace period', 25 * MINUTE_MS, 5 * MINUTE_MS, 'grace'],
  ['had much left does not count the time down', 5 * MINUTE_MS, 5 * MINUTE_MS, 'shift'],
] as const) {
  check(`without own state, an alert that ${name}, as ALERTS_FOR_STATE tells`, async (world, state) => {
    const manager = world.manager(state);
    await manager.apply([group([alerting('A', 'a', { forMs: 30 * MINUTE_MS })])], SETTINGS);
    manager.start();
    world.answers.set('a', [[{ i: '1' }, 1]]);
    const oldStartMs = START_MS - spentMs - downMs;
    world.answers.set('ALERTS_FOR_STATE{alertname="A"}[1h]', {
      kind: 'samples',
      grid: { startMs: 0, stepMs: 0, count: 1 },
      annotations: { warnings: [], infos: [] },
      stats: NO_STATS,
      series: [
        {
          labels: labelsOf({ __name__: 'ALERTS_FOR_STATE', alertname: 'A', i: '1' }),
          timestampsMs: Float64Array.of(START_MS - downMs),
          values: Float64Array.of(oldStartMs / 1000),
        },
      ],
    });
    await world.clock.advance(MINUTE_MS);
    assert.deepEqual(world.takeWritten(), [], 'ALERTS is written after restoration only');
    await world.clock.advance(MINUTE_MS);
    const atMs = manager.groups()[0]!.lastEvaluationMs!;
    const wanted = {
      start: oldStartMs,
      grace: atMs - 20 * MINUTE_MS,
      shift: oldStartMs + (atMs - (START_MS - downMs)),
    }[wantMs];
    const rule = manager.groups()[0]!.rules[0]!;
    assert.equal(rule.kind === 'alerting' ? rule.alerts[0]?.activeAtMs : undefined, wanted);
    assert.equal(world.takeWritten().length, 2);
    await manager.stop();
  });
}

const NO_STATS = { samplesTotal: 0, samplesPeak: 0, seriesRead: 0 };

function seriesResult(vector: Vector): QueryResult {
  const validity = createValidity(1);
  setValidAt(validity, 0);
  return {
    kind: 'series',
    grid: { startMs: 0, stepMs: 0, count: 1 },
    series: vector.map(([labels, value]) => ({
      labels: labelsOf(labels),
      values: Float64Array.of(value),
      validity,
    })),
    annotations: { warnings: [], infos: [] },
    stats: NO_STATS,
  };
}

/** One line per sample: `name{…} value @time`, or `stale` for a marker. */
function describe(batch: SampleBatch): string[] {
  return Array.from({ length: batch.seriesCount }, (_, i) => {
    const key = batch.keys.subarray(batch.keyEnds[i - 1] ?? 0, batch.keyEnds[i]);
    const value = batch.staleFlags[i] === 1 ? 'stale' : String(batch.values[i]);
    return `${formatLabels(labelsOfSeriesKey(key))} ${value} @${batch.timestampsMs[i]}`;
  });
}

/** All promises that can move do so before the event loop turns; nothing here waits for I/O. */
function settleFully(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
