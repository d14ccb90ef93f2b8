/**
 * Half an hour of two series through rules with for, keep_firing_for, absent, a recording rule and
 * selectors on ALERTS: what fires at each minute must be what promtool expects. The expectations are
 * data of the shared folder; they were taken from promtool itself.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { formatLabels, labelsOf, labelsToRecord, parseDurationMs, type MemoryMetrics } from '@vedette/model';
import { parse } from 'yaml';
import type { RuleManager } from './rule-manager.ts';
import { embeddedQuery, labelsOfSelector, openRuleWorld } from './rule-world-fixture.ts';

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

test('at every minute of the timeline the alerts are those of promtool', { skip }, async () => {
  const { tests } = parse(readFileSync(resolve(SHARED, 'own-timeline-test.yml'), 'utf8')) as {
    tests: UnitTest[];
  };
  assert.equal(tests.length, 1);
  const { input_series, alert_rule_test } = tests[0]!;
  const world = openRuleWorld({
    intervalMs: MINUTE_MS,
    // The expectations come from Prometheus 2.42, whose lookback includes its older end; ours, as in 3, does not.
    createQuery: (reader, clock) => embeddedQuery(reader, clock, '5m1ms'),
  });
  for (const { series, values } of input_series) addSeries(world.samples, series, values);
  await world.apply(readFileSync(resolve(SHARED, 'own-timeline-rules.yml'), 'utf8'));
  let minute = -1;
  for (const expectation of alert_rule_test.toSorted((a, b) => timeOf(a) - timeOf(b))) {
    while (minute * MINUTE_MS < timeOf(expectation))
      await world.manager.evaluate(++minute * MINUTE_MS, new AbortController().signal);
    const wanted = (expectation.exp_alerts ?? []).map(({ exp_labels, exp_annotations }) => ({
      labels: { alertname: expectation.alertname, ...exp_labels },
      annotations: exp_annotations ?? {},
    }));
    const where = `${expectation.alertname} at ${expectation.eval_time}`;
    assert.deepEqual(sorted(firingOf(world.manager, expectation.alertname)), sorted(wanted), where);
  }
  assert.equal(alert_rule_test.length, 186);
  await world.close();
});

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
