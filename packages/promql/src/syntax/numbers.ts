/** Numbers as PromQL writes them, after Go's rules. */

/** Why a token is no number: its form, or, with the words of Go's `strconv.ParseFloat`, its size. */
export type NumberFault = 'bad syntax' | 'value out of range' | 'invalid syntax';

/**
 * The value of a number token: decimal, exponent, hexadecimal, `_` between digits. As in Go a whole
 * number with a leading zero is octal when its digits allow it (`010` is 8, `08` is 8 too), and what is no 64-bit
 * integer is a decimal number, which hexadecimal ones cannot be without an exponent.
 */
export function parseNumber(token: string): number | NumberFault {
  const isHex = /^0x/i.test(token);
  // Go lets an underscore follow the base prefix, but no point and no exponent letter.
  if ((isHex ? /__|_$/ : /__|_$|[^0-9]_|_[^0-9]/).test(token)) return 'bad syntax';
  const digits = token.replaceAll('_', '');
  if (/^0[0-7]+$/.test(digits) && BigInt(`0o${digits}`) <= INT64_MAX) return Number.parseInt(digits, 8);
  const value = Number(digits);
  if (Number.isNaN(value)) return 'bad syntax';
  if (isHex) return BigInt(digits) <= INT64_MAX ? value : 'invalid syntax';
  return Number.isFinite(value) ? value : 'value out of range';
}

const INT64_MAX = 2n ** 63n - 1n;

/** The shortest decimal form without an exponent (Go's `'f', -1`): `1e+21` is written out, `-0` keeps its sign. */
export function formatPlainNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', exponentText = ''] = match;
  const exponent = Number(exponentText);
  const digits = whole + fraction;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - whole.length)}${digits}`;
  return `${sign}${digits}${'0'.repeat(exponent - fraction.length)}`;
}
