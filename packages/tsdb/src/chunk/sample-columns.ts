/** Samples of one series in parallel columns: the form in which they are encoded, decoded and handed out. */
export interface SampleColumns {
  /** Increasing, whole milliseconds. */
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  /** 1 where the sample is a staleness marker; its value then means nothing. */
  readonly staleFlags: Uint8Array;
}

export function createColumns(capacity: number): SampleColumns {
  return {
    timestampsMs: new Float64Array(capacity),
    values: new Float64Array(capacity),
    staleFlags: new Uint8Array(capacity),
  };
}

/** Columns of at least `capacity` that begin with the first `count` samples of `columns`. */
export function growColumns(columns: SampleColumns, count: number, capacity: number): SampleColumns {
  const larger = createColumns(Math.max(capacity, columns.values.length * 2));
  larger.timestampsMs.set(columns.timestampsMs.subarray(0, count));
  larger.values.set(columns.values.subarray(0, count));
  larger.staleFlags.set(columns.staleFlags.subarray(0, count));
  return larger;
}

/** First index in [from, until) whose element is at least `bound`; `until` when there is none. */
export function lowerBound(column: Float64Array, from: number, until: number, bound: number): number {
  let low = from;
  let high = until;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((column[middle] ?? Infinity) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
