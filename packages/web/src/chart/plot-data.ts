import type { AlignedData } from 'uplot';
import type { Frame } from './frame.ts';

/** Columns as uPlot wants them: times in seconds first, then one column per series; `null` draws a gap. */
export function plotDataOf(frame: Frame, isStacked: boolean): AlignedData {
  const times = Array.from({ length: frame.n }, (_, i) => (frame.t0 + i * frame.step) / 1000);
  const columns = frame.series.map(({ values }) => values.map(finiteOrGap));
  return [times, ...(isStacked ? stacked(columns) : columns)];
}

/** Each column on top of those before it. A gap stays a gap and adds nothing to those above. */
function stacked(columns: readonly (number | null)[][]): (number | null)[][] {
  const tops: number[] = [];
  return columns.map((column) =>
    column.map((value, i) => {
      if (value === null) return null;
      const top = (tops[i] ?? 0) + value;
      tops[i] = top;
      return top;
    }),
  );
}

function finiteOrGap(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
