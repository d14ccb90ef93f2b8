import type { DataFrame, Field } from '@vedette/dashboard';
import { timesOf } from './reduced.ts';

/** Number fields of several frames on one list of times; `undefined`: the field has no point there. */
export interface JoinedTimes {
  readonly timesMs: readonly number[];
  readonly columns: readonly {
    readonly field: Field;
    readonly values: readonly (number | null | undefined)[];
  }[];
}

/** Moments of one chart; a longer union is cut at its beginning. */
const MOMENTS_MAX = 50_000;

/** Puts frames side by side. Frames that share their times, as those of one answer do, are not copied. */
export function joinTimes(frames: readonly DataFrame[], columnsMax: number): JoinedTimes {
  const timed = frames.filter(({ fields }) => fields.some(({ kind }) => kind === 'time'));
  const lists = [...new Set(timed.map(timesOf))];
  const [first = []] = lists;
  const fields = timed
    .flatMap((frame) => numbersOf(frame).map((field) => ({ field, timesMs: timesOf(frame) })))
    .slice(0, columnsMax);
  if (lists.every((list) => isSame(list, first)) && isIncreasing(first))
    return { timesMs: first, columns: fields.map(({ field }) => ({ field, values: numericOf(field) })) };
  const union = [...new Set(lists.flat())].sort((a, b) => a - b).slice(-MOMENTS_MAX);
  const places = new Map(union.map((timestampMs, i) => [timestampMs, i]));
  return {
    timesMs: union,
    columns: fields.map(({ field, timesMs }) => {
      const values = Array.from<number | null | undefined>({ length: union.length });
      for (const [i, value] of numericOf(field).entries()) {
        const place = places.get(timesMs[i] ?? Number.NaN);
        if (place !== undefined) values[place] = value;
      }
      return { field, values };
    }),
  };
}

function numbersOf({ fields }: DataFrame): Field[] {
  return fields.filter(({ kind }) => kind === 'number' || kind === 'boolean');
}

function numericOf({ kind, values }: Field): readonly (number | null)[] {
  if (kind === 'number' && values.every((value) => value === null || typeof value === 'number'))
    return values as readonly (number | null)[];
  return values.map((value) =>
    typeof value === 'number' ? value : typeof value === 'boolean' ? Number(value) : null,
  );
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((value, i) => value === b[i]));
}

function isIncreasing(timesMs: readonly number[]): boolean {
  return timesMs.every((timestampMs, i) => i === 0 || timestampMs > (timesMs[i - 1] ?? 0));
}
