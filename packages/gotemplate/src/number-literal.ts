/** Number constants of templates: what type and value `0x1F`, `1_000`, `'a'` or `1e3` stand for. */
import type { NumberNode } from './ast.ts';
import { findFloat, MISPLACED_UNDERSCORE } from './go-float.ts';
import { quoteGo, unquoteGo } from './quote.ts';

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;

/** 64 bits have at most 64 digits. Longer ones overflow unread, since a BigInt of a million digits takes its time. */
const INTEGER_DIGITS_MAX = 66;

type Literal = Pick<NumberNode, 'int' | 'float' | 'ideal'>;

const INTEGER = /^([+-]?)(0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[\d_]+)$/;

/** Reads a constant; a string is Go's complaint about it. */
export function readNumber(source: string): Literal | string {
  if (source.startsWith("'")) return readCharacter(source);
  if (source.endsWith('i')) {
    return `complex number ${quoteGo(source)} is not supported; use int or float constants`;
  }
  const int = readInteger(source);
  if (int !== undefined) {
    if (int < INT_MIN || int >= 2n ** 64n) return `integer overflow: ${quoteGo(source)}`;
    const fits = int <= INT_MAX;
    return { int: fits ? int : undefined, float: Number(int), ideal: 'int' };
  }
  const float = findFloat(source);
  if (float === undefined || !Number.isFinite(float)) return `illegal number syntax: ${quoteGo(source)}`;
  // 09 is no octal number, though a float would have it.
  if (!/[.eEpP]/.test(source)) return `integer overflow: ${quoteGo(source)}`;
  const asInt = Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? BigInt(float) : undefined;
  return { int: asInt, float, ideal: 'float64' };
}

function readCharacter(source: string): Literal | string {
  const letter = unquoteGo(source);
  const codePoint = letter?.codePointAt(0);
  if (codePoint === undefined) return 'invalid syntax';
  if (String.fromCodePoint(codePoint) !== letter) return `malformed character constant: ${source}`;
  return { int: BigInt(codePoint), float: codePoint, ideal: 'int' };
}

function readInteger(source: string): bigint | undefined {
  const match = INTEGER.exec(source);
  if (match === null) return undefined;
  const [, sign, body = ''] = match;
  if (MISPLACED_UNDERSCORE.test(source)) return undefined;
  const digits = body.replaceAll('_', '');
  if (digits.length > INTEGER_DIGITS_MAX) return INT_MAX * 4n;
  // A leading zero alone means octal, as in C.
  if (/^0\d/.test(digits) && /[89]/.test(digits)) return undefined;
  const value = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return sign === '-' ? -value : value;
}
