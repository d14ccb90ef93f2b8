import {
  bug,
  type DownsampledView,
  type Labels,
  type Matcher,
  type Slicer,
  type TimeRange,
} from '@vedette/model';
import type { BlockSelection, BlockSource } from '../block/block.ts';
import type { LabelIndex } from '../query/label-index.ts';
import { SampleBuffer } from '../query/sample-buffer.ts';
import { SeriesMerge, type MergedSeries } from '../query/select.ts';
import type { Selection, Source } from '../query/source.ts';
import { BucketBuffer } from './bucket-buffer.ts';
import { BucketReader } from './bucket-reader.ts';
import { columnsOfView, showBuckets, type SampleNotes } from './tier-view.ts';

/** Series merged between two questions to the slicer. */
const SERIES_AT_ONCE = 256;

export interface TierPart {
  readonly resolutionMs: number;
  /** Which times it answers for: buckets that end in it, samples that lie in it. */
  readonly range: TimeRange;
  /** Its blocks, in the order of storing. */
  readonly blocks: readonly BlockSource[];
}

/** The blocks of one resolution as one selection: what several of them have of a bucket is merged before it becomes samples. */
export class TierSelection implements Selection {
  readonly #part: TierPart;
  readonly #view: DownsampledView;
  readonly #notes: SampleNotes;
  readonly #selections: readonly BlockSelection[];
  readonly #series: readonly MergedSeries[];
  readonly #reader = new BucketReader();
  readonly #buckets = new BucketBuffer();
  readonly #samples = new SampleBuffer();
  readonly #bucketRange: TimeRange;

  private constructor(
    { part, view, notes }: { part: TierPart; view: DownsampledView; notes: SampleNotes },
    selections: readonly BlockSelection[],
    series: readonly MergedSeries[],
  ) {
    this.#part = part;
    this.#view = view;
    this.#notes = notes;
    this.#selections = selections;
    this.#series = series;
    this.#bucketRange = bucketRangeOf(part);
  }

  /** `notes` gets what is known of the samples beside their values, series by series as they are read. */
  static async open(
    { part, view, notes }: { part: TierPart; view: DownsampledView; notes: SampleNotes },
    matchers: readonly Matcher[],
    { slicer, signal }: { readonly slicer: Slicer; readonly signal: AbortSignal },
  ): Promise<TierSelection> {
    const selections: BlockSelection[] = [];
    for (const block of part.blocks) {
      signal.throwIfAborted();
      selections.push(await block.select(matchers, bucketRangeOf(part)));
    }
    const merge = new SeriesMerge(selections);
    const series: MergedSeries[] = [];
    for (let more = merge.take(SERIES_AT_ONCE); more.length > 0; more = merge.take(SERIES_AT_ONCE)) {
      for (const one of more) series.push(one);
      if (slicer.shouldYield()) await slicer.yield();
    }
    return new TierSelection({ part, view, notes }, selections, series);
  }

  get count(): number {
    return this.#series.length;
  }

  labelsAt(position: number): Labels {
    return this.#series[position]?.labels ?? bug(`no series ${position} in the selection`);
  }

  async prepare(from: number, until: number): Promise<void> {
    for (const [k, selection] of this.#selections.entries()) {
      let first = Infinity;
      let end = 0;
      for (let position = from; position < until; position++) {
        const own = this.#series[position]?.positions[k] ?? -1;
        if (own < 0) continue;
        first = Math.min(first, own);
        end = own + 1;
      }
      await selection.prepare(Math.min(first, end), end, this.#bucketRange);
    }
  }

  read(position: number, _range: TimeRange, target: SampleBuffer): void {
    const buckets = this.#buckets;
    const samples = this.#samples;
    buckets.clear();
    samples.clear();
    const positions = this.#series[position]?.positions ?? [];
    const wanted = columnsOfView(this.#view);
    for (const [k, selection] of this.#selections.entries()) {
      const own = positions[k] ?? -1;
      if (own >= 0) this.#reader.read(selection, own, this.#bucketRange, { buckets, samples }, wanted);
    }
    const from = target.count;
    const noted = this.#notes.count;
    showBuckets(buckets, this.#view, this.#part.range, target, this.#notes);
    if (samples.count > 0) this.#addSamples(target, from, noted);
  }

  /** Histograms, and the markers behind them, among the samples from index `from` on. */
  #addSamples(target: SampleBuffer, from: number, noted: number): void {
    const { timestampsMs, staleFlags, histograms } = this.#samples.within(0, this.#part.range);
    const shown = target.columns.timestampsMs.slice(from, target.count);
    const added = target.count;
    for (const [i, timestampMs] of timestampsMs.entries()) {
      const { columns, count } = target;
      columns.timestampsMs[count] = timestampMs;
      columns.values[count] = 0;
      columns.staleFlags[count] = staleFlags?.[i] ?? 0;
      const histogram = histograms?.get(i);
      if (histogram !== undefined) target.putHistogram(count, histogram);
      target.count++;
    }
    target.mergeRuns(from, added);
    if (this.#notes.count === noted) return;
    const places = Array.from(target.columns.timestampsMs.subarray(from, target.count));
    this.#notes.rearrange(
      noted,
      Array.from(shown, (timestampMs) => places.indexOf(timestampMs)),
      places.length,
    );
  }
}

/** Ends of the buckets that have a time in the part's range. */
function bucketRangeOf({ range, resolutionMs }: TierPart): TimeRange {
  return { fromMs: range.fromMs, untilMs: range.untilMs + resolutionMs - 1 };
}

/** A block of buckets among sources that are asked for labels only. */
export class TierLabels implements Source {
  readonly #block: BlockSource;
  readonly #resolutionMs: number;

  constructor(block: BlockSource, resolutionMs: number) {
    this.#block = block;
    this.#resolutionMs = resolutionMs;
  }

  index(): Promise<LabelIndex> {
    return this.#block.index();
  }

  overlaps(series: number, range: TimeRange): boolean {
    return this.#block.overlaps(series, this.#bucketRange(range));
  }

  isDeleted(series: number, range: TimeRange): boolean {
    return this.#block.isDeleted(series, this.#bucketRange(range));
  }

  finish(): void {
    this.#block.finish();
  }

  select(matchers: readonly Matcher[], range: TimeRange): Promise<Selection> {
    return this.#block.select(matchers, this.#bucketRange(range));
  }

  #bucketRange({ fromMs, untilMs }: TimeRange): TimeRange {
    return { fromMs, untilMs: untilMs + this.#resolutionMs - 1 };
  }
}

/** A selection of samples of which those up to a time are left out: buckets answer for them. */
export class SamplesAfter implements Selection {
  readonly #selection: Selection;
  readonly #before: readonly TimeRange[];

  constructor(selection: Selection, untilMs: number) {
    this.#selection = selection;
    this.#before = [{ fromMs: -Infinity, untilMs }];
  }

  get count(): number {
    return this.#selection.count;
  }

  labelsAt(position: number): Labels {
    return this.#selection.labelsAt(position);
  }

  prepare(from: number, until: number, range: TimeRange): Promise<void> {
    return this.#selection.prepare(from, until, range);
  }

  read(position: number, range: TimeRange, target: SampleBuffer): void {
    const from = target.count;
    this.#selection.read(position, range, target);
    target.drop(from, this.#before);
  }
}
