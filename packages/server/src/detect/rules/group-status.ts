import type { Labels } from '@vedette/model';
import { AlertingRuntime } from './alerting-runtime.ts';
import type { Alert } from './alert-state.ts';
import type { LastEvaluation, RunningGroup, RunningRule } from './rule-group.ts';
import type { AlertingRule, RecordingRule } from './rule.ts';

/** A rule group as the API shows it. Times in ms since the epoch, durations in ms. */
export interface RuleGroupStatus {
  readonly name: string;
  readonly file: string;
  readonly intervalMs: number;
  readonly queryOffsetMs: number;
  readonly limit: number;
  /** The slot evaluated last; `undefined` before the first. */
  readonly lastEvaluationMs: number | undefined;
  readonly evaluationTookMs: number;
  /** In the order of the file. */
  readonly rules: readonly RuleStatus[];
}

export type RuleStatus = RecordingRuleStatus | AlertingRuleStatus;

export interface RecordingRuleStatus {
  readonly rule: RecordingRule;
  readonly kind: 'recording';
  readonly last: LastEvaluation;
}

export interface AlertingRuleStatus {
  readonly rule: AlertingRule;
  readonly kind: 'alerting';
  readonly last: LastEvaluation;
  /** The worst of its alerts. */
  readonly state: 'inactive' | 'pending' | 'firing';
  /** Pending and firing, sorted by when they became active. */
  readonly alerts: readonly AlertStatus[];
}

export interface AlertStatus {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: 'pending' | 'firing';
  readonly activeAtMs: number;
  /** Set while keep_firing_for holds it. */
  readonly keepFiringSinceMs: number | undefined;
  readonly value: number;
}

export function groupStatusOf(group: RunningGroup): RuleGroupStatus {
  const { definition, intervalMs, queryOffsetMs, last } = group;
  return {
    name: definition.name,
    file: definition.file,
    intervalMs,
    queryOffsetMs,
    limit: definition.limit,
    lastEvaluationMs: last.atMs,
    evaluationTookMs: last.tookMs,
    rules: group.rules.map(ruleStatusOf),
  };
}

function ruleStatusOf({ rule, runtime, last }: RunningRule): RuleStatus {
  if (rule.kind === 'recording') return { kind: 'recording', rule, last };
  const all = runtime instanceof AlertingRuntime ? runtime.alerts : [];
  const alerts = all.flatMap((alert) => alertStatusOf(alert) ?? []);
  alerts.sort((a, b) => a.activeAtMs - b.activeAtMs);
  const isFiring = alerts.some(({ state }) => state === 'firing');
  const state = isFiring ? 'firing' : alerts.length > 0 ? 'pending' : 'inactive';
  return { kind: 'alerting', rule, last, state, alerts };
}

function alertStatusOf(alert: Alert): AlertStatus | undefined {
  const { labels, annotations, value, activeAtMs, state } = alert;
  if (state.kind === 'resolved') return undefined;
  const keepFiringSinceMs = state.kind === 'firing' ? state.keepFiringSinceMs : undefined;
  return { labels, annotations, value, activeAtMs, state: state.kind, keepFiringSinceMs };
}
