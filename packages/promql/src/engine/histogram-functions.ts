import { bug, withLabel, type NativeHistogram, type StepGrid } from '@vedette/model';
import {
  histogramFraction,
  histogramQuantile,
  type HistogramEstimate,
} from '../histogram/histogram-quantile.ts';
import type { Call, Expr } from '../syntax/ast.ts';
import { formatBoundLabel } from '../syntax/go-number.ts';
import { bucketFraction, bucketQuantile, BucketRow } from './classic-histogram.ts';
import { collect, type Column, type ColumnStream } from './column.ts';
import { bucketCountOf } from './histogram-readings.ts';
import { fillRow, histogramSeriesOf, type HistogramSeries } from './histogram-series.ts';
import { uniteEqual } from './label-drop.ts';
import { forMetricName } from './query-annotations.ts';
import type { Evaluator, QueryContext } from './query-context.ts';
import { setPoint } from './range-kernel.ts';

/**
 * histogram_quantile, histogram_quantiles and histogram_fraction, over classic and native histograms alike. Where
 * both stand for one histogram at the same step neither is believed.
 */
export async function* evaluateHistogramCall(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const { context } = evaluator;
  const question = await questionOf(evaluator, call, grid);
  const columns = await collect(evaluator.vector(question.vector, grid));
  const results: Column[] = [];
  for (const series of histogramSeriesOf(context, columns, question.vector)) {
    const answers = new Answers(context, question, series, grid);
    for (let step = 0; step < grid.count; step++) {
      answers.add(step);
      if (context.isPauseDue(answers.workAt(step))) await context.pause();
    }
    results.push(...answers.columns());
  }
  for (const column of columns) context.budget.giveBack(column);
  yield uniteEqual(context, results);
}

/** What a call wants to know of each histogram. All arrays have a value per step. */
interface Question {
  readonly call: Call;
  readonly vector: Expr;
  readonly asks: readonly (
    | { readonly kind: 'quantile'; readonly quantiles: Float64Array }
    | { readonly kind: 'fraction'; readonly lowers: Float64Array; readonly uppers: Float64Array }
  )[];
  /** Names the quantile in the answers, where several are asked for. */
  readonly quantileLabel: string | undefined;
}

async function questionOf(evaluator: Evaluator, call: Call, grid: StepGrid): Promise<Question> {
  const { annotations } = evaluator.context;
  const [first = bug(`${call.name} has arguments`), second = first, third = first, ...more] = call.args;
  if (call.name === 'histogram_fraction') {
    const lowers = await evaluator.scalar(first, grid);
    const uppers = await evaluator.scalar(second, grid);
    return { call, vector: third, asks: [{ kind: 'fraction', lowers, uppers }], quantileLabel: undefined };
  }
  const hasMany = call.name === 'histogram_quantiles';
  const asks: { kind: 'quantile'; quantiles: Float64Array }[] = [];
  for (const arg of hasMany ? [third, ...more] : [first]) {
    const quantiles = await evaluator.scalar(arg, grid);
    for (const quantile of quantiles) annotations.warnOfQuantile(quantile, arg.position);
    asks.push({ kind: 'quantile', quantiles });
  }
  const quantileLabel = hasMany ? evaluator.string(second) : undefined;
  return { call, vector: hasMany ? first : second, asks, quantileLabel };
}

/** The answers for one histogram, filled step by step. */
class Answers {
  readonly #context: QueryContext;
  readonly #question: Question;
  readonly #series: HistogramSeries;
  readonly #grid: StepGrid;
  readonly #row: BucketRow;
  /** Per ask the columns by the quantile in their labels, one of NaN when labels do not tell them apart. */
  readonly #columns: readonly Map<number, Column>[];
  /** Building the text anew for each step took longer than the quantile. */
  #isRepairRemarked = false;

  constructor(context: QueryContext, question: Question, series: HistogramSeries, grid: StepGrid) {
    this.#context = context;
    this.#question = question;
    this.#series = series;
    this.#grid = grid;
    this.#row = new BucketRow(series.buckets.length);
    this.#columns = question.asks.map(() => new Map<number, Column>());
  }

  workAt(step: number): number {
    const histogram = this.#series.native?.histograms?.get(step);
    const bucketCount =
      this.#series.buckets.length + (histogram === undefined ? 0 : bucketCountOf(histogram));
    return bucketCount * WORK_PER_BUCKET * this.#question.asks.length;
  }

  *columns(): Iterable<Column> {
    for (const byQuantile of this.#columns) yield* byQuantile.values();
  }

  add(step: number): void {
    const histogram = this.#series.native?.histograms?.get(step);
    fillRow(this.#row, this.#series, step);
    const hasRow = this.#row.length > 0;
    if (hasRow && histogram !== undefined) {
      const text = `vector contains a mix of classic and native histograms${forMetricName(this.#series.metricName)}`;
      this.#context.annotations.warn(text, this.#question.vector.position);
      return;
    }
    if (histogram === undefined && !hasRow) return;
    // Repairing the row once serves all quantiles asked for.
    const wasForced = hasRow && this.#row.hasTotal && this.#row.repair();
    for (const [i, ask] of this.#question.asks.entries()) {
      const quantile = ask.kind === 'quantile' ? (ask.quantiles[step] ?? NaN) : NaN;
      const value =
        histogram === undefined
          ? this.#classicAnswer(ask, step, wasForced)
          : this.#nativeAnswer(ask, step, histogram);
      setPoint(this.#columnOf(i, quantile), step, value);
    }
  }

  #nativeAnswer(ask: Question['asks'][number], step: number, histogram: NativeHistogram): number {
    const estimate =
      ask.kind === 'quantile'
        ? histogramQuantile(ask.quantiles[step] ?? NaN, histogram)
        : histogramFraction(ask.lowers[step] ?? NaN, ask.uppers[step] ?? NaN, histogram);
    if (estimate.remark !== undefined) this.#remarkOnNan(estimate.remark);
    return estimate.value;
  }

  #remarkOnNan(remark: NonNullable<HistogramEstimate['remark']>): void {
    const { call } = this.#question;
    // Upstream points at the first argument, whichever that is.
    const position = call.args[0]?.position ?? call.position;
    this.#context.annotations.info(`${NAN_REMARKS[remark]}${this.#forRemarkedName()}`, position);
  }

  /** A name that has been dropped already is not remarked on. */
  #forRemarkedName(): string {
    return this.#context.settings.isNameRemovalDelayed ? forMetricName(this.#series.metricName) : '';
  }

  #classicAnswer(ask: Question['asks'][number], step: number, wasForced: boolean): number {
    const row = this.#row;
    if (ask.kind === 'fraction')
      return row.hasTotal ? bucketFraction(ask.lowers[step] ?? NaN, ask.uppers[step] ?? NaN, row) : NaN;
    const quantile = ask.quantiles[step] ?? NaN;
    if (quantile < 0 || quantile > 1) return quantile < 0 ? -Infinity : Infinity;
    if (!row.hasTotal || Number.isNaN(quantile)) return NaN;
    if (wasForced && !this.#isRepairRemarked) {
      this.#isRepairRemarked = true;
      const text = `${REPAIR_REMARK}${this.#forRemarkedName()}`;
      this.#context.annotations.info(text, this.#question.vector.position);
    }
    return bucketQuantile(quantile, row);
  }

  #columnOf(ask: number, quantile: number): Column {
    const { quantileLabel } = this.#question;
    const { labels, isNameDropped } = this.#series;
    const key = quantileLabel === undefined ? NaN : quantile;
    const columns = this.#columns[ask] ?? bug(`no ask ${ask}`);
    let column = columns.get(key);
    if (column === undefined) {
      const named =
        quantileLabel === undefined ? labels : withLabel(labels, quantileLabel, formatBoundLabel(quantile));
      column = this.#context.budget.takeColumn(named, this.#grid.count, isNameDropped);
      columns.set(key, column);
    }
    return column;
  }
}

const WORK_PER_BUCKET = 5;

const NAN_REMARKS = {
  'nan-result': 'input to histogram_quantile has NaN observations, result is NaN',
  'nan-skew': 'input to histogram_quantile has NaN observations, result is skewed higher',
  'nan-excluded': 'input to histogram_fraction has NaN observations, which are excluded from all fractions',
} as const;

const REPAIR_REMARK =
  'input to histogram_quantile needed to be fixed for monotonicity ' +
  '(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)';
