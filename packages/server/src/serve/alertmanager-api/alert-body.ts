/** `POST /api/v2/alerts`: what Prometheus and amtool send. */
import { labelsFromPairs, type Labels } from '@vedette/model';
import type { AlertPost } from '../../alert/index.ts';
import { required, unreadable } from './api-answer.ts';
import { JsonFields, kindOf } from './json-fields.ts';

export interface PostedAlerts {
  readonly alerts: readonly AlertPost[];
  /** Of those that cannot be taken; the others are. */
  readonly faults: readonly string[];
}

/** Throws `SchemaFault` when one of them is not an alert at all: then none is taken. */
export function postedAlertsOf(
  body: unknown,
  { nowMs, resolveTimeoutMs }: { readonly nowMs: number; readonly resolveTimeoutMs: number },
): PostedAlerts {
  if (body === undefined) throw required('alerts');
  if (body !== null && !Array.isArray(body))
    throw unreadable(
      'alerts',
      `json: cannot unmarshal ${kindOf(body)} into Go value of type models.PostableAlerts`,
    );
  const alerts: AlertPost[] = [];
  const faults: string[] = [];
  for (const [i, value] of (body ?? []).entries()) {
    const posted = alertOf(fieldsOf(value, i), nowMs, resolveTimeoutMs);
    if (typeof posted === 'string') faults.push(posted);
    else alerts.push(posted);
  }
  return { alerts, faults };
}

/** The decoder reads these before the rest, into a struct without a name. */
const EARLY_FIELDS = new Set(['annotations', 'startsAt', 'endsAt']);

function fieldsOf(value: unknown, i: number): JsonFields {
  const goNameOf = (key: string): string => `${EARLY_FIELDS.has(key) ? '' : 'Alert'}.${key}`;
  return new JsonFields(value, { name: 'alerts', place: String(i), goNameOf }, 'value of type models.Alert');
}

/** The alert, or what is wrong with it. */
function alertOf(fields: JsonFields, nowMs: number, resolveTimeoutMs: number): AlertPost | string {
  const labels = labelSetOf(fields.requiredTextMap('labels'));
  const annotations = labelSetOf(fields.textMap('annotations') ?? []);
  const startsAt = fields.time('startsAt');
  const endsAt = fields.time('endsAt');
  const generatorUrl = fields.uri('generatorURL') ?? '';
  const startsAtMs = startsAt?.ms ?? endsAt?.ms ?? nowMs;
  const assumedEndMs = nowMs + resolveTimeoutMs;
  if ((endsAt?.ms ?? assumedEndMs) < startsAtMs) return 'start time must be before end time';
  if (typeof labels === 'string') return `invalid label set: ${labels}`;
  if (labels.length === 0) return 'at least one label pair required';
  if (typeof annotations === 'string') return `invalid annotations: ${annotations}`;
  const common = {
    labels,
    annotations,
    generatorUrl,
    startsAtMs,
    startsAtText: (startsAt ?? endsAt)?.text,
  };
  if (endsAt === undefined) return { ...common, status: 'firing', expiry: 'assumed', endsAtMs: assumedEndMs };
  const end = { endsAtMs: endsAt.ms, endsAtText: endsAt.text };
  if (endsAt.ms <= nowMs) return { ...common, ...end, status: 'resolved' };
  return { ...common, ...end, status: 'firing', expiry: 'stated' };
}

/** Without empty values, or what is wrong with a name. */
function labelSetOf(pairs: readonly (readonly [string, string])[]): Labels | string {
  for (const [name, value] of pairs) {
    if (name === '' || !name.isWellFormed()) return `invalid name ${JSON.stringify(name)}`;
    if (!value.isWellFormed()) return `invalid value ${JSON.stringify(value)}`;
  }
  return labelsFromPairs(pairs.filter(([, value]) => value !== ''));
}
