/** A column by series id that grows by half when it must; `resized` keeps the content and the type. */
export type Column = Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

export function resized<T extends Column>(column: T, length: number): T {
  const Constructor = column.constructor as new (length: number) => T;
  const larger = new Constructor(length);
  larger.set(column);
  return larger;
}

/** Columns of one table that grow in turns; more share a turn. */
const TURNS = 12;

const LENGTH_MIN = 256;

/**
 * The column with room for `index`, itself or a copy half as long again. Columns of a table that say different turns (0
 * to 11) grow at different indexes, a few per cent apart: all of a million series at once took 50 ms in one go.
 */
export function withRoom<T extends Column>(column: T, index: number, turn: number): T {
  if (index < column.length) return column;
  const stagger = column.length < LENGTH_MIN ? 1 + (turn % TURNS) / (2 * TURNS) : 1;
  const least = column.length < LENGTH_MIN ? LENGTH_MIN : column.length * 1.5;
  return resized(column, Math.ceil(Math.max(least, index + 1) * stagger));
}
