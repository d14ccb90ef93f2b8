/**
 * Alerts as assistants ask for them: those of our rules and those that others posted, in one list.
 *
 * What the alert stage holds counts (it knows who is silenced and inhibited); pending ones it is not told of, so those come
 * from the rules.
 */
import { labelValueOf, type Labels } from '@vedette/model';
import { fingerprintOf } from '../../../alert/index.ts';
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
export function listedAlertsOf(
  deps: Pick<McpDeps, 'rules' | 'alerting'>,
  nowMs: number,
): readonly ListedAlert[] {
  const active = activeAlertsOf(deps);
  const ours = new Set(active.map(({ alert }) => fingerprintOf(alert.labels)));
  const posted = deps.alerting.alerts().map((alert): ListedAlert => {
    const { inhibitedBy, silencedBy } = deps.alerting.mutesOf(alert);
    const isResolved = alert.endsAt !== undefined && alert.endsAt.ms <= nowMs;
    const state = isResolved
      ? 'resolved'
      : silencedBy.length > 0
        ? 'silenced'
        : inhibitedBy.length > 0
          ? 'inhibited'
          : 'firing';
    return {
      ...identityOf(alert.labels, alert.annotations),
      fingerprint: alert.fingerprint,
      state,
      sinceMs: alert.startsAt.ms,
      mutedBy: [...silencedBy, ...inhibitedBy],
      source: alert.source ?? (ours.has(alert.fingerprint) ? 'rules' : 'api'),
    };
  });
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

// Words that rule packs use; unknown ones come between.
const GRAVITY: ReadonlyMap<string, number> = new Map([
  ['page', 0],
  ['critical', 0],
  ['error', 1],
  ['high', 1],
  ['warning', 2],
  ['info', 4],
  ['none', 5],
]);

function byUrgency(a: ListedAlert, b: ListedAlert): number {
  return (
    ALERT_STATES.indexOf(a.state) - ALERT_STATES.indexOf(b.state) ||
    gravityOf(a) - gravityOf(b) ||
    a.sinceMs - b.sinceMs
  );
}

function gravityOf({ severity }: ListedAlert): number {
  return GRAVITY.get(severity.toLowerCase()) ?? 3;
}

/** `critical 2, warning 5`, in the order of the list; severities are what the alerts say, so they are quoted where they are no word. */
export function countsBySeverity(alerts: readonly ListedAlert[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { severity } of alerts) {
    const name = severity === '' ? '(none)' : severity;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts];
}
