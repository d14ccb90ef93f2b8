/**
 * Go's `strconv.FormatFloat`, `strconv.ParseFloat` for doubles.
 *
 * The shortest digits are those of JavaScript (both languages promise the same ones). With a precision
 * JavaScript is of no use: `toFixed` and `toPrecision` round a tie up, Go rounds it to even, and ends at
 * 100 digits. So the exact decimal value is written out as a BigInt (a double has at most 767 digits)
 * and cut there.
 */
import { CallError } from './template-error.ts';
import { quoteGo } from './quote.ts';

/** 0.DIGITS × 10^point, without trailing zeros; zero has no digits. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

export type FloatFormat = 'e' | 'f' | 'g';

/** `precision` counts digits after the point (`e`, `f`) or all digits (`g`); `undefined` means as few as identify the value. */
export function formatFloat(value: number, format: FloatFormat, precision?: number): string {
  if (Number.isNaN(value)) return 'NaN';
  const isNegative = value < 0 || Object.is(value, -0);
  const magnitude = Math.abs(value);
  const sign = isNegative ? '-' : '';
  if (magnitude === Infinity) return isNegative ? '-Inf' : '+Inf';
  switch (format) {
    case 'e':
      return (
        sign +
        formatExponent(
          decimalOf(magnitude, precision === undefined ? undefined : { digits: precision + 1 }),
          precision,
        )
      );
    case 'f':
      return (
        sign +
        formatFixed(
          decimalOf(magnitude, precision === undefined ? undefined : { fraction: precision }),
          precision,
        )
      );
    case 'g':
      return sign + formatGeneral(magnitude, precision);
  }
}

function formatGeneral(magnitude: number, precision: number | undefined): string {
  const digits = precision === 0 ? 1 : precision;
  const decimal = decimalOf(magnitude, digits === undefined ? undefined : { digits });
  const count = decimal.digits.length;
  const exponent = decimal.point - 1;
  // With the shortest digits Go decides as if the precision were 6, so that a million prints as 1e+06.
  const threshold = digits === undefined ? 6 : digits > count && count >= decimal.point ? count : digits;
  if (exponent < -4 || exponent >= threshold)
    return formatExponent(decimal, Math.min(digits ?? count, count) - 1);
  return formatFixed(decimal, Math.max(count - decimal.point, 0));
}

function formatExponent(decimal: Decimal, precision = decimal.digits.length - 1): string {
  const fraction = precision > 0 ? `.${decimal.digits.slice(1, precision + 1).padEnd(precision, '0')}` : '';
  const exponent = decimal.digits === '' ? 0 : decimal.point - 1;
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${decimal.digits[0] ?? '0'}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
}

function formatFixed(
  decimal: Decimal,
  precision = Math.max(decimal.digits.length - decimal.point, 0),
): string {
  const { digits, point } = decimal;
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (precision === 0) return whole;
  const fraction = point >= 0 ? digits.slice(point) : '0'.repeat(Math.min(-point, precision)) + digits;
  return `${whole}.${fraction.slice(0, precision).padEnd(precision, '0')}`;
}

/** Rounded half to even at a count of digits or of digits after the point; the shortest digits without `cut`. */
function decimalOf(
  magnitude: number,
  cut: { readonly digits?: number; readonly fraction?: number } | undefined,
): Decimal {
  if (magnitude === 0) return { digits: '', point: 0 };
  if (cut === undefined) {
    const [mantissa = '', exponent = ''] = magnitude.toExponential().split('e');
    return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
  }
  const exact = exactDecimal(magnitude);
  return roundDecimal(exact, cut.digits ?? exact.point + (cut.fraction ?? 0));
}

const scratch = new DataView(new ArrayBuffer(8));

function exactDecimal(magnitude: number): Decimal {
  scratch.setFloat64(0, magnitude);
  const bits = scratch.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  const power = Math.max(biased, 1) - 1075;
  const whole = power >= 0 ? mantissa << BigInt(power) : mantissa * 5n ** BigInt(-power);
  const text = whole.toString();
  return { digits: text.replace(/0+$/, ''), point: text.length + Math.min(power, 0) };
}

function roundDecimal(exact: Decimal, count: number): Decimal {
  const { digits, point } = exact;
  if (count >= digits.length) return exact;
  if (count < 0) return { digits: '', point: 0 };
  const next = digits.charCodeAt(count) - 48;
  const isTie = next === 5 && digits.length === count + 1;
  const isOddBefore = count > 0 && digits.charCodeAt(count - 1) % 2 === 1;
  const kept = digits.slice(0, count);
  if (isTie ? !isOddBefore : next < 5) {
    const trimmed = kept.replace(/0+$/, '');
    return { digits: trimmed, point: trimmed === '' ? 0 : point };
  }
  // Carry through the nines; a number of nines alone becomes a one, one place to the left.
  const stem = kept.replace(/9+$/, '');
  if (stem === '') return { digits: '1', point: point + 1 };
  return { digits: stem.slice(0, -1) + String(Number(stem.at(-1)) + 1), point };
}

/** In numbers an underscore stands between digits or after a base prefix. */
export const MISPLACED_UNDERSCORE = /^[+-]?_|__|_$|_[.eEpP+-]|[.eEpP+-]_/;

// These two must stay free of neighbours that can take the same digits: texts may be a megabyte long.
const FLOAT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const SPECIAL = /^([+-]?)(inf|infinity|nan)$/i;
const HEX_FLOAT = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?p([+-]?\d+)$/i;

/** Reads a decimal, hexadecimal or special float as Go does; throws `CallError` with Go's words. */
export function parseFloat64(text: string): number {
  const value = findFloat(text);
  if (value === undefined)
    throw new CallError(`strconv.ParseFloat: parsing ${quoteGo(text)}: invalid syntax`);
  if (!Number.isFinite(value) && !SPECIAL.test(text)) {
    throw new CallError(`strconv.ParseFloat: parsing ${quoteGo(text)}: value out of range`);
  }
  return value;
}

/** `undefined` where the text is no number; too large a one is infinite. */
export function findFloat(source: string): number | undefined {
  if (MISPLACED_UNDERSCORE.test(source)) return undefined;
  const text = source.replaceAll('_', '');
  if (FLOAT.test(text)) return Number(text);
  const [special, specialSign, word = ''] = SPECIAL.exec(text) ?? [];
  if (special !== undefined) {
    if (word.toLowerCase() !== 'nan') return specialSign === '-' ? -Infinity : Infinity;
    return specialSign === '' ? NaN : undefined;
  }
  const [hex, sign, whole = '', fraction = '', exponent = ''] = HEX_FLOAT.exec(text) ?? [];
  if (hex === undefined || whole + fraction === '') return undefined;
  const magnitude = Number(`0x${whole}${fraction}`) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -magnitude : magnitude;
}
