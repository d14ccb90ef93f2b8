import type { AlertSummary, MetricsSummary, StatusSummary } from '@vedette/api';
import { labelsToRecord, labelValueOf, type Clock } from '@vedette/model';
import type { PromQuery } from '../../query/metrics/port.ts';
import { formatValue } from '../prometheus-api/go-text.ts';
import type { ServerView } from '../prometheus-api/status-routes.ts';
import type {
  ActiveAlertView,
  AlertingRuleView,
  RuleGroupView,
  RulesView,
  StorageView,
  TargetsView,
} from '../prometheus-api/views.ts';

export interface SummariesDeps {
  readonly clock: Clock;
  readonly server: ServerView;
  readonly targets: TargetsView;
  readonly rules: RulesView;
  readonly storage: StorageView;
  readonly query: PromQuery;
}

/** The whole server in one object. Reads memory only. */
export function statusSummaryOf(deps: SummariesDeps): StatusSummary {
  const targets = { up: 0, down: 0, unknown: 0 };
  for (const { health } of deps.targets.targets().active) targets[health]++;
  const groups = deps.rules.groups();
  const rules = groups.flatMap((group) => group.rules);
  const failing = rules.filter(({ last }) => last.health === 'err').length;
  const alerts = { firing: 0, pending: 0 };
  for (const rule of rules)
    if (rule.kind === 'alerting') for (const { state } of rule.alerts) alerts[state]++;
  const storage = deps.storage.stats();
  const problems = [...problemsOf(deps, failing), ...storage.problems];
  return {
    status: problems.length === 0 ? 'ok' : 'degraded',
    problems,
    version: deps.server.version,
    hostname: deps.server.hostname,
    startedAtMs: deps.server.startedAtMs,
    nowMs: deps.clock.nowMs(),
    targets,
    alerts,
    rules: { groups: groups.length, rules: rules.length, failing },
    storage: {
      activeSeries: storage.activeSeries ?? null,
      samplesPerSecond: storage.samplesPerSecond,
      diskBytes: storage.diskBytes ?? null,
      diskFreeBytes: storage.diskFreeBytes,
      oldestSampleMs: storage.oldestSampleMs ?? null,
    },
    process: deps.server.process(),
  };
}

/** Faults of this server itself; what it watches has alerts. */
function problemsOf({ server }: SummariesDeps, failingRules: number): string[] {
  const problems: string[] = [];
  if (!server.lastReload().isSuccess)
    problems.push('the configuration file could not be loaded; the one before is in use');
  if (failingRules > 0) problems.push(`${failingRules} ${failingRules === 1 ? 'rule fails' : 'rules fail'}`);
  return problems;
}

/** Active alerts, firing ones first, then the longest. */
export function activeAlertsOf({ rules }: Pick<SummariesDeps, 'rules'>): readonly ActiveAlert[] {
  const found: ActiveAlert[] = [];
  for (const group of rules.groups())
    for (const view of group.rules)
      if (view.kind === 'alerting') for (const alert of view.alerts) found.push({ alert, view, group });
  return found.sort(byUrgency);
}

/**
 * Alerts in one live frame, the most urgent ones: 1 kB each, so that a frame stays below the megabyte at
 * which a socket counts as slow. More is a list that nobody reads; `status` has their number, `/api/alerts` all.
 */
const LIVE_ALERTS_MAX = 1000;

export function liveAlertsOf(deps: Pick<SummariesDeps, 'rules'>): readonly AlertSummary[] {
  return activeAlertsOf(deps).slice(0, LIVE_ALERTS_MAX).map(alertSummaryOf);
}

/** An alert with where it comes from. */
interface ActiveAlert {
  readonly alert: ActiveAlertView;
  readonly view: AlertingRuleView;
  readonly group: RuleGroupView;
}

function byUrgency({ alert: a }: ActiveAlert, { alert: b }: ActiveAlert): number {
  if (a.state !== b.state) return a.state === 'firing' ? -1 : 1;
  return a.activeAtMs - b.activeAtMs;
}

export function alertSummaryOf({ alert, view, group }: ActiveAlert): AlertSummary {
  return {
    name: view.rule.name,
    state: alert.state,
    severity: labelValueOf(alert.labels, 'severity'),
    labels: labelsToRecord(alert.labels),
    annotations: labelsToRecord(alert.annotations),
    activeAtMs: alert.activeAtMs,
    value: formatValue(alert.value),
    group: group.name,
    expr: view.rule.expr,
  };
}

/** The expressions behind `GET /api/metrics`, over node_exporter's names, so that a real one serves too. */
const METRIC_EXPRESSIONS: Readonly<Record<keyof MetricsSummary, string>> = {
  cpuRatio: '1 - avg(rate(node_cpu_seconds_total{mode="idle"}[1m]))',
  memoryUsedRatio: '1 - max(node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)',
  diskUsedRatio:
    '1 - max(node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes{mountpoint="/"})',
  load1: 'max(node_load1)',
  networkReceiveBytesPerSecond: 'sum(rate(node_network_receive_bytes_total{device!="lo"}[1m]))',
  networkTransmitBytesPerSecond: 'sum(rate(node_network_transmit_bytes_total{device!="lo"}[1m]))',
};

export async function metricsSummaryOf(deps: SummariesDeps, signal: AbortSignal): Promise<MetricsSummary> {
  const atMs = deps.clock.nowMs();
  const valueOf = async (name: keyof MetricsSummary): Promise<number | null> => {
    const result = await deps.query.instant({ expr: METRIC_EXPRESSIONS[name], atMs }, signal);
    const value = result.kind === 'series' ? result.series[0]?.values[0] : undefined;
    return value !== undefined && Number.isFinite(value) ? value : null;
  };
  return {
    cpuRatio: await valueOf('cpuRatio'),
    memoryUsedRatio: await valueOf('memoryUsedRatio'),
    diskUsedRatio: await valueOf('diskUsedRatio'),
    load1: await valueOf('load1'),
    networkReceiveBytesPerSecond: await valueOf('networkReceiveBytesPerSecond'),
    networkTransmitBytesPerSecond: await valueOf('networkTransmitBytesPerSecond'),
  };
}
