/** What the shipped rules promise as a whole: their number, their subjects, their thresholds, their metrics. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { formatDurationMs } from '@vedette/model';
import { METRIC_SOURCES } from '../../tools/docs/rule-metrics.ts';
import { baseNameOf, catalogueByName, loadShippedRules, valueOf } from '../../tools/docs/rules.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const rules = loadShippedRules(root);
const namesOf = (kind: 'alerting' | 'recording'): ReadonlySet<string> =>
  new Set(rules.filter(({ rule }) => rule.kind === kind).map(({ rule }) => rule.name));
const alertNames = namesOf('alerting');
const recordedNames = namesOf('recording');

/** Those that an operator looks for by subject, some of each. */
const CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  availability: ['ServiceDown', 'TargetDown', 'EndpointDown', 'AuthServiceUnavailable'],
  latency: ['HighLatency', 'VeryHighLatency', 'CriticalResponseTime'],
  errors: ['HighErrorRate', 'MediumErrorRate'],
  host: ['HighCPUUsage', 'HighMemoryUsage', 'LowDiskSpace', 'HostDiskFullSoon'],
  cache: ['RedisDown', 'RedisMemoryNearLimit', 'RedisHitRatioLow'],
  postgresql: ['PostgresDown', 'PostgresConnectionsNearLimit', 'PostgresReplicationLag'],
  mysql: ['MysqlDown', 'MysqlConnectionsNearLimit', 'MysqlReplicationLag'],
  llm: ['LlmLatencyHigh', 'LlmErrorRateHigh', 'LlmTokenUsageSpike'],
  cost: ['LlmSpendSpike', 'LlmBudgetSpent'],
  logs: ['ElasticsearchClusterRed', 'ElasticsearchDiskLow', 'LogShippingFailing'],
  security: ['AuthFailureFlood', 'HighAuthFailureRate', 'CertificateExpiresSoon'],
  queue: ['QueueBacklog', 'QueueWithoutConsumers', 'WorkerDown'],
  sandbox: ['SlowSandboxExecution', 'SandboxPoolDepleted', 'KubernetesJobFailed'],
  vedette: ['VedetteRuleEvaluationFailing', 'VedetteStorageNearFull', 'VedetteNotificationsFailing'],
};

test('at least 47 alerts ship, in every category', () => {
  assert.ok(alertNames.size >= 47, `${alertNames.size} alerts`);
  for (const [category, names] of Object.entries(CATEGORIES))
    for (const name of names) assert.ok(alertNames.has(name), `${category}: ${name}`);
});

test('the thresholds are those that were asked for', () => {
  const check = (name: string, threshold: RegExp, hold: string, severity: string): void => {
    const found = rules
      .flatMap(({ rule }) => (rule.kind === 'alerting' && rule.name === name ? [rule] : []))
      .filter(({ labels }) => valueOf(labels, 'severity') === severity);
    assert.equal(found.length, 1, `${name} ${severity}`);
    assert.match(found[0]?.expr ?? '', threshold, name);
    assert.equal(formatDurationMs(found[0]?.forMs ?? 0), hold, name);
  };
  check('ServiceDown', /\(up\) == 0$/, '2m', 'critical');
  check('HighErrorRate', /ratio_rate5m > 0\.05\n/, '5m', 'critical');
  check('MediumErrorRate', /ratio_rate5m > 0\.01\n/, '10m', 'warning');
  check('AuthServiceUnavailable', /^1 - [^<]* < 0\.9\n$/, '3m', 'critical');
  check('HighLatency', /p95_rate5m > 0\.5\n/, '10m', 'warning');
  check('VeryHighLatency', /p95_rate5m > 2\n/, '5m', 'critical');
  check('CriticalResponseTime', /p95_rate5m > 5$/, '5m', 'critical');
  check('SlowSandboxExecution', /p95_rate5m > 10$/, '10m', 'warning');
  check('SandboxPoolDepleted', /\(sandbox_pool_available\) < 2$/, '5m', 'critical');
  check('HighMemoryUsage', /^1 - [^>]* > 0\.85\n/, '5m', 'warning');
  check('HighMemoryUsage', /^1 - [^>]* > 0\.95$/, '5m', 'critical');
  check('HighCPUUsage', /ratio_rate5m > 0\.8\n/, '10m', 'warning');
  check('LowDiskSpace', /^1 - [^>]* > 0\.85\n/, '30m', 'warning');
  check('QueueBacklog', /messages_waiting:max > 1000$/, '5m', 'error');
  check('HighAuthFailureRate', /rate2m > 10\n/, '2m', 'warning');
  check('AuthFailureFlood', /rate2m > 50$/, '1m', 'critical');
});

test('every metric that a rule reads is in docs/metrics.md', () => {
  const page = read('docs/metrics.md');
  for (const { selectors, rule } of rules) {
    for (const { name = '' } of selectors) {
      const isListed = [name, baseNameOf(name)].some((listed) => page.includes(`\n| \`${listed}\` |`));
      assert.ok(isListed, `${rule.name} reads "${name}", which tools/docs/rule-metrics.ts does not list`);
    }
  }
});

test('a metric that no rule reads is not listed as one of theirs, and none is listed twice', () => {
  const used = new Set(rules.flatMap(({ selectors }) => selectors.map(({ name = '' }) => name)));
  const bases = new Set([...used].map(baseNameOf));
  const listed = METRIC_SOURCES.flatMap(({ metrics }) => metrics);
  for (const { name, type } of listed)
    assert.ok((type === 'histogram' ? bases : used).has(name), `no rule reads ${name}`);
  assert.equal(new Set(listed.map(({ name }) => name)).size, listed.length);
});

test('matchers ask for labels that the metric has', () => {
  const metrics = catalogueByName();
  for (const { selectors, rule } of rules) {
    for (const { name = '', matchers } of selectors) {
      const metric = metrics.get(name) ?? metrics.get(baseNameOf(name));
      if (metric === undefined) continue;
      const known = new Set(['__name__', 'job', 'instance', 'le', ...metric.labelNames]);
      for (const matcher of matchers)
        assert.ok(known.has(matcher.name), `${rule.name}: ${name} has no label "${matcher.name}"`);
    }
  }
});

test('recorded series are named level:metric:operations, and some rule reads them', () => {
  for (const name of recordedNames) assert.match(name, /^[a-z_]+:[a-z0-9_]+:[a-z0-9_]+$/);
  const readNames = new Set(rules.flatMap(({ selectors }) => selectors.map(({ name = '' }) => name)));
  for (const name of recordedNames) assert.ok(readNames.has(name), `${name} is recorded and never read`);
});

test('a rule reads a recorded series only of its own pack, for packs are switched one by one', () => {
  const packOf = new Map(
    rules.flatMap(({ rule, pack }) => (rule.kind === 'recording' ? [[rule.name, pack] as const] : [])),
  );
  for (const { pack, rule, selectors } of rules)
    for (const { name = '' } of selectors)
      assert.equal(packOf.get(name) ?? pack, pack, `${rule.name} reads ${name}`);
});

test('every recorded series says what it is', () => {
  for (const { rule, comment } of rules)
    if (rule.kind === 'recording') assert.match(comment, /\w/, rule.name);
});
