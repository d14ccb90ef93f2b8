import { InputError } from '@vedette/model';

/** How the bytes of a field are laid out, after its number. */
export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_FIXED32 = 5;

const WIRE_GROUP_START = 3;
const WIRE_GROUP_END = 4;

/** Deeper groups come from no schema that is spoken here. */
const GROUP_DEPTH_MAX = 10;

const TWO_32 = 2 ** 32;
const TEXT = new TextDecoder('utf-8', { fatal: true });

/**
 * Walks over the fields of one protobuf message without making objects of it:
 *
 *     while (reader.next()) {
 *       if (reader.field === 1) name = reader.string();
 *       else if (reader.field === 2) readLabel(reader.message());
 *       else reader.skip();
 *     }
 *
 * After `next`, exactly one reading method is called. What is cut off, overlong or of another wire type than
 * asked for throws `InputError` (VED_BODY_INVALID) with the byte at fault. Nothing is allocated beyond what is read.
 */
export class ProtobufReader {
  field = 0;
  wire = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = start;
    this.#end = end;
  }

  /** Where the next field or value begins, in bytes from the start of the buffer. */
  get position(): number {
    return this.#at;
  }

  /** Where the message at hand ends. */
  get end(): number {
    return this.#end;
  }

  /** Moves on to the next field; false at the end of the message. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.#varint32();
    this.field = tag >>> 3;
    this.wire = tag & 7;
    if (this.field === 0) throw this.#fault('field number 0 does not exist');
    return true;
  }

  /** uint32, uint64, enum: exact up to 2^53, rounded beyond. */
  uint(): number {
    this.#expect(WIRE_VARINT);
    return this.#varint();
  }

  /** int32, int64. */
  int(): number {
    this.#expect(WIRE_VARINT);
    return this.#signedVarint();
  }

  /** int64, exact: a number where one holds it, else a BigInt. */
  exactInt(): number | bigint {
    this.#expect(WIRE_VARINT);
    const start = this.#at;
    const value = this.#signedVarint();
    if (Number.isSafeInteger(value)) return value;
    let exact = 0n;
    for (let at = start, shift = 0n; at < this.#at; at++, shift += 7n)
      exact |= BigInt((this.#bytes[at] ?? 0) & 127) << shift;
    return BigInt.asIntN(64, exact);
  }

  /** sint32, sint64. */
  sint(): number {
    this.#expect(WIRE_VARINT);
    return zigZag(this.#varint());
  }

  bool(): boolean {
    return this.uint() !== 0;
  }

  double(): number {
    this.#expect(WIRE_FIXED64);
    return this.#view.getFloat64(this.#take(8), true);
  }

  float(): number {
    this.#expect(WIRE_FIXED32);
    return this.#view.getFloat32(this.#take(4), true);
  }

  /** fixed64, exact up to 2^53, rounded beyond. */
  fixed64(): number {
    this.#expect(WIRE_FIXED64);
    const at = this.#take(8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * TWO_32;
  }

  /** fixed64 divided by `divisor` (whole, up to 2^20), rounded down, exact up to quotients of 2^53. */
  fixed64Quotient(divisor: number): number {
    this.#expect(WIRE_FIXED64);
    const at = this.#take(8);
    const high = this.#view.getUint32(at + 4, true);
    const rest = (high % divisor) * TWO_32 + this.#view.getUint32(at, true);
    return Math.floor(high / divisor) * TWO_32 + Math.floor(rest / divisor);
  }

  /** sfixed64, exact between -2^53 and 2^53, rounded beyond. */
  sfixed64(): number {
    this.#expect(WIRE_FIXED64);
    const at = this.#take(8);
    return this.#view.getUint32(at, true) + this.#view.getInt32(at + 4, true) * TWO_32;
  }

  fixed32(): number {
    this.#expect(WIRE_FIXED32);
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    const { start, end } = this.range();
    return this.#bytes.subarray(start, end);
  }

  /** Bytes that are no UTF-8 are a fault. */
  string(): string {
    const at = this.#at;
    try {
      return TEXT.decode(this.bytes());
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw new InputError('VED_BODY_INVALID', `cannot read protobuf text at byte ${at}: it is not UTF-8`);
    }
  }

  /** A reader of the message that this field holds. */
  message(): ProtobufReader {
    const { start, end } = this.range();
    return new ProtobufReader(this.#bytes, start, end);
  }

  /**
   * Goes into the message that this field holds, for hot loops that would else make a reader for each: `next` then
   * ends with that message. `leave`, given what this returned, comes back out, wherever inside the walk stands.
   */
  enter(): number {
    this.#expect(WIRE_BYTES);
    const length = this.#varint32();
    const outerEnd = this.#end;
    const start = this.#take(length);
    this.#at = start;
    this.#end = start + length;
    return outerEnd;
  }

  leave(outerEnd: number): void {
    this.#at = this.#end;
    this.#end = outerEnd;
  }

  /** Inside a packed field that `enter` went into: whether numbers follow. */
  get hasMore(): boolean {
    return this.#at < this.#end;
  }

  /** The next number of a packed field that `enter` went into. */
  packedUint(): number {
    return this.#varint();
  }

  /** Goes back to the position of a field that was read before, in the message at hand. */
  rewind(position: number): void {
    this.#at = position;
  }

  /** Where the bytes of a string, bytes or message field stand in the buffer. */
  range(): { readonly start: number; readonly end: number } {
    this.#expect(WIRE_BYTES);
    const length = this.#varint32();
    const start = this.#take(length);
    return { start, end: start + length };
  }

  /** A repeated double, packed or not: appended to `out`. */
  doubles(out: number[]): void {
    if (this.wire === WIRE_FIXED64) {
      out.push(this.double());
      return;
    }
    const { start, end } = this.range();
    if ((end - start) % 8 !== 0) throw this.#fault('packed doubles take 8 bytes each');
    for (let at = start; at < end; at += 8) out.push(this.#view.getFloat64(at, true));
  }

  /** A repeated fixed64, packed or not: appended to `out`. */
  fixed64s(out: number[]): void {
    if (this.wire === WIRE_FIXED64) {
      out.push(this.fixed64());
      return;
    }
    const { start, end } = this.range();
    if ((end - start) % 8 !== 0) throw this.#fault('packed fixed64 take 8 bytes each');
    for (let at = start; at < end; at += 8)
      out.push(this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * TWO_32);
  }

  /** A repeated varint (uint32, uint64), packed or not: appended to `out`. */
  uints(out: number[]): void {
    this.#varints(out, (reader) => reader.#varint());
  }

  /** A repeated sint32 or sint64, packed or not: appended to `out`. */
  sints(out: number[]): void {
    this.#varints(out, (reader) => zigZag(reader.#varint()));
  }

  /** Steps over the value, whatever it is. */
  skip(): void {
    this.#skip(0);
  }

  #varints(out: number[], read: (reader: ProtobufReader) => number): void {
    if (this.wire === WIRE_VARINT) {
      out.push(read(this));
      return;
    }
    const packed = this.message();
    while (packed.#at < packed.#end) out.push(read(packed));
  }

  #skip(depth: number): void {
    switch (this.wire) {
      case WIRE_VARINT:
        this.#varint();
        break;
      case WIRE_FIXED64:
        this.#take(8);
        break;
      case WIRE_BYTES:
        this.#take(this.#varint32());
        break;
      case WIRE_FIXED32:
        this.#take(4);
        break;
      case WIRE_GROUP_START:
        this.#skipGroup(this.field, depth + 1);
        break;
      default:
        throw this.#fault(`wire type ${this.wire} does not exist`);
    }
  }

  #skipGroup(field: number, depth: number): void {
    if (depth > GROUP_DEPTH_MAX) throw this.#fault(`groups are nested deeper than ${GROUP_DEPTH_MAX}`);
    while (this.next()) {
      if (this.wire === WIRE_GROUP_END) {
        if (this.field !== field) throw this.#fault(`group ${field} ends as group ${this.field}`);
        return;
      }
      this.#skip(depth);
    }
    throw this.#fault(`group ${field} does not end`);
  }

  #expect(wire: number): void {
    if (this.wire !== wire) throw this.#fault(`field ${this.field} has wire type ${this.wire}, want ${wire}`);
  }

  /** Steps over `length` bytes and returns where they begin. */
  #take(length: number): number {
    const start = this.#at;
    if (length > this.#end - start)
      throw this.#fault(`it is cut off: ${length} bytes are announced, ${this.#end - start} are left`);
    this.#at = start + length;
    return start;
  }

  #varint32(): number {
    const value = this.#varint();
    if (value >= TWO_32) throw this.#fault(`a tag or length must fit 32 bits; got ${value}`);
    return value;
  }

  #varint(): number {
    // Most tags and lengths have one byte.
    const first = this.#at < this.#end ? (this.#bytes[this.#at] ?? 0) : 128;
    if (first < 128) {
      this.#at++;
      return first;
    }
    let low = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      if (this.#at >= this.#end) throw this.#fault('it is cut off inside a number');
      const byte = this.#bytes[this.#at++] ?? 0;
      low += (byte & 127) * scale;
      if (byte < 128) return low;
      scale *= 128;
    }
    throw this.#fault('a number is longer than 10 bytes');
  }

  /** Two's complement of 64 bits, in two halves. */
  #signedVarint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) throw this.#fault('it is cut off inside a number');
      const byte = this.#bytes[this.#at++] ?? 0;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) return (low >>> 0) + high * TWO_32;
    }
    throw this.#fault('a number is longer than 10 bytes');
  }

  #fault(reason: string): InputError {
    return new InputError('VED_BODY_INVALID', `cannot read protobuf at byte ${this.#at}: ${reason}`);
  }
}

/** 0, 1, 2, 3 … stand for 0, -1, 1, -2 … */
function zigZag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
