import { METRIC_NAME, seriesKeyOf, withLabel, type Labels, type SampleBatch } from '@vedette/model';
import type { OtlpConfig } from './config.ts';
import type { Steps } from './decode-scope.ts';
import type { DeltaAccumulator } from './delta-accumulator.ts';
import { OTLP_LIMITS } from './limits.ts';
import { MetricSeries, type PointFault } from './metric-series.ts';
import { findMetricName, unitNameOf } from './names.ts';
import type {
  ExponentialPoint,
  HistogramPoint,
  Metric,
  MetricContent,
  NumberPoint,
  PointHead,
  ResourceMetrics,
  SummaryPoint,
  Temporality,
} from './otlp-metrics.ts';
import type { RefusedPoints } from './refused-points.ts';
import type { CommonLabels, SeriesLabels } from './series-labels.ts';
import { SeriesSink } from './series-sink.ts';

export interface TranslationDeps {
  readonly config: OtlpConfig;
  readonly labels: SeriesLabels;
  readonly deltas: DeltaAccumulator;
  readonly refused: RefusedPoints;
  /** Monotonic. */
  readonly nowMs: number;
}

/** Half of the lookback: at every moment between its first and last sample, `target_info` is found. */
const INFO_INTERVAL_MS = 150_000;

/**
 * Translates the resources of one request into batches, as Prometheus translates them.
 *
 * - `samples`: the series of the points, with their starts, exemplars and metadata.
 * - `infos`: `target_info` of each resource that says more of itself than job and instance, with a sample at its
 *   first point, at its last, and in between often enough. It is a batch of its own since it belongs to no point:
 *   what the store refuses of it (a resource whose older points come late) is no fault of the sender.
 */
export class RequestTranslation {
  readonly #deps: TranslationDeps;
  readonly #samples = new SeriesSink();
  readonly #infos = new SeriesSink();
  readonly #families = new Set<string>();
  /** Points that became samples. */
  pointCount = 0;
  #fromMs = Number.POSITIVE_INFINITY;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(deps: TranslationDeps) {
    this.#deps = deps;
  }

  *add({ resource, scopes }: ResourceMetrics): Steps {
    this.#fromMs = Number.POSITIVE_INFINITY;
    this.#untilMs = Number.NEGATIVE_INFINITY;
    for (const scope of scopes) {
      const common = this.#deps.labels.common(resource, scope);
      for (const metric of scope.metrics) yield* this.#addMetric(metric, common);
    }
    const info = this.#untilMs > 0 ? this.#deps.labels.findInfo(resource) : undefined;
    if (info !== undefined) this.#addInfo(info);
  }

  /** To be called once. `undefined` when nothing is to be written. */
  finish(): { readonly samples: SampleBatch | undefined; readonly infos: SampleBatch | undefined } {
    const finished = ({ builder }: SeriesSink): SampleBatch | undefined =>
      builder.sampleCount === 0 ? undefined : builder.finish();
    return { samples: finished(this.#samples), infos: finished(this.#infos) };
  }

  *#addMetric(metric: Metric, common: CommonLabels): Steps {
    yield undefined;
    const { content } = metric;
    if (content.kind === 'none' || content.points.length === 0) return;
    const { config, refused } = this.#deps;
    const name = findMetricName({ ...metric, kind: nameKindOf(content) }, config);
    const temporality = temporalityOf(content);
    if (name === undefined || name.length > OTLP_LIMITS.nameBytesMax)
      refused.add('name', content.points.length, `the metric ${quoted(metric.name)} has no usable name`);
    else if (temporality === 'unspecified')
      refused.add(
        'temporality',
        content.points.length,
        `the metric ${quoted(metric.name)} is neither delta nor cumulative`,
      );
    else {
      this.#addMetadata(name, metric);
      yield* this.#addPoints(content, { name, temporality, common });
    }
  }

  *#addPoints(content: Filled, metric: TranslatedMetric): Steps {
    const { config, deltas, nowMs } = this.#deps;
    const { name, temporality, common } = metric;
    const isCounter = content.kind === 'sum' ? content.isMonotonic : content.kind !== 'gauge';
    const series = new MetricSeries({ sink: this.#samples, deltas }, { name, temporality, isCounter, nowMs });
    const isNative = config.convert_histograms_to_nhcb;
    switch (content.kind) {
      case 'gauge':
      case 'sum':
        yield* this.#each(content.points, common, (point: NumberPoint, labels) =>
          series.addNumber(point, labels),
        );
        break;
      case 'histogram':
        yield* this.#each(content.points, common, (point: HistogramPoint, labels) =>
          series.addHistogram(point, labels, isNative),
        );
        break;
      case 'exponential':
        yield* this.#each(content.points, common, (point: ExponentialPoint, labels) =>
          series.addExponential(point, labels),
        );
        break;
      case 'summary':
        yield* this.#each(content.points, common, (point: SummaryPoint, labels) =>
          series.addSummary(point, labels),
        );
        break;
    }
  }

  /** In increasing time, since that is the order of a series. */
  *#each<T extends PointHead>(
    points: T[],
    common: CommonLabels,
    add: (point: T, labels: Labels) => PointFault | undefined,
  ): Steps {
    points.sort((a, b) => a.timestampMs - b.timestampMs);
    for (const point of points) {
      // A point of many buckets takes as long as many points.
      for (let size = bucketCountOf(point); size >= 0; size -= BUCKETS_PER_PAUSE) yield undefined;
      const fault = this.#findFault(point) ?? this.#addPoint(point, common, add);
      if (fault !== undefined) {
        this.#deps.refused.add(fault.reason, 1, fault.text);
        continue;
      }
      this.pointCount++;
      this.#fromMs = Math.min(this.#fromMs, point.timestampMs);
      this.#untilMs = Math.max(this.#untilMs, point.timestampMs);
    }
  }

  #findFault(point: PointHead): PointFault | undefined {
    const { bucketCountMax, seriesBytesMax } = OTLP_LIMITS;
    if (point.timestampMs === 0) return { reason: 'timestamp', text: 'a data point without a time' };
    const bucketCount = bucketCountOf(point);
    if (bucketCount > bucketCountMax)
      return {
        reason: 'limit',
        text: `a data point with ${bucketCount} buckets, limit is ${bucketCountMax}`,
      };
    if (this.#samples.isFull)
      return {
        reason: 'limit',
        text: `label sets of the request have more than ${seriesBytesMax} bytes; send smaller batches`,
      };
    return undefined;
  }

  #addPoint<T extends PointHead>(
    point: T,
    common: CommonLabels,
    add: (point: T, labels: Labels) => PointFault | undefined,
  ): PointFault | undefined {
    const labels = this.#deps.labels.of(common, point.attributes);
    return typeof labels === 'string' ? labelFault(labels) : add(point, labels);
  }

  #addMetadata(family: string, { description, unit, content }: Metric): void {
    if (this.#families.has(family)) return;
    this.#families.add(family);
    this.#samples.builder.addMetadata({
      family,
      type: metadataTypeOf(content),
      help: description.slice(0, OTLP_LIMITS.helpCharactersMax).toWellFormed(),
      unit: unitNameOf(unit).slice(0, OTLP_LIMITS.helpCharactersMax),
    });
  }

  #addInfo(labels: Labels): void {
    const { builder } = this.#infos;
    this.#infos.openKey(seriesKeyOf(withLabel(labels, METRIC_NAME, 'target_info')));
    const spanMs = this.#untilMs - this.#fromMs;
    const intervalMs = Math.max(INFO_INTERVAL_MS, Math.ceil(spanMs / (OTLP_LIMITS.infoSampleCountMax - 1)));
    for (let atMs = this.#fromMs; atMs < this.#untilMs; atMs += intervalMs) builder.addSample(atMs, 1);
    builder.addSample(this.#untilMs, 1);
    if (this.#families.has('target_info')) return;
    this.#families.add('target_info');
    builder.addMetadata({ family: 'target_info', type: 'gauge', help: 'Target metadata', unit: '' });
  }
}

type Filled = Exclude<MetricContent, { readonly kind: 'none' }>;

interface TranslatedMetric {
  readonly name: string;
  readonly temporality: Temporality;
  readonly common: CommonLabels;
}

/** A bucket costs a label set; some 100 of them take as long as the driver may go on without a look at the clock. */
const BUCKETS_PER_PAUSE = 16;

function bucketCountOf(point: PointHead): number {
  if ('bucketCounts' in point && Array.isArray(point.bucketCounts)) return point.bucketCounts.length;
  if ('quantiles' in point && Array.isArray(point.quantiles)) return point.quantiles.length / 2;
  return 0;
}

/** What has no temporality counts as it is. */
function temporalityOf(content: Filled): Temporality {
  return 'temporality' in content ? content.temporality : 'cumulative';
}

function nameKindOf(content: Filled): 'counter' | 'gauge' | 'other' {
  if (content.kind === 'gauge') return 'gauge';
  return content.kind === 'sum' && content.isMonotonic ? 'counter' : 'other';
}

function metadataTypeOf(content: MetricContent): 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown' {
  switch (content.kind) {
    case 'gauge':
      return 'gauge';
    case 'sum':
      return content.isMonotonic ? 'counter' : 'gauge';
    case 'histogram':
    case 'exponential':
      return 'histogram';
    case 'summary':
      return 'summary';
    case 'none':
      return 'unknown';
  }
}

function labelFault(text: string): PointFault {
  return { reason: text.includes('limit is') ? 'limit' : 'name', text };
}

const SHOWN_CHARACTERS = 80;

function quoted(name: string): string {
  return JSON.stringify(name.length > SHOWN_CHARACTERS ? `${name.slice(0, SHOWN_CHARACTERS)}…` : name);
}
