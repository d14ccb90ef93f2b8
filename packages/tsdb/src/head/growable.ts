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

// The series of one small target: growing starts where memory begins to count.
const LENGTH_MIN = 256;

/**
 * From here on a column grows to sixteen times its length, which is room for the million series that may be active by
 * default: memory that nobody has written to is the system's and not resident, and copying a column of a million held
 * everything else up for 3 to 9 ms.
 */
const LARGE_LENGTH = 65_536;
const LARGE_FACTOR = 16;

/** How long a column should be that has no room for one more. */
export function roomyLength(length: number): number {
  return Math.ceil((length + 1) * (length < LARGE_LENGTH ? 1.5 : LARGE_FACTOR));
}

/**
 * The columns of a table with room for one more index. Columns that say different turns (0 to 11) grow at different
 * indexes, a few per cent apart: all of a million series at once took 50 ms in one go.
 */
export class RoomyColumns {
  /** Of the shortest of them. */
  length = Infinity;
  readonly #index: number;

  constructor(index: number) {
    this.#index = index;
  }

  /** The column, or a longer copy when it has no room. */
  of<T extends Column>(column: T, turn: number): T {
    const roomy = this.#index < column.length ? column : this.#longer(column, turn);
    this.length = Math.min(this.length, roomy.length);
    return roomy;
  }

  #longer<T extends Column>(column: T, turn: number): T {
    const isFirst = column.length < LENGTH_MIN;
    const least = isFirst ? LENGTH_MIN : roomyLength(column.length);
    const stagger = isFirst ? 1 + (turn % TURNS) / (2 * TURNS) : 1;
    return resized(column, Math.ceil(Math.max(least, this.#index + 1) * stagger));
  }
}
