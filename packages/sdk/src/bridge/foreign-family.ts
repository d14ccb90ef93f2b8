import type { Exemplar, FamilyView, MetricType, SampleIdentity } from '../metrics/instruments.ts';
import { boundedLabelValue } from '../metrics/label-values.ts';
import { isLabelName, isMetricName } from '../metrics/names.ts';
import { identityOf } from '../metrics/series-table.ts';

/** What a metric of another registry answered, found to be none. */
export interface InvalidFamily {
  readonly name: string;
  readonly fault: string;
}

interface ForeignSample {
  readonly identity: SampleIdentity;
  readonly value: number;
  readonly exemplar: Exemplar | undefined;
}

class Invalid extends Error {}

/** A family of another registry as ours are; its values are those of the reading, not live. */
export function foreignFamilyOf(
  metric: unknown,
  { isOpenMetrics }: { isOpenMetrics: boolean },
): FamilyView | InvalidFamily {
  const { name, help, type, values } = (metric ?? {}) as Readonly<Record<string, unknown>>;
  const shownName = typeof name === 'string' ? name.slice(0, NAME_CHARS_SHOWN) : '';
  try {
    if (typeof name !== 'string' || !isMetricName(name)) throw new Invalid('its name is none of the format');
    const ownType = typeOf(type);
    const isBareCounter = isOpenMetrics && ownType === 'counter' && !name.endsWith('_total');
    const family = { name: isBareCounter ? `${name}_total` : name, type: ownType };
    if (!Array.isArray(values)) throw new Invalid('it has no values');
    const samples = values.map((value: unknown) => sampleOf(family, value));
    const samplesPerSeries = samplesPerSeriesOf(family, samples);
    assertDistinct(samples);
    return viewOf({ ...family, help: typeof help === 'string' ? help : '' }, samples, samplesPerSeries);
  } catch (error) {
    // A getter or `toString` of the other side may throw as well.
    return { name: shownName, fault: error instanceof Error ? error.message : 'it threw' };
  }
}

// Enough to know it by.
const NAME_CHARS_SHOWN = 200;

function typeOf(type: unknown): MetricType {
  switch (type) {
    case 'counter':
    case 'gauge':
    case 'histogram':
    case 'summary':
      return type;
    default:
      throw new Invalid(`its type "${String(type)}" is not known`);
  }
}

interface Family {
  readonly name: string;
  readonly type: MetricType;
}

/** The names that samples of a family have. */
const SUFFIXES: Readonly<Record<MetricType, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  unknown: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

function sampleOf(family: Family, sample: unknown): ForeignSample {
  const { metricName, labels, value, exemplar } = (sample ?? {}) as Readonly<Record<string, unknown>>;
  const name = typeof metricName === 'string' ? metricName : family.name;
  if (!SUFFIXES[family.type].some((suffix) => name === family.name + suffix))
    throw new Invalid(`it has a sample "${name.slice(0, NAME_CHARS_SHOWN)}" that is not its own`);
  if (typeof value !== 'number') throw new Invalid('it has a value that is no number');
  const flat = flatLabelsOf(labels);
  return { identity: identityOf(name, flat), value, exemplar: exemplarOf(exemplar) };
}

/** `le` and `quantile` last, as ours. */
function flatLabelsOf(labels: unknown): readonly string[] {
  if (typeof labels !== 'object' || labels === null) return [];
  const own: string[] = [];
  const last: string[] = [];
  for (const [name, value] of Object.entries(labels)) {
    if (!isLabelName(name)) throw new Invalid(`its label name "${name.slice(0, NAME_CHARS_SHOWN)}" is none`);
    // What is undefined is not set: the clients leave such labels out of their own pages as well.
    if (value === undefined) continue;
    (isPlaceLabel(name) ? last : own).push(name, boundedLabelValue(value));
  }
  return [...own, ...last];
}

function isPlaceLabel(name: string): boolean {
  return name === 'le' || name === 'quantile';
}

function exemplarOf(exemplar: unknown): Exemplar | undefined {
  if (typeof exemplar !== 'object' || exemplar === null) return undefined;
  const { labelSet, value, timestamp } = exemplar as Readonly<Record<string, unknown>>;
  if (typeof value !== 'number' || typeof timestamp !== 'number') return undefined;
  return { labels: flatLabelsOf(labelSet), value, timestampMs: Math.round(timestamp * 1000) };
}

/** Of a histogram and a summary: up to its `_count`. Every series must have the same samples in the same order. */
function samplesPerSeriesOf({ name, type }: Family, samples: readonly ForeignSample[]): number {
  if (type !== 'histogram' && type !== 'summary') return 1;
  if (samples.length === 0) return 2;
  const size = samples.findIndex(({ identity }) => identity.name === `${name}_count`) + 1;
  if (size < 2 || samples.length % size !== 0) throw new Invalid('its series have not the same samples');
  for (const [i, { identity }] of samples.entries()) {
    const first = samples[i % size]?.identity;
    const last = samples[i - (i % size) + size - 1]?.identity;
    const isSamePlace = identity.name === first?.name && placeOf(identity) === placeOf(first);
    if (!isSamePlace || seriesOf(identity) !== (last === undefined ? '' : seriesOf(last)))
      throw new Invalid('its series have not the same samples');
  }
  return size;
}

function placeOf({ labels }: SampleIdentity): string {
  const at = labels.length - 2;
  return isPlaceLabel(labels[at] ?? '') ? (labels[at + 1] ?? '') : '';
}

function seriesOf({ labels }: SampleIdentity): string {
  return JSON.stringify(isPlaceLabel(labels.at(-2) ?? '') ? labels.slice(0, -2) : labels);
}

function assertDistinct(samples: readonly ForeignSample[]): void {
  const texts = new Set(samples.map(({ identity }) => identity.text));
  if (texts.size < samples.length) throw new Invalid('it has two samples with the same labels');
}

function viewOf(
  family: Family & { readonly help: string },
  samples: readonly ForeignSample[],
  samplesPerSeries: number,
): FamilyView {
  const sampleAt = (series: number, sample: number): ForeignSample => {
    const found = samples[series * samplesPerSeries + sample];
    if (found === undefined)
      throw new RangeError(`"${family.name}" has no sample ${sample} in series ${series}`);
    return found;
  };
  return {
    ...family,
    seriesCount: samples.length / samplesPerSeries,
    samplesPerSeries,
    isLive: () => true,
    identityOf: (series, sample) => sampleAt(series, sample).identity,
    textOf: (series, sample) => sampleAt(series, sample).identity.text,
    valueOf: (series, sample) => sampleAt(series, sample).value,
    exemplarOf: (series, sample) => sampleAt(series, sample).exemplar,
  };
}
