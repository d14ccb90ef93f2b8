import {
  compareUtf8,
  InputError,
  labelsFromSorted,
  labelValueOf,
  METRIC_NAME,
  relabel,
  withLabel,
  type Labels,
  type RelabelRule,
} from '@vedette/model';

/** Turns labels as a page writes them into the labels of the stored series. */
export interface SampleLabels {
  /** The final labels, or `undefined` when relabelling drops the series. Throws `InputError` when the scrape must fail. */
  map(exposed: readonly string[]): Labels | undefined;
  /** Labels of a series that the scraper itself reports, such as `up`. */
  ofReport(name: string): Labels;
}

export interface SampleLabelsOptions {
  /** What the target adds to each of its series. */
  readonly targetLabels: Labels;
  /** True: a label of the page wins over the target's. False: it is kept as `exported_…`. */
  readonly honorLabels: boolean;
  readonly metricRelabelRules: readonly RelabelRule[];
  readonly limits: LabelLimits;
  /** Refuse names beyond ASCII letters, digits, `_` and `:`. */
  readonly isLegacyNames: boolean;
}

/** Inclusive upper bounds, over the labels that are stored. */
export interface LabelLimits {
  /** Labels per series, the metric name included. */
  readonly labelCountMax: number;
  readonly nameBytesMax: number;
  readonly valueBytesMax: number;
}

export function createSampleLabels(options: SampleLabelsOptions): SampleLabels {
  const { targetLabels } = options;
  return {
    map: (exposed) => {
      const merged = options.honorLabels ? honored(exposed, targetLabels) : overridden(exposed, targetLabels);
      const labels = relabel(sorted(merged), options.metricRelabelRules);
      if (labels === undefined || labels.length === 0) return undefined;
      assertNames(labels, options.isLegacyNames);
      assertLimits(labels, options.limits);
      return labels;
    },
    ofReport: (name) => withLabel(targetLabels, METRIC_NAME, name),
  };
}

type Pair = readonly [name: string, value: string];

/** Names and values of a flat list. */
export function pairsOf(flat: readonly string[]): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return pairs;
}

/** A label that the page gives wins, even an empty one: that is how the Pushgateway says "no instance". */
function honored(exposed: readonly string[], target: Labels): Pair[] {
  const merged = pairsOf(exposed);
  for (const pair of pairsOf(target)) if (!merged.some(([name]) => name === pair[0])) merged.push(pair);
  return merged;
}

/** The target's labels win; what they hide is kept under `exported_` names, shorter names first. */
function overridden(exposed: readonly string[], target: Labels): Pair[] {
  const merged = pairsOf(target);
  const hidden: Pair[] = [];
  for (const pair of pairsOf(exposed)) {
    const isHidden = labelValueOf(target, pair[0]) !== '';
    if (!isHidden) merged.push(pair);
    else if (hidden.some(([name]) => name === pair[0])) throw repeated(pair[0]);
    else if (pair[1] !== '') hidden.push(pair);
  }
  hidden.sort((a, b) => a[0].length - b[0].length);
  for (const [name, value] of hidden) {
    let exported = `exported_${name}`;
    while (merged.some((pair) => pair[0] === exported && pair[1] !== '')) exported = `exported_${exported}`;
    merged.push([exported, value]);
  }
  return merged;
}

/** Labels in their order, without empty ones. A name that stands twice is the page's fault. */
function sorted(pairs: Pair[]): Labels {
  pairs.sort((a, b) => compareUtf8(a[0], b[0]));
  const flat: string[] = [];
  for (const [i, [name, value]] of pairs.entries()) {
    if (i > 0 && pairs[i - 1]?.[0] === name) throw repeated(name);
    if (value !== '') flat.push(name, value);
  }
  return labelsFromSorted(flat);
}

function repeated(name: string): InputError {
  return fault(`label name "${name}" is not unique`);
}

const LEGACY_METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function assertNames(labels: Labels, isLegacyNames: boolean): void {
  const metric = labelValueOf(labels, METRIC_NAME);
  if (metric === '') throw fault('missing metric name (__name__ label)');
  const isValid =
    !labels.some((part, i) => i % 2 === 0 && part === '') &&
    (!isLegacyNames ||
      (LEGACY_METRIC_NAME.test(metric) &&
        labels.every((part, i) => i % 2 === 1 || LEGACY_LABEL_NAME.test(part))));
  if (!isValid) throw fault(`invalid metric name or label names in metric "${metric}"`);
}

function assertLimits(labels: Labels, limits: LabelLimits): void {
  const labelCount = labels.length / 2;
  if (labelCount > limits.labelCountMax)
    throw fault(
      `label_limit exceeded (metric: ${shortened(labelValueOf(labels, METRIC_NAME))}, number of labels: ${labelCount}, limit: ${limits.labelCountMax})`,
    );
  for (const [name, value] of pairsOf(labels)) {
    if (isLonger(name, limits.nameBytesMax))
      throw fault(
        `label_name_length_limit exceeded (metric: ${shortened(labelValueOf(labels, METRIC_NAME))}, label name: ${shortened(name)}, length: ${Buffer.byteLength(name)}, limit: ${limits.nameBytesMax})`,
      );
    if (isLonger(value, limits.valueBytesMax))
      throw fault(
        `label_value_length_limit exceeded (metric: ${shortened(labelValueOf(labels, METRIC_NAME))}, label name: ${shortened(name)}, value: "${shortened(value)}", length: ${Buffer.byteLength(value)}, limit: ${limits.valueBytesMax})`,
      );
  }
}

/** A UTF-16 unit is at most three bytes: most texts need no count. */
function isLonger(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax;
}

function shortened(text: string): string {
  return text.slice(0, 50);
}

function fault(message: string): InputError {
  return new InputError('VED_SCRAPE_FAILED', message);
}
