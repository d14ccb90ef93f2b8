const TEXT = new TextEncoder();

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;

/** Builds protobuf messages in one growing buffer; fields stand in the order of the calls. */
export class ProtobufWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get size(): number {
    return this.#length;
  }

  /** uint32, uint64, enum. What is no such number (a foreign registry may say anything) is brought into 0 to 2^53. */
  uint(field: number, value: number): void {
    this.#varint(field * 8 + WIRE_VARINT);
    this.#varint(Math.min(Math.max(Math.trunc(value) || 0, 0), Number.MAX_SAFE_INTEGER));
  }

  /** sint32, sint64: whole, -2^52 to 2^52. */
  sint(field: number, value: number): void {
    this.#varint(field * 8 + WIRE_VARINT);
    this.#varint(zigzag(value));
  }

  double(field: number, value: number): void {
    this.#varint(field * 8 + WIRE_FIXED64);
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  string(field: number, value: string): void {
    this.message(field, () => {
      // A UTF-16 unit takes at most three bytes.
      this.#reserve(value.length * 3);
      this.#length += TEXT.encodeInto(value, this.#bytes.subarray(this.#length)).written;
    });
  }

  /** `write` writes the fields of the message, with this writer. */
  message(field: number, write: () => void): void {
    this.#varint(field * 8 + WIRE_BYTES);
    this.delimited(write);
  }

  /** Packed sint64. */
  packedSints(field: number, values: Iterable<number>): void {
    this.message(field, () => {
      for (const value of values) this.#varint(zigzag(value));
    });
  }

  /** A message after its length, as in a stream of messages. */
  delimited(write: () => void): void {
    const start = this.#length;
    write();
    const size = this.#length - start;
    // The length is known only now: what was written moves up by the bytes that it takes.
    const width = widthOf(size);
    this.#reserve(width);
    this.#bytes.copyWithin(start + width, start, this.#length);
    this.#length = start;
    this.#varint(size);
    this.#length += size;
  }

  /** A length alone. */
  varint(value: number): void {
    this.#varint(value);
  }

  /** Begins anew in the same memory. */
  clear(): void {
    this.#length = 0;
  }

  /** What was written so far; a copy. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#length + more, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Bytes of a varint. */
function widthOf(value: number): number {
  let width = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) width++;
  return width;
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}
