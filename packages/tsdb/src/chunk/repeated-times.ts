/** The time column of a chunk as it is stored. */
export interface TimeColumn {
  readonly firstMs: number;
  readonly intervalMs: number;
  readonly count: number;
  readonly width: number;
  /** How many samples are left out at the beginning. */
  readonly skipped: number;
}

interface Known {
  readonly column: TimeColumn;
  /** Nothing is copied, and no memory taken, before a column comes twice. */
  copies: { readonly bytes: Buffer; readonly timesMs: Float64Array } | undefined;
}

/** A stretch of six hours at 15 s is two chunks a series; a few more are read in turns seldom. */
const COLUMNS_MAX = 4;

/** Shorter ones are decoded in the time that looking takes. */
const COUNT_MIN = 64;

/** Wider columns are hardly ever repeated: whatever sends them has no interval. */
const WIDTH_MAX = 2;

/**
 * The time columns decoded last. Series of one scrape target have the same, byte for byte, and stand one behind the
 * other in sorted order: comparing and copying takes a fifth of the time of decoding. Columns are told apart by
 * their header first, so that those of other targets cost next to nothing.
 */
export class RepeatedTimes {
  readonly #known: Known[] = [];
  #next = 0;

  /**
   * Writes the times of a column whose bytes begin at `offset` to `target` from `at` on; false when it is not known.
   * Then `keep` it.
   */
  copy(column: TimeColumn, bytes: Uint8Array, offset: number, target: Float64Array, at: number): boolean {
    if (column.count < COUNT_MIN || column.width > WIDTH_MAX) return false;
    const copies = this.#find(column)?.copies;
    if (copies === undefined) return false;
    // The method compares as the processor does, eight bytes at a time and more.
    if (copies.bytes.compare(bytes, offset, offset + lengthOf(column)) !== 0) return false;
    target.set(copies.timesMs, at);
    return true;
  }

  /** The times of a column that `copy` did not know stand in `timesMs` from `at` on. */
  keep(column: TimeColumn, bytes: Uint8Array, offset: number, timesMs: Float64Array, at: number): void {
    if (column.count < COUNT_MIN || column.width > WIDTH_MAX) return;
    const known = this.#find(column);
    if (known === undefined) {
      // In the place of the column that came first.
      this.#known[this.#next] = { column, copies: undefined };
      this.#next = (this.#next + 1) % COLUMNS_MAX;
      return;
    }
    // Caches and the head use their memory again.
    known.copies = {
      bytes: Buffer.from(bytes.subarray(offset, offset + lengthOf(column))),
      timesMs: timesMs.slice(at, at + column.count - column.skipped),
    };
  }

  #find({ firstMs, intervalMs, count, width, skipped }: TimeColumn): Known | undefined {
    for (const known of this.#known) {
      const { column } = known;
      if (column.firstMs !== firstMs || column.count !== count || column.skipped !== skipped) continue;
      if (column.intervalMs === intervalMs && column.width === width) return known;
    }
    return undefined;
  }
}

function lengthOf({ count, width }: TimeColumn): number {
  return (count - 1) * width;
}
