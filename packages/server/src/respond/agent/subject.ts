/** What an analysis is about: alerts that fire together, their rule, and the time to look at. */
import type { AnalysisSubject } from '@vedette/api';
import { labelsFromPairs, labelsToRecord, labelValueOf, type Labels, type TimeRange } from '@vedette/model';
import { isResolved, type AgentAlert, type AgentRule, type AgentRuleGroup } from './agent-world.ts';
import { identityOfExpr } from './expr-identity.ts';
import { identityOf, type LabelPair } from './identity.ts';
import { clip } from './words.ts';

/** Names of ours are short; what is longer is a text that somebody put into a label. */
const LABEL_CHARS_MAX = 1000;
const ANNOTATION_CHARS_MAX = 4000;
const LABELS_MAX = 64;
const FINGERPRINTS_MAX = 100;
const EXPR_CHARS_MAX = 8000;

const HOUR_MS = 3_600_000;
/** Long enough for what creeps, short enough to be drawn at a glance. */
const WINDOW_MS = 3 * HOUR_MS;
/** What was before the alert is in the picture for this long… */
const LEAD_MS = HOUR_MS;
/** …unless it has been firing for days: then the picture is a day. */
const WINDOW_MS_MAX = 24 * HOUR_MS;

export interface AnalysedSubject {
  readonly kind: 'alert' | 'group';
  /** At least one; the longest firing first. */
  readonly alerts: readonly AgentAlert[];
  readonly first: AgentAlert;
  /** Those that all alerts have. */
  readonly labels: Labels;
  /** Of the first alert: what it is about, by its labels and by what its expression asks for. */
  readonly identity: readonly LabelPair[];
  /** The same of each alert. */
  readonly identities: readonly (readonly LabelPair[])[];
  readonly rule: AgentRule | undefined;
  readonly expr: string | undefined;
  readonly startsAtMs: number;
  /** Since when its condition holds: `for` before it fires. */
  readonly activeAtMs: number;
  readonly window: TimeRange;
  readonly isFiring: boolean;
  /** When the last of its alerts ended; `undefined`: one fires. */
  readonly endsAtMs: number | undefined;
}

export interface SubjectParts {
  readonly kind: 'alert' | 'group';
  readonly alerts: readonly AgentAlert[];
  readonly rules: readonly AgentRuleGroup[];
  /** Labels that this server adds to all alerts. */
  readonly externalLabels: ReadonlySet<string>;
  readonly nowMs: number;
}

export function subjectOf(parts: SubjectParts): AnalysedSubject | undefined {
  const { kind, nowMs } = parts;
  const alerts = longestFiringFirst(parts.alerts);
  const [first] = alerts;
  if (first === undefined) return undefined;
  const rule = findRule(first, parts.rules);
  const ignored = new Set([...parts.externalLabels, ...(rule?.labels ?? []).map(([name]) => name)]);
  const expr = rule?.expr ?? exprOfLink(first.generatorUrl);
  const fromExpr = identityOfExpr(expr);
  const identityOfAlert = ({ labels }: AgentAlert): readonly LabelPair[] => {
    const own = identityOf(labels, ignored);
    return [...own, ...fromExpr.filter(([name]) => own.every(([other]) => other !== name))];
  };
  // A clock that was set back makes alerts of the future.
  const startsAtMs = Math.min(first.startsAt.ms, nowMs);
  const activeAtMs = startsAtMs - (rule?.forMs ?? 0);
  const lengthMs = Math.min(Math.max(WINDOW_MS, nowMs - activeAtMs + LEAD_MS), WINDOW_MS_MAX);
  const isFiring = alerts.some((alert) => !isResolved(alert, nowMs));
  return {
    kind,
    alerts,
    first,
    rule,
    labels: commonLabelsOf(alerts),
    identity: identityOfAlert(first),
    identities: alerts.map(identityOfAlert),
    expr,
    startsAtMs,
    activeAtMs,
    window: { fromMs: nowMs - lengthMs, untilMs: nowMs },
    isFiring,
    endsAtMs: isFiring ? undefined : Math.min(nowMs, lastEndOf(alerts)),
  };
}

function lastEndOf(alerts: readonly AgentAlert[]): number {
  return alerts.reduce((last, { endsAt }) => Math.max(last, endsAt?.ms ?? last), 0);
}

export function longestFiringFirst(alerts: readonly AgentAlert[]): readonly AgentAlert[] {
  return alerts.toSorted((a, b) => a.startsAt.ms - b.startsAt.ms || (a.fingerprint < b.fingerprint ? -1 : 1));
}

/** Those that a report names, in the order of the alerts. */
export function fingerprintsOf(alerts: readonly AgentAlert[]): string[] {
  return alerts.slice(0, FINGERPRINTS_MAX).map(({ fingerprint }) => fingerprint);
}

export function subjectReportOf(subject: AnalysedSubject): AnalysisSubject {
  const { kind, first, labels, alerts, startsAtMs, isFiring, expr } = subject;
  return {
    kind,
    fingerprint: first.fingerprint,
    name: nameOf(subject),
    labels: boundedRecord(labels, LABEL_CHARS_MAX),
    annotations: boundedRecord(first.annotations, ANNOTATION_CHARS_MAX),
    state: isFiring ? 'firing' : 'resolved',
    startsAtMs,
    alertCount: alerts.length,
    fingerprints: fingerprintsOf(alerts),
    expr: expr ?? null,
  };
}

export function nameOf({ first, labels }: Pick<AnalysedSubject, 'first' | 'labels'>): string {
  const name = labelValueOf(labels, 'alertname') || labelValueOf(first.labels, 'alertname');
  return clip(name === '' ? 'an alert without a name' : name, LABEL_CHARS_MAX);
}

export function boundedRecord(labels: Labels, charsMax = LABEL_CHARS_MAX): Record<string, string> {
  const pairs: [string, string][] = [];
  for (let i = 0; i < labels.length && pairs.length < LABELS_MAX; i += 2)
    pairs.push([clip(labels[i] ?? '', LABEL_CHARS_MAX), clip(labels[i + 1] ?? '', charsMax)]);
  return labelsToRecord(labelsFromPairs(pairs));
}

function commonLabelsOf(alerts: readonly AgentAlert[]): Labels {
  const [first, ...others] = alerts.map(({ labels }) => labels);
  if (first === undefined) return labelsFromPairs([]);
  const pairs: [string, string][] = [];
  for (let i = 0; i < first.length; i += 2) {
    const name = first[i] ?? '';
    const value = first[i + 1] ?? '';
    if (others.every((other) => labelValueOf(other, name) === value)) pairs.push([name, value]);
  }
  return labelsFromPairs(pairs);
}

/**
 * The rule that made an alert: of those of its name the one whose link it has, then the one whose fixed labels it has,
 * then any. An alert of another server may have the name of a rule of ours: one from a webhook has its own expression.
 */
function findRule(alert: AgentAlert, groups: readonly AgentRuleGroup[]): AgentRule | undefined {
  const name = labelValueOf(alert.labels, 'alertname');
  const expr = exprOfLink(alert.generatorUrl);
  const named = groups
    .flatMap(({ rules }) => rules)
    .flatMap(({ rule }) => (rule.kind === 'alerting' && rule.name === name ? [rule] : []));
  const isSame = (rule: AgentRule): boolean => expr !== undefined && plain(rule.expr) === plain(expr);
  const hasLabels = (rule: AgentRule): boolean =>
    rule.labels.every(
      ([label, value]) => value.includes('{{') || labelValueOf(alert.labels, label) === value,
    );
  return (
    named.find((rule) => isSame(rule) && hasLabels(rule)) ??
    named.find(isSame) ??
    (alert.source === undefined ? (named.find(hasLabels) ?? named[0]) : undefined)
  );
}

/** Prometheus prints expressions in one line and its own spaces. */
function plain(expr: string): string {
  return expr.replaceAll(/#[^\n]*/g, '').replaceAll(/\s+/g, '');
}

/** The expression in the link to the graph that Prometheus, and we, give alerts. */
function exprOfLink(generatorUrl: string): string | undefined {
  const [, search = ''] = generatorUrl.slice(0, 4 * EXPR_CHARS_MAX).split('?', 2);
  const expr = new URLSearchParams(search).get('g0.expr') ?? '';
  return expr === '' || expr.length > EXPR_CHARS_MAX ? undefined : expr;
}
