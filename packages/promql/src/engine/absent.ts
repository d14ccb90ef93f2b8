import { labelsFromPairs, METRIC_NAME, NO_LABELS, type Labels, type StepGrid } from '@vedette/model';
import { unwrapParens, type Call, type Expr } from '../syntax/ast.ts';
import { unionOfValidity } from './binary-task.ts';
import { type Column, type ColumnStream } from './column.ts';
import type { Evaluator } from './query-context.ts';
import { rangeArgOf } from './range-call.ts';
import { rangeSourceOf } from './range-source.ts';
import { createWindows, placeWindows } from './windows.ts';

/** absent and absent_over_time: 1 where the argument has nothing at all. */
export async function* evaluateAbsent(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const [arg] = call.args;
  if (arg === undefined) return;
  const out = evaluator.context.budget.takeColumn(labelsOfAbsent(unwrapParens(arg)), grid.count);
  const presence = await (call.name === 'absent'
    ? presenceOf(evaluator, arg, grid)
    : presenceOverTime(evaluator, call, grid));
  for (let step = 0; step < grid.count; step++) {
    if (((presence[step >> 3] ?? 0) & (1 << (step & 7))) !== 0) continue;
    out.values[step] = 1;
    out.validity[step >> 3] = (out.validity[step >> 3] ?? 0) | (1 << (step & 7));
  }
  yield [out];
}

async function presenceOf(evaluator: Evaluator, arg: Expr, grid: StepGrid): Promise<Uint8Array> {
  const { context } = evaluator;
  let presence = new Uint8Array((grid.count + 7) >> 3);
  for await (const batch of evaluator.vector(arg, grid)) {
    presence = orInto(presence, batch);
    for (const column of batch) context.budget.giveBack(column);
    if (context.isPauseDue(batch.length * presence.length)) await context.pause();
  }
  return presence;
}

function orInto(presence: Uint8Array<ArrayBuffer>, batch: readonly Column[]): Uint8Array<ArrayBuffer> {
  const union = unionOfValidity(batch, presence.length);
  return presence.map((bits, byte) => bits | (union[byte] ?? 0));
}

async function presenceOverTime(evaluator: Evaluator, call: Call, grid: StepGrid): Promise<Uint8Array> {
  const { context } = evaluator;
  const source = rangeSourceOf(evaluator, rangeArgOf(call), grid, call.name);
  const windows = createWindows(source.times, source.rangeMs);
  const presence = new Uint8Array((grid.count + 7) >> 3);
  for await (const batch of source.series)
    for (const series of batch) {
      context.samplesTotal += placeWindows(windows, series.timestampsMs, series.count);
      for (let step = 0; step < grid.count; step++)
        if ((windows.highs[step] ?? 0) > (windows.lows[step] ?? 0))
          presence[step >> 3] = (presence[step >> 3] ?? 0) | (1 << (step & 7));
      if (context.isPauseDue(series.count + grid.count)) await context.pause();
    }
  return presence;
}

/** What is known of the missing series: labels that the selector demands by `=`, each demanded once only. */
function labelsOfAbsent(arg: Expr): Labels {
  const selector = arg.kind === 'matrix' ? arg.selector : arg;
  if (selector.kind !== 'vector') return NO_LABELS;
  const values = new Map<string, string>();
  const seen = new Set<string>();
  for (const { name, op, value } of selector.matchers) {
    if (name === METRIC_NAME) continue;
    if (op === '=' && !seen.has(name)) {
      values.set(name, value);
      seen.add(name);
    } else values.delete(name);
  }
  return labelsFromPairs(values);
}
