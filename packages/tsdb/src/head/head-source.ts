import {
  bug,
  compareLabels,
  formatMatcher,
  type Labels,
  type Matcher,
  type Slicer,
  sortSliced,
  type TimeRange,
} from '@vedette/model';
import { matchSeries } from '../query/match.ts';
import type { SampleBuffer } from '../query/sample-buffer.ts';
import type { Selection, Source } from '../query/source.ts';
import type { Postings } from '../query/postings.ts';
import type { View } from '../views.ts';
import type { Head, HeadView } from './head.ts';
import { HeadIndex } from './head-index.ts';
import type { SortedSeries } from './selection-cache.ts';
import { withCreated } from './selection-growth.ts';

/** The head as one view sees it. */
export class HeadSource implements Source {
  readonly #head: Head;
  readonly #view: View;
  readonly #epochs: HeadView;
  readonly #slicer: Slicer;
  readonly #index: HeadIndex;

  constructor(deps: { head: Head; slicer: Slicer }, view: View, epochs: HeadView) {
    this.#head = deps.head;
    this.#slicer = deps.slicer;
    this.#view = view;
    this.#epochs = epochs;
    this.#index = new HeadIndex(deps.head.series);
  }

  index(): Promise<HeadIndex> {
    return Promise.resolve(this.#index);
  }

  /** While the view is capturing. */
  overlaps(series: number, range: TimeRange): boolean {
    const end = this.#head.endAt(series, this.#view.seq);
    return this.#head.overlaps(series, this.#epochs, end, range.fromMs, range.untilMs);
  }

  /** Deleting moves the samples to a block first. */
  isDeleted(): boolean {
    return false;
  }

  finish(): void {
    this.#view.captured();
  }

  /** Captures: until this resolves the view must be capturing. */
  async select(matchers: readonly Matcher[], range: TimeRange, signal: AbortSignal): Promise<Selection> {
    const slicer = untilAborted(this.#slicer, signal);
    const { series: table, selections } = this.#head;
    const { version } = table;
    const key = matchers.map(formatMatcher).join();
    const known = this.#findKnown(key, matchers);
    const ids = known?.ids ?? (await matchSeries(this.#index, matchers, slicer));
    const { ends, isKept } = await this.#capture(ids, range, slicer);
    this.#view.captured();
    if (known !== undefined) return await this.#keep({ ...known, ends }, isKept, slicer);
    // Sorting is long, so it comes after capturing, for which batches wait.
    const order = await this.#sort(ids, slicer);
    const sorted = new Uint32Array(order.length);
    const sortedEnds = new Uint32Array(order.length);
    const sortedKept = new Uint8Array(order.length);
    const labels: Labels[] = [];
    for (const [i, one] of order.entries()) {
      sorted[i] = one.series;
      sortedEnds[i] = ends[one.at] ?? 0;
      sortedKept[i] = isKept[one.at] ?? 0;
      labels.push(one.labels);
      if ((i & 255) === 0 && slicer.shouldYield()) await slicer.yield();
    }
    // What came meanwhile is added when it is asked for; what went makes it worth nothing.
    if (table.createdSince(version) !== undefined) selections.keep(key, version, { ids: sorted, labels });
    return await this.#keep({ ids: sorted, labels, ends: sortedEnds }, sortedKept, slicer);
  }

  /** The series that have something in the range. */
  async #keep(all: CapturedSeries, isKept: Uint8Array, slicer: Slicer): Promise<HeadSelection> {
    if (!isKept.includes(0)) return new HeadSelection(this.#head, this.#epochs, all);
    const ids = new Uint32Array(all.ids.length);
    const ends = new Uint32Array(all.ids.length);
    const labels: Labels[] = [];
    for (const [i, own] of all.labels.entries()) {
      if ((i & 255) === 0 && slicer.shouldYield()) await slicer.yield();
      if (isKept[i] === 0) continue;
      ids[labels.length] = all.ids[i] ?? 0;
      ends[labels.length] = all.ends[i] ?? 0;
      labels.push(own);
    }
    const kept = { ids: ids.subarray(0, labels.length), labels, ends: ends.subarray(0, labels.length) };
    return new HeadSelection(this.#head, this.#epochs, kept);
  }

  /** What the selector found the last time, and what came since; `undefined` when it is to be looked for anew. */
  #findKnown(key: string, matchers: readonly Matcher[]): SortedSeries | undefined {
    const { series: table, selections } = this.#head;
    const known = selections.find(key);
    if (known === undefined || known.version === table.version) return known?.series;
    const created = table.createdSince(known.version);
    if (created === undefined) return undefined;
    const grown = withCreated(known.series, created, { table, matchers });
    selections.keep(key, table.version, grown);
    return grown;
  }

  /** Where each series ends for the view, and whether it has something in the range. */
  async #capture(
    ids: Postings,
    range: TimeRange,
    slicer: Slicer,
  ): Promise<{ ends: Uint32Array; isKept: Uint8Array }> {
    const ends = new Uint32Array(ids.length);
    const isKept = new Uint8Array(ids.length);
    for (let i = 0; i < ids.length; i++) {
      const series = ids[i] ?? 0;
      const end = this.#head.endAt(series, this.#view.seq);
      ends[i] = end;
      if (this.#head.overlaps(series, this.#epochs, end, range.fromMs, range.untilMs)) isKept[i] = 1;
      if ((i & 63) === 0 && slicer.shouldYield()) await slicer.yield();
    }
    return { ends, isKept };
  }

  /** The series in the order of their label sets, each with its index in `ids`. */
  async #sort(ids: Postings, slicer: Slicer): Promise<{ series: number; at: number; labels: Labels }[]> {
    const named: { series: number; at: number; labels: Labels }[] = [];
    for (const [at, series] of ids.entries()) {
      named.push({ series, at, labels: this.#head.series.labelsOf(series) });
      if ((at & 63) === 0 && slicer.shouldYield()) await slicer.yield();
    }
    await sortSliced(named, (a, b) => compareLabels(a.labels, b.labels), slicer);
    return named;
  }
}

/** Naming and sorting many series takes long and much memory: not for a query that was given up. */
function untilAborted(slicer: Slicer, signal: AbortSignal): Slicer {
  return {
    shouldYield: () => slicer.shouldYield(),
    yield: async () => {
      await slicer.yield();
      signal.throwIfAborted();
    },
  };
}

interface CapturedSeries extends SortedSeries {
  /** Where each series ends for the view. */
  readonly ends: Uint32Array;
}

class HeadSelection implements Selection {
  readonly #head: Head;
  readonly #epochs: HeadView;
  readonly #captured: CapturedSeries;

  constructor(head: Head, epochs: HeadView, captured: CapturedSeries) {
    this.#head = head;
    this.#epochs = epochs;
    this.#captured = captured;
  }

  get count(): number {
    return this.#captured.ids.length;
  }

  labelsAt(position: number): Labels {
    return this.#captured.labels[position] ?? bug(`no series at position ${position}`);
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  read(position: number, range: TimeRange, target: SampleBuffer): void {
    const { ids, ends } = this.#captured;
    this.#head.read(ids[position] ?? 0, this.#epochs, ends[position] ?? 0, range, target);
  }
}
