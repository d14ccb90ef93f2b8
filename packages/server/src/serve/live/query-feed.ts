import { LIVE_LIMITS, type QuerySubscription } from '@vedette/api';
import { ExpectedError, InputError, type Clock, type Random, type Slicer, type Timer } from '@vedette/model';
import type { PromQuery } from '../../query/metrics/port.ts';
import type { Log } from '../../telemetry/log.ts';
import { FrameLog, type FrameListener, type LiveFrame } from './frame-log.ts';
import { LiveFaultError, liveLimit, SERVER_MISTAKE } from './live-fault.ts';
import type { LiveFeed } from './live-feed.ts';
import type { LiveMetrics } from './live-metrics.ts';
import { isContinuation, QueryMatrix, seriesOf, type ExpressionColumns } from './query-matrix.ts';
import { isMoving, lastPointOf, windowAt, type QueryWindow } from './query-window.ts';

/**
 * The topic `query`: some expressions on one grid, kept up to date.
 *
 * 1. The first `snap()` evaluates the whole window.
 * 2. Shortly after each point of the grid the last two known points and the new ones are evaluated:
 *    samples that arrive late (a scrape takes its time) still come to be seen. That is the delta.
 * 3. When the window jumped (the machine slept, its clock was set), an expression began or ceased to
 *    fail, or vanished series have used up the limit, the whole is evaluated again and goes out as a
 *    snap to everybody.
 *
 * A step begins only when the one before has ended: an expression that takes longer than its step is
 * shown less often, and does not pile up.
 */
export interface QueryFeedDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly query: PromQuery;
  readonly createSlicer: () => Slicer;
  readonly metrics: LiveMetrics;
}

// Feeds of one step would all fall due in the same millisecond; a quarter of a second spreads them
// and leaves the scrapes of that instant time to arrive.
const JITTER_MS_MAX = 250;

/** One evaluation; a chart that takes longer is no live chart. */
const EVALUATION_MS_MAX = 10_000;

interface ExpressionFault {
  readonly q: number;
  readonly message: string;
  readonly position?: number;
}

interface Evaluation {
  readonly columns: readonly ExpressionColumns[];
  readonly faults: readonly ExpressionFault[];
}

export class QueryFeed implements LiveFeed {
  readonly #deps: QueryFeedDeps;
  readonly #params: QuerySubscription;
  readonly #frames: FrameLog;
  readonly #matrix = new QueryMatrix();
  readonly #stop = new AbortController();
  #faults: readonly ExpressionFault[] = [];
  #loaded: Promise<void> | undefined;
  #fault: LiveFaultError | undefined;
  #timer: Timer | undefined;

  constructor(deps: QueryFeedDeps, params: QuerySubscription) {
    this.#deps = deps;
    this.#params = params;
    this.#frames = new FrameLog(deps.clock);
  }

  get seq(): number {
    return this.#frames.seq;
  }

  get seriesCount(): number {
    return this.#matrix.seriesCount;
  }

  get hasFailed(): boolean {
    return this.#fault !== undefined;
  }

  framesSince(seq: number): readonly LiveFrame[] | undefined {
    return this.#loaded === undefined ? undefined : this.#frames.since(seq);
  }

  attach(listener: FrameListener): () => void {
    return this.#frames.attach(listener);
  }

  close(): void {
    this.#timer?.cancel();
    this.#stop.abort(new Error('nobody watches any more'));
  }

  async snap(): Promise<LiveFrame> {
    this.#loaded ??= this.#load();
    await this.#loaded;
    for (;;) {
      const { seq } = this.#frames;
      const json = await this.#snapJson();
      if (this.#fault !== undefined) throw this.#fault;
      // A step came between two slices of the text: what was written is of two times.
      if (seq === this.#frames.seq) return { op: 'snap', seq, json };
    }
  }

  /** The first evaluation; what fails as a whole is kept as the feed's fault. */
  async #load(): Promise<void> {
    try {
      await this.#evaluateWhole(windowAt(this.#params, this.#deps.clock.nowMs()));
      this.#scheduleStep();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #evaluateWhole(window: QueryWindow): Promise<void> {
    const { columns, faults } = await this.#evaluate(window, window.t0);
    const seriesCount = columns.reduce((sum, { series }) => sum + series.length, 0);
    if (seriesCount > LIVE_LIMITS.seriesMax)
      throw liveLimit(
        `cannot show ${seriesCount} series live: seriesMax is ${LIVE_LIMITS.seriesMax}; narrow the selector or aggregate`,
      );
    this.#matrix.replace(window, columns);
    this.#faults = faults;
  }

  #scheduleStep(): void {
    const { clock, random } = this.#deps;
    const nowMs = clock.nowMs();
    if (this.#stop.signal.aborted || !isMoving(this.#params, nowMs)) return;
    const { step } = this.#params;
    const untilNextMs = (Math.floor(nowMs / step) + 1) * step - nowMs;
    this.#timer = clock.setTimer(untilNextMs + random.float() * JITTER_MS_MAX, () => void this.#step());
  }

  /** Never rejects. */
  async #step(): Promise<void> {
    try {
      await this.#advance(windowAt(this.#params, this.#deps.clock.nowMs()));
    } catch (error) {
      this.#fail(error);
    }
    if (this.#fault === undefined) this.#scheduleStep();
  }

  async #advance(window: QueryWindow): Promise<void> {
    const before = this.#matrix.window;
    if (window.n === before.n && window.t0 === before.t0) return;
    if (isContinuation(before, window)) {
      const fromMs = Math.max(window.t0, lastPointOf(before) - before.step);
      const { columns, faults } = await this.#evaluate(window, fromMs);
      if (sameFaults(faults, this.#faults)) {
        const json = this.#matrix.advance(window, fromMs, columns);
        if (this.#matrix.seriesCount <= LIVE_LIMITS.seriesMax) return this.#frames.push('delta', json);
      }
    }
    await this.#evaluateWhole(window);
    this.#frames.push('snap', await this.#snapJson());
  }

  async #snapJson(): Promise<string> {
    const errors = this.#faults.length === 0 ? '' : `,"errors":${JSON.stringify(this.#faults)}`;
    return `${await this.#matrix.snapJson(this.#deps.createSlicer())}${errors}}`;
  }

  /** All expressions on the window's points from `fromMs` on. Faults of single expressions are part of the answer. */
  async #evaluate(window: QueryWindow, fromMs: number): Promise<Evaluation> {
    if (window.n === 0) return { columns: [], faults: [] };
    const grid = { startMs: fromMs, endMs: lastPointOf(window), stepMs: window.step };
    const answers = await Promise.all(this.#params.exprs.map((expr, q) => this.#evaluateOne(expr, q, grid)));
    return {
      columns: answers.filter((answer) => 'series' in answer),
      faults: answers.filter((answer) => 'message' in answer),
    };
  }

  async #evaluateOne(
    expr: string,
    q: number,
    grid: { readonly startMs: number; readonly endMs: number; readonly stepMs: number },
  ): Promise<ExpressionColumns | ExpressionFault> {
    this.#deps.metrics.evaluations.inc();
    try {
      const options = { timeoutMs: EVALUATION_MS_MAX };
      const result = await this.#deps.query.range({ expr, ...grid, options }, this.#stop.signal);
      const series = seriesOf(result);
      if (series === undefined) return { q, message: `cannot draw the expression: it is a ${result.kind}` };
      return { q, series };
    } catch (error) {
      if (this.#stop.signal.aborted) throw error;
      if (error instanceof ExpectedError) return faultOf(error, expr, q);
      this.#deps.log.error('cannot evaluate a live expression', { error });
      return { q, message: SERVER_MISTAKE };
    }
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#fault =
      error instanceof LiveFaultError
        ? error
        : new LiveFaultError('VED_QUERY_EXECUTION', SERVER_MISTAKE, { cause: error });
    if (this.#fault !== error) this.#deps.log.error('cannot compute a live query', { error });
    this.#frames.push('fault', 'null');
  }
}

function faultOf(error: ExpectedError, expr: string, q: number): ExpressionFault {
  const { message } = error;
  const position = error instanceof InputError ? positionOf(message, expr) : undefined;
  return position === undefined ? { q, message } : { q, message, position };
}

/** The offset of `line:column` (from 1) at the head of a parse error. */
export function positionOf(message: string, expr: string): number | undefined {
  const match = /(?:^|[ (])(\d+):(\d+): /.exec(message);
  if (match === null) return undefined;
  const linesBefore = expr.split('\n').slice(0, Number(match[1]) - 1);
  const offset = linesBefore.reduce((sum, line) => sum + line.length + 1, 0) + Number(match[2]) - 1;
  return Math.min(offset, expr.length);
}

function sameFaults(a: readonly ExpressionFault[], b: readonly ExpressionFault[]): boolean {
  return (
    a.length === b.length && a.every((fault, i) => fault.q === b[i]?.q && fault.message === b[i].message)
  );
}
