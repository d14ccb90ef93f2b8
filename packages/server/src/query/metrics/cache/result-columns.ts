/** Columns of one expression over neighbouring stretches of steps, and how they become one. */
import {
  compareLabels,
  createValidity,
  type Labels,
  type ResultSeries,
  type Slicer,
  type StepGrid,
} from '@vedette/model';

/** Floats on a grid: series sorted by label set, none twice, none without a value. */
export interface ResultColumns {
  readonly grid: StepGrid;
  readonly series: readonly ResultSeries[];
}

export function lastStepMs({ startMs, stepMs, count }: StepGrid): number {
  return startMs + (count - 1) * stepMs;
}

/**
 * The columns on `grid` out of parts that have one step and phase with it and no step in common; what they have
 * beside it is left out. New arrays, owned by the caller; series without a value on the grid are left out, too.
 */
export async function joinColumns(
  parts: readonly ResultColumns[],
  grid: StepGrid,
  slicer: Slicer,
): Promise<readonly ResultSeries[]> {
  const nexts = parts.map(() => 0);
  const joined: ResultSeries[] = [];
  for (let labels = leastOf(parts, nexts); labels !== undefined; labels = leastOf(parts, nexts)) {
    const values = new Float64Array(grid.count);
    const validity = createValidity(grid.count);
    for (const [i, part] of parts.entries()) {
      const series = part.series[nexts[i] ?? 0];
      if (series === undefined || compareLabels(series.labels, labels) !== 0) continue;
      nexts[i] = (nexts[i] ?? 0) + 1;
      copySteps(series, part.grid, { values, validity }, grid);
    }
    if (validity.some((byte) => byte !== 0)) joined.push({ labels, values, validity });
    if (slicer.shouldYield()) await slicer.yield();
  }
  return joined;
}

function leastOf(parts: readonly ResultColumns[], nexts: readonly number[]): Labels | undefined {
  let least: Labels | undefined;
  for (const [i, { series }] of parts.entries()) {
    const labels = series[nexts[i] ?? 0]?.labels;
    if (labels !== undefined && (least === undefined || compareLabels(labels, least) < 0)) least = labels;
  }
  return least;
}

interface Points {
  readonly values: Float64Array;
  readonly validity: Uint8Array;
}

/** Copies the steps that both grids have. */
function copySteps(source: Points, sourceGrid: StepGrid, target: Points, grid: StepGrid): void {
  const shift = (sourceGrid.startMs - grid.startMs) / grid.stepMs;
  const from = Math.max(0, -shift);
  const until = Math.min(sourceGrid.count, grid.count - shift);
  if (until <= from) return;
  target.values.set(source.values.subarray(from, until), from + shift);
  copyBits(source.validity, from, target.validity, from + shift, until - from);
}

/** Copies `count` bits from bit `from` on to bit `to` on, where all are 0 before. */
export function copyBits(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  count: number,
): void {
  let done = 0;
  while (done < count) {
    const at = to + done;
    // As many as reach the end of the target's byte; they stand in one or two bytes of the source.
    const taken = Math.min(8 - (at & 7), count - done);
    const bit = from + done;
    const two = (source[bit >> 3] ?? 0) | ((source[(bit >> 3) + 1] ?? 0) << 8);
    const bits = (two >> (bit & 7)) & ((1 << taken) - 1);
    target[at >> 3] = (target[at >> 3] ?? 0) | (bits << (at & 7));
    done += taken;
  }
}

// Headers of the objects and arrays of one series, and of its place in the list, as V8 has them.
const SERIES_BYTES = 320;
/** A string's header and the reference to it; most label values are shared with others, and counted all the same. */
const STRING_BYTES = 24;

/** An estimate, rather too high, of the memory that the columns take. */
export function sizeOf({ grid, series }: ResultColumns): number {
  const columnBytes = 8 * grid.count + Math.ceil(grid.count / 8);
  let bytes = SERIES_BYTES;
  for (const { labels } of series) {
    bytes += SERIES_BYTES + columnBytes;
    for (const part of labels) bytes += STRING_BYTES + part.length;
  }
  return bytes;
}
