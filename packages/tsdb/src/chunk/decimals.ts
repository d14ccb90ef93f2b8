import { PLANES_MAX, widthOf } from './byte-planes.ts';
import { POWERS_OF_TEN, VALUES_DELTAS, VALUES_OFFSETS } from './chunk.ts';

/**
 * Columns of doubles as whole numbers: which power of ten makes all of them whole, and whether their offsets
 * or their deltas take fewer bytes. Both encodings of chunks are built on it.
 */

/** Differences of two such numbers are still exact. */
const DECIMAL_MAX = 2 ** 52;

/** How the decimals of a chunk are laid out. */
export interface DecimalLayout {
  readonly kind: typeof VALUES_OFFSETS | typeof VALUES_DELTAS;
  /** Smallest number, or smallest delta: what the column's numbers are measured from. */
  readonly base: number;
  readonly width: number;
  readonly divisor: number;
}

/** By bits: two NaN of different payload are not the same, nor are 0 and -0. */
export function isConstant(words: Uint32Array, count: number): boolean {
  const low = words[0];
  const high = words[1];
  for (let i = 1; i < count; i++) if (words[2 * i] !== low || words[2 * i + 1] !== high) return false;
  return true;
}

/** Fills `target` with the whole numbers and returns the exponent, or -1 when some value is no such decimal. */
export function scaleToDecimals(values: Float64Array, count: number, target: Float64Array): number {
  let exponent = 0;
  for (let i = 0; i < count; i++) {
    exponent = exponentFor(values[i] ?? 0, exponent);
    if (exponent < 0) return -1;
  }
  const scale = POWERS_OF_TEN[exponent] ?? 1;
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0;
    const decimal = Math.round(value * scale);
    // Once more for all: a large value may not be exact at the exponent that a small one asked for.
    if (!(Math.abs(decimal) < DECIMAL_MAX && decimal / scale === value)) return -1;
    target[i] = decimal;
  }
  return exponent;
}

/** The smallest exponent from `exponent` on at which the value is a whole number; -1 when none. */
function exponentFor(value: number, exponent: number): number {
  if (value === 0 && 1 / value < 0) return -1;
  for (let e = exponent; e < POWERS_OF_TEN.length; e++) {
    const scale = POWERS_OF_TEN[e] ?? 1;
    const decimal = Math.round(value * scale);
    if (!(Math.abs(decimal) < DECIMAL_MAX)) return -1;
    if (decimal / scale === value) return e;
  }
  return -1;
}

/** The narrower of offsets and deltas (at the same width: the one of the smaller range); `undefined` when neither fits. */
export function chooseLayout(decimals: Float64Array, count: number): DecimalLayout | undefined {
  const first = decimals[0] ?? 0;
  let previous = first;
  let smallest = first;
  let largest = first;
  let smallestDelta = Infinity;
  let largestDelta = -Infinity;
  for (let i = 1; i < count; i++) {
    const decimal = decimals[i] ?? 0;
    const delta = decimal - previous;
    if (decimal < smallest) smallest = decimal;
    if (decimal > largest) largest = decimal;
    if (delta < smallestDelta) smallestDelta = delta;
    if (delta > largestDelta) largestDelta = delta;
    previous = decimal;
  }
  const isDelta = largestDelta - smallestDelta < largest - smallest;
  const base = isDelta ? smallestDelta : smallest;
  const range = isDelta ? largestDelta - smallestDelta : largest - smallest;
  // A base beyond 2^52 has no zigzag; such a chunk is raw.
  if (Math.abs(base) >= DECIMAL_MAX) return undefined;
  // A single plane cannot become narrower by much; the common divisor is worth its time from two on.
  const divisor = range < 0x100 ? 1 : commonDivisor(decimals, count, isDelta ? smallestDelta : 0);
  const width = widthOf(range / divisor);
  if (width > PLANES_MAX) return undefined;
  return { kind: isDelta ? VALUES_DELTAS : VALUES_OFFSETS, base, width, divisor };
}

/** What all differences of neighbours, and `also`, have in common; stops at 1, which is nearly always soon. */
function commonDivisor(decimals: Float64Array, count: number, also: number): number {
  let divisor = Math.abs(also);
  for (let i = 1; i < count && divisor !== 1; i++) {
    let other = Math.abs((decimals[i] ?? 0) - (decimals[i - 1] ?? 0));
    while (other !== 0) {
      const rest = divisor % other;
      divisor = other;
      other = rest;
    }
  }
  return divisor === 0 ? 1 : divisor;
}

/** The numbers of the value column, into `target`; returns how many. */
export function numbersOfLayout(
  decimals: Float64Array,
  count: number,
  layout: DecimalLayout,
  target: Float64Array,
): number {
  const { kind, base, divisor } = layout;
  if (kind === VALUES_OFFSETS) {
    for (let i = 0; i < count; i++) target[i] = ((decimals[i] ?? 0) - base) / divisor;
    return count;
  }
  for (let i = 1; i < count; i++)
    target[i - 1] = ((decimals[i] ?? 0) - (decimals[i - 1] ?? 0) - base) / divisor;
  return count - 1;
}
