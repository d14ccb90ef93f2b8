/**
 * Numbers as Go's `strconv.ParseFloat` reads them, less what Prometheus forbids on a page (underscores,
 * hexadecimal). Two ways, equal in result:
 *
 * 1. `scanDecimal`, on bytes: up to 15 digits and a power of ten up to 22. Both are then exact doubles,
 *    so the one multiplication or division rounds once, as a full parser would (Clinger's fast path).
 *    Nearly every sample on a page takes it, without making a string.
 * 2. `parseGoFloat`, on text: everything else, through `Number`.
 */

// What a double holds exactly: every integer of 15 digits, and ten to the 22nd.
const DIGITS_MAX = 15;
const POWER_MAX = 22;

const POWERS_OF_TEN = Float64Array.from({ length: POWER_MAX + 1 }, (_, power) => Number(`1e${power}`));

const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** The number in `[start, end)`, or NaN when it must go the long way: many digits, special, or no number at all. */
export function scanDecimal(bytes: Uint8Array, start: number, end: number): number {
  const sign = bytes[start] ?? 0;
  let i = sign === MINUS || sign === PLUS ? start + 1 : start;
  let mantissa = 0;
  let digitCount = 0;
  let significantCount = 0;
  let fractionCount = 0;
  let hasPoint = false;
  for (; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >= DIGIT_0 && byte <= DIGIT_9) {
      mantissa = mantissa * 10 + (byte - DIGIT_0);
      digitCount++;
      // Leading zeros cost no precision.
      if (mantissa !== 0) significantCount++;
      if (hasPoint) fractionCount++;
    } else if (byte === POINT && !hasPoint) hasPoint = true;
    else break;
  }
  // Subtracted, never negated: -0 as an index is no integer to the compiler, which then gives up its code each time.
  const power = (i < end ? scanExponent(bytes, i, end) : 0) - fractionCount;
  if (digitCount === 0 || significantCount > DIGITS_MAX) return NaN;
  // A malformed exponent is NaN, which satisfies no comparison.
  if (!(power >= -POWER_MAX && power <= POWER_MAX)) return NaN;
  const value = power < 0 ? mantissa / (POWERS_OF_TEN[-power] ?? 1) : mantissa * (POWERS_OF_TEN[power] ?? 1);
  return sign === MINUS ? -value : value;
}

/** `e+12` in `[start, end)`, at most three digits; else NaN. */
function scanExponent(bytes: Uint8Array, start: number, end: number): number {
  if (((bytes[start] ?? 0) | 0x20) !== 0x65) return NaN;
  const sign = bytes[start + 1] ?? 0;
  const first = sign === MINUS || sign === PLUS ? start + 2 : start + 1;
  if (first >= end || end - first > 3) return NaN;
  let exponent = 0;
  for (let i = first; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < DIGIT_0 || byte > DIGIT_9) return NaN;
    exponent = exponent * 10 + (byte - DIGIT_0);
  }
  return sign === MINUS ? 0 - exponent : exponent;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** `undefined` when the text is no number, or one beyond the range of a double. Infinities and NaN in any case. */
export function parseGoFloat(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (/^nan$/i.test(text)) return NaN;
  if (/^\+?inf(?:inity)?$/i.test(text)) return Infinity;
  return /^-inf(?:inity)?$/i.test(text) ? -Infinity : undefined;
}

/**
 * A bucket border or quantile as OpenMetrics writes it, so that `le="1"` and `le="1.0"` are one series:
 * Go's shortest `%g`, with `.0` added to whole numbers. `1` is `1.0`, `1000000` is `1e+06`.
 */
export function formatOpenMetricsFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return '0.0';
  const [mantissa = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 6)
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}
