/** Quantiles of plain values, NaN sorted below everything. */

/** Sorts in place: NaN first, then increasing. */
export function sortNanFirst(values: Float64Array): Float64Array {
  values.sort();
  let nanStart = values.length;
  while (nanStart > 0 && Number.isNaN(values[nanStart - 1])) nanStart--;
  const nanCount = values.length - nanStart;
  if (nanCount > 0 && nanStart > 0) {
    values.copyWithin(nanCount, 0, nanStart);
    values.fill(NaN, 0, nanCount);
  }
  return values;
}

/** The φ-quantile of sorted values, linear between neighbours; outside 0…1 an infinity, of nothing NaN. */
export function quantileOfSorted(quantile: number, sorted: Float64Array): number {
  return quantileAt(quantile, sorted.length, (rank) => sorted[rank] ?? 0);
}

/** The same of values in any order, which it rearranges; linear in their number, where sorting is not. */
export function quantileOf(quantile: number, values: Float64Array): number {
  const count = moveNanLast(values);
  const nanCount = values.length - count;
  return quantileAt(quantile, values.length, (rank) =>
    rank < nanCount ? NaN : selectRank(values, count, rank - nanCount),
  );
}

/** The φ-quantile of `count` values, of which `valueAt` knows the one at each place of their order. */
export function quantileAt(quantile: number, count: number, valueAt: (rank: number) => number): number {
  if (count === 0 || Number.isNaN(quantile)) return NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const rank = quantile * (count - 1);
  const lower = Math.floor(rank);
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - lower;
  return valueAt(lower) * (1 - weight) + valueAt(upper) * weight;
}

/** Moves NaN behind all numbers; returns how many numbers there are. */
function moveNanLast(values: Float64Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (Number.isNaN(value)) continue;
    values[i] = values[count] ?? 0;
    values[count++] = value;
  }
  return count;
}

/**
 * The number that sorting `values[0, count)` would put at `rank`, by Hoare's selection: parts the values at a pivot
 * and goes on with the part that the rank is in. A range that refuses to shrink is sorted after all, so that
 * no input makes it quadratic.
 */
function selectRank(values: Float64Array, count: number, rank: number): number {
  let low = 0;
  let high = count - 1;
  for (let rounds = 0; high - low > SORTED_COUNT_MAX && rounds < ROUNDS_MAX; rounds++) {
    const pivot = medianOfThree(values[low] ?? 0, values[(low + high) >>> 1] ?? 0, values[high] ?? 0);
    let i = low;
    let j = high;
    while (i <= j) {
      while ((values[i] ?? 0) < pivot) i++;
      while ((values[j] ?? 0) > pivot) j--;
      if (i > j) break;
      const swapped = values[i] ?? 0;
      values[i++] = values[j] ?? 0;
      values[j--] = swapped;
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else return zeroAware(pivot, values, count, rank);
  }
  values.subarray(low, high + 1).sort();
  return zeroAware(values[rank] ?? 0, values, count, rank);
}

/** So few are sorted faster than parted. */
const SORTED_COUNT_MAX = 24;

// Each round leaves half or so: more than 64 only arrays need that work against the pivots.
const ROUNDS_MAX = 64;

/** Sorting puts -0 before 0, which a comparison does not tell apart. */
function zeroAware(found: number, values: Float64Array, count: number, rank: number): number {
  if (found !== 0) return found;
  let before = 0;
  for (let i = 0; i < count; i++) if ((values[i] ?? 0) < 0 || Object.is(values[i], -0)) before++;
  return rank < before ? -0 : 0;
}

function medianOfThree(a: number, b: number, c: number): number {
  if (a < b) return b < c ? b : Math.max(a, c);
  return a < c ? a : Math.max(b, c);
}
