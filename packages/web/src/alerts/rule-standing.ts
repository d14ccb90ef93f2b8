import type { PrometheusRule, PrometheusRuleGroup } from '../api/prometheus.ts';

/** What is to be said of a rule before its numbers, the gravest first. */
export type Standing =
  | { readonly kind: 'failing'; readonly error: string }
  | { readonly kind: 'neverRun' }
  | { readonly kind: 'stalled'; readonly ageMs: number; readonly intervalMs: number }
  | { readonly kind: 'slow'; readonly tookMs: number; readonly intervalMs: number }
  | { readonly kind: 'firing'; readonly count: number }
  | { readonly kind: 'kept'; readonly count: number; readonly leftMs: number }
  | {
      readonly kind: 'pending';
      readonly count: number;
      /** Until the first of them fires, if it goes on; 0: with the next evaluation. */
      readonly leftMs: number;
      readonly forMs: number;
    }
  | { readonly kind: 'quiet' };

/** Evaluations that may be missing before a group counts as stalled: one is a reload, a clock, a long neighbour. */
const MISSED_MAX = 3;

/** Now, and when the rule was asked for: what happened since then is not known, and is no stall. */
export interface StandingTimes {
  readonly nowMs: number;
  readonly askedAtMs: number;
}

export function standingsOf(
  rule: PrometheusRule,
  group: PrometheusRuleGroup,
  { nowMs, askedAtMs }: StandingTimes,
): Standing[] {
  const standings = [...evaluationOf(rule, group, askedAtMs), ...alertsOf(rule, nowMs)];
  return standings.some(({ kind }) => kind !== 'slow') ? standings : [...standings, { kind: 'quiet' }];
}

/** When a rule was evaluated last; `undefined`: not yet. Prometheus writes the year 1 for never. */
export function evaluatedAtMs(timestamp: string): number | undefined {
  const timestampMs = Date.parse(timestamp);
  return Number.isNaN(timestampMs) || timestampMs <= 0 ? undefined : timestampMs;
}

/** Time until a group is evaluated again, from its last evaluation; 0: it is due. `undefined`: it never was. */
export function nextEvaluationMs(group: PrometheusRuleGroup, nowMs: number): number | undefined {
  const atMs = evaluatedAtMs(group.lastEvaluation);
  return atMs === undefined ? undefined : Math.max(0, atMs + group.interval * 1000 - nowMs);
}

function evaluationOf(rule: PrometheusRule, group: PrometheusRuleGroup, askedAtMs: number): Standing[] {
  const atMs = evaluatedAtMs(rule.lastEvaluation);
  const intervalMs = group.interval * 1000;
  const tookMs = group.evaluationTime * 1000;
  const found: Standing[] = [];
  if (rule.health === 'err') found.push({ kind: 'failing', error: rule.lastError ?? '' });
  if (atMs === undefined && rule.health !== 'err') found.push({ kind: 'neverRun' });
  if (atMs !== undefined && askedAtMs - atMs > MISSED_MAX * intervalMs)
    found.push({ kind: 'stalled', ageMs: askedAtMs - atMs, intervalMs });
  if (tookMs > intervalMs) found.push({ kind: 'slow', tookMs, intervalMs });
  return found;
}

function alertsOf(
  { alerts = [], duration = 0, keepFiringFor = 0 }: PrometheusRule,
  nowMs: number,
): Standing[] {
  const found: Standing[] = [];
  const pending = alerts.filter(({ state }) => state === 'pending');
  const kept = alerts.filter(({ keepFiringSince }) => keepFiringSince !== undefined);
  const firing = alerts.filter(
    ({ state, keepFiringSince }) => state === 'firing' && keepFiringSince === undefined,
  );
  if (firing.length > 0) found.push({ kind: 'firing', count: firing.length });
  if (kept.length > 0) {
    const endsAtMs = Math.max(...kept.map(({ keepFiringSince = '' }) => Date.parse(keepFiringSince)));
    found.push({ kind: 'kept', count: kept.length, leftMs: leftOf(endsAtMs + keepFiringFor * 1000, nowMs) });
  }
  if (pending.length > 0) {
    const firstMs = Math.min(...pending.map(({ activeAt }) => Date.parse(activeAt)));
    const forMs = duration * 1000;
    found.push({ kind: 'pending', count: pending.length, leftMs: leftOf(firstMs + forMs, nowMs), forMs });
  }
  return found;
}

function leftOf(untilMs: number, nowMs: number): number {
  return Math.max(0, untilMs - nowMs);
}
