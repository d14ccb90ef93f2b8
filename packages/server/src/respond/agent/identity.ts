/**
 * Which labels of an alert say what it is about. Labels that tell people how to treat it (severity, team) are on no
 * series; those that a rule adds, or this server to all alerts, neither.
 */
import { formatMatcher, METRIC_NAME, quotePattern, type Labels } from '@vedette/model';

/** The most telling first within each level. */
const LEVELS = {
  instance: ['instance', 'pod', 'pod_name', 'container_id', 'host', 'hostname', 'node', 'nodename', 'device'],
  service: [
    'service',
    'service_name',
    'app',
    'app_kubernetes_io_name',
    'application',
    'deployment',
    'statefulset',
    'daemonset',
    'container',
    'name',
  ],
  scope: ['job', 'namespace', 'k8s_namespace_name', 'cluster', 'zone', 'region'],
} as const;
export type IdentityLevel = keyof typeof LEVELS;

export const SERVICE_LABELS: readonly string[] = LEVELS.service;
/** Of what one thing runs as; a device is part of one. */
export const INSTANCE_LABELS: readonly string[] = LEVELS.instance.filter((name) => name !== 'device');

const LEVEL_BY_NAME = new Map<string, IdentityLevel>(
  (['instance', 'service', 'scope'] as const).flatMap((level) =>
    LEVELS[level].map((name): [string, IdentityLevel] => [name, level]),
  ),
);

/** What a shared label is worth where several things have it in common: the narrower, the more. */
const WEIGHTS: Readonly<Record<IdentityLevel, number>> = { instance: 3, service: 2, scope: 1 };

const PEOPLE_LABELS: ReadonlySet<string> = new Set([
  METRIC_NAME,
  'alertgroup',
  'alertname',
  'alertstate',
  'level',
  'monitor',
  'owner',
  'page',
  'priority',
  'prometheus',
  'prometheus_replica',
  'receiver',
  'runbook',
  'runbook_url',
  'severity',
  'sev',
  'team',
  'urgency',
]);

// Nobody names a host in more than this; longer values are texts, and a query with one is longer than any answer.
const VALUE_CHARS_MAX = 300;

export function levelOf(name: string): IdentityLevel | undefined {
  return LEVEL_BY_NAME.get(name);
}

/** 0: the label says nothing of what an alert is about. */
export function weightOf(name: string): number {
  if (PEOPLE_LABELS.has(name)) return 0;
  const level = levelOf(name);
  return level === undefined ? 1.5 : WEIGHTS[level];
}

export type LabelPair = readonly [name: string, value: string];

/** Labels that may stand on series of what the alert is about; `ignored`: those that were added to it. */
export function identityOf(labels: Labels, ignored: ReadonlySet<string>): readonly LabelPair[] {
  const pairs: LabelPair[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] ?? '';
    const value = labels[i + 1] ?? '';
    if (!PEOPLE_LABELS.has(name) && !ignored.has(name) && value.length <= VALUE_CHARS_MAX)
      pairs.push([name, value]);
  }
  return pairs;
}

export function pairsAt(pairs: readonly LabelPair[], level: IdentityLevel): readonly LabelPair[] {
  return pairs.filter(([name]) => levelOf(name) === level);
}

/** `up{instance="a", job="b"}`; the values are texts, whatever they contain. */
export function selectorOf(metric: string | undefined, pairs: readonly LabelPair[]): string {
  const isPlain = metric !== undefined && /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric);
  const own = metric === undefined || isPlain ? [] : [JSON.stringify(metric)];
  const parts = [...own, ...pairs.map(([name, value]) => formatMatcher({ name, op: '=', value }))];
  const head = isPlain ? metric : '';
  return parts.length === 0 && head !== '' ? head : `${head}{${parts.join(', ')}}`;
}

/** `=~"a|b"` for values that are texts. */
export function anyOf(name: string, values: readonly string[]): string {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return formatMatcher({ name, op: '=', value: only });
  return formatMatcher({ name, op: '=~', value: values.map(quotePattern).join('|') });
}
