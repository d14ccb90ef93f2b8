import type {
  DownsampledRead,
  DownsampledResolution,
  LabelRequest,
  Labels,
  Matcher,
  MetricMetadata,
  MetricsReader,
  Page,
  SeriesExemplars,
  SeriesSamples,
  Slicer,
  TimeRange,
} from '@vedette/model';

/**
 * A reader that sees whether what was read through it lets an answer be put together from parts: not native histograms,
 * whose hints about resets hang on the sample before, nor downsampled samples, by which windows of the whole range
 * are widened.
 */
export class SplitDetector implements MetricsReader {
  #reader: MetricsReader;
  #isWholeOnly = false;

  constructor(reader: MetricsReader) {
    this.#reader = reader;
  }

  /** It is asked for one query alone: what that reads is seen here. */
  inSlicesOf(slicer: Slicer): this {
    this.#reader = this.#reader.inSlicesOf?.(slicer) ?? this.#reader;
    return this;
  }

  get isWholeOnly(): boolean {
    return this.#isWholeOnly;
  }

  async *select(
    matchers: readonly Matcher[],
    range: TimeRange,
    signal: AbortSignal,
    downsampled?: DownsampledRead,
  ): AsyncGenerator<readonly SeriesSamples[], void, undefined> {
    this.#isWholeOnly ||= downsampled !== undefined;
    for await (const batch of this.#reader.select(matchers, range, signal, downsampled)) {
      this.#isWholeOnly ||= batch.some(({ histograms }) => histograms !== undefined);
      yield batch;
    }
  }

  resolutionOf(range: TimeRange, coarsestMs: number): DownsampledResolution | undefined {
    return this.#reader.resolutionOf?.(range, coarsestMs);
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
