/** Alerts, groups and silences in the shape and with the order of keys of Alertmanager's API v2. */
import { labelsToRecord, type Labels } from '@vedette/model';
import type { Alert, AlertMutes, Silence } from '../../alert/index.ts';
import { silenceStateAt } from '../../alert/index.ts';

export interface AlertJsonContext {
  readonly mutes: AlertMutes;
  /** Names of the intervals that keep the route of a group quiet. */
  readonly mutedBy: readonly string[];
  readonly receivers: readonly string[];
  /** What is shown of an alert that ends when its own detector says so. */
  readonly resolveTimeoutMs: number;
}

export function alertJson(alert: Alert, context: AlertJsonContext): unknown {
  const { inhibitedBy, silencedBy } = context.mutes;
  const isMuted = inhibitedBy.length + silencedBy.length + context.mutedBy.length > 0;
  return {
    annotations: recordOf(alert.annotations),
    endsAt: timeText(alert.endsAt?.ms ?? alert.updatedAt.ms + context.resolveTimeoutMs),
    fingerprint: alert.fingerprint,
    receivers: context.receivers.map((name) => ({ name })),
    startsAt: timeText(alert.startsAt.ms),
    status: {
      inhibitedBy,
      mutedBy: context.mutedBy,
      silencedBy,
      state: isMuted ? 'suppressed' : 'active',
    },
    updatedAt: timeText(alert.updatedAt.ms),
    ...(alert.generatorUrl === '' ? {} : { generatorURL: alert.generatorUrl }),
    labels: recordOf(alert.labels),
  };
}

export function silenceJson(silence: Silence, nowMs: number): unknown {
  return {
    id: silence.id,
    status: { state: silenceStateAt(silence, nowMs) },
    updatedAt: timeText(silence.updatedAtMs),
    comment: silence.comment,
    createdBy: silence.createdBy,
    endsAt: timeText(silence.endsAtMs),
    matchers: silence.matchers.map(({ name, op, value }) => ({
      isEqual: op === '=' || op === '=~',
      isRegex: op === '=~' || op === '!~',
      name,
      value,
    })),
    startsAt: timeText(silence.startsAtMs),
  };
}

/** Active ones by their end, then pending ones by their start, then expired ones, the last first. */
export function sortSilences(silences: readonly Silence[], nowMs: number): readonly Silence[] {
  const rank = { active: 0, pending: 1, expired: 2 } as const;
  return silences.toSorted((a, b) => {
    const state = silenceStateAt(a, nowMs);
    const byState = rank[state] - rank[silenceStateAt(b, nowMs)];
    if (byState !== 0) return byState;
    if (state === 'pending') return a.startsAtMs - b.startsAtMs;
    return state === 'active' ? a.endsAtMs - b.endsAtMs : b.endsAtMs - a.endsAtMs;
  });
}

/** Exactly three decimals. The formatter takes a time and reads no clock. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

function recordOf(labels: Labels): Readonly<Record<string, string>> {
  return labelsToRecord(labels);
}
