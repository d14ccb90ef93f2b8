/**
 * Half an hour of two series through rules with for, keep_firing_for, absent, a recording rule and
 * selectors on ALERTS: what fires at each minute must be what promtool expects. The expectations are
 * data of the shared folder; they were taken from promtool itself.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import {
  formatLabels,
  labelsOf,
  labelsOfSeriesKey,
  labelsToRecord,
  MemoryMetrics,
  NO_LABELS,
  parseDurationMs,
  VirtualClock,
  type Labels,
  type MetricsReader,
  type MetricsWriter,
} from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { parse } from 'yaml';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { queryConfigSchema } from '../../query/metrics/config.ts';
import { createEmbeddedPromQuery } from '../../query/metrics/embedded.ts';
import type { PromQuery } from '../../query/metrics/port.ts';
import { openStateStore } from '../../store/state/embedded.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { createGoTemplateExpander } from './go-template-expander.ts';
import { parseRuleFile } from './parse-rule-file.ts';
import { createRuleManager, type RuleManager } from './rule-manager.ts';

const SHARED = resolve(process.env['VEDETTE_SHARED'] ?? '../shared', 'prometheus-rule-tests');
const skip =
  existsSync(SHARED) || process.env['VEDETTE_PEERS'] === 'required' ? false : 'shared rule tests are absent';

const MINUTE_MS = 60_000;

interface ExpectedAlert {
  readonly exp_labels?: Record<string, string>;
  readonly exp_annotations?: Record<string, string>;
}

interface UnitTest {
  readonly input_series: readonly { readonly series: string; readonly values: string }[];
  readonly alert_rule_test: readonly {
    readonly eval_time: string;
    readonly alertname: string;
    readonly exp_alerts?: readonly ExpectedAlert[];
  }[];
}

type CreateQuery = (reader: MetricsReader, clock: VirtualClock) => PromQuery;

timelineTest('embedded', (reader, clock) =>
  createEmbeddedPromQuery(
    { reader, slicer: new TimeSlicer(clock), clock, registry: createMetricsRegistry() },
    // The expectations come from Prometheus 2.42, whose lookback includes its older end; ours, as in 3, does not.
    queryConfigSchema.parse({ lookback_delta: '5m1ms' }),
  ),
);

/** The timeline for one way to evaluate PromQL. */
function timelineTest(name: string, createQuery: CreateQuery): void {
  test(`${name}: at every minute of the timeline the alerts are those of promtool`, { skip }, async () => {
    const { tests } = parse(readFileSync(resolve(SHARED, 'own-timeline-test.yml'), 'utf8')) as {
      tests: UnitTest[];
    };
    assert.equal(tests.length, 1);
    const { input_series, alert_rule_test } = tests[0]!;
    const samples = new MemoryMetrics();
    for (const { series, values } of input_series) addSeries(samples, series, values);
    const manager = await createManager(samples, createQuery);
    let minute = -1;
    for (const expectation of alert_rule_test.toSorted((a, b) => timeOf(a) - timeOf(b))) {
      while (minute * MINUTE_MS < timeOf(expectation))
        await manager.evaluate(++minute * MINUTE_MS, new AbortController().signal);
      const wanted = (expectation.exp_alerts ?? []).map(({ exp_labels, exp_annotations }) => ({
        labels: { alertname: expectation.alertname, ...exp_labels },
        annotations: exp_annotations ?? {},
      }));
      const where = `${expectation.alertname} at ${expectation.eval_time}`;
      assert.deepEqual(sorted(firingOf(manager, expectation.alertname)), sorted(wanted), where);
    }
    assert.equal(alert_rule_test.length, 186);
  });
}

const timeOf = ({ eval_time }: { eval_time: string }): number => parseDurationMs(eval_time) ?? Number.NaN;

interface RecordedAlert {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

function firingOf(manager: RuleManager, name: string): RecordedAlert[] {
  return manager
    .groups()
    .flatMap(({ rules }) => rules)
    .flatMap((status) => (status.kind === 'alerting' && status.rule.name === name ? status.alerts : []))
    .filter(({ state }) => state === 'firing')
    .map(({ labels, annotations }) => ({
      labels: labelsToRecord(labels),
      annotations: labelsToRecord(annotations),
    }));
}

function sorted(alerts: readonly RecordedAlert[]): string[] {
  const text = (record: Record<string, string>): string => formatLabels(labelsOf(record));
  return alerts.map(({ labels, annotations }) => `${text(labels)} ${text(annotations)}`).sort();
}

/** Numbers, `_` for no sample, `stale` for a marker, one a minute: what this timeline uses of the notation. */
function addSeries(samples: MemoryMetrics, series: string, values: string): void {
  const labels = labelsOfSelector(series);
  for (const [minute, value] of values.split(' ').entries()) {
    if (value === 'stale') samples.addStaleMarker(labels, minute * MINUTE_MS);
    else if (value !== '_') samples.add(labels, minute * MINUTE_MS, Number(value));
  }
}

function labelsOfSelector(text: string): Labels {
  const pairs = text.matchAll(/(\w+)="([^"]*)"/g);
  const name = text.slice(0, text.indexOf('{'));
  return labelsOf({
    __name__: name,
    ...Object.fromEntries([...pairs].map(([, key, value]) => [key, value])),
  });
}

async function createManager(samples: MemoryMetrics, createQuery: CreateQuery): Promise<RuleManager> {
  const clock = new VirtualClock({ startMs: 0 });
  const query = createQuery(samples, clock);
  const templates = createGoTemplateExpander({ query }, { externalLabels: NO_LABELS, externalUrl: '' });
  const manager = createRuleManager({
    clock,
    query,
    writer: writerInto(samples),
    state: openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' }),
    sink: { post: async () => undefined },
    templates,
    log: SILENT_LOG,
    metrics: createMetricsRegistry(),
    externalUrl: '',
  });
  const { groups, faults } = parseRuleFile(readFileSync(resolve(SHARED, 'own-timeline-rules.yml'), 'utf8'), {
    file: 'own-timeline-rules.yml',
    findExpressionFault: () => undefined,
    findTemplateFault: (alertName, text) => templates.findFault(alertName, text),
  });
  assert.deepEqual(faults, []);
  await manager.apply(groups, { evaluationIntervalMs: MINUTE_MS, queryOffsetMs: 0 });
  return manager;
}

function writerInto(samples: MemoryMetrics): MetricsWriter {
  return {
    append: async (batch) => {
      for (let i = 0; i < batch.seriesCount; i++) {
        const labels = labelsOfSeriesKey(batch.keys.subarray(batch.keyEnds[i - 1] ?? 0, batch.keyEnds[i]));
        const atMs = batch.timestampsMs[i] ?? 0;
        if (batch.staleFlags[i] === 1) samples.addStaleMarker(labels, atMs);
        else samples.add(labels, atMs, batch.values[i] ?? 0);
      }
      return { acceptedCount: batch.timestampsMs.length, createdSeriesCount: 0, refusals: [] };
    },
  };
}
