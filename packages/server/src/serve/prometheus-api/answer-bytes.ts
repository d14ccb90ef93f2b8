import { formatValue } from './go-text.ts';

/**
 * The bytes of a long answer, written one after the other and taken away in pieces.
 *
 * Most of an answer to a query is numbers. As text each is a string, joined to strings of strings, which V8 flattens,
 * encodes and collects afterwards; whole numbers took twice as long so. Here digits go straight to bytes, and nothing
 * is left behind but the pieces themselves:
 *
 * 1. A whole number below 2^53 is written two digits at a time.
 * 2. A number with up to six decimals is a whole number over a power of ten: when the division gives exactly the
 *    value back, and there are no more than 15 digits, those are its shortest digits, since no two decimals of 15
 *    digits are the same double.
 * 3. All others have some 17 digits, which V8 finds and we copy.
 */
export class AnswerBytes {
  #bytes: Uint8Array = NOTHING;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written since the last call; the caller owns it. */
  take(): Uint8Array {
    const piece = this.#bytes.subarray(0, this.#length);
    this.#bytes = NOTHING;
    this.#length = 0;
    return piece;
  }

  /** Any text from the unit `from` on; nearly all of it is short and ASCII. */
  text(text: string, from = 0): void {
    this.#reserve(text.length * UTF8_BYTES_PER_UNIT);
    const bytes = this.#bytes;
    const start = this.#length - from;
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 128) {
        const rest = bytes.subarray(this.#length);
        this.#length += ENCODER.encodeInto(from === 0 ? text : text.slice(from), rest).written;
        return;
      }
      bytes[start + i] = code;
    }
    this.#length = start + text.length;
  }

  /** `,[1.500,"2"]`: a value at one of the times of `heads`, without the comma for the first of a list. */
  point(heads: PointHeads, index: number, value: number, isFirst: boolean): void {
    const { bytes: source, starts } = heads;
    const from = (starts[index] ?? 0) + (isFirst ? 1 : 0);
    const until = starts[index + 1] ?? 0;
    this.#reserve(POINT_BYTES_MAX);
    const bytes = this.#bytes;
    let at = this.#length;
    // Some 17 bytes: a view on them costs more than they.
    for (let i = from; i < until; i++) bytes[at++] = source[i] ?? 0;
    this.#length = at;
    this.value(value);
    at = this.#length;
    this.#bytes[at] = QUOTE;
    this.#bytes[at + 1] = CLOSING_BRACKET;
    this.#length = at + 2;
  }

  /** Whole milliseconds as seconds, as `formatTimestamp` gives them. */
  timestamp(timestampMs: number): void {
    this.#reserve(POINT_BYTES_MAX);
    if (timestampMs < 0) this.#bytes[this.#length++] = MINUS;
    const absolute = Math.abs(timestampMs);
    const seconds = Math.floor(absolute / 1000);
    this.#integer(seconds);
    const fraction = absolute - seconds * 1000;
    if (fraction === 0) return;
    this.#bytes[this.#length++] = POINT;
    this.#padded(fraction, 3);
  }

  /** A sample value as `formatValue` gives it. */
  value(value: number): void {
    this.#reserve(POINT_BYTES_MAX);
    const absolute = Math.abs(value);
    if (absolute <= Number.MAX_SAFE_INTEGER && (value !== 0 || Object.is(value, 0))) {
      if (Number.isInteger(value)) return this.#signed(value < 0, absolute, 0);
      if (absolute >= DECIMAL_MIN && absolute < DECIMAL_MAX && isPerhapsDecimal(absolute))
        for (let decimals = 1; decimals < POWERS_OF_TEN.length; decimals++) {
          const power = POWERS_OF_TEN[decimals] ?? 1;
          const digits = Math.round(absolute * power);
          if (digits > DIGITS_MAX) break;
          if (digits / power === absolute) return this.#signed(value < 0, digits, decimals);
        }
    }
    this.text(formatValue(value));
  }

  /** `digits` with a point before the last `decimals` of them. */
  #signed(isNegative: boolean, digits: number, decimals: number): void {
    if (isNegative) this.#bytes[this.#length++] = MINUS;
    if (decimals === 0) return this.#integer(digits);
    const power = POWERS_OF_TEN[decimals] ?? 1;
    const whole = Math.floor(digits / power);
    this.#integer(whole);
    this.#bytes[this.#length++] = POINT;
    this.#padded(digits - whole * power, decimals);
  }

  #integer(value: number): void {
    if (value >= BILLION) {
      const high = Math.floor(value / BILLION);
      this.#integer(high);
      return this.#padded(value - high * BILLION, 9);
    }
    this.#padded(value, digitCountOf(value));
  }

  /** `value`, below 2^30, as so many digits. */
  #padded(value: number, digits: number): void {
    const bytes = this.#bytes;
    const start = this.#length;
    let at = start + digits;
    let rest = value | 0;
    while (at > start + 1) {
      const next = (rest / 100) | 0;
      const pair = (rest - next * 100) * 2;
      bytes[--at] = PAIRS[pair + 1] ?? 0;
      bytes[--at] = PAIRS[pair] ?? 0;
      rest = next;
    }
    if (at > start) bytes[--at] = ZERO + (rest % 10);
    this.#length = start + digits;
  }

  #reserve(lengthBytes: number): void {
    const wanted = this.#length + lengthBytes;
    if (wanted <= this.#bytes.length) return;
    // Most answers are a few hundred bytes; buffers of a piece for them would be most of their garbage.
    const grown = Buffer.allocUnsafeSlow(Math.max(BYTES_MIN, this.#bytes.length * 4, wanted));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

const NOTHING = new Uint8Array(0);
// An instant vector of ten series; growing from less would copy it.
const BYTES_MIN = 1024;

/** What stands before the values of points, `,[1700000000.123,"`: the same for every series on a step grid. */
export class PointHeads {
  readonly timestampsMs: Float64Array;
  readonly bytes: Uint8Array;
  /** Where each begins, and the end. */
  readonly starts: Uint32Array;

  constructor(timestampsMs: Float64Array) {
    this.timestampsMs = timestampsMs;
    this.starts = new Uint32Array(timestampsMs.length + 1);
    const out = new AnswerBytes();
    for (const [i, timestampMs] of timestampsMs.entries()) {
      out.text(',[');
      out.timestamp(timestampMs);
      out.text(',"');
      this.starts[i + 1] = out.length;
    }
    this.bytes = out.take();
  }
}

const ENCODER = new TextEncoder();
/** A unit of UTF-16 is at most three bytes of UTF-8; a pair of them four. */
const UTF8_BYTES_PER_UNIT = 3;

// The longest value, such as -1.2345678901234567e-100, has 24 characters, the longest time 18.
const POINT_BYTES_MAX = 64;

/** Below it Go writes an exponent; above the other the digits would be more than 15 with one decimal. */
const DECIMAL_MIN = 1e-6;
const DECIMAL_MAX = 1e14;
// Decimals with so many digits are all different doubles.
const DIGITS_MAX = 1e15 - 1;
/** Six decimals: microseconds. Values with more are nearly always quotients, whose digits do not end. */
const POWERS_OF_TEN = Float64Array.of(1, 10, 100, 1e3, 1e4, 1e5, 1e6);
const BILLION = 1e9;

/** False for nearly all quotients: six places on, a decimal is a whole number but for the rounding of the product. */
function isPerhapsDecimal(absolute: number): boolean {
  const scaled = absolute * 1e6;
  return Math.abs(scaled - Math.round(scaled)) <= scaled * Number.EPSILON;
}

const ZERO = 48;
const MINUS = 45;
const POINT = 46;
const QUOTE = 34;
const CLOSING_BRACKET = 93;

/** `00` to `99`. */
const PAIRS = Uint8Array.from({ length: 200 }, (_, i) =>
  i % 2 === 0 ? ZERO + Math.floor(i / 20) : ZERO + (((i - 1) / 2) % 10),
);

/** Of a whole number below 1e9. */
function digitCountOf(value: number): number {
  if (value < 1e5) {
    if (value < 100) return value < 10 ? 1 : 2;
    if (value < 1e4) return value < 1e3 ? 3 : 4;
    return 5;
  }
  if (value < 1e7) return value < 1e6 ? 6 : 7;
  return value < 1e8 ? 8 : 9;
}
