import { bug, FatalError } from '@vedette/model';

/**
 * Whole numbers of up to 53 bits in as few bytes as they need: unsigned LEB128, seven bits a byte, the
 * lowest first, the top bit set on all but the last. Signed numbers go through zigzag (0, -1, 1, -2 → 0,
 * 1, 2, 3), so that small ones of either sign are short. Arithmetic is done in doubles, which hold 53 bits
 * exactly; numbers beyond are a bug when written and corruption when read.
 */
const EIGHTH_BYTE = 2 ** 49;
// Up to here bits can be shifted as whole numbers, which is faster than dividing doubles.
const INT_MAX = 2 ** 31 - 1;

/** Writes at `offset`, returns the offset behind. */
export function writeVarint(bytes: Uint8Array, offset: number, value: number): number {
  if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) bug(`a varint is in [0, 2^53); got ${value}`);
  let at = offset;
  let large = value;
  // The remainder of a double is a call; below 2^31 bits do, and nearly all numbers are small.
  while (large > INT_MAX) {
    bytes[at++] = (large % 0x80) | 0x80;
    large = Math.floor(large / 0x80);
  }
  let rest = large | 0;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/** Numbers in (-2^52, 2^52). */
export function writeZigzag(bytes: Uint8Array, offset: number, value: number): number {
  return writeVarint(bytes, offset, value < 0 ? -2 * value - 1 : 2 * value);
}

/** Reads numbers one behind the other; going past the end is corruption. One object, moved by its reader. */
export class ByteCursor {
  bytes: Uint8Array = new Uint8Array(0);
  offset = 0;
  end = 0;

  /** Starts over on other bytes, [offset, end). */
  open(bytes: Uint8Array, offset = 0, end = bytes.length): this {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
    return this;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  byte(): number {
    if (this.offset >= this.end) throw corrupt('the bytes end inside a number');
    return this.bytes[this.offset++] ?? 0;
  }

  varint(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let factor = 0x80;
    do {
      byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (factor > EIGHTH_BYTE || value > Number.MAX_SAFE_INTEGER)
        throw corrupt('a number has more than 53 bits');
      factor *= 0x80;
    } while (byte >= 0x80);
    return value;
  }

  zigzag(): number {
    // The lowest bit stands in the first byte; a remainder of a large double is slow.
    const isNegative = ((this.bytes[this.offset] ?? 0) & 1) === 1;
    const value = this.varint();
    return isNegative ? -(value + 1) / 2 : value / 2;
  }

  /** Eight little-endian bytes as they stand; the payload of a NaN is kept. */
  double(): number {
    this.skip(8);
    return new DataView(this.bytes.buffer, this.bytes.byteOffset).getFloat64(this.offset - 8, true);
  }

  /** Steps over `length` bytes and returns where they begin. */
  skip(length: number): number {
    if (length > this.end - this.offset)
      throw corrupt(`the bytes end early; got ${this.end - this.offset}, want ${length}`);
    const start = this.offset;
    this.offset += length;
    return start;
  }
}

/** The error of bytes that cannot have been written by us; callers name the file as they pass it on. */
export function corrupt(reason: string): FatalError {
  return new FatalError('VED_STORAGE_CORRUPT', `cannot read stored samples: ${reason}`);
}
