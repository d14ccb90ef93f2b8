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

/** Reads `count` numbers into `target[at, at + count)`. The bytes must be there. */
export function readPlanes(
  bytes: Uint8Array,
  offset: number,
  shape: { count: number; width: number },
  target: Float64Array,
  at: number,
): void {
  const { count, width } = shape;
  if (width === 0) target.fill(0, at, at + count);
  else if (width === 1) readOne(bytes, offset, count, target, at);
  else if (width === 2) readTwo(bytes, offset, count, target, at);
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

function readTwo(bytes: Uint8Array, p0: number, count: number, target: Float64Array, at: number): void {
  const p1 = p0 + count;
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
 * Reads `count` increments and writes the `count + 1` numbers they lead to into `target[at, at + count]`.
 * All numbers are whole and below 2^53, so that they come out the same in whatever order they are added.
 */
export function readRunningSum(
  bytes: Uint8Array,
  offset: number,
  shape: { count: number; width: number },
  rule: RunningSum,
  target: Float64Array,
  at: number,
): void {
  target[at] = rule.first;
  if (shape.width === 0) sumNone(shape.count, rule.first, rule.step, target, at);
  else if (shape.width === 1) sumOne(bytes, offset, shape.count, rule, target, at);
  else if (shape.width === 2) sumTwo(bytes, offset, shape.count, rule, target, at);
  else {
    readPlanes(bytes, offset, shape, target, at + 1);
    sumInPlace(shape.count, rule, target, at);
  }
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
  count: number,
  { first, step, factor }: RunningSum,
  target: Float64Array,
  at: number,
): void {
  const p1 = p0 + count;
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

/** The inverse; writes words, never numbers, so that the bits of every NaN survive. */
export function readDoublePlanes(
  bytes: Uint8Array,
  offset: number,
  count: number,
  words: Uint32Array,
  at: number,
): void {
  for (let word = 0; word < 2; word++) {
    const p0 = offset + word * 4 * count;
    const p1 = p0 + count;
    const p2 = p1 + count;
    const p3 = p2 + count;
    const first = 2 * at + word;
    for (let i = 0; i < count; i++) {
      words[first + 2 * i] =
        (bytes[p0 + i] ?? 0) |
        ((bytes[p1 + i] ?? 0) << 8) |
        ((bytes[p2 + i] ?? 0) << 16) |
        ((bytes[p3 + i] ?? 0) << 24);
    }
  }
}
