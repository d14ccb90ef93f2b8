import { ExecutionError, isValidAt, labelsKeyOf, withLabel, type StepGrid } from '@vedette/model';
import { formatHistogram } from '../histogram/format-histogram.ts';
import type { Aggregation } from '../syntax/ast.ts';
import { quoteGo } from '../syntax/go-quote.ts';
import { formatPlainNumber } from '../syntax/numbers.ts';
import { extraSamplesOf } from './budget.ts';
import type { Column, ColumnStream } from './column.ts';
import { Grouping } from './grouping.ts';
import type { Evaluator } from './query-context.ts';
import { setPoint } from './range-kernel.ts';

/** count_values: a series per group and distinct value, the value as a label. */
export async function* countValues(evaluator: Evaluator, node: Aggregation, grid: StepGrid): ColumnStream {
  const { context } = evaluator;
  const label = node.param === undefined ? '' : evaluator.string(node.param);
  if (label === '' || !label.isWellFormed())
    throw new ExecutionError('VED_QUERY_EXECUTION', `invalid label name ${quoteGo(label)}`);
  const grouping = new Grouping(node, (labels) => ({ labels, byValue: new Map<number | string, Column>() }));
  const byLabels = new Map<string, Column>();
  for await (const batch of evaluator.vector(node.expr, grid))
    for (const column of batch) {
      const { labels, byValue } = grouping.groupOf(column.labels);
      const createdBefore = byLabels.size;
      for (let step = 0; step < grid.count; step++) {
        if (!isValidAt(column.validity, step)) continue;
        const histogram = column.histograms?.get(step);
        const value = histogram === undefined ? (column.values[step] ?? 0) : formatHistogram(histogram);
        if (histogram !== undefined && context.isPauseDue(WORK_PER_TEXT * (1 + extraSamplesOf(histogram))))
          await context.pause();
        let out = byValue.get(value);
        if (out === undefined) {
          // Two groups may meet here when the label overwrites one that told them apart.
          const text = typeof value === 'number' ? formatPlainNumber(value) : value;
          const outLabels = withLabel(labels, label, text);
          const key = labelsKeyOf(outLabels);
          out = byLabels.get(key) ?? context.budget.takeColumn(outLabels, grid.count);
          byLabels.set(key, out);
          byValue.set(value, out);
        }
        setPoint(out, step, isValidAt(out.validity, step) ? (out.values[step] ?? 0) + 1 : 1);
      }
      const created = byLabels.size - createdBefore;
      context.budget.giveBack(column);
      if (context.isPauseDue(grid.count + created * WORK_PER_NEW_SERIES)) await context.pause();
    }
  yield [...byLabels.values()];
}

/** A histogram as a text: a thousand points for each two of its buckets, which is some microseconds. */
const WORK_PER_TEXT = 1000;

/** Labels, keys and a column of its own: about as much as copying this many points. */
const WORK_PER_NEW_SERIES = 500;
