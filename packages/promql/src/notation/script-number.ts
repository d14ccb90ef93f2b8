import { InputError } from '@vedette/model';

/** Samples that one item may stand for (`0+1x…`): two years of minutes; more is a slip of the hand that fills the memory. */
export const ITEM_REPEATS_MAX = 1_000_000;

export function assertRepeat(count: number): void {
  if (count <= ITEM_REPEATS_MAX) return;
  throw new InputError(
    'VED_QUERY_INVALID',
    `cannot read series: an item repeats ${count} times, limit is ${ITEM_REPEATS_MAX}`,
  );
}

const DECIMAL_DIGITS = String.raw`(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?`;
/** A number without a sign, as scripts write it between others. */
export const DECIMAL = `(?:${DECIMAL_DIGITS}|[iI][nN][fF]|[nN][aA][nN])`;
const HEX = '0[xX][0-9a-fA-F_]+';
const ANY_NUMBER = new RegExp(`^[+-]?(?:${DECIMAL}|${HEX})$`);

export function parseScriptNumber(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[+-]/, '').replaceAll('_', '');
  if (/^inf$/i.test(digits)) return sign * Infinity;
  if (/^nan$/i.test(digits)) return NaN;
  return sign * Number(digits);
}

export function isScriptNumber(text: string): boolean {
  return ANY_NUMBER.test(text);
}
