import { WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT } from './protobuf-reader.ts';

const TEXT = new TextEncoder();

/** Builds one protobuf message into a growing buffer. Fields are written in the order of the calls; zeros are written too. */
export class ProtobufWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  #length = 0;

  constructor(bytesExpected = 256) {
    this.#bytes = new Uint8Array(bytesExpected);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** uint32, uint64, enum, bool: whole, 0 to 2^53. */
  uint(field: number, value: number): void {
    this.#tag(field, WIRE_VARINT);
    this.#varint(value);
  }

  /** int32, int64: whole, -2^53 to 2^53. */
  int(field: number, value: number): void {
    this.#tag(field, WIRE_VARINT);
    if (value >= 0) this.#varint(value);
    else this.#bigVarint(BigInt.asUintN(64, BigInt(value)));
  }

  /** sint32, sint64. */
  sint(field: number, value: number): void {
    this.#tag(field, WIRE_VARINT);
    this.#varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  double(field: number, value: number): void {
    this.#tag(field, WIRE_FIXED64);
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  string(field: number, value: string): void {
    this.bytes(field, TEXT.encode(value));
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, WIRE_BYTES);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  message(field: number, message: ProtobufWriter): void {
    this.bytes(field, message.#bytes.subarray(0, message.#length));
  }

  packedUints(field: number, values: Iterable<number>): void {
    this.#packed(field, values, (inner, value) => inner.#varint(value));
  }

  packedSints(field: number, values: Iterable<number>): void {
    this.#packed(field, values, (inner, value) => inner.#varint(value >= 0 ? value * 2 : -value * 2 - 1));
  }

  packedDoubles(field: number, values: ArrayLike<number>): void {
    this.#tag(field, WIRE_BYTES);
    this.#varint(values.length * 8);
    this.#reserve(values.length * 8);
    for (let i = 0; i < values.length; i++, this.#length += 8)
      this.#view.setFloat64(this.#length, values[i] ?? 0, true);
  }

  /** The fields of another message, as if they had been written here. */
  append(message: ProtobufWriter): void {
    this.#reserve(message.#length);
    this.#bytes.set(message.#bytes.subarray(0, message.#length), this.#length);
    this.#length += message.#length;
  }

  /** Whole fields that were encoded before. */
  raw(fields: Uint8Array): void {
    this.#reserve(fields.length);
    this.#bytes.set(fields, this.#length);
    this.#length += fields.length;
  }

  /** Begins anew in the same memory. */
  clear(): void {
    this.#length = 0;
  }

  /** The message so far; a copy. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #packed(
    field: number,
    values: Iterable<number>,
    write: (inner: ProtobufWriter, value: number) => void,
  ): void {
    const inner = new ProtobufWriter();
    for (const value of values) write(inner, value);
    this.message(field, inner);
  }

  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire);
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

  #bigVarint(value: bigint): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 128n) {
      this.#bytes[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#length + more, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
