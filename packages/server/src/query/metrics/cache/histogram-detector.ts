import type {
  LabelRequest,
  Labels,
  Matcher,
  MetricMetadata,
  MetricsReader,
  Page,
  SeriesExemplars,
  SeriesSamples,
  TimeRange,
} from '@vedette/model';

/** A reader that sees whether native histograms were among what was read through it. */
export class HistogramDetector implements MetricsReader {
  readonly #reader: MetricsReader;
  #hasHistograms = false;

  constructor(reader: MetricsReader) {
    this.#reader = reader;
  }

  get hasHistograms(): boolean {
    return this.#hasHistograms;
  }

  async *select(
    matchers: readonly Matcher[],
    range: TimeRange,
    signal: AbortSignal,
  ): AsyncGenerator<readonly SeriesSamples[], void, undefined> {
    for await (const batch of this.#reader.select(matchers, range, signal)) {
      this.#hasHistograms ||= batch.some(({ histograms }) => histograms !== undefined);
      yield batch;
    }
  }

  series(request: LabelRequest, signal: AbortSignal): Promise<Page<Labels>> {
    return this.#reader.series(request, signal);
  }

  labelNames(request: LabelRequest, signal: AbortSignal): Promise<Page<string>> {
    return this.#reader.labelNames(request, signal);
  }

  labelValues(name: string, request: LabelRequest, signal: AbortSignal): Promise<Page<string>> {
    return this.#reader.labelValues(name, request, signal);
  }

  metadata(family?: string): readonly MetricMetadata[] {
    return this.#reader.metadata(family);
  }

  exemplars(
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    signal: AbortSignal,
  ): Promise<readonly SeriesExemplars[]> {
    return this.#reader.exemplars(matcherSets, range, signal);
  }
}
