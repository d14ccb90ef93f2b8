import type { MetricType } from './instruments.ts';

/** What Prometheus and OpenMetrics allow as names, and what they keep for themselves. */
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Base units a name may end in; OpenMetrics shows them as `# UNIT`. */
const UNITS = [
  'seconds',
  'bytes',
  'ratio',
  'celsius',
  'meters',
  'volts',
  'amperes',
  'joules',
  'grams',
  'hertz',
];

export function isMetricName(name: string): boolean {
  return METRIC_NAME.test(name);
}

/** Those that begin with `__` are Prometheus' own. */
export function isLabelName(name: string): boolean {
  return LABEL_NAME.test(name) && !name.startsWith('__');
}

/** The label that the format adds to samples of this type. */
const KEPT_LABELS: Readonly<Partial<Record<MetricType, string>>> = { histogram: 'le', summary: 'quantile' };
const KEPT_REASONS: Readonly<Record<string, string>> = { le: 'the bounds of buckets', quantile: 'quantiles' };

/** Throws on a name that one of the formats would refuse, naming it and the rule. */
export function validateNames(
  type: MetricType,
  options: { readonly name: string; readonly labelNames: readonly string[] },
): void {
  const { name, labelNames } = options;
  const refuse = (reason: string): never => {
    throw new Error(`cannot create ${type} "${name}": ${reason}`);
  };
  if (!METRIC_NAME.test(name)) refuse('the name must match [a-zA-Z_:][a-zA-Z0-9_:]*');
  if (type === 'counter' && !/._total$/.test(name)) refuse('the name of a counter must end in "_total"');
  const kept = KEPT_LABELS[type];
  for (const [i, label] of labelNames.entries()) {
    if (!LABEL_NAME.test(label)) refuse(`label name "${label}" must match [a-zA-Z_][a-zA-Z0-9_]*`);
    if (label.startsWith('__')) refuse(`label name "${label}" is reserved: it starts with "__"`);
    if (label === kept) refuse(`label name "${label}" is kept for ${KEPT_REASONS[label]}`);
    if (labelNames.indexOf(label) !== i) refuse(`label name "${label}" comes twice`);
  }
}

/** Names of the samples of an instrument, and the family's own: no two instruments may share one. */
export function sampleNamesOf(type: MetricType, name: string): readonly string[] {
  switch (type) {
    case 'histogram':
      return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`];
    case 'summary':
      return [name, `${name}_sum`, `${name}_count`];
    case 'counter':
      return [name, familyNameOf(name)];
    case 'gauge':
    case 'unknown':
      return [name];
  }
}

/** OpenMetrics' name of a counter's family: without `_total`. */
export function familyNameOf(counterName: string): string {
  return counterName.endsWith('_total') ? counterName.slice(0, -'_total'.length) : counterName;
}

/** The unit that a family's name (without `_total`) ends in; empty when it names none. */
export function unitOf(family: string): string {
  return UNITS.find((unit) => family.endsWith(`_${unit}`)) ?? '';
}
