import { bug, setValidAt, type NativeHistogram, type StepGrid } from '@vedette/model';
import { histogramAverage, histogramDeviation, histogramVariance } from '../histogram/histogram-moments.ts';
import type { Call } from '../syntax/ast.ts';
import type { Column, ColumnStream } from './column.ts';
import { dropName, uniteAfterNameDrop } from './label-drop.ts';
import type { Evaluator } from './query-context.ts';

/** Functions that read one number off each native histogram; floats have no answer. */
export const HISTOGRAM_READINGS: ReadonlyMap<string, (histogram: NativeHistogram) => number> = new Map([
  ['histogram_avg', histogramAverage],
  ['histogram_count', ({ count }: NativeHistogram): number => count],
  ['histogram_stddev', histogramDeviation],
  ['histogram_stdvar', histogramVariance],
  ['histogram_sum', ({ sum }: NativeHistogram): number => sum],
]);

export function evaluateHistogramReading(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const [arg = bug(`${call.name} has an argument`)] = call.args;
  const readingOf = HISTOGRAM_READINGS.get(call.name) ?? bug(`no reading ${call.name}`);
  return uniteAfterNameDrop(
    evaluator.context,
    arg,
    readEach(evaluator, evaluator.vector(arg, grid), readingOf),
  );
}

async function* readEach(
  { context }: Evaluator,
  columns: ColumnStream,
  readingOf: (histogram: NativeHistogram) => number,
): ColumnStream {
  for await (const batch of columns) {
    const kept: Column[] = [];
    for (const column of batch) {
      const histograms = context.budget.takeHistograms(column);
      if (histograms === undefined) {
        context.budget.giveBack(column);
        continue;
      }
      column.validity.fill(0);
      for (const [step, histogram] of histograms) {
        column.values[step] = readingOf(histogram);
        setValidAt(column.validity, step);
      }
      dropName(context, column);
      kept.push(column);
      if (context.isPauseDue(workOn(histograms))) await context.pause();
    }
    if (kept.length > 0) yield kept;
  }
}

function workOn(histograms: ReadonlyMap<number, NativeHistogram>): number {
  let bucketCount = 0;
  for (const histogram of histograms.values()) bucketCount += bucketCountOf(histogram);
  return (bucketCount + histograms.size) * WORK_PER_BUCKET;
}

/** Looking at a bucket costs about as much as copying this many points. */
const WORK_PER_BUCKET = 5;

export function bucketCountOf({ positive, negative }: NativeHistogram): number {
  return positive.counts.length + negative.counts.length;
}
