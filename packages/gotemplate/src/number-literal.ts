/** Number constants of templates: what type and value `0x1F`, `1_000`, `'a'` or `1e3` stand for. */
import type { NumberNode } from './ast.ts';
import { quoteGo, unquoteGo } from './quote.ts';

export const INT_MIN = -(2n ** 63n);
export const INT_MAX = 2n ** 63n - 1n;

type Literal = Pick<NumberNode, 'int' | 'float' | 'ideal'>;

const INTEGER = /^([+-]?)(0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[\d_]+)$/;
const DECIMAL_FLOAT = /^[+-]?(?:[\d_]+\.?[\d_]*|\.[\d_]+)(?:[eE][+-]?[\d_]+)?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([\da-fA-F_]*)\.?([\da-fA-F_]*)[pP]([+-]?[\d_]+)$/;
/** An underscore stands between digits or after a base prefix; Go wants a base prefix for it in integers too. */
const MISPLACED_UNDERSCORE = /^[+-]?_|__|_$|_[.eEpP+-]|[.eEpP+-]_/;

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
  const float = readFloat(source);
  if (float === undefined) return `illegal number syntax: ${quoteGo(source)}`;
  if (!Number.isFinite(float)) return `illegal number syntax: ${quoteGo(source)}`;
  const asInt = Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? BigInt(float) : undefined;
  return { int: asInt, float, ideal: 'float64' };
}

function readCharacter(source: string): Literal | string {
  const letter = unquoteGo(source);
  const codePoint = letter?.codePointAt(0);
  if (letter === undefined || codePoint === undefined || String.fromCodePoint(codePoint) !== letter) {
    return `malformed character constant: ${source}`;
  }
  return { int: BigInt(codePoint), float: codePoint, ideal: 'int' };
}

function readInteger(source: string): bigint | undefined {
  const match = INTEGER.exec(source);
  if (match === null) return undefined;
  const [, sign, body = ''] = match;
  if (hasMisplacedUnderscore(source)) return undefined;
  const digits = body.replaceAll('_', '');
  // A leading zero alone means octal, as in C.
  if (/^0\d/.test(digits) && /[89]/.test(digits)) return undefined;
  const value = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return sign === '-' ? -value : value;
}

function hasMisplacedUnderscore(source: string): boolean {
  if (!source.includes('_')) return false;
  return MISPLACED_UNDERSCORE.test(source) || !/^[+-]?0/.test(source);
}

function readFloat(source: string): number | undefined {
  if (source.includes('_') && (MISPLACED_UNDERSCORE.test(source) || !/^[+-]?0[xX]/.test(source)))
    return undefined;
  const plain = source.replaceAll('_', '');
  if (DECIMAL_FLOAT.test(plain)) return Number(plain);
  const hex = HEX_FLOAT.exec(plain);
  if (hex === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = ''] = hex;
  if (whole === '' && fraction === '') return undefined;
  const mantissa = Number(`0x${whole}${fraction}`);
  const value = mantissa * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -value : value;
}
