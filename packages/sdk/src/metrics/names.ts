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

type InstrumentType = 'counter' | 'gauge' | 'histogram';

/** Throws on a name that one of the formats would refuse, naming it and the rule. */
export function validateNames(
  type: InstrumentType,
  options: { readonly name: string; readonly labelNames?: readonly string[] },
): void {
  const { name, labelNames = [] } = options;
  const refuse = (reason: string): never => {
    throw new Error(`cannot create ${type} "${name}": ${reason}`);
  };
  if (!METRIC_NAME.test(name)) refuse('the name must match [a-zA-Z_:][a-zA-Z0-9_:]*');
  if (type === 'counter' && !name.endsWith('_total')) refuse('the name of a counter must end in "_total"');
  for (const [i, label] of labelNames.entries()) {
    if (!LABEL_NAME.test(label)) refuse(`label name "${label}" must match [a-zA-Z_][a-zA-Z0-9_]*`);
    if (label.startsWith('__')) refuse(`label name "${label}" is reserved: it starts with "__"`);
    if (type === 'histogram' && label === 'le') refuse('label name "le" is kept for the bounds of buckets');
    if (labelNames.indexOf(label) !== i) refuse(`label name "${label}" comes twice`);
  }
}

/** Names of the samples of an instrument, and the family's own: no two instruments may share one. */
export function sampleNamesOf(type: InstrumentType, name: string): readonly string[] {
  if (type === 'histogram') return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`];
  return type === 'counter' ? [name, name.slice(0, -'_total'.length)] : [name];
}

/** The unit that a family's name (without `_total`) ends in; empty when it names none. */
export function unitOf(family: string): string {
  return UNITS.find((unit) => family.endsWith(`_${unit}`)) ?? '';
}
