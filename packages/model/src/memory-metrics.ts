import type { Exemplar, SeriesExemplars } from './exemplar.ts';
import { compareLabels, labelsKeyOf, labelValueOf, type Labels } from './labels.ts';
import type { Matcher } from './matcher.ts';
import type { MetricMetadata } from './metric-metadata.ts';
import type { LabelRequest, MetricsReader, Page, SeriesSamples, TimeRange } from './metrics-reader.ts';
import type { NativeHistogram } from './native-histogram.ts';
import { compareUtf8 } from './utf8.ts';

/**
 * Samples in plain arrays behind the port `MetricsReader`: for tests, scripts and simulations of some
 * million samples. Samples may be added in any order; of two at one time the later one counts.
 */
export class MemoryMetrics implements MetricsReader {
  readonly #series = new Map<string, MemorySeries>();
  readonly #metadata: readonly MetricMetadata[];
  readonly #exemplars: { readonly labels: Labels; readonly exemplar: Exemplar }[] = [];

  constructor(metadata: readonly MetricMetadata[] = []) {
    this.#metadata = metadata;
  }

  /** `startMs`: when the counter began; 0 where unknown. */
  add(labels: Labels, timestampMs: number, value: number, startMs = 0): void {
    this.#put(labels, { timestampMs, value, kind: 'float', startMs });
  }

  addStaleMarker(labels: Labels, timestampMs: number): void {
    this.#put(labels, { timestampMs, value: 0, kind: 'stale', startMs: 0 });
  }

  addHistogram(labels: Labels, timestampMs: number, histogram: NativeHistogram, startMs = 0): void {
    this.#put(labels, { timestampMs, value: 0, kind: 'histogram', histogram, startMs });
  }

  addExemplar(labels: Labels, exemplar: Exemplar): void {
    this.#exemplars.push({ labels, exemplar });
  }

  clear(): void {
    this.#series.clear();
    this.#exemplars.length = 0;
  }

  async *select(
    matchers: readonly Matcher[],
    range: TimeRange,
    signal: AbortSignal,
  ): AsyncIterable<readonly SeriesSamples[]> {
    const matching = this.#matching([matchers]);
    for (let from = 0; from < matching.length; from += SERIES_PER_BATCH) {
      signal.throwIfAborted();
      const batch: SeriesSamples[] = [];
      for (const series of matching.slice(from, from + SERIES_PER_BATCH)) {
        const samples = columnsOf(series, range);
        if (samples.timestampsMs.length > 0) batch.push(samples);
      }
      if (batch.length > 0) yield batch;
      await Promise.resolve();
    }
  }

  async series({ matcherSets, range, limit }: LabelRequest): Promise<Page<Labels>> {
    return page(
      this.#matching(matcherSets, range).map((series) => series.labels),
      limit,
    );
  }

  async labelNames({ matcherSets, range, limit }: LabelRequest): Promise<Page<string>> {
    const names = new Set<string>();
    for (const { labels } of this.#matching(matcherSets, range))
      for (let i = 0; i < labels.length; i += 2) names.add(labels[i] ?? '');
    return page([...names].sort(compareUtf8), limit);
  }

  async labelValues(name: string, { matcherSets, range, limit }: LabelRequest): Promise<Page<string>> {
    const values = new Set<string>();
    for (const { labels } of this.#matching(matcherSets, range)) values.add(labelValueOf(labels, name));
    values.delete('');
    return page([...values].sort(compareUtf8), limit);
  }

  metadata(family?: string): readonly MetricMetadata[] {
    return this.#metadata.filter((entry) => family === undefined || entry.family === family);
  }

  async exemplars(
    matcherSets: readonly (readonly Matcher[])[],
    { fromMs, untilMs }: TimeRange,
  ): Promise<readonly SeriesExemplars[]> {
    const found = new Map<string, { labels: Labels; exemplars: Exemplar[] }>();
    for (const { labels, exemplar } of this.#exemplars) {
      if (exemplar.timestampMs < fromMs || exemplar.timestampMs > untilMs) continue;
      if (!matcherSets.some((set) => satisfiesAll(labels, set))) continue;
      const key = labelsKeyOf(labels);
      const entry = found.get(key) ?? { labels, exemplars: [] };
      entry.exemplars.push(exemplar);
      found.set(key, entry);
    }
    const all = [...found.values()].sort((a, b) => compareLabels(a.labels, b.labels));
    for (const { exemplars } of all) exemplars.sort((a, b) => a.timestampMs - b.timestampMs);
    return all;
  }

  #put(labels: Labels, sample: MemorySample): void {
    const key = labelsKeyOf(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels, samples: [] };
      this.#series.set(key, series);
    }
    const { samples } = series;
    const last = samples.at(-1);
    if (last === undefined || last.timestampMs < sample.timestampMs) samples.push(sample);
    else {
      const at = samples.findIndex((other) => other.timestampMs >= sample.timestampMs);
      samples.splice(at, samples[at]?.timestampMs === sample.timestampMs ? 1 : 0, sample);
    }
  }

  #matching(matcherSets: readonly (readonly Matcher[])[], range?: TimeRange): MemorySeries[] {
    const satisfies = ({ labels }: MemorySeries): boolean =>
      matcherSets.length === 0 || matcherSets.some((set) => satisfiesAll(labels, set));
    return [...this.#series.values()]
      .filter((series) => satisfies(series) && (range === undefined || hasSampleIn(series, range)))
      .sort((a, b) => compareLabels(a.labels, b.labels));
  }
}

const SERIES_PER_BATCH = 256;

interface MemorySeries {
  readonly labels: Labels;
  readonly samples: MemorySample[];
}

interface MemorySample {
  readonly timestampMs: number;
  readonly value: number;
  readonly kind: 'float' | 'stale' | 'histogram';
  readonly startMs: number;
  readonly histogram?: NativeHistogram;
}

function columnsOf({ labels, samples }: MemorySeries, range: TimeRange): SeriesSamples {
  const within = samples.filter((sample) => isWithin(sample, range));
  const histograms = new Map<number, NativeHistogram>();
  for (const [i, { histogram }] of within.entries())
    if (histogram !== undefined) histograms.set(i, histogram);
  const hasStarts = within.some(({ startMs }) => startMs !== 0);
  const isStale = within.some((sample) => sample.kind === 'stale');
  return {
    labels,
    timestampsMs: Float64Array.from(within, (sample) => sample.timestampMs),
    values: Float64Array.from(within, (sample) => sample.value),
    staleFlags: isStale ? Uint8Array.from(within, (sample) => (sample.kind === 'stale' ? 1 : 0)) : undefined,
    histograms: histograms.size > 0 ? histograms : undefined,
    startsMs: hasStarts ? Float64Array.from(within, ({ startMs }) => startMs) : undefined,
  };
}

function satisfiesAll(labels: Labels, matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) => matcher.matches(labelValueOf(labels, matcher.name)));
}

function hasSampleIn(series: MemorySeries, range: TimeRange): boolean {
  return series.samples.some((sample) => isWithin(sample, range));
}

function isWithin({ timestampMs }: MemorySample, { fromMs, untilMs }: TimeRange): boolean {
  return timestampMs >= fromMs && timestampMs <= untilMs;
}

function page<T>(items: readonly T[], limit: number | undefined): Page<T> {
  const isTruncated = limit !== undefined && items.length > limit;
  return { items: isTruncated ? items.slice(0, limit) : items, isTruncated };
}
