import { InputError } from '@vedette/model';

const TWO_32 = 2 ** 32;

/** Bits of the steps in which Prometheus writes whole numbers of varying size; the last step is the number itself. */
const VARBIT_SIZES = [0, 3, 6, 9, 12, 18, 25, 56, 64] as const;

/**
 * Reads the bit stream of a chunk, most significant bit first. Reading past the end throws `InputError`
 * (VED_IMPORT_INVALID); nothing is allocated. Numbers of 64 bits come as a JavaScript number (exact to 2^53),
 * floats as they are; the halves of the float read last stay in `high` and `low`, since a NaN loses its bits.
 */
export class BitReader {
  /** Bits of the float that `float` read last. */
  high = 0;
  low = 0;
  readonly #bytes: Uint8Array;
  readonly #bitsEnd: number;
  #at: number;

  constructor(bytes: Uint8Array, byteOffset: number) {
    this.#bytes = bytes;
    this.#at = byteOffset * 8;
    this.#bitsEnd = bytes.length * 8;
  }

  bit(): 0 | 1 {
    if (this.#at >= this.#bitsEnd) throw cutOff();
    const byte = this.#bytes[this.#at >>> 3] ?? 0;
    const bit = (byte >>> (7 - (this.#at & 7))) & 1;
    this.#at++;
    return bit === 1 ? 1 : 0;
  }

  /** Up to 32 bits, unsigned. */
  bits(count: number): number {
    if (count > this.#bitsEnd - this.#at) throw cutOff();
    let value = 0;
    let left = count;
    while (left > 0) {
      const inByte = 8 - (this.#at & 7);
      const taken = left < inByte ? left : inByte;
      const byte = this.#bytes[this.#at >>> 3] ?? 0;
      const part = (byte >>> (inByte - taken)) & ((1 << taken) - 1);
      value = value * (1 << taken) + part;
      this.#at += taken;
      left -= taken;
    }
    return value;
  }

  /** A float of 64 bits; its halves are left in `high` and `low`. */
  float(): number {
    this.high = this.bits(32);
    this.low = this.bits(32);
    return floatOf(this.high, this.low);
  }

  /** Two's complement in `count` bits, where 2^(count-1) itself is positive, as Prometheus has it. */
  signed(count: number): number {
    if (count <= 32) {
      const value = this.bits(count);
      return value > 2 ** (count - 1) ? value - 2 ** count : value;
    }
    const high = this.bits(count - 32);
    const low = this.bits(32);
    const limit = 2 ** (count - 33);
    // In 64 bits there is no such exception.
    const isNegative = high > limit || (high === limit && (low > 0 || count === 64));
    if (!isNegative) return high * TWO_32 + low;
    return (high - 2 ** (count - 32)) * TWO_32 + low;
  }

  /** Unsigned LEB128, as Go's `ReadUvarint` reads it. */
  uvarint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.bits(8);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw new InputError('VED_IMPORT_INVALID', 'a number is longer than 10 bytes');
  }

  /** Signed LEB128 with the sign in the lowest bit. */
  varint(): number {
    const value = this.uvarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A signed number in the smallest of Prometheus' steps. */
  varbitInt(): number {
    const size = this.#varbitSize();
    return size === 0 ? 0 : this.signed(size);
  }

  varbitUint(): number {
    const size = this.#varbitSize();
    if (size <= 32) return size === 0 ? 0 : this.bits(size);
    const high = this.bits(size - 32);
    return high * TWO_32 + this.bits(32);
  }

  #varbitSize(): number {
    let step = 0;
    while (step < 8 && this.bit() === 1) step++;
    return VARBIT_SIZES[step] ?? 64;
  }
}

const FLOAT = new DataView(new ArrayBuffer(8));

export function floatOf(high: number, low: number): number {
  FLOAT.setUint32(0, high);
  FLOAT.setUint32(4, low);
  return FLOAT.getFloat64(0);
}

function cutOff(): InputError {
  return new InputError('VED_IMPORT_INVALID', 'the chunk is cut off');
}
