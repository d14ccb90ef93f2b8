import { reduceField, type DataFrame, type Field, type FieldValue } from '@vedette/dashboard';
import { choiceOption, flagOption, numberOption, optionAt, textOption, textsOption } from './options.ts';

/** One number of a panel that shows numbers, with the field it came from. */
export interface Reduced {
  readonly key: string;
  readonly name: string;
  readonly value: FieldValue;
  readonly field: Field;
  /** Of the field's frame, for a sparkline; empty when it has none. */
  readonly timesMs: readonly number[];
}

/** Values that one panel draws as parts of their own; the rest would not be readable. */
export const VALUES_MAX = 500;

/** Rows shown as values when the file sets no limit. */
const ROWS_DEFAULT = 25;

/**
 * Numbers of stat, gauge, bar gauge and pie: one per series by the panel's calculation, or, with
 * `values`, one per row. `fields` chooses which: numeric ones, all, one by name, or by `/expression/`.
 */
export function reducedOf(frames: readonly DataFrame[], options: unknown): Reduced[] {
  const isPerRow = flagOption(options, 'reduceOptions.values', false);
  const rowsMax = numberOption(options, 'reduceOptions.limit') ?? ROWS_DEFAULT;
  const calc = textsOption(options, 'reduceOptions.calcs')[0] ?? 'lastNotNull';
  const wanted = fieldsWanted(textOption(options, 'reduceOptions.fields'));
  const reduced = frames.flatMap((frame, at) => {
    const timesMs = timesOf(frame);
    return frame.fields.filter(wanted).flatMap((field, i): Reduced[] => {
      const base = { field, timesMs, name: nameOf(field) };
      if (!isPerRow) return [{ ...base, key: `${at} ${i}`, value: reduceField(field, calc) }];
      const names = frame.fields.find(({ kind }) => kind === 'string');
      return field.values.slice(0, rowsMax).map((value, row) => ({
        ...base,
        key: `${at} ${i} ${row}`,
        name: rowName(names?.values[row] ?? null, base.name, names === undefined),
        value,
        timesMs: [],
      }));
    });
  });
  return reduced.slice(0, VALUES_MAX);
}

function rowName(label: FieldValue, name: string, isNameless: boolean): string {
  return isNameless || label === null ? name : String(label);
}

function fieldsWanted(chosen: string): (field: Field) => boolean {
  if (chosen === '') return ({ kind }) => kind === 'number';
  const pattern = /^\/(.+)\/[a-z]*$/.exec(chosen)?.[1];
  if (pattern === undefined) return (field) => nameOf(field) === chosen || field.name === chosen;
  try {
    const expression = new RegExp(pattern);
    return (field) => field.kind !== 'time' && expression.test(nameOf(field));
  } catch {
    return () => false;
  }
}

export function nameOf(field: Field): string {
  return field.displayName ?? field.name;
}

export function timesOf({ fields }: DataFrame): readonly number[] {
  return (fields.find(({ kind }) => kind === 'time')?.values ?? []) as readonly number[];
}

/** Least and greatest number among values, zero included in the least; a panel asks once for all its parts. */
export interface Extent {
  readonly min: number;
  /** −∞ when there is no number. */
  readonly max: number;
}

export function extentOf(values: readonly FieldValue[]): Extent {
  let [min, max] = [0, -Infinity];
  for (const value of values) {
    if (typeof value !== 'number' || !Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { min, max };
}

/** Bounds of a bar or an arc: the field's own, else those of all values with zero among them. */
export function boundsOfValues(extent: Extent, { config }: Field): { min: number; max: number } {
  const min = config.min ?? extent.min;
  const max = config.max ?? Math.max(defaultMax(config.unit, extent), extent.max);
  return max > min ? { min, max } : { min, max: min + 1 };
}

/** A share without a stated maximum is a share of all. */
function defaultMax(unit: string | undefined, extent: Extent): number {
  if (unit === 'percentunit') return 1;
  return unit === 'percent' || extent.max === -Infinity ? 100 : -Infinity;
}

/** Where a value lies between the bounds, 0 to 1; a bad one lies at 0. */
export function shareOf(
  value: FieldValue,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  if (typeof value !== 'number' || Number.isNaN(value)) return 0;
  return Math.min(1, Math.max(0, (value - min) / (max - min)));
}

/** How a file says that parts of a panel stand: beside (`vertical`) or above each other. */
export function chosenOrientation(options: unknown): 'auto' | 'vertical' | 'horizontal' {
  return choiceOption(options, 'orientation', ['auto', 'vertical', 'horizontal']);
}

/** The same with a choice made where the file leaves it to us. */
export function orientationOf(options: unknown, width: number, height: number): 'vertical' | 'horizontal' {
  const chosen = chosenOrientation(options);
  if (chosen !== 'auto') return chosen;
  return width > height * 1.6 ? 'vertical' : 'horizontal';
}

/** How the names and values are told apart: `textMode` of stat, and when it is `auto`. */
export function hasNames(options: unknown, count: number): boolean {
  const mode = optionAt(options, 'textMode');
  if (mode === 'value' || mode === 'none') return false;
  return mode === 'name' || mode === 'value_and_name' || count > 1;
}
