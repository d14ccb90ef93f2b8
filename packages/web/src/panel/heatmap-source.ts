import { boundOf } from '../api/prometheus.ts';
import type { DataFrame, Field } from '@vedette/dashboard';
import {
  cellsOfBuckets,
  cellsOfNative,
  cellsOfRaw,
  type BucketSeries,
  type HeatmapCells,
  type NativeBucket,
} from '../chart/heatmap-cells.ts';
import { flagOption, numberOption, optionAt } from './options.ts';
import { nameOf, timesOf } from './reduced.ts';

/** Columns and rows of a heatmap that is calculated, when the file does not say. */
const COLUMNS_DEFAULT = 60;
const ROWS_DEFAULT = 20;

/**
 * Cells from whatever a panel's queries brought: native histograms (fields of kind `other`), raw series
 * when the panel is to `calculate`, else classic buckets, one field each.
 */
export function heatmapCellsOf(
  frames: readonly DataFrame[],
  options: unknown,
  bounds: { readonly fromMs: number; readonly toMs: number },
): HeatmapCells {
  const native = columnsOf(frames, 'other');
  if (native.length > 0)
    return cellsOfNative(
      native.map(({ field, timesMs }) => ({ timesMs, buckets: field.values.map(bucketsOfValue) })),
    );
  const numbers = columnsOf(frames, 'number').map(({ field, timesMs }) => ({
    le: leOf(field),
    timesMs,
    values: field.values.map((value) => (typeof value === 'number' ? value : null)),
  }));
  return flagOption(options, 'calculate', false)
    ? cellsOfRaw(numbers, calculationOf(options, bounds))
    : cellsOfBuckets(summedByBound(numbers));
}

function columnsOf(frames: readonly DataFrame[], kind: Field['kind']) {
  return frames.flatMap((frame) =>
    frame.fields.filter((field) => field.kind === kind).map((field) => ({ field, timesMs: timesOf(frame) })),
  );
}

function leOf(field: Field): string {
  return field.labels?.['le'] ?? nameOf(field);
}

/** Several histograms in one answer (a query without `by (le)`) are added up, bound by bound. */
function summedByBound(series: readonly BucketSeries[]): BucketSeries[] {
  const byBound = new Map<string, BucketSeries[]>();
  for (const one of series) byBound.set(one.le, [...(byBound.get(one.le) ?? []), one]);
  return [...byBound].map(([le, [first, ...others]]) => {
    if (first === undefined || others.length === 0) return first ?? { le, timesMs: [], values: [] };
    const sums = new Map<number, number>();
    for (const { timesMs, values } of [first, ...others])
      for (const [i, value] of values.entries()) {
        const timestampMs = timesMs[i] ?? 0;
        if (value !== null) sums.set(timestampMs, (sums.get(timestampMs) ?? 0) + value);
      }
    const timesMs = [...sums.keys()].sort((a, b) => a - b);
    return { le, timesMs, values: timesMs.map((timestampMs) => sums.get(timestampMs) ?? null) };
  });
}

/** A native histogram in a cell: the API's list of buckets, as JSON. What is none has no buckets. */
function bucketsOfValue(value: unknown): NativeBucket[] {
  const read: unknown = typeof value === 'string' ? parsed(value) : value;
  if (!Array.isArray(read)) return [];
  return read.flatMap((bucket: unknown): NativeBucket[] => {
    const [boundary = Number.NaN, lower = Number.NaN, upper = Number.NaN, count = Number.NaN] = Array.isArray(
      bucket,
    )
      ? bucket.map((value) => boundOf(String(value)))
      : [];
    return [boundary, lower, upper, count].some(Number.isNaN) ? [] : [[boundary, lower, upper, count]];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function calculationOf(
  options: unknown,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
) {
  const spanMs = toMs - fromMs;
  const wantedMs = durationOf(optionAt(options, 'calculation.xBuckets.value'));
  const isCount = (axis: string): boolean => optionAt(options, `calculation.${axis}.mode`) === 'count';
  const columns = isCount('xBuckets') ? numberOption(options, 'calculation.xBuckets.value') : undefined;
  const stepMs =
    columns !== undefined && columns >= 1 ? spanMs / columns : (wantedMs ?? spanMs / COLUMNS_DEFAULT);
  const value = numberOption(options, 'calculation.yBuckets.value');
  const isLog = optionAt(options, 'calculation.yBuckets.scale.type') === 'log';
  const base = numberOption(options, 'calculation.yBuckets.scale.log') === 10 ? 10 : 2;
  return {
    fromMs,
    toMs,
    stepMs: Math.max(stepMs, spanMs / 4000, 1),
    rowCount: isCount('yBuckets') && value !== undefined && value >= 1 ? value : ROWS_DEFAULT,
    log: isLog ? (base as 2 | 10) : (0 as const),
    ...(value === undefined || isCount('yBuckets') ? {} : { rowSize: value }),
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s`, `5m`; a number is milliseconds. */
function durationOf(value: unknown): number | undefined {
  const [, number = '', unit = 'ms'] =
    /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$/.exec(
      typeof value === 'number' || typeof value === 'string' ? String(value) : '',
    ) ?? [];
  const ms = Number(number) * (UNITS_MS[unit] ?? 1);
  return ms > 0 ? ms : undefined;
}
