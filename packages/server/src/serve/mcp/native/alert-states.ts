/**
 * Alerts as assistants ask for them: those of our rules and those that others posted, in one list.
 *
 * What the alert stage holds counts (it knows who is silenced and inhibited); pending ones it is not told of, so those come
 * from the rules.
 */
import { labelValueOf, type Labels } from '@vedette/model';
import { fingerprintOf, type Alert, type AlertMutes } from '../../../alert/index.ts';
import { severityPointsOf } from '../../../respond/index.ts';
import { TimeSlicer } from '../../../lib/time-slicer.ts';
import { activeAlertsOf } from '../../vedette-api/summaries.ts';
import type { McpDeps } from '../mcp-deps.ts';

export const ALERT_STATES = ['firing', 'pending', 'silenced', 'inhibited', 'resolved'] as const;

export interface ListedAlert {
  readonly fingerprint: string;
  readonly name: string;
  readonly severity: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** `silenced` and `inhibited` ones fire, too, and nobody is told. */
  readonly state: (typeof ALERT_STATES)[number];
  readonly sinceMs: number;
  /** Ids of silences, fingerprints of alerts. */
  readonly mutedBy: readonly string[];
  /** Who posted it: `rules`, `api`, or the name of a webhook's source. */
  readonly source: string;
}

/** Firing ones first, then the gravest, then the longest. */
export async function listedAlertsOf(
  deps: Pick<McpDeps, 'clock' | 'rules' | 'alerting'>,
  nowMs: number,
): Promise<readonly ListedAlert[]> {
  const slicer = new TimeSlicer(deps.clock).forTask();
  const active = activeAlertsOf(deps);
  const ours = new Set(active.map(({ alert }) => fingerprintOf(alert.labels)));
  const posted: ListedAlert[] = [];
  for (const alert of deps.alerting.alerts()) {
    // Who mutes one is asked of every silence and rule that might.
    if (slicer.shouldYield()) await slicer.yield();
    const isOurs = ours.has(alert.fingerprint);
    posted.push(postedOf(alert, deps.alerting.mutesOf(alert), { nowMs, isOurs }));
  }
  const known = new Set(posted.map(({ fingerprint }) => fingerprint));
  const others = active
    .map(({ alert }): ListedAlert => ({
      ...identityOf(alert.labels, alert.annotations),
      state: alert.state,
      sinceMs: alert.activeAtMs,
      mutedBy: [],
      source: 'rules',
    }))
    .filter(({ fingerprint, state }) => state === 'pending' || !known.has(fingerprint));
  return [...posted, ...others].toSorted(byUrgency);
}

/** By its fingerprint: one that was posted, or one that a rule holds without telling of it yet. */
export function findAlert(
  { alerting, rules }: Pick<McpDeps, 'alerting' | 'rules'>,
  fingerprint: string,
): Pick<ListedAlert, 'labels' | 'annotations'> | undefined {
  return (
    alerting.alerts().find((alert) => alert.fingerprint === fingerprint) ??
    activeAlertsOf({ rules }).find(({ alert }) => fingerprintOf(alert.labels) === fingerprint)?.alert
  );
}

function postedOf(
  alert: Alert,
  { inhibitedBy, silencedBy }: AlertMutes,
  { nowMs, isOurs }: { readonly nowMs: number; readonly isOurs: boolean },
): ListedAlert {
  const isResolved = alert.endsAt !== undefined && alert.endsAt.ms <= nowMs;
  const muted = silencedBy.length > 0 ? 'silenced' : inhibitedBy.length > 0 ? 'inhibited' : 'firing';
  return {
    ...identityOf(alert.labels, alert.annotations),
    fingerprint: alert.fingerprint,
    state: isResolved ? 'resolved' : muted,
    sinceMs: alert.startsAt.ms,
    mutedBy: [...silencedBy, ...inhibitedBy],
    source: alert.source ?? (isOurs ? 'rules' : 'api'),
  };
}

function identityOf(
  labels: Labels,
  annotations: Labels,
): Pick<ListedAlert, 'fingerprint' | 'name' | 'severity' | 'labels' | 'annotations'> {
  return {
    fingerprint: fingerprintOf(labels),
    name: labelValueOf(labels, 'alertname'),
    severity: labelValueOf(labels, 'severity'),
    labels,
    annotations,
  };
}

function byUrgency(a: ListedAlert, b: ListedAlert): number {
  return (
    ALERT_STATES.indexOf(a.state) - ALERT_STATES.indexOf(b.state) ||
    severityPointsOf(b.labels) - severityPointsOf(a.labels) ||
    a.sinceMs - b.sinceMs
  );
}

/** How many alerts say each severity, in the order of the list; the words are those of the alerts. */
export function countsBySeverity(alerts: readonly ListedAlert[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { severity } of alerts) {
    const name = severity === '' ? '(none)' : severity;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts];
}
