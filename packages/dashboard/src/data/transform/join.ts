import type { DataFrame, Field, FieldValue } from '../../frame.ts';
import { findField, numberRepeats, textOf, type Transform, TRANSFORM_ROWS_MAX } from './column.ts';
import { compareValues } from './rows.ts';

/**
 * One table over the values of a column that frames share, the time when none is named. `outer` keeps
 * every value, `inner` those that all frames have. A frame without the column takes no part. A value that
 * stands several times in a frame makes several rows: its first meets the first of the other frames, and so on.
 */
export const joinByField: Transform = (frames, options) => {
  const joined = joinFrames(frames, textOf(options['byField']), textOf(options['mode']) ?? 'outer');
  return joined === undefined ? frames : [joined];
};

interface Part {
  readonly key: Field;
  readonly others: readonly Field[];
  /** Row of each value and its count. */
  readonly rows: ReadonlyMap<string, number>;
}

export function joinFrames(
  frames: readonly DataFrame[],
  byField: string | undefined,
  mode: string,
): DataFrame | undefined {
  const parts = frames.flatMap((frame) => partOf(frame, byField) ?? []);
  const [first] = parts;
  const [frame] = frames;
  if (first === undefined || frame === undefined) return undefined;
  const keys = keysOf(parts, mode.startsWith('inner'));
  if (first.key.kind === 'time') keys.sort((a, b) => compareValues(a.value, b.value));
  const keyField = { ...first.key, values: keys.map(({ value }) => value) };
  const others = parts.flatMap(({ others: fields, rows }) => {
    const places = keys.map(({ id }) => rows.get(id));
    return fields.map((field) => ({
      ...field,
      values: places.map((row) => (row === undefined ? null : (field.values[row] ?? null))),
    }));
  });
  return { refId: frame.refId, length: keys.length, fields: numberRepeats([keyField, ...others]) };
}

function partOf(frame: DataFrame, byField: string | undefined): Part | undefined {
  const key =
    byField === undefined ? frame.fields.find(({ kind }) => kind === 'time') : findField(frame, byField);
  if (key === undefined) return undefined;
  const counts = new Map<string, number>();
  const rows = new Map<string, number>();
  for (const [row, value] of key.values.entries()) {
    const text = keyText(value);
    const count = counts.get(text) ?? 0;
    counts.set(text, count + 1);
    rows.set(`${count}:${text}`, row);
  }
  return { key, others: frame.fields.filter((field) => field !== key), rows };
}

interface Key {
  readonly id: string;
  readonly value: FieldValue;
}

/** Values in the order of their first frame. */
function keysOf(parts: readonly Part[], isInner: boolean): Key[] {
  const keys = new Map<string, Key>();
  for (const { key, rows } of parts) {
    for (const [id, row] of rows) if (!keys.has(id)) keys.set(id, { id, value: key.values[row] ?? null });
  }
  const all = [...keys.values()];
  const kept = isInner ? all.filter(({ id }) => parts.every(({ rows }) => rows.has(id))) : all;
  return kept.slice(0, TRANSFORM_ROWS_MAX);
}

function keyText(value: FieldValue): string {
  return `${typeof value}:${String(value)}`;
}
