/** Numbers as PromQL writes them, after Go's rules. */

/**
 * The value of a number token: decimal, exponent, hexadecimal, `_` between digits. As in Go a whole
 * number with a leading zero is octal when its digits allow it (`010` is 8, `08` is 8 too).
 * `undefined` when underscores stand where no digits do.
 */
export function parseNumber(token: string): number | undefined {
  const isHex = /^0x/i.test(token);
  // Go lets an underscore follow the base prefix, but no point and no exponent letter.
  if ((isHex ? /__|_$/ : /__|_$|[^0-9]_|_[^0-9]/).test(token)) return undefined;
  const digits = token.replaceAll('_', '');
  if (/^0[0-7]+$/.test(digits)) return Number.parseInt(digits, 8);
  const value = Number(digits);
  return Number.isNaN(value) ? undefined : value;
}

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

/** The shortest form with an exponent where Go's `%g` has one: below 1e-4 and from 1e21 on. */
export function formatShortNumber(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatPlainNumber(value);
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-4 && magnitude < 1e21) return String(value);
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const sign = exponent.startsWith('-') ? '-' : '+';
  return `${mantissa}e${sign}${exponent.replace(/^[+-]/, '').padStart(2, '0')}`;
}
