/**
 * What was pending or firing before, read from the samples of ALERTS_FOR_STATE: the way Prometheus
 * survives a restart. We need it only when the state store knows nothing, as in a data directory
 * whose samples came from elsewhere. Times are therefore as coarse as upstream's:
 *
 * 1. Only rules with `for` of at least the grace period take part; others catch up by themselves.
 * 2. A sample within the outage tolerance says since when the alert was active (`value`) and when the
 *    old process was last alive (`timestamp`).
 * 3. If `for` had passed by then, the alert was firing: its start is taken over. If less than the
 *    grace period was missing, it fires after the grace period. Otherwise the time the process was
 *    down does not count: the start moves by it.
 */
import {
  formatDurationMs,
  labelsKeyOf,
  METRIC_NAME,
  withoutLabels,
  type ResultSamples,
} from '@vedette/model';
import type { PromQuery } from '../../query/metrics/port.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Alert } from './alert-state.ts';
import type { AlertingRule } from './rule.ts';

/** Prometheus' defaults of --rules.alert.for-outage-tolerance and --rules.alert.for-grace-period. */
const OUTAGE_TOLERANCE_MS = 3_600_000;
const GRACE_PERIOD_MS = 600_000;

const METRIC_NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME]);

export interface RestoreOptions {
  readonly rule: AlertingRule;
  readonly atMs: number;
  readonly signal: AbortSignal;
}

/** Whether the rule waits long enough to take part; its ALERTS series are held back until it has. */
export function mayRestore(rule: AlertingRule): boolean {
  return rule.forMs >= GRACE_PERIOD_MS;
}

/** The alerts, with earlier `activeAtMs` where the samples know better. A failing query is logged and changes nothing. */
export async function restoreActiveAt(
  deps: { query: PromQuery; log: Log },
  alerts: ReadonlyMap<string, Alert>,
  options: RestoreOptions,
): Promise<ReadonlyMap<string, Alert>> {
  const { rule, atMs, signal } = options;
  if (alerts.size === 0) return alerts;
  const expr = `ALERTS_FOR_STATE{alertname=${JSON.stringify(rule.name)}}[${formatDurationMs(OUTAGE_TOLERANCE_MS)}]`;
  try {
    const result = await deps.query.instant({ expr, atMs }, signal);
    return result.kind === 'samples' ? applyAll(alerts, result.series, options) : alerts;
  } catch (error) {
    signal.throwIfAborted();
    deps.log.warn('the past of a rule cannot be read from ALERTS_FOR_STATE', { rule: rule.name, error });
    return alerts;
  }
}

function applyAll(
  alerts: ReadonlyMap<string, Alert>,
  series: readonly ResultSamples[],
  options: RestoreOptions,
): ReadonlyMap<string, Alert> {
  const restored = new Map(alerts);
  for (const { labels, timestampsMs, values } of series) {
    const key = labelsKeyOf(withoutLabels(labels, METRIC_NAME_ONLY));
    const alert = alerts.get(key);
    const aliveAtMs = timestampsMs.at(-1);
    const activeAtSeconds = values.at(-1);
    if (alert === undefined || aliveAtMs === undefined || activeAtSeconds === undefined) continue;
    const before = { activeAtMs: activeAtSeconds * 1000, aliveAtMs };
    restored.set(key, { ...alert, activeAtMs: activeAtOf(before, options) });
  }
  return restored;
}

function activeAtOf(
  before: { activeAtMs: number; aliveAtMs: number },
  { rule, atMs }: RestoreOptions,
): number {
  const missingMs = rule.forMs - (before.aliveAtMs - before.activeAtMs);
  if (missingMs <= 0) return before.activeAtMs;
  if (missingMs < GRACE_PERIOD_MS) return atMs + GRACE_PERIOD_MS - rule.forMs;
  return before.activeAtMs + (atMs - before.aliveAtMs);
}
