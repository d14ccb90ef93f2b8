/** A rule group of `/api/v1/rules`, as our own are shown. */
import { compareUtf8, InputError, labelsOf } from '@vedette/model';
import { z } from 'zod';
import type {
  AlertingRuleStatus,
  AlertStatus,
  RecordingRuleStatus,
  RuleGroupStatus,
} from './group-status.ts';
import type { RuleLabel } from './rule.ts';

const labelRecord = z.record(z.string(), z.string()).nullish();

const alert = z.object({
  labels: labelRecord,
  annotations: labelRecord,
  state: z.string(),
  activeAt: z.string(),
  keepFiringSince: z.string().optional(),
  value: z.string(),
});

const common = {
  name: z.string(),
  query: z.string(),
  labels: labelRecord,
  health: z.string(),
  lastError: z.string().optional(),
  evaluationTime: z.number().default(0),
  lastEvaluation: z.string().default(''),
};

const rule = z.discriminatedUnion('type', [
  z.object({ ...common, type: z.literal('recording') }),
  z.object({
    ...common,
    type: z.literal('alerting'),
    /** Seconds. */
    duration: z.number().default(0),
    keepFiringFor: z.number().default(0),
    annotations: labelRecord,
    alerts: z.array(alert).nullish(),
  }),
]);

const group = z.object({
  name: z.string(),
  file: z.string().default(''),
  /** Seconds. */
  interval: z.number().default(0),
  limit: z.number().default(0),
  evaluationTime: z.number().default(0),
  lastEvaluation: z.string().default(''),
  rules: z.array(rule),
});

type RuleJson = z.output<typeof rule>;

/** Throws `InputError` (VED_BODY_INVALID). */
export function ruleGroupOf(value: unknown): RuleGroupStatus {
  const parsed = group.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(
      'VED_BODY_INVALID',
      `cannot read a rule group: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    );
  }
  const { name, file, interval, limit, evaluationTime, lastEvaluation, rules } = parsed.data;
  return {
    name,
    file,
    intervalMs: interval * 1000,
    queryOffsetMs: 0,
    limit,
    lastEvaluationMs: timeMsOf(lastEvaluation),
    evaluationTookMs: evaluationTime * 1000,
    rules: rules.map(ruleStatusOf),
  };
}

function ruleStatusOf(json: RuleJson): RecordingRuleStatus | AlertingRuleStatus {
  const { name, query: expr, health, lastError, evaluationTime, lastEvaluation } = json;
  const last = {
    health: health === 'ok' || health === 'err' ? health : 'unknown',
    error: lastError === '' ? undefined : lastError,
    atMs: timeMsOf(lastEvaluation),
    tookMs: evaluationTime * 1000,
  } as const;
  const labels = pairsOf(json.labels);
  if (json.type === 'recording')
    return { kind: 'recording', rule: { kind: 'recording', name, expr, labels }, last };
  const alerts = (json.alerts ?? []).flatMap(alertStatusOf).sort((a, b) => a.activeAtMs - b.activeAtMs);
  const isFiring = alerts.some(({ state }) => state === 'firing');
  return {
    kind: 'alerting',
    rule: {
      kind: 'alerting',
      name,
      expr,
      forMs: json.duration * 1000,
      keepFiringForMs: json.keepFiringFor * 1000,
      labels,
      annotations: pairsOf(json.annotations),
    },
    last,
    state: isFiring ? 'firing' : alerts.length > 0 ? 'pending' : 'inactive',
    alerts,
  };
}

function alertStatusOf(json: z.output<typeof alert>): readonly AlertStatus[] {
  if (json.state !== 'pending' && json.state !== 'firing') return [];
  return [
    {
      labels: labelsOf(json.labels ?? {}),
      annotations: labelsOf(json.annotations ?? {}),
      state: json.state,
      activeAtMs: timeMsOf(json.activeAt) ?? 0,
      keepFiringSinceMs: timeMsOf(json.keepFiringSince ?? ''),
      value: valueOf(json.value),
    },
  ];
}

function pairsOf(record: Readonly<Record<string, string>> | null | undefined): readonly RuleLabel[] {
  return Object.entries(record ?? {}).sort(([a], [b]) => compareUtf8(a, b));
}

/** Go's zero time is no time. */
function timeMsOf(text: string): number | undefined {
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) || timeMs <= 0 ? undefined : timeMs;
}

function valueOf(text: string): number {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  return Number(text);
}
