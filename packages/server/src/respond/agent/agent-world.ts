/** What the monitor agent needs to know of the other stages; they satisfy it as they are. */

import type { Alert, AlertGroupStatus } from '../../alert/index.ts';

export type AgentAlert = Alert;

export interface AgentAlerts {
  /** All that are known, resolved ones of the last minutes among them. */
  alerts(): readonly Alert[];
  groups(): readonly Pick<AlertGroupStatus, 'key' | 'labels' | 'alerts'>[];
  mutesOf(alert: Alert): { readonly silencedBy: readonly string[]; readonly inhibitedBy: readonly string[] };
}

export interface AgentRule {
  readonly kind: 'alerting';
  readonly name: string;
  readonly expr: string;
  readonly forMs: number;
  readonly labels: readonly (readonly [name: string, value: string])[];
}

export interface AgentRuleGroup {
  readonly rules: readonly { readonly rule: AgentRule | { readonly kind: 'recording' } }[];
}

/** Who uses what is watched, where something counts them. */
export interface ActiveSubjects {
  readonly count: number;
}

export interface SubjectCounter {
  /** `undefined`: nothing counts them. No I/O, and nothing is made for the question. */
  activeSubjects(): ActiveSubjects | undefined;
}

/**
 * Alerts that belong together since a route says so. One that groups by nothing puts whatever it gets into one message,
 * which says nothing of its alerts.
 */
export function relatingAlertsOf(
  group: ReturnType<AgentAlerts['groups']>[number] | undefined,
): readonly Alert[] {
  return group === undefined || group.labels.length === 0 ? [] : group.alerts;
}

/** What was over when its sender said so stays over. */
export function isResolved({ endsAt, updatedAt }: Alert, ms: number): boolean {
  return endsAt !== undefined && (endsAt.ms <= ms || endsAt.ms <= updatedAt.ms);
}
