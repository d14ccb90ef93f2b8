import { bug, clearValidAt } from '@vedette/model';
import type { Position } from '../syntax/ast.ts';
import type { Column } from './column.ts';
import { HISTOGRAM_RULES } from './histogram-rules.ts';
import { RangeRemarks, type PartedSeries } from './parted-series.ts';
import { workOn, type QueryContext } from './query-context.ts';
import { setPoint } from './range-kernel.ts';
import type { Windows } from './windows.ts';

/** Corrects the points of `out`, which the kernel of `name` made from the floats alone. */
export async function applyHistogramRule(
  context: QueryContext,
  { name, position, parted }: { name: string; position: Position; parted: PartedSeries },
  windows: Windows,
  out: Column,
): Promise<void> {
  const rule = HISTOGRAM_RULES.get(name) ?? bug(`no rule for histograms in ${name}`);
  const remarks = new RangeRemarks(context, position, parted.series);
  const answerOf = rule({ parted, rangeMs: windows.rangeMs, remarks });
  const { lows, highs, times } = windows;
  for (let step = 0; step < times.count; step++) {
    const window = parted.windowOf(lows[step] ?? 0, highs[step] ?? 0, times.firstMs + step * times.stepMs);
    if (window.high === window.low) continue;
    const extra = parted.extraSamplesBetween(window.from, window.until);
    context.samplesTotal += extra;
    const answer = answerOf(window);
    if (answer === undefined) clearValidAt(out.validity, step);
    else if (typeof answer === 'number') setPoint(out, step, answer);
    else if (answer !== 'floats') context.budget.putHistogram(out, step, answer);
    if (context.isPauseDue(workOn(window.high - window.low, extra))) await context.pause();
  }
}
