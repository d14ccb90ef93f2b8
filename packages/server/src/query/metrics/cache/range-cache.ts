/**
 * Answers range queries from what earlier ones computed: a dashboard that shows a day and asks again every quarter
 * minute wants one new step, not 1,440.
 *
 * 1. The key is the expression as it is printed, the step, the start modulo the step, and the lookback. Under it lies
 *    one extent: the columns over a stretch of steps, none newer than the border until which history is settled (five
 *    minutes behind the clock, or the window for late samples).
 * 2. A request that shares half of its steps or more with the extent evaluates only what lies before and behind it, and
 *    joins the columns. Otherwise everything is evaluated. Either way the settled steps become the extent.
 * 3. History has a revision (`StoredHistory`). Anything that adds or removes samples behind the border changes it, and
 *    everything is forgotten. When that happens while a part is evaluated, the whole is evaluated anew.
 * 4. The answer is the one that an evaluation would have given, byte for byte. So only expressions whose value
 *    at a step does not hang on the range are kept (`isCacheable`), nothing in which native histograms take part (hints
 *    about resets hang on the sample before) or downsampled samples (which widen windows of the whole range), and remarks only where a part just evaluated makes the same ones: to
 *    which step one belongs nobody knows. In doubt, and when a part fails, the whole is evaluated.
 *
 * Statistics tell what was read now. Rejected: evaluating in aligned blocks of steps, each kept by itself, as others
 * do. It reads a whole block for the sake of one step, and needs many small evaluations for the first answer.
 */
import {
  ExecutionError,
  InputError,
  type Annotations,
  type Clock,
  type MetricsReader,
  type QueryResult,
  type Slicer,
  type StepGrid,
  type StoredHistory,
} from '@vedette/model';
import { printExpr, type Expr } from '@vedette/promql';
import type { MetricsRegistry } from '@vedette/sdk';
import { isCacheable } from './cacheable.ts';
import { createCacheMetrics, type CacheMetrics } from './cache-metrics.ts';
import { ExtentStore, type Extent } from './extent-store.ts';
import { joinColumns, lastStepMs, sizeOf, type ResultColumns } from './result-columns.ts';

export interface RangeCacheDeps {
  readonly clock: Clock;
  readonly slicer: Slicer;
  readonly registry: MetricsRegistry;
  readonly history: NonNullable<MetricsReader['history']>;
}

export interface CachedRequest {
  readonly expr: Expr;
  readonly grid: StepGrid;
  readonly lookbackMs: number;
}

/** Evaluates the request's expression on some of its steps. */
export type EvaluateSteps = (grid: StepGrid) => Promise<Evaluation>;

export interface Evaluation {
  readonly result: QueryResult;
  /** Whether only an evaluation of the whole gives it: native histograms or downsampled samples were read. */
  readonly isWholeOnly: boolean;
}

/** Less in common, and two evaluations cost more than one of everything. */
const SHARED_RATIO_MIN = 1 / 2;

export class RangeCache {
  readonly #deps: RangeCacheDeps;
  readonly #store: ExtentStore;
  readonly #metrics: CacheMetrics;

  constructor(deps: RangeCacheDeps, bytesMax: number) {
    this.#deps = deps;
    this.#store = new ExtentStore(bytesMax);
    this.#metrics = createCacheMetrics(deps.registry, this.#store);
  }

  /** Rejects as `evaluate` does. */
  async answer(request: CachedRequest, evaluate: EvaluateSteps): Promise<QueryResult> {
    const history = this.#deps.history();
    if (this.#store.follow(history.revision)) this.#metrics.forgotten.inc();
    const settled = settledPart(request.grid, history);
    if (settled === undefined || !isCacheable(request.expr)) {
      this.#metrics.requests.inc(1, 'passed');
      return (await evaluate(request.grid)).result;
    }
    const asked: Asked = { key: keyOf(request), grid: request.grid, settled, history, evaluate };
    const extent = this.#store.find(asked.key);
    const joined =
      extent !== undefined && isWorthJoining(extent.grid, request.grid)
        ? await this.#join(asked, extent)
        : undefined;
    return joined ?? (await this.#evaluateWhole(asked, extent));
  }

  async #evaluateWhole(asked: Asked, before: Extent | undefined): Promise<QueryResult> {
    this.#metrics.requests.inc(1, 'miss');
    const { result, isWholeOnly } = await asked.evaluate(asked.grid);
    if (result.kind === 'series' && !isWholeOnly)
      await this.#keep(asked, { parts: [result], annotations: result.annotations, before: undefined });
    else if (before !== undefined) this.#store.drop(asked.key);
    return result;
  }

  /** `undefined` when the parts do not make the answer. */
  async #join(asked: Asked, extent: Extent): Promise<QueryResult | undefined> {
    const { grid, evaluate } = asked;
    const fresh: (QueryResult & ResultColumns)[] = [];
    for (const missing of missingParts(grid, extent.grid)) {
      const part = await evaluate(missing).catch(ignoreRefusal);
      if (part === undefined || part.isWholeOnly || part.result.kind !== 'series') return undefined;
      fresh.push(part.result);
    }
    const annotations = mergedAnnotations(
      extent.annotations,
      fresh.map((part) => part.annotations),
    );
    if (annotations === undefined || !this.#isCurrent(asked)) return undefined;
    const parts = [extent, ...fresh];
    const series = await joinColumns(parts, grid, this.#deps.slicer);
    await this.#keep(asked, { parts, annotations, before: extent });
    this.#metrics.requests.inc(1, fresh.length === 0 ? 'hit' : 'partial');
    return { kind: 'series', grid, series, annotations, stats: summedStats(fresh) };
  }

  /** Makes the settled steps of the parts the extent. */
  async #keep(asked: Asked, { parts, annotations, before }: Kept): Promise<void> {
    const grid = keptGrid(asked, before);
    const isNothingNew =
      before !== undefined &&
      grid.startMs >= before.grid.startMs &&
      lastStepMs(grid) <= lastStepMs(before.grid);
    if (isNothingNew || !this.#isCurrent(asked)) return;
    const columns = { grid, series: await joinColumns(parts, grid, this.#deps.slicer) };
    if (!this.#isCurrent(asked)) return;
    const stepsMax = Math.max(asked.grid.count, before?.stepsMax ?? 0);
    const extent = { ...columns, annotations, stepsMax, sizeBytes: sizeOf(columns) };
    this.#metrics.evicted.inc(this.#store.put(asked.key, extent));
  }

  #isCurrent({ history }: Asked): boolean {
    return this.#deps.history().revision === history.revision;
  }
}

interface Asked {
  readonly key: string;
  readonly grid: StepGrid;
  /** Its steps up to the border. */
  readonly settled: StepGrid;
  readonly history: StoredHistory;
  readonly evaluate: EvaluateSteps;
}

interface Kept {
  readonly parts: readonly ResultColumns[];
  readonly annotations: Annotations;
  readonly before: Extent | undefined;
}

function keyOf({ expr, grid, lookbackMs }: CachedRequest): string {
  return `${grid.stepMs} ${phaseOf(grid)} ${lookbackMs} ${printExpr(expr)}`;
}

function phaseOf({ startMs, stepMs }: StepGrid): number {
  return ((startMs % stepMs) + stepMs) % stepMs;
}

function settledPart(grid: StepGrid, { settledUntilMs }: StoredHistory): StepGrid | undefined {
  const count = Math.min(grid.count, Math.floor((settledUntilMs - grid.startMs) / grid.stepMs) + 1);
  return count >= 1 ? { ...grid, count } : undefined;
}

function isWorthJoining(kept: StepGrid, wanted: StepGrid): boolean {
  const fromMs = Math.max(kept.startMs, wanted.startMs);
  const untilMs = Math.min(lastStepMs(kept), lastStepMs(wanted));
  return (untilMs - fromMs) / wanted.stepMs + 1 >= wanted.count * SHARED_RATIO_MIN;
}

/** The steps that are wanted before and behind those that are kept; the two overlap. */
function missingParts(wanted: StepGrid, kept: StepGrid): readonly StepGrid[] {
  const { startMs, stepMs } = wanted;
  const parts: StepGrid[] = [];
  const before = (kept.startMs - startMs) / stepMs;
  if (before > 0) parts.push({ startMs, stepMs, count: before });
  const behind = (lastStepMs(wanted) - lastStepMs(kept)) / stepMs;
  if (behind > 0) parts.push({ startMs: lastStepMs(kept) + stepMs, stepMs, count: behind });
  return parts;
}

/** The request's settled steps and what is kept already, cut at the front to as many as requests want. */
function keptGrid({ grid, settled }: Asked, before: Extent | undefined): StepGrid {
  if (before === undefined) return settled;
  const { stepMs } = grid;
  const endMs = Math.max(lastStepMs(settled), lastStepMs(before.grid));
  const stepsMax = Math.max(grid.count, before.stepsMax);
  const startMs = Math.max(Math.min(settled.startMs, before.grid.startMs), endMs - (stepsMax - 1) * stepMs);
  return { startMs, stepMs, count: (endMs - startMs) / stepMs + 1 };
}

/** What the whole would have remarked; `undefined` when the parts do not tell. */
function mergedAnnotations(kept: Annotations, fresh: readonly Annotations[]): Annotations | undefined {
  const remarks = fresh.filter(hasRemarks);
  const [first] = remarks;
  if (first === undefined) return hasRemarks(kept) ? undefined : NO_REMARKS;
  // Were they different, nobody could say in which order the whole would have made them.
  const all = hasRemarks(kept) ? [kept, ...remarks] : remarks;
  return all.every((other) => isSame(other, first)) ? first : undefined;
}

const NO_REMARKS: Annotations = { warnings: [], infos: [] };

function hasRemarks({ warnings, infos }: Annotations): boolean {
  return warnings.length + infos.length > 0;
}

function isSame(a: Annotations, b: Annotations): boolean {
  return JSON.stringify([a.warnings, a.infos]) === JSON.stringify([b.warnings, b.infos]);
}

function summedStats(parts: readonly QueryResult[]): QueryResult['stats'] {
  const sum = { samplesTotal: 0, samplesPeak: 0, seriesRead: 0 };
  for (const { stats } of parts) {
    sum.samplesTotal += stats.samplesTotal;
    sum.samplesPeak = Math.max(sum.samplesPeak, stats.samplesPeak);
    sum.seriesRead += stats.seriesRead;
  }
  return sum;
}

/** What the expression cannot do on a part is said of the whole; a deadline or a caller who left ends everything. */
function ignoreRefusal(error: unknown): undefined {
  if (error instanceof InputError || error instanceof ExecutionError) return undefined;
  throw error;
}
