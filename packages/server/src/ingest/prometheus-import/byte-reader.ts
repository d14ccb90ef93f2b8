import { InputError } from '@vedette/model';

const TEXT = new TextDecoder('utf-8', { fatal: true });

/** Reads numbers and texts one after the other from bytes; past the end it throws `InputError` (VED_IMPORT_INVALID). */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = at;
  }

  get position(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    return this.#bytes[this.#take(1)] ?? 0;
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** 64 bits that must fit a JavaScript number. */
  uint64(): number {
    const at = this.#take(8);
    return safe(this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4));
  }

  uvarint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw invalid('a number is longer than 10 bytes');
  }

  /** With the sign in the lowest bit. */
  varint(): number {
    const value = this.uvarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A view, not a copy. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(): string {
    const bytes = this.bytes(this.uvarint());
    try {
      return TEXT.decode(bytes);
    } catch {
      throw invalid('a text is not UTF-8');
    }
  }

  #take(length: number): number {
    if (!(length >= 0 && length <= this.left))
      throw invalid(`it is cut off: ${length} bytes are announced, ${this.left} are left`);
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

export function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw invalid(`a number is beyond 2^53; got ${value}`);
  return value;
}

export function invalid(reason: string): InputError {
  return new InputError('VED_IMPORT_INVALID', reason);
}
