/** Steps in which Prometheus writes whole numbers of varying size: so many bits, told by one `1` more in front. */
const VARBIT_SIZES = [3, 6, 9, 12, 18, 25, 56] as const;

const TWO_32 = 2 ** 32;

/** Writes the bit stream of a chunk, most significant bit first, into a buffer that grows. */
export class BitWriter {
  #bytes = new Uint8Array(256);
  #bitCount = 0;

  /** The lowest `count` (0 to 32) bits of `value`. */
  bits(value: number, count: number): void {
    if (this.#bitCount + count > this.#bytes.length * 8) this.#grow();
    let left = count;
    while (left > 0) {
      const free = 8 - (this.#bitCount & 7);
      const taken = left < free ? left : free;
      const part = (value >>> (left - taken)) & ((1 << taken) - 1);
      const at = this.#bitCount >>> 3;
      this.#bytes[at] = (this.#bytes[at] ?? 0) | (part << (free - taken));
      this.#bitCount += taken;
      left -= taken;
    }
  }

  /** A number between -2^(count-1) and 2^(count-1) in two's complement of `count` bits, up to 64. */
  signed(value: number, count: number): void {
    if (count > 32) this.bits(Math.floor(value / TWO_32), count - 32);
    this.bits(value, Math.min(count, 32));
  }

  /** Unsigned LEB128. */
  uvarint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.bits((rest % 128) | 128, 8);
    this.bits(rest, 8);
  }

  /** With the sign in the lowest bit. */
  varint(value: number): void {
    this.uvarint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  float(value: number): void {
    FLOAT.setFloat64(0, value);
    this.bits(FLOAT.getUint32(0), 32);
    this.bits(FLOAT.getUint32(4), 32);
  }

  /** In the smallest step that holds it; the largest is 64 bits. */
  varbitInt(value: number): void {
    if (value === 0) return this.bits(0, 1);
    const fits = (size: number): boolean => value > -(2 ** (size - 1)) && value <= 2 ** (size - 1);
    return this.signed(value, this.#step(fits));
  }

  varbitUint(value: number): void {
    if (value === 0) return this.bits(0, 1);
    return this.signed(
      value,
      this.#step((size) => value < 2 ** size),
    );
  }

  /** What was written; the last byte is filled up with zeros. A copy. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, Math.ceil(this.#bitCount / 8));
  }

  /** Writes the ones that tell the step, and gives its size. */
  #step(fits: (size: number) => boolean): number {
    const step = VARBIT_SIZES.findIndex(fits);
    if (step < 0) {
      this.bits(0xff, 8);
      return 64;
    }
    // Step 0 is `10`, step 1 `110`, and so on.
    this.bits(2 ** (step + 2) - 2, step + 2);
    return VARBIT_SIZES[step] ?? 64;
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

const FLOAT = new DataView(new ArrayBuffer(8));
