/**
 * Reads JSON by walking over its bytes, for texts too long for `JSON.parse`: that one call holds the event
 * loop for about 10 ms a megabyte and builds an object for every pair of brackets. The caller says what it
 * expects, takes single values, passes over what it does not know, and may pause between any two of them.
 *
 * 1. `enterArray` and `nextElement`, or `enterObject` and `nextKey`, walk a container: each true (or key) must be
 *    followed by exactly one read, `skip`, or walk to the end of the value.
 * 2. Strings without escapes are cut from the bytes; others, and `readValue`, go through `JSON.parse`.
 * 3. What is passed over is checked as far as brackets and quotes pair; what is read is checked for its kind.
 *
 * Every fault is an `InputError` (VED_BODY_INVALID) with the place in bytes.
 */
import { InputError } from '@vedette/model';

export class JsonCursor {
  readonly #bytes: Buffer;
  #at = 0;
  /** A container was entered and nothing of it read: no comma is due. */
  #isFirst = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether the next value is of this kind. */
  isNext(kind: 'object' | 'array' | 'string'): boolean {
    return this.#peek() === OPENING[kind];
  }

  enterObject(): void {
    this.#enter(OPENING.object, 'an object');
  }

  enterArray(): void {
    this.#enter(OPENING.array, 'an array');
  }

  /** The next key of the object; `undefined` at its end, which is passed. */
  nextKey(): string | undefined {
    if (this.#isEnd(CLOSE_OBJECT)) return undefined;
    const key = this.readString();
    if (this.#peek() !== COLON) this.#fail('a colon');
    this.#at++;
    return key;
  }

  /** Whether the array has one more element; at its end, which is passed, it has none. */
  nextElement(): boolean {
    return !this.#isEnd(CLOSE_ARRAY);
  }

  readString(): string {
    if (this.#peek() !== QUOTE) this.#fail('a string');
    const start = this.#at + 1;
    let isPlain = true;
    let end = start;
    for (; ; end++) {
      const byte = this.#bytes[end];
      if (byte === undefined) this.#failAtEnd();
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        isPlain = false;
        end++;
      } else if (byte < SPACE) this.#fail('a string without control characters');
    }
    this.#at = end + 1;
    return isPlain ? this.#bytes.toString('utf8', start, end) : String(this.#parse(start - 1, end + 1));
  }

  readNumber(): number {
    this.#peek();
    const start = this.#at;
    let end = start;
    while (isNumberByte(this.#bytes[end] ?? 0)) end++;
    const value = end === start ? Number.NaN : Number(this.#bytes.toString('latin1', start, end));
    if (Number.isNaN(value)) this.#fail('a number');
    this.#at = end;
    return value;
  }

  /** The next value whole. For parts of a bounded size: nothing is read in between. */
  readValue(): unknown {
    this.#peek();
    const start = this.#at;
    this.skip();
    return this.#parse(start, this.#at);
  }

  /** Passes over the next value. */
  skip(): void {
    let depth = 0;
    do {
      const byte = this.#peek();
      if (byte === QUOTE) this.readString();
      else if (byte === OPENING.object || byte === OPENING.array) depth++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
      else if (depth === 0 || (byte !== COMMA && byte !== COLON)) this.#skipWord();
      if (byte !== QUOTE && isBracket(byte)) this.#at++;
      if (depth < 0) this.#fail('a value');
    } while (depth > 0);
    this.#isFirst = false;
  }

  #skipWord(): void {
    const start = this.#at;
    while (isWordByte(this.#bytes[this.#at] ?? 0)) this.#at++;
    if (this.#at === start) this.#fail('a value');
  }

  #enter(opening: number, what: string): void {
    if (this.#peek() !== opening) this.#fail(what);
    this.#at++;
    this.#isFirst = true;
  }

  #isEnd(closing: number): boolean {
    const byte = this.#peek();
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (byte === closing) {
      this.#at++;
      return true;
    }
    if (isFirst) return false;
    if (byte !== COMMA) this.#fail('a comma');
    this.#at++;
    return false;
  }

  #peek(): number {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) this.#failAtEnd();
      if (byte > SPACE || !isSpace(byte)) return byte;
      this.#at++;
    }
  }

  #parse(start: number, end: number): unknown {
    try {
      return JSON.parse(this.#bytes.toString('utf8', start, end));
    } catch (error) {
      throw new InputError('VED_BODY_INVALID', `cannot read JSON at byte ${start}: it is malformed`, {
        cause: error,
      });
    }
  }

  #failAtEnd(): never {
    throw new InputError(
      'VED_BODY_INVALID',
      `cannot read JSON: it ends in the middle, after ${this.#bytes.length} bytes`,
    );
  }

  #fail(want: string): never {
    const found = this.#bytes.toString('latin1', this.#at, this.#at + 1);
    throw new InputError(
      'VED_BODY_INVALID',
      `cannot read JSON at byte ${this.#at}: got ${JSON.stringify(found)}, want ${want}`,
    );
  }
}

const OPENING = { object: 0x7b, array: 0x5b, string: 0x22 } as const;
const QUOTE = OPENING.string;
const CLOSE_OBJECT = 0x7d;
const CLOSE_ARRAY = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Signs and digits, `.`, `e`, `E`. */
function isNumberByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    (byte | 0x20) === 0x65
  );
}

/** Of numbers and of `true`, `false`, `null`. */
function isWordByte(byte: number): boolean {
  return isNumberByte(byte) || (byte >= 0x61 && byte <= 0x7a);
}

function isBracket(byte: number): boolean {
  return (
    byte === OPENING.object ||
    byte === OPENING.array ||
    byte === CLOSE_OBJECT ||
    byte === CLOSE_ARRAY ||
    byte === COMMA ||
    byte === COLON
  );
}
