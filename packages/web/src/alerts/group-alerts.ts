import type { AlertSummary } from '@vedette/api';
import { toneOfSeverity, type Tone } from '../design/tone.ts';

/** Alerts of one name. */
export interface AlertGroup<A extends AlertSummary = AlertSummary> {
  readonly name: string;
  /** The worst severity of its members, as they write it. */
  readonly severity: string;
  readonly isFiring: boolean;
  /** Firing ones first, then the longest active. */
  readonly alerts: readonly A[];
}

const TONE_RANK: Readonly<Record<Tone, number>> = { critical: 0, warning: 1, info: 2, ok: 3, unknown: 4 };

/**
 * Groups by alert name, for reading: firing before pending, the worst first, then by name; those that
 * fire by design (severity `none`) last. `filter` keeps alerts whose name, labels or summary contain
 * every word of it.
 */
export function groupAlerts<A extends AlertSummary>(alerts: readonly A[], filter: string): AlertGroup<A>[] {
  const kept = alerts.filter((alert) => matches(alert, filter));
  return [...Map.groupBy(kept, ({ name }) => name)]
    .map(([name, members]) => ({
      name,
      severity: members.toSorted((a, b) => rankOf(a) - rankOf(b))[0]?.severity ?? '',
      isFiring: members.some(({ state }) => state === 'firing'),
      alerts: members.toSorted((a, b) => a.state.localeCompare(b.state) || a.activeAtMs - b.activeAtMs),
    }))
    .sort(
      (a, b) =>
        Number(a.severity === 'none') - Number(b.severity === 'none') ||
        Number(b.isFiring) - Number(a.isFiring) ||
        TONE_RANK[toneOfSeverity(a.severity)] - TONE_RANK[toneOfSeverity(b.severity)] ||
        a.name.localeCompare(b.name),
    );
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
