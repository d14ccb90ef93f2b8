import { compareLabels, type Labels, type Matcher, type Slicer, type TimeRange } from '@vedette/model';
import { matchSeries } from '../query/match.ts';
import type { SampleBuffer } from '../query/sample-buffer.ts';
import { sortSliced } from '../query/sort-sliced.ts';
import type { Selection, Source } from '../query/source.ts';
import type { View } from '../views.ts';
import type { Head, HeadView } from './head.ts';
import { HeadIndex } from './head-index.ts';

/** A series of the head and where it ends for the view. */
interface Captured {
  readonly series: number;
  readonly end: number;
  readonly labels: Labels;
}

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

  finish(): void {
    this.#view.captured();
  }

  /** Captures: until this resolves the view must be capturing. */
  async select(matchers: readonly Matcher[], range: TimeRange): Promise<Selection> {
    const ids = await matchSeries(this.#index, matchers, this.#slicer);
    const captured: Captured[] = [];
    for (let i = 0; i < ids.length; i++) {
      const series = ids[i] ?? 0;
      const end = this.#head.endAt(series, this.#view.seq);
      if (this.#head.overlaps(series, this.#epochs, end, range.fromMs, range.untilMs))
        captured.push({ series, end, labels: this.#head.series.labelsOf(series) });
      if ((i & 63) === 0 && this.#slicer.shouldYield()) await this.#slicer.yield();
    }
    this.#view.captured();
    await sortSliced(captured, (a, b) => compareLabels(a.labels, b.labels), this.#slicer);
    return new HeadSelection(this.#head, this.#epochs, captured);
  }
}

class HeadSelection implements Selection {
  readonly #head: Head;
  readonly #epochs: HeadView;
  readonly #captured: readonly Captured[];

  constructor(head: Head, epochs: HeadView, captured: readonly Captured[]) {
    this.#head = head;
    this.#epochs = epochs;
    this.#captured = captured;
  }

  get count(): number {
    return this.#captured.length;
  }

  labelsAt(position: number): Labels {
    return this.#at(position).labels;
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  read(position: number, range: TimeRange, target: SampleBuffer): void {
    const { series, end } = this.#at(position);
    this.#head.read(series, this.#epochs, end, range, target);
  }

  #at(position: number): Captured {
    const captured = this.#captured[position];
    if (captured === undefined) throw new RangeError(`no series at position ${position}`);
    return captured;
  }
}
