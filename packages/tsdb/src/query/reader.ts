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
  StoredHistory,
  TimeRange,
} from '@vedette/model';
import type { BlockCaches } from '../block/block.ts';
import type { ExemplarBuffer } from '../exemplar/exemplar-buffer.ts';
import { HeadView, type Head } from '../head/head.ts';
import { HeadSource } from '../head/head-source.ts';
import type { MetadataTable } from '../metadata-table.ts';
import type { SettledHistory } from '../settled-history.ts';
import { planTiers, streamTiers } from '../tier/read-tiers.ts';
import { TierLabels } from '../tier/tier-source.ts';
import type { Tiers } from '../tier/tiers.ts';
import type { View, Views } from '../views.ts';
import { queryLabelNames, queryLabelValues, querySeries } from './labels-query.ts';
import { SampleBuffers } from './sample-buffers.ts';
import { mergeSelections } from './select.ts';
import type { Selection, Source } from './source.ts';

/** What is stored outside the head at one moment. */
export interface StoredSources {
  /** Sources that overlap a range, in the order in which they were stored. */
  within(range: TimeRange): readonly Source[];
  /** The epoch that is in the head still but to be read from these sources. */
  readonly hiddenEpoch: number | undefined;
}

export interface ReaderDeps {
  readonly head: Head;
  readonly views: Views;
  readonly slicer: Slicer;
  readonly metadata: MetadataTable;
  readonly exemplars: ExemplarBuffer;
  readonly settled: SettledHistory;
  /** What is stored now. Its files stay until the views that are open now are closed. */
  readonly stored: () => StoredSources;
  /** What is stored downsampled, likewise. */
  readonly tiers: Tiers;
  readonly caches: BlockCaches;
}

/**
 * Reads head and blocks as one. A call fixes its view when it begins to read (`select`: with the first step
 * of the iteration): it notes the last committed batch and the blocks of that moment, and at once begins to
 * capture where the series of the head end.
 */
export class TsdbReader implements MetricsReader {
  readonly #deps: ReaderDeps;
  readonly #buffers: SampleBuffers;

  /** `buffers` are shared by readers of the same samples. */
  constructor(deps: ReaderDeps, buffers = new SampleBuffers()) {
    this.#deps = deps;
    this.#buffers = buffers;
  }

  select(
    matchers: readonly Matcher[],
    range: TimeRange,
    signal: AbortSignal,
    downsampled?: DownsampledRead,
  ): AsyncIterable<readonly SeriesSamples[]> {
    return this.#stream(matchers, range, signal, downsampled);
  }

  resolutionOf(range: TimeRange, coarsestMs: number): DownsampledResolution | undefined {
    const { tiers, caches } = this.#deps;
    const plan = planTiers(tiers, caches, range, coarsestMs);
    const resolutionMs = plan?.parts[0]?.resolutionMs;
    return resolutionMs === undefined ? undefined : { resolutionMs, rawAfterMs: plan?.rawAfterMs ?? 0 };
  }

  inSlicesOf(slicer: Slicer): TsdbReader {
    return new TsdbReader({ ...this.#deps, slicer }, this.#buffers);
  }

  series(request: LabelRequest, signal: AbortSignal): Promise<Page<Labels>> {
    return this.#query(request, signal, querySeries);
  }

  labelNames(request: LabelRequest, signal: AbortSignal): Promise<Page<string>> {
    return this.#query(request, signal, queryLabelNames);
  }

  labelValues(name: string, request: LabelRequest, signal: AbortSignal): Promise<Page<string>> {
    return this.#query(request, signal, (deps, sources, one) => queryLabelValues(deps, sources, name, one));
  }

  async exemplars(
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    signal: AbortSignal,
  ): Promise<readonly SeriesExemplars[]> {
    signal.throwIfAborted();
    return await this.#deps.exemplars.select(matcherSets, range, { slicer: this.#deps.slicer, signal });
  }

  metadata(family?: string): readonly MetricMetadata[] {
    return this.#deps.metadata.list(family);
  }

  history(): StoredHistory {
    return this.#deps.settled.read();
  }

  /** Runs from the first step on: a stream that nobody iterates holds nothing back. */
  async *#stream(
    matchers: readonly Matcher[],
    range: TimeRange,
    signal: AbortSignal,
    downsampled: DownsampledRead | undefined,
  ): AsyncGenerator<readonly SeriesSamples[], void, undefined> {
    signal.throwIfAborted();
    const { slicer, tiers, caches } = this.#deps;
    const plan = downsampled && planTiers(tiers, caches, range, downsampled.coarsestMs);
    const rawFromMs = Math.max(range.fromMs, (plan?.rawAfterMs ?? -Infinity) + 1);
    const { view, sources } = this.#open({ fromMs: rawFromMs, untilMs: range.untilMs });
    // A canceled query whose consumer does not come back must not hold the view either.
    const close = (): void => view.close();
    signal.addEventListener('abort', close, { once: true });
    try {
      const rawRange = { fromMs: rawFromMs, untilMs: range.untilMs };
      const selections = await this.#selectAll(sources, matchers, rawRange, signal);
      if (plan === undefined || downsampled === undefined)
        yield* mergeSelections(selections, range, slicer, signal, { buffers: this.#buffers });
      else yield* streamTiers({ slicer, signal }, plan, { matchers, range, read: downsampled }, selections);
    } catch (error) {
      // A view that was closed under way fails in ways of its own; the reason is the cancelling.
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', close);
      close();
    }
  }

  /** The head comes last: its samples were stored last. It captures first, since batches wait for that. */
  async #selectAll(
    sources: readonly Source[],
    matchers: readonly Matcher[],
    range: TimeRange,
    signal: AbortSignal,
  ): Promise<readonly Selection[]> {
    const [head, ...stored] = sources;
    const selections: Selection[] = [];
    const newest = await head?.select(matchers, range, signal);
    for (const source of stored) {
      signal.throwIfAborted();
      selections.push(await source.select(matchers, range, signal));
    }
    if (newest !== undefined) selections.push(newest);
    return selections;
  }

  async #query<T>(
    request: LabelRequest,
    signal: AbortSignal,
    answer: (
      deps: { slicer: Slicer; signal: AbortSignal },
      sources: readonly Source[],
      request: LabelRequest,
    ) => Promise<Page<T>>,
  ): Promise<Page<T>> {
    signal.throwIfAborted();
    const { view, sources } = this.#openLabels(request.range);
    try {
      return await answer({ slicer: this.#deps.slicer, signal }, sources, request);
    } finally {
      view.close();
    }
  }

  /** Those of `#open`, and the buckets of times for which there are no samples. */
  #openLabels(range: TimeRange): { view: View; sources: readonly Source[] } {
    const { tiers, caches } = this.#deps;
    const { view, sources } = this.#open(range);
    const parts = planTiers(tiers, caches, range, 0)?.parts ?? [];
    const stored = parts.flatMap(({ resolutionMs, blocks }) =>
      blocks.map((block) => new TierLabels(block, resolutionMs)),
    );
    return { view, sources: [...sources, ...stored] };
  }

  /** The head first, then what is stored, in the order in which it was. */
  #open(range: TimeRange): { view: View; sources: readonly Source[] } {
    const stored = this.#deps.stored();
    const view = this.#deps.views.open();
    const head = new HeadSource(this.#deps, view, new HeadView(stored.hiddenEpoch, view.seq));
    return { view, sources: [head, ...stored.within(range)] };
  }
}
