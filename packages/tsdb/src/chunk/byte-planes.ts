/**
 * Columns of unsigned numbers, `width` bytes each, stored as planes: first the lowest byte of every
 * number, then the second of every number, and so on. Three reasons: any width from 0 to 6 costs
 * exactly that many bytes, nothing needs alignment, and the high planes, being nearly constant, all but
 * vanish under zstd. (Interleaved little-endian numbers were 8 to 20 % larger on disk.)
 */

// Six bytes hold 48 bits; wider numbers are better kept as raw doubles of eight.
export const PLANES_MAX = 6;

/** Bytes that a number needs: 0 for 0, 7 for one that does not fit `PLANES_MAX`. */
export function widthOf(largest: number): number {
  if (largest < 0x1_0000) return largest === 0 ? 0 : largest < 0x100 ? 1 : 2;
  if (largest < 0x1_0000_0000) return largest < 0x100_0000 ? 3 : 4;
  if (largest < 2 ** 48) return largest < 2 ** 40 ? 5 : 6;
  return PLANES_MAX + 1;
}

/** Writes `numbers[0, count)` at `offset`; returns the offset behind. */
export function writePlanes(
  bytes: Uint8Array,
  offset: number,
  numbers: Float64Array,
  shape: { count: number; width: number },
): number {
  const { count, width } = shape;
  for (let plane = 0; plane < Math.min(width, 4); plane++) {
    const start = offset + plane * count;
    const shift = plane * 8;
    // `>>> 0` takes a number modulo 2^32, which is all that the four low planes need.
    for (let i = 0; i < count; i++) bytes[start + i] = ((numbers[i] ?? 0) >>> 0) >>> shift;
  }
  for (let plane = 4; plane < width; plane++) {
    const start = offset + plane * count;
    const divisor = 2 ** (plane * 8);
    for (let i = 0; i < count; i++) bytes[start + i] = Math.floor((numbers[i] ?? 0) / divisor);
  }
  return offset + width * count;
}

/** Columns up to this width can be read from the middle on. */
export const SKIPPABLE_PLANES_MAX = 2;

/**
 * Reads `count` numbers, but for the first `skipped` ones, into `target` from `at` on. The bytes must be there.
 * Only columns of `SKIPPABLE_PLANES_MAX` can be skipped in.
 */
export function readPlanes(
  bytes: Uint8Array,
  offset: number,
  shape: { count: number; width: number },
  target: Float64Array,
  at: number,
  skipped = 0,
): void {
  const { count, width } = shape;
  const rest = count - skipped;
  if (width === 0) target.fill(0, at, at + rest);
  else if (width === 1) readOne(bytes, offset + skipped, rest, target, at);
  else if (width === 2) readTwo(bytes, offset + skipped, count, rest, target, at);
  else if (width === 3) readThree(bytes, offset, count, target, at);
  else readFour(bytes, offset, count, target, at);
  for (let plane = 4; plane < width; plane++) {
    const start = offset + plane * count;
    const factor = 2 ** (plane * 8);
    for (let i = 0; i < count; i++) target[at + i] = (target[at + i] ?? 0) + (bytes[start + i] ?? 0) * factor;
  }
}

// One small loop of primitive arguments per width: a loop that switches inside took twice as long.

function readOne(bytes: Uint8Array, p0: number, count: number, target: Float64Array, at: number): void {
  for (let i = 0; i < count; i++) target[at + i] = bytes[p0 + i] ?? 0;
}

function readTwo(
  bytes: Uint8Array,
  p0: number,
  stride: number,
  count: number,
  target: Float64Array,
  at: number,
): void {
  const p1 = p0 + stride;
  for (let i = 0; i < count; i++) target[at + i] = (bytes[p0 + i] ?? 0) | ((bytes[p1 + i] ?? 0) << 8);
}

function readThree(bytes: Uint8Array, p0: number, count: number, target: Float64Array, at: number): void {
  const p1 = p0 + count;
  const p2 = p1 + count;
  for (let i = 0; i < count; i++)
    target[at + i] = (bytes[p0 + i] ?? 0) | ((bytes[p1 + i] ?? 0) << 8) | ((bytes[p2 + i] ?? 0) << 16);
}

function readFour(bytes: Uint8Array, p0: number, count: number, target: Float64Array, at: number): void {
  const p1 = p0 + count;
  const p2 = p1 + count;
  const p3 = p2 + count;
  for (let i = 0; i < count; i++) {
    const low = (bytes[p0 + i] ?? 0) | ((bytes[p1 + i] ?? 0) << 8) | ((bytes[p2 + i] ?? 0) << 16);
    target[at + i] = low + (bytes[p3 + i] ?? 0) * 0x100_0000;
  }
}

/** How increments become numbers: each number is the one before plus `step` plus increment · `factor`. */
export interface RunningSum {
  readonly first: number;
  readonly step: number;
  readonly factor: number;
}

/**
 * Reads `count` increments and writes the `count + 1` numbers they lead to, but for the first `skipped` ones, into
 * `target` from `at` on. All numbers are whole and below 2^53, so that they come out the same in whatever order they
 * are added. Skip only what `canSkip` allows.
 */
export function readRunningSum(
  bytes: Uint8Array,
  offset: number,
  shape: { count: number; width: number },
  rule: RunningSum,
  target: Float64Array,
  at: number,
  skipped = 0,
): void {
  const { count, width } = shape;
  const { step, factor } = rule;
  const first = skipped === 0 ? rule.first : numberAt(bytes, offset, shape, rule, skipped);
  const rest = count - skipped;
  target[at] = first;
  if (width === 0) sumNone(rest, first, step, target, at);
  else if (width === 1) sumOne(bytes, offset + skipped, rest, { first, step, factor }, target, at);
  else if (width === 2) sumTwo(bytes, offset + skipped, count, rest, { first, step, factor }, target, at);
  else {
    readPlanes(bytes, offset, shape, target, at + 1);
    sumInPlace(count, rule, target, at);
  }
}

/** Whether a running sum can be entered in the middle: its increments may be added up on their own, exactly. */
export function canSkip({ width }: { width: number }, { step, factor }: RunningSum): boolean {
  return width <= SKIPPABLE_PLANES_MAX && Math.abs(step) < STEP_END && factor < FACTOR_END;
}

// With at most 2^10 increments below 2^16 each, both sums stay below 2^51.
const STEP_END = 2 ** 40;
const FACTOR_END = 2 ** 24;

/** The number that the first `index` increments lead to. */
function numberAt(
  bytes: Uint8Array,
  offset: number,
  { count, width }: { count: number; width: number },
  { first, step, factor }: RunningSum,
  index: number,
): number {
  let sum = 0;
  for (let plane = 0; plane < width; plane++)
    sum += addBytes(bytes, offset + plane * count, index) * 2 ** (plane * 8);
  return first + (step * index + sum * factor);
}

/** The sum of `count` bytes: whole numbers that nothing is stored of, a fraction of the time of a running sum. */
function addBytes(bytes: Uint8Array, from: number, count: number): number {
  const end = from + count;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = from;
  for (; i + 3 < end; i += 4) {
    a += bytes[i] ?? 0;
    b += bytes[i + 1] ?? 0;
    c += bytes[i + 2] ?? 0;
    d += bytes[i + 3] ?? 0;
  }
  for (; i < end; i++) a += bytes[i] ?? 0;
  return a + b + c + d;
}

/**
 * How many numbers of a running sum that never falls are below `bound` for sure, whatever the increments are; never
 * all of them. Those of times are small beside the step (jitter), so that next to none is missed.
 */
export function countBelow(
  { count, width }: { count: number; width: number },
  { first, step }: RunningSum,
  bound: number,
): number {
  const largest = step + (2 ** (8 * width) - 1);
  if (!(first < bound) || largest === 0) return 0;
  return Math.min(count, Math.floor((bound - first) / largest));
}

function sumNone(count: number, first: number, step: number, target: Float64Array, at: number): void {
  for (let i = 1; i <= count; i++) target[at + i] = first + step * i;
}

// The narrow widths, which are nearly all there are, are read and summed in one loop, two at a time: an
// addition waits for the one before, so that half as many in a row take half as long.

function sumOne(
  bytes: Uint8Array,
  p0: number,
  count: number,
  { first, step, factor }: RunningSum,
  target: Float64Array,
  at: number,
): void {
  let number = first;
  let i = 0;
  for (; i + 1 < count; i += 2) {
    const a = step + (bytes[p0 + i] ?? 0) * factor;
    const b = step + (bytes[p0 + i + 1] ?? 0) * factor;
    target[at + i + 1] = number + a;
    number += a + b;
    target[at + i + 2] = number;
  }
  if (i < count) target[at + i + 1] = number + (step + (bytes[p0 + i] ?? 0) * factor);
}

function sumTwo(
  bytes: Uint8Array,
  p0: number,
  stride: number,
  count: number,
  { first, step, factor }: RunningSum,
  target: Float64Array,
  at: number,
): void {
  const p1 = p0 + stride;
  let number = first;
  let i = 0;
  for (; i + 1 < count; i += 2) {
    const a = step + ((bytes[p0 + i] ?? 0) | ((bytes[p1 + i] ?? 0) << 8)) * factor;
    const b = step + ((bytes[p0 + i + 1] ?? 0) | ((bytes[p1 + i + 1] ?? 0) << 8)) * factor;
    target[at + i + 1] = number + a;
    number += a + b;
    target[at + i + 2] = number;
  }
  if (i < count)
    target[at + i + 1] = number + (step + ((bytes[p0 + i] ?? 0) | ((bytes[p1 + i] ?? 0) << 8)) * factor);
}

function sumInPlace(
  count: number,
  { first, step, factor }: RunningSum,
  target: Float64Array,
  at: number,
): void {
  let number = first;
  for (let i = at + 1; i <= at + count; i++) {
    number += step + (target[i] ?? 0) * factor;
    target[i] = number;
  }
}

/** Doubles as eight planes of their little-endian bits. `words` is a view of the values: low, high, low, high… */
export function writeDoublePlanes(
  bytes: Uint8Array,
  offset: number,
  words: Uint32Array,
  count: number,
): number {
  for (let plane = 0; plane < 8; plane++) {
    const start = offset + plane * count;
    const word = plane >> 2;
    const shift = (plane & 3) * 8;
    for (let i = 0; i < count; i++) bytes[start + i] = (words[2 * i + word] ?? 0) >>> shift;
  }
  return offset + 8 * count;
}

/** The inverse, but for the first `skipped` ones; writes words, never numbers, so that the bits of every NaN survive. */
export function readDoublePlanes(
  bytes: Uint8Array,
  offset: number,
  count: number,
  words: Uint32Array,
  at: number,
  skipped = 0,
): void {
  const rest = count - skipped;
  for (let word = 0; word < 2; word++) {
    const p0 = offset + word * 4 * count + skipped;
    const p1 = p0 + count;
    const p2 = p1 + count;
    const p3 = p2 + count;
    const first = 2 * at + word;
    for (let i = 0; i < rest; i++) {
      words[first + 2 * i] =
        (bytes[p0 + i] ?? 0) |
        ((bytes[p1 + i] ?? 0) << 8) |
        ((bytes[p2 + i] ?? 0) << 16) |
        ((bytes[p3 + i] ?? 0) << 24);
    }
  }
}
