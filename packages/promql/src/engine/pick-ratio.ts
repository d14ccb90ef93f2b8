import { isValidAt, type Labels } from '@vedette/model';
import { formatGoNumber } from '../syntax/go-number.ts';
import { Picks, type AggregationTask } from './aggregation-task.ts';
import type { Column } from './column.ts';
import { xxHash64 } from './xx-hash.ts';

/**
 * limit_ratio: a sample of the series that stays the same over time. A series belongs to it when the
 * hash of its labels, as a fraction of 2^64, lies below the ratio; a negative ratio -r takes those
 * that r - 1 … leaves out, so that r and r - 1 together are everything. The hash is upstream's, so
 * that both pick the same series.
 */
export async function pickRatio(task: AggregationTask): Promise<readonly Column[]> {
  const { context, grid, params } = task;
  const position = task.node.param?.position ?? task.node.position;
  const ratios = params.map((ratio) => {
    const capped = Math.max(-1, Math.min(1, ratio));
    if (capped !== ratio)
      context.annotations.warn(
        `ratio value should be between -1 and 1, got ${formatGoNumber(ratio)}, capping to ${capped}`,
        position,
      );
    return capped;
  });
  const picks = new Picks(task);
  for (const column of task.columns) {
    const fraction = hashFraction(column.labels);
    for (let step = 0; step < grid.count; step++)
      if (isValidAt(column.validity, step) && isWithin(fraction, ratios[step] ?? 0)) picks.pick(column, step);
    if (context.isPauseDue(grid.count + WORK_PER_HASH)) await context.pause();
  }
  return picks.finish();
}

/** Hashing with BigInt takes some 30 µs a series. */
const WORK_PER_HASH = 6000;

function isWithin(fraction: number, ratio: number): boolean {
  return ratio >= 0 ? fraction < ratio : fraction >= 1 + ratio;
}

const SEPARATOR = new Uint8Array([0xff]);

function hashFraction(labels: Labels): number {
  const parts: Uint8Array[] = [];
  for (const part of labels) parts.push(new TextEncoder().encode(part), SEPARATOR);
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return Number(xxHash64(bytes)) / 2 ** 64;
}
