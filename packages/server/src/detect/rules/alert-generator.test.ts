/**
 * What a source of alerts owes its Alertmanager, after the four cases of Prometheus' compliance suite
 * `alert_generator`: samples every 15 s, rule groups every 30 s, 50 minutes. The suite watches a
 * server over the network and allows an interval of tolerance; on a virtual clock every post has one
 * right moment.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLabels, labelsOf, labelsToRecord, labelValueOf } from '@vedette/model';
import { labelsOfSelector, openRuleWorld, type RuleWorld } from './rule-world-fixture.ts';

const SAMPLE_MS = 15_000;
const INTERVAL_MS = 30_000;
const UNTIL_MS = 50 * 60_000;

/** A series as runs of equal values: `[value, samples]`. */
type Runs = readonly (readonly [value: number, count: number])[];

/** What was seen after each evaluation: `seconds: state value (since seconds)` of each alert. */
interface Observed {
  readonly world: RuleWorld;
  /** By alert name: `seconds state value`, one entry per change. */
  readonly states: (alertName: string) => string[];
  /** By alert name: `seconds status from seconds summary`. */
  readonly posts: (alertName: string) => string[];
}

async function observe(rules: string, series: Readonly<Record<string, Runs>>): Promise<Observed> {
  const world = openRuleWorld({ intervalMs: INTERVAL_MS });
  for (const [selector, runs] of Object.entries(series)) {
    const values = runs.flatMap(([value, count]) => Array.from({ length: count }, () => value));
    for (const [i, value] of values.entries())
      world.samples.add(labelsOfSelector(selector), i * SAMPLE_MS, value);
  }
  await world.apply(rules);
  const changes: { name: string; text: string }[] = [];
  const last = new Map<string, string>();
  for (; world.clock.nowMs() < UNTIL_MS; await world.clock.advance(INTERVAL_MS)) {
    const atMs = world.clock.nowMs();
    await world.manager.evaluate(atMs, new AbortController().signal);
    for (const [name, text] of picture(world)) {
      if (last.get(name) !== text) changes.push({ name, text: `${atMs / 1000}s ${text}` });
      last.set(name, text);
    }
    await assertSeriesAgree(world, atMs);
  }
  return {
    world,
    states: (name) => changes.filter((change) => change.name === name).map(({ text }) => text),
    posts: (name) =>
      world.posts
        .filter(({ alert }) => labelValueOf(alert.labels, 'alertname') === name)
        .map(({ atMs, alert }) => {
          const untilS = (alert.endsAtMs - (alert.status === 'firing' ? atMs : 0)) / 1000;
          const until = alert.status === 'firing' ? `+${untilS}s` : `${untilS}s`;
          const summary = labelValueOf(alert.annotations, 'summary');
          return `${atMs / 1000}s ${alert.status} ${alert.startsAtMs / 1000}s..${until} ${summary}`.trim();
        }),
  };
}

function picture(world: RuleWorld): [name: string, text: string][] {
  return world.manager.groups().flatMap(({ rules }) =>
    rules.map((rule): [string, string] => {
      assert.equal(rule.last.health, 'ok', rule.last.error ?? 'not evaluated');
      const alerts = rule.kind === 'alerting' ? rule.alerts : [];
      const texts = alerts.map(({ labels, state, value, activeAtMs }) => {
        const variant = labelValueOf(labels, 'variant');
        return `${variant}${variant && ' '}${state} ${value} since ${activeAtMs / 1000}s`;
      });
      return [rule.rule.name, texts.join(', ') || 'inactive'];
    }),
  );
}

/** ALERTS as it is queried shows exactly what the rules hold. */
async function assertSeriesAgree({ manager, query }: RuleWorld, atMs: number): Promise<void> {
  const result = await query.instant({ expr: 'ALERTS', atMs }, new AbortController().signal);
  const held = manager
    .groups()
    .flatMap(({ rules }) => rules)
    .flatMap((rule) => (rule.kind === 'alerting' ? rule.alerts : []))
    .map(({ labels, state }) =>
      formatLabels(labelsOf({ ...labelsToRecord(labels), __name__: 'ALERTS', alertstate: state })),
    );
  assert.ok(result.kind === 'series');
  assert.deepEqual(
    result.series.map(({ labels }) => formatLabels(labels)).sort(),
    held.sort(),
    `ALERTS at ${atMs / 1000}s`,
  );
}

/** `fromS`, `fromS + 60`, … up to `untilS`. */
function everyMinute(fromS: number, untilS: number, text: string): string[] {
  return Array.from({ length: (untilS - fromS) / 60 + 1 }, (_, i) => `${fromS + i * 60}s ${text}`);
}

test('pending, firing, resolved, and pending again while the resolution is still being sent', async () => {
  const { world, states, posts } = await observe(
    `groups:
  - name: g
    rules:
      - alert: Simple
        expr: test_metric > 10
        for: 6m
        annotations: { summary: 'value {{ $value }} {{ .Value }}' }`,
    {
      test_metric: [
        [3, 8],
        [11, 13],
        [15, 32],
        [19, 16],
        [9, 20],
        [15, 45],
        [8, 16],
      ],
    },
  );
  assert.deepEqual(states('Simple'), [
    '0s inactive',
    '120s pending 11 since 120s',
    '330s pending 15 since 120s',
    '480s firing 15 since 120s',
    '810s firing 19 since 120s',
    '1050s inactive',
    '1350s pending 15 since 1350s',
    '1710s firing 15 since 1350s',
    '2010s inactive',
  ]);
  assert.deepEqual(posts('Simple'), [
    ...everyMinute(480, 780, 'firing 480s..+240s value 15 15'),
    ...everyMinute(840, 1020, 'firing 480s..+240s value 19 19'),
    ...everyMinute(1050, 1290, 'resolved 480s..1050s value 19 19'),
    ...everyMinute(1710, 1950, 'firing 1710s..+240s value 15 15'),
    // For 15 minutes and no longer.
    ...everyMinute(2010, 2910, 'resolved 1710s..2010s value 15 15'),
  ]);
  await world.close();
});

test('what was only pending is never sent, whether the value or the data ends it', async () => {
  const { world, states } = await observe(
    `groups:
  - name: g
    rules:
      - { alert: ByValue, expr: 'test_metric{by="value"} > 10', for: 3m }
      - { alert: ByData, expr: 'test_metric{by="data"} > 10', for: 10m }
      - { alert: Never, expr: test_metric > 99, for: 3m }`,
    {
      'test_metric{by="value"}': [
        [3, 8],
        [11, 11],
        [9, 1],
      ],
      'test_metric{by="data"}': [
        [3, 8],
        [11, 11],
      ],
    },
  );
  assert.deepEqual(states('ByValue'), ['0s inactive', '120s pending 11 since 120s', '300s inactive']);
  // The last sample stands at 270 s and counts for 5 minutes.
  assert.deepEqual(states('ByData'), ['0s inactive', '120s pending 11 since 120s', '570s inactive']);
  assert.deepEqual(states('Never'), ['0s inactive']);
  assert.deepEqual(world.posts, []);
  await world.close();
});

const FUNCTIONS = `{{ define "t" }}Args are: {{.arg0}} {{.arg1}}. {{ with query "ids" }}first {{ . | sortByLabel "id" | first | label "id" }},{{ range sortByLabel "id" . }} {{ . | label "id" }}:{{ . | value }}{{ end }}{{ end }}{{ end }}{{ template "t" (args "foo" 99) }}`;

test('without `for` an alert fires at once, with one below the interval at the second evaluation', async () => {
  const runs: Runs = [
    [3, 8],
    [15, 13],
    [9, 72],
    [11, 13],
    [9, 1],
  ];
  const { world, states, posts } = await observe(
    `groups:
  - name: g
    rules:
      - alert: Zero
        expr: test_metric > 10
        annotations: { summary: '${FUNCTIONS}' }
      - { alert: Small, expr: test_metric > 13, for: 15s, annotations: { summary: '{{ humanizeDuration 135.3563 }}' } }`,
    {
      test_metric: runs,
      'ids{id="102"}': [
        [2, 28],
        [4, 200],
      ],
      'ids{id="101"}': [
        [1, 28],
        [2, 200],
      ],
    },
  );
  assert.deepEqual(states('Small'), [
    '0s inactive',
    '120s pending 15 since 120s',
    '150s firing 15 since 120s',
    '330s inactive',
  ]);
  assert.deepEqual(posts('Small'), [
    ...everyMinute(150, 270, 'firing 150s..+240s 2m 15s'),
    ...everyMinute(330, 1230, 'resolved 150s..330s 2m 15s'),
  ]);
  const early = 'Args are: foo 99. first 101, 101:1 102:2';
  const late = 'Args are: foo 99. first 101, 101:2 102:4';
  assert.deepEqual(posts('Zero'), [
    ...everyMinute(120, 300, `firing 120s..+240s ${early}`),
    ...everyMinute(330, 1230, `resolved 120s..330s ${early}`),
    ...everyMinute(1410, 1530, `firing 1410s..+240s ${late}`),
    ...everyMinute(1590, 2490, `resolved 1410s..1590s ${late}`),
  ]);
  await world.close();
});

test('a later rule sees the alerts of an earlier one in the same evaluation', async () => {
  const { world, states, posts } = await observe(
    `groups:
  - name: g
    rules:
      - { alert: First, expr: test_metric > 10, for: 3m, labels: { foo: bar } }
      - alert: Second
        expr: (ALERTS{alertstate="firing", alertname="First", variant="one"} + ignoring(variant) ALERTS{alertstate="firing", alertname="First", variant="two"}) == 2
        labels: { foo: baz, more: label }
        annotations: { summary: 'of {{ $labels.alertname }}, foo was {{ .Labels.foo }}, more was {{ .Labels.more }}' }`,
    {
      'test_metric{variant="one"}': [
        [1, 8],
        [11, 65],
        [9, 21],
      ],
      'test_metric{variant="two"}': [
        [1, 32],
        [11, 33],
        [9, 21],
      ],
    },
  );
  assert.deepEqual(states('First'), [
    '0s inactive',
    '120s one pending 11 since 120s',
    '300s one firing 11 since 120s',
    '480s one firing 11 since 120s, two pending 11 since 480s',
    '660s one firing 11 since 120s, two firing 11 since 480s',
    '990s one firing 11 since 120s',
    '1110s inactive',
  ]);
  assert.deepEqual(states('Second'), ['0s inactive', '660s firing 2 since 660s', '990s inactive']);
  assert.deepEqual(posts('Second'), [
    ...everyMinute(660, 960, 'firing 660s..+240s of First, foo was bar, more was'),
    ...everyMinute(990, 1890, 'resolved 660s..990s of First, foo was bar, more was'),
  ]);
  const second = world.posts.find(({ alert }) => labelValueOf(alert.labels, 'alertname') === 'Second');
  assert.equal(
    formatLabels(second!.alert.labels),
    '{alertname="Second", alertstate="firing", foo="baz", more="label"}',
  );
  await world.close();
});

test('two results that become one alert are an error of the rule, which sends nothing', async () => {
  const world = openRuleWorld({ intervalMs: INTERVAL_MS });
  for (const i of ['1', '2']) world.samples.add(labelsOfSelector(`test_metric{i="${i}"}`), 0, 1);
  await world.apply(`groups:
  - name: g
    rules:
      - { alert: Same, expr: test_metric, labels: { i: '{{ if gt .Value 0.0 }}one{{ end }}' } }
      - { alert: Other, expr: test_metric }`);
  await world.manager.evaluate(0, new AbortController().signal);
  const [same, other] = world.manager.groups()[0]!.rules;
  assert.match(
    same?.last.error ?? '',
    /vector contains metrics with the same labelset after applying alert labels/,
  );
  assert.equal(other?.last.health, 'ok');
  assert.deepEqual(
    world.posts.map(({ alert }) => labelValueOf(alert.labels, 'alertname')),
    ['Other', 'Other'],
  );
  await world.close();
});
