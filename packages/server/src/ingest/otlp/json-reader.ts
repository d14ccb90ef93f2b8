import { InputError } from '@vedette/model';
import type { Steps } from './decode-scope.ts';

/** Values nested deeper are no OTLP: its own nesting ends at 12, attributes may add `valueDepthMax` times 3. */
const JSON_DEPTH_MAX = 100;

// One token is walked over without a pause: a mebibyte takes about a millisecond.
/** Longest string, number or run of white space, in bytes. */
const JSON_TOKEN_BYTES_MAX = 1024 * 1024;

/** One value of the body, as bytes. */
export interface JsonSpan {
  readonly start: number;
  readonly end: number;
  /** A number in it has so many digits that a double may not hold it. */
  readonly hasLongNumber: boolean;
}

/**
 * Walks over JSON without making values of it, so that a long body can be read in slices. `JSON.parse` reads 20 MiB
 * in one go, for 100 ms and more; here it is only given the small spans that the caller wants.
 *
 *     reader.openObject();
 *     for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
 *       if (key === 'name') name = parseSpan(bytes, yield* reader.span());
 *       else yield* reader.span();
 *     }
 *
 * After `nextKey` or a true `nextElement`, exactly one value is read: `openObject`, `openArray` or `span`. The
 * grammar is checked on the way; what breaks it throws `InputError` (VED_BODY_INVALID) with the byte at fault.
 */
export class JsonReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** Whether a container was opened and nothing of it read. */
  #isFirst = false;
  #hasLongNumber = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The first byte of the value that comes next. */
  peek(): number | undefined {
    this.#skipBlanks();
    return this.#bytes[this.#at];
  }

  openObject(): void {
    this.#expect(OPEN_BRACE);
    this.#isFirst = true;
  }

  openArray(): void {
    this.#expect(OPEN_BRACKET);
    this.#isFirst = true;
  }

  /** The key of the next member; `undefined` once the object is closed. */
  nextKey(): string | undefined {
    if (this.#isClosed(CLOSE_BRACE)) return undefined;
    return this.#readKey();
  }

  /** False once the array is closed. */
  nextElement(): boolean {
    return !this.#isClosed(CLOSE_BRACKET);
  }

  /** Nothing but white space may follow. */
  end(): void {
    if (this.peek() !== undefined) throw this.#fault('something follows the value');
  }

  /** Steps over the next value, whatever it is, and tells where it stands. Pauses on the way. */
  *span(): Steps<JsonSpan> {
    this.#skipBlanks();
    const start = this.#at;
    this.#hasLongNumber = false;
    const closers: number[] = [];
    for (let tokenCount = 0; ; tokenCount++) {
      if ((tokenCount & 255) === 255) yield undefined;
      if (!this.#stepInto(closers)) {
        if (closers.length === 0) break;
      }
    }
    return { start, end: this.#at, hasLongNumber: this.#hasLongNumber };
  }

  /**
   * Reads one scalar or one bracket, with the comma and the key that belong before it. False when a value has
   * ended, and with it perhaps the outermost one.
   */
  #stepInto(closers: number[]): boolean {
    const closer = closers.at(-1);
    if (closer !== undefined) {
      if (this.#isClosed(closer)) {
        closers.pop();
        return false;
      }
      if (closer === CLOSE_BRACE) this.#skipKey();
    }
    const byte = this.peek();
    if (byte !== OPEN_BRACE && byte !== OPEN_BRACKET) {
      this.#skipScalar(byte);
      return false;
    }
    if (closers.length >= JSON_DEPTH_MAX) throw this.#fault(`it is nested deeper than ${JSON_DEPTH_MAX}`);
    this.#at++;
    this.#isFirst = true;
    closers.push(byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET);
    return true;
  }

  /** At the end of a container or behind one of its values: steps over `closer`, or over the comma. */
  #isClosed(closer: number): boolean {
    const byte = this.peek();
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (byte === closer) {
      this.#at++;
      return true;
    }
    if (!isFirst) this.#expect(COMMA);
    return false;
  }

  #readKey(): string {
    this.#skipBlanks();
    const start = this.#at;
    this.#skipString();
    const end = this.#at;
    this.#expect(COLON);
    return parseText(this.#bytes, { start, end });
  }

  #skipKey(): void {
    this.#skipBlanks();
    this.#skipString();
    this.#expect(COLON);
  }

  #skipScalar(byte: number | undefined): void {
    if (byte === QUOTE) this.#skipString();
    else if (byte === MINUS || (byte !== undefined && byte >= ZERO && byte <= NINE)) this.#skipNumber();
    else {
      const word = byte === LETTER_T ? 'true' : byte === LETTER_F ? 'false' : 'null';
      for (let i = 0; i < word.length; i++)
        if (this.#bytes[this.#at + i] !== word.charCodeAt(i)) throw this.#fault('a value must stand here');
      this.#at += word.length;
    }
  }

  #skipString(): void {
    if (this.#bytes[this.#at] !== QUOTE) throw this.#fault('a string must stand here');
    const last = this.#at + JSON_TOKEN_BYTES_MAX;
    for (let at = this.#at + 1; ; at++) {
      const byte = this.#bytes[at];
      if (byte === QUOTE) {
        this.#at = at + 1;
        return;
      }
      if (byte === BACKSLASH) at++;
      else if (byte === undefined) throw this.#fault('it is cut off inside a string');
      else if (byte < BLANK) throw this.#fault('a string holds a control character');
      if (at > last) throw this.#fault(`a string has more than ${JSON_TOKEN_BYTES_MAX} bytes`);
    }
  }

  #skipNumber(): void {
    const start = this.#at;
    let digitCount = 0;
    for (let at = start; ; at++) {
      const byte = this.#bytes[at] ?? 0;
      const isDigit = byte >= ZERO && byte <= NINE;
      if (isDigit) digitCount++;
      else if (!NUMBER_SIGNS.has(byte)) {
        this.#at = at;
        break;
      }
      if (at - start > JSON_TOKEN_BYTES_MAX)
        throw this.#fault(`a number has more than ${JSON_TOKEN_BYTES_MAX} bytes`);
    }
    if (digitCount > 15) this.#hasLongNumber = true;
    // Most numbers are digits alone; the others are checked by their grammar.
    if (digitCount === this.#at - start && this.#bytes[start] !== ZERO) return;
    if (this.#at - start > NUMBER_CHECKED_BYTES_MAX || !NUMBER.test(latinOf(this.#bytes, start, this.#at)))
      throw this.#fault('a number is malformed');
  }

  #skipBlanks(): void {
    const last = this.#at + JSON_TOKEN_BYTES_MAX;
    for (; ; this.#at++) {
      const byte = this.#bytes[this.#at];
      if (byte !== BLANK && byte !== NEWLINE && byte !== RETURN && byte !== TAB) return;
      if (this.#at > last) throw this.#fault(`more than ${JSON_TOKEN_BYTES_MAX} bytes of white space`);
    }
  }

  #expect(byte: number): void {
    this.#skipBlanks();
    const found = this.#bytes[this.#at];
    if (found !== byte) {
      const what = found === undefined ? 'the end' : JSON.stringify(String.fromCharCode(found));
      throw this.#fault(`want "${String.fromCharCode(byte)}", got ${what}`);
    }
    this.#at++;
  }

  #fault(reason: string): InputError {
    return new InputError('VED_BODY_INVALID', `cannot read JSON at byte ${this.#at}: ${reason}`);
  }
}

/** The value of a span, which the caller keeps short. Integers that a double may not hold stay text. */
export function parseSpan(bytes: Uint8Array, span: JsonSpan): unknown {
  const text = decodeText(bytes, span);
  try {
    return span.hasLongNumber ? JSON.parse(text, keepLongIntegers) : JSON.parse(text);
  } catch (error) {
    throw invalid(span.start, error instanceof Error ? error.message : String(error));
  }
}

/** The third parameter is the source text of a number; ECMAScript has it, TypeScript's library does not yet. */
function keepLongIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? source : value;
}

function parseText(bytes: Uint8Array, span: { readonly start: number; readonly end: number }): string {
  const text = decodeText(bytes, span);
  if (!text.includes('\\')) return text.slice(1, -1);
  return String(parseSpan(bytes, { ...span, hasLongNumber: false }));
}

function decodeText(
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
): string {
  try {
    return TEXT.decode(bytes.subarray(start, end));
  } catch {
    throw invalid(start, 'it is not UTF-8');
  }
}

function latinOf(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

function invalid(position: number, reason: string): InputError {
  return new InputError('VED_BODY_INVALID', `cannot read JSON at byte ${position}: ${reason}`);
}

const TEXT = new TextDecoder('utf-8', { fatal: true });

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
/** A double needs at most 767 digits; what is longer and has a sign or a point is refused. */
const NUMBER_CHECKED_BYTES_MAX = 1100;

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_T = 0x74;
const LETTER_F = 0x66;
const BLANK = 0x20;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const TAB = 0x09;
/** `+ - . E e` */
const NUMBER_SIGNS: ReadonlySet<number> = new Set([0x2b, 0x2d, 0x2e, 0x45, 0x65]);
