/** `eq ne lt le gt ge`: only values of the same basic kind compare; an int and a float do not. */
import { sprint } from './fmt.ts';
import type { Meter } from './meter.ts';
import { CallError } from './template-error.ts';
import { compareText } from './utf8.ts';
import { type GoValue, basicOf, typeNameOf } from './value.ts';

const NO_ARGUMENT = 'missing argument for comparison';
const INCOMPATIBLE = 'incompatible types for comparison';
const INVALID = 'invalid type for comparison';

/** True when `left` equals any of `others`. */
export function isEqualToAny(left: GoValue, others: readonly GoValue[], meter: Meter): boolean {
  if (others.length === 0) throw new CallError(NO_ARGUMENT);
  meter.addSteps(others.length);
  return others.some((other) => isEqual(left, other, meter));
}

function isEqual(left: GoValue, right: GoValue, meter: Meter): boolean {
  if (left === undefined || right === undefined) return left === right;
  const a = basicOf(left);
  const b = basicOf(right);
  if (typeof a !== typeof b) throw new CallError(INCOMPATIBLE);
  if (typeof a !== 'object') return a === b;
  assertComparable(left, meter);
  assertComparable(right, meter);
  return a === b;
}

/** Of what is not basic only pointers compare, and they are equal when they are the same. */
function assertComparable(value: GoValue, meter: Meter): void {
  if (typeof value === 'object' && value.kind === 'struct' && value.isPointer === true) return;
  throw new CallError(`non-comparable type ${sprint([value], meter)}: ${typeNameOf(value)}`);
}

/** Below 0 when `left` comes first. NaN is neither: every comparison with it is false. */
function order(left: GoValue, right: GoValue): number {
  const a = basicOf(left);
  const b = basicOf(right);
  if (!isBasic(a) || !isBasic(b)) throw new CallError(INVALID);
  if (typeof a !== typeof b) throw new CallError(INCOMPATIBLE);
  if (typeof a === 'boolean') throw new CallError(INVALID);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (a === b) return 0;
  if (a < b) return -1;
  return a > b ? 1 : NaN;
}

function isBasic(value: GoValue): value is string | number | bigint | boolean {
  return value !== undefined && typeof value !== 'object';
}

export const isLess = (left: GoValue, right: GoValue): boolean => order(left, right) < 0;
export const isLessOrEqual = (left: GoValue, right: GoValue): boolean => order(left, right) <= 0;
export const isGreater = (left: GoValue, right: GoValue): boolean => order(left, right) > 0;
export const isGreaterOrEqual = (left: GoValue, right: GoValue): boolean => order(left, right) >= 0;
