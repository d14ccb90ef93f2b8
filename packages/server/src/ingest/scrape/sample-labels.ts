import {
  InputError,
  labelsFromPairs,
  labelValueOf,
  METRIC_NAME,
  relabel,
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
  const targetRecord = new Map(pairsOf(targetLabels));
  return {
    map: (exposed) => {
      const page = pageLabelsOf(exposed);
      const merged = options.honorLabels ? honored(page, targetRecord) : overridden(page, targetRecord);
      const labels = relabel(labelsFromPairs(merged), options.metricRelabelRules);
      if (labels === undefined || labels.length === 0) return undefined;
      assertNames(labels, options.isLegacyNames);
      assertLimits(labels, options.limits);
      return labels;
    },
    ofReport: (name) => labelsFromPairs([[METRIC_NAME, name], ...targetRecord]),
  };
}

type Pair = readonly [name: string, value: string];

function pairsOf(flat: readonly string[]): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return pairs;
}

function pageLabelsOf(exposed: readonly string[]): Map<string, string> {
  const page = new Map<string, string>();
  for (const [name, value] of pairsOf(exposed)) {
    if (page.has(name)) throw fault(`label name "${name}" is not unique in metric "${exposed[1] ?? ''}"`);
    page.set(name, value);
  }
  return page;
}

/** A label that the page gives wins, even an empty one: that is how the Pushgateway says "no instance". */
function honored(
  page: ReadonlyMap<string, string>,
  target: ReadonlyMap<string, string>,
): Map<string, string> {
  return new Map([...target, ...page]);
}

/** The target's labels win; what they hide is kept under `exported_` names, shorter names first. */
function overridden(
  page: ReadonlyMap<string, string>,
  target: ReadonlyMap<string, string>,
): Map<string, string> {
  const merged = new Map([...page, ...target]);
  const hidden = [...target.keys()].filter((name) => (page.get(name) ?? '') !== '');
  hidden.sort((a, b) => a.length - b.length);
  for (const name of hidden) {
    let exported = `exported_${name}`;
    while ((merged.get(exported) ?? '') !== '') exported = `exported_${exported}`;
    merged.set(exported, page.get(name) ?? '');
  }
  return merged;
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
