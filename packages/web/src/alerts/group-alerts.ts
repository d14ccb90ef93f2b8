import type { AlertSummary } from '@vedette/api';
import { toneOfSeverity, type Tone } from '../design/tone.ts';

/** Alerts with the same values of some labels. */
export interface AlertGroup<A extends AlertSummary = AlertSummary> {
  /** Identity from update to update. */
  readonly key: string;
  /** The labels that make the group, in the order asked for; empty: none of its alerts has the label. */
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** The worst severity of its members, as they write it. */
  readonly severity: string;
  readonly isFiring: boolean;
  /** Firing ones first, then the longest active. */
  readonly alerts: readonly A[];
}

export const BY_NAME: readonly string[] = ['alertname'];

const TONE_RANK: Readonly<Record<Tone, number>> = { critical: 0, warning: 1, info: 2, ok: 3, unknown: 4 };

/**
 * Groups alerts by labels, for reading: firing before pending, the worst first, then by their labels; those that
 * fire by design (severity `none`) last. `filter` keeps alerts whose name, labels or summary contain every word of it.
 */
export function groupAlerts<A extends AlertSummary>(
  alerts: readonly A[],
  { filter, by }: { readonly filter: string; readonly by: readonly string[] },
): AlertGroup<A>[] {
  const kept = alerts.filter((alert) => matches(alert, filter));
  const valuesOf = ({ labels }: A): string[] => by.map((label) => labels[label] ?? '');
  return [...Map.groupBy(kept, (alert) => JSON.stringify(valuesOf(alert)))]
    .map(([key, members]) => ({
      key,
      labels: by.map((label) => [label, members[0]?.labels[label] ?? ''] as const),
      severity: members.toSorted((a, b) => rankOf(a) - rankOf(b))[0]?.severity ?? '',
      isFiring: members.some(({ state }) => state === 'firing'),
      alerts: members.toSorted((a, b) => a.state.localeCompare(b.state) || a.activeAtMs - b.activeAtMs),
    }))
    .sort(
      (a, b) =>
        Number(a.severity === 'none') - Number(b.severity === 'none') ||
        Number(b.isFiring) - Number(a.isFiring) ||
        TONE_RANK[toneOfSeverity(a.severity)] - TONE_RANK[toneOfSeverity(b.severity)] ||
        a.key.localeCompare(b.key, 'en', { numeric: true }),
    );
}

/** What alerts may be grouped by: labels that at least one has, the name first, then by how many have them. */
export function groupLabelsOf(alerts: readonly AlertSummary[]): string[] {
  const counts = new Map<string, number>();
  for (const { labels } of alerts)
    for (const name of Object.keys(labels)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .filter(([name]) => name !== 'alertname')
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
    .map(([name]) => name);
}

/** More labels than these are no groups to read: `group_by: ['...']` makes one of each alert. */
const ROUTE_LABELS_MAX = 3;

/**
 * How people are told, as a beginning: the labels by which the route groups. Where routes differ, or group by
 * everything or by nothing, alerts stand under their names.
 */
export function groupLabelsOfRoutes(
  groups: readonly { readonly labels: AlertSummary['labels'] }[],
): readonly string[] {
  const ways = new Set(groups.map(({ labels }) => JSON.stringify(Object.keys(labels).sort())));
  const labels = Object.keys(groups[0]?.labels ?? {});
  if (ways.size !== 1 || labels.length === 0 || labels.length > ROUTE_LABELS_MAX) return BY_NAME;
  return labels.sort((a, b) => Number(b === 'alertname') - Number(a === 'alertname') || a.localeCompare(b));
}

/** Labels that all alerts of a group have alike, its name aside; none of a single alert, which shows its own. */
export function sharedLabels(alerts: readonly AlertSummary[]): AlertSummary['labels'] {
  const [first, ...others] = alerts;
  if (first === undefined || others.length === 0) return {};
  const shared = Object.entries(first.labels).filter(
    ([name, value]) => name !== 'alertname' && others.every(({ labels }) => labels[name] === value),
  );
  return Object.fromEntries(shared);
}

function rankOf({ severity }: AlertSummary): number {
  return TONE_RANK[toneOfSeverity(severity)];
}

function matches({ name, labels, annotations, state }: AlertSummary, filter: string): boolean {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
  return containsWords([name, state, ...pairs, annotations['summary'] ?? ''].join(' '), filter);
}

/** Whether a text contains every word of a filter, without regard to case. */
export function containsWords(text: string, filter: string): boolean {
  const lower = text.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
