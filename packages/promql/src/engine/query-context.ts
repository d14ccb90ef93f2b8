import { sortSliced, type MetricsReader, type Slicer, type StepGrid } from '@vedette/model';
import type { Expr } from '../syntax/ast.ts';
import type { PromqlFeature } from '../syntax/features.ts';
import { Budget } from './budget.ts';
import type { ColumnStream } from './column.ts';
import { QueryAnnotations } from './query-annotations.ts';

/** How one query is evaluated. All durations in ms, above 0. */
export interface QuerySettings {
  readonly lookbackMs: number;
  readonly samplesMax: number;
  readonly subqueryStepMs: number;
  readonly isNameRemovalDelayed: boolean;
  readonly features: ReadonlySet<PromqlFeature>;
  /** Buckets up to this resolution may stand for samples that are there; 0: for none. */
  readonly coarsestMs: number;
  /** Only samples as they came count: downsampled times are as if they were empty. */
  readonly isRawOnly: boolean;
}

export interface QueryContextDeps {
  readonly reader: MetricsReader;
  readonly slicer: Slicer;
  /** Aborts on the caller's wish and at the deadline; its reason is what the query rejects with. */
  readonly signal: AbortSignal;
  readonly settings: QuerySettings;
  /** The grid of the whole query: `@ start()` and `range()` mean this one, also inside subqueries. */
  readonly grid: QueryGrid;
}

/** The steps of a query, and its end, which need not fall on a step: `end()` means the latter. */
export interface QueryGrid extends StepGrid {
  readonly endMs: number;
}

/** What the nodes of one running query share. */
export class QueryContext {
  readonly reader: MetricsReader;
  readonly signal: AbortSignal;
  readonly settings: QuerySettings;
  readonly grid: QueryGrid;
  readonly budget: Budget;
  readonly annotations = new QueryAnnotations();
  samplesTotal = 0;
  seriesRead = 0;
  /** Whether a series lost a type or unit with its name. */
  hasTypedSeries = false;
  readonly #slicer: Slicer;
  #workDone = 0;

  constructor(deps: QueryContextDeps) {
    this.reader = deps.reader;
    this.signal = deps.signal;
    this.settings = deps.settings;
    this.grid = deps.grid;
    this.#slicer = deps.slicer;
    this.budget = new Budget(deps.settings.samplesMax);
  }

  /**
   * Counts work just done (in samples or points touched) and tells whether `pause` is due:
   *
   *     if (context.isPauseDue(count)) await context.pause();
   */
  isPauseDue(work: number): boolean {
    this.#workDone += work + WORK_PER_CALL;
    if (this.#workDone < WORK_PER_QUESTION) return false;
    // Much work at once asks as often as the same work in small parts would have.
    const questions = Math.min(QUESTIONS_MAX, Math.floor(this.#workDone / WORK_PER_QUESTION));
    this.#workDone = 0;
    for (let i = 0; i < questions; i++) if (this.#slicer.shouldYield()) return true;
    // Whether the query was cancelled need not be asked here: that happens while the event loop runs only.
    return false;
  }

  /** Lets the event loop run; throws when the query was cancelled or is late. */
  async pause(): Promise<void> {
    await this.#slicer.yield();
    this.signal.throwIfAborted();
  }

  /** Sorts in place, stable, with pauses; throws when the query was cancelled or is late. */
  async sort<T>(elements: T[], compare: (a: T, b: T) => number): Promise<void> {
    const slicer = { shouldYield: () => this.#slicer.shouldYield(), yield: () => this.pause() };
    await sortSliced(elements, compare, slicer);
  }
}

// The slicer reads the clock at every eighth question; 4,000 points take about 20 µs, so that the
// clock is read every 160 µs and a slice of 5 ms runs over by no more than that.
const WORK_PER_QUESTION = 4000;
const QUESTIONS_MAX = 8;

// Callers ask once a series at least, whose labels, column and group cost from half a microsecond on: without it
// 16,000 series of one sample each, and tens of megabytes of objects, passed between two looks at the clock.
const WORK_PER_CALL = 100;

/** Adding a histogram to another costs some microseconds, copying a float a few nanoseconds. */
const WORK_PER_HISTOGRAM = 1000;

/** The work of visiting so many histograms: with 160 buckets one takes ten times what one with a few does. */
export function workOn(count: number, extraSamples: number): number {
  return WORK_PER_HISTOGRAM * (count + extraSamples / 8);
}

/** The way back into the evaluator for nodes that have children. */
export interface Evaluator {
  readonly context: QueryContext;
  vector(expr: Expr, grid: StepGrid): ColumnStream;
  /** One value per step. */
  scalar(expr: Expr, grid: StepGrid): Promise<Float64Array>;
  string(expr: Expr): string;
}

/** When step `i` is evaluated. */
export function stepTimeMs(grid: StepGrid, step: number): number {
  return grid.startMs + step * grid.stepMs;
}
