import { isValidAt, type Labels, type NativeHistogram } from '@vedette/model';

/**
 * One series of an instant vector over all steps: what flows between the nodes of a query.
 *
 * A column has one owner at a time. Who takes it from a stream may change its arrays in place and
 * hand it on, or must give it back to the query's `Budget`.
 */
export interface Column {
  labels: Labels;
  /** The metric name is gone by rights, but still stands in `labels` (delayed name removal). */
  isNameDropped: boolean;
  readonly values: Float64Array;
  /** Bit `i & 7` of byte `i >> 3`: whether step i has a value. Bits behind the last step are 0. */
  readonly validity: Uint8Array;
  /**
   * The points that are native histograms, by step; `undefined` in a column of floats, which most are. A step
   * found here has its bit set, and `values` means nothing there. Fill it by `Budget.putHistogram`; after clearing
   * bits, `pruneHistograms`.
   */
  histograms: Map<number, NativeHistogram> | undefined;
  /** What the budget holds for them beyond one sample per step. */
  histogramsHeld: number;
}

/** Columns in batches, each batch owned by the taker. Order is part of the meaning (`limitk`, `sort`). */
export type ColumnStream = AsyncIterable<readonly Column[]>;

/** All columns of a stream in one array. */
export async function collect(stream: ColumnStream): Promise<Column[]> {
  const columns: Column[] = [];
  for await (const batch of stream) for (const column of batch) columns.push(column);
  return columns;
}

export function isEmpty(validity: Uint8Array): boolean {
  for (let i = 0; i < validity.length; i++) if (validity[i] !== 0) return false;
  return true;
}

export function countValid(validity: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < validity.length; i++) {
    // Adds up neighbouring bits, then pairs, then fours.
    let bits = validity[i] ?? 0;
    bits -= (bits >> 1) & 0x55;
    bits = (bits & 0x33) + ((bits >> 2) & 0x33);
    count += (bits + (bits >> 4)) & 0x0f;
  }
  return count;
}

export function hasHistograms({ histograms }: Column): boolean {
  return histograms !== undefined;
}

/** Whether any point is a float. */
export function hasFloats({ histograms, validity }: Column): boolean {
  return histograms === undefined ? !isEmpty(validity) : countValid(validity) > histograms.size;
}

/** Forgets histograms at steps whose bits were cleared. */
export function pruneHistograms(column: Column): void {
  if (column.histograms === undefined) return;
  for (const step of column.histograms.keys())
    if (!isValidAt(column.validity, step)) column.histograms.delete(step);
  if (column.histograms.size === 0) column.histograms = undefined;
}

/** Sets the bits of all steps below `count`. */
export function fillValidity(validity: Uint8Array, count: number): void {
  validity.fill(0xff);
  const rest = count & 7;
  if (rest !== 0) validity[validity.length - 1] = (1 << rest) - 1;
}
