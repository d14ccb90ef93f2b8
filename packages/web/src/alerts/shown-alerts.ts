import type { AlertSummary } from '@vedette/api';
import type { ManagedAlert } from '../api/alertmanager.ts';

/** An alert on the page: as its rule sees it and, once it fires, as the alert stage does. */
export interface ShownAlert extends AlertSummary {
  /** Absent: it is pending, or was not handed over yet. */
  readonly managed: ManagedAlert | undefined;
}

/**
 * Joins what the rules say with what the alert stage has. External labels are put on in between, so that the
 * stage's labels are those of the rule's alert and perhaps more. What no rule of ours stands behind was sent
 * by others, and is shown with what is known of it.
 */
export function joinAlerts(
  summaries: readonly AlertSummary[],
  managed: readonly ManagedAlert[],
): ShownAlert[] {
  const open = new Map(managed.map((alert) => [keyOfLabels(alert.labels), alert]));
  const take = (labels: AlertSummary['labels']): ManagedAlert | undefined => {
    const key = open.has(keyOfLabels(labels)) ? keyOfLabels(labels) : keyOfWider(open, labels);
    const found = key === undefined ? undefined : open.get(key);
    if (key !== undefined) open.delete(key);
    return found;
  };
  const own = summaries.map((alert) => ({
    ...alert,
    managed: alert.state === 'firing' ? take(alert.labels) : undefined,
  }));
  return [...own, ...[...open.values()].map(shownOf)];
}

function keyOfWider(
  open: ReadonlyMap<string, ManagedAlert>,
  labels: AlertSummary['labels'],
): string | undefined {
  const wanted = Object.entries(labels);
  for (const [key, alert] of open)
    if (wanted.every(([name, value]) => alert.labels[name] === value)) return key;
  return undefined;
}

/** The same for the same labels, in whatever order they come. */
export function keyOfLabels(labels: AlertSummary['labels']): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function shownOf(managed: ManagedAlert): ShownAlert {
  const { labels, annotations, startsAt } = managed;
  return {
    name: labels['alertname'] ?? '',
    state: 'firing',
    severity: labels['severity'] ?? '',
    labels,
    annotations,
    activeAtMs: Date.parse(startsAt),
    value: '',
    group: '',
    expr: '',
    managed,
  };
}
