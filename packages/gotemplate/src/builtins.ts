/** The functions that every Go template has. `and` and `or` stop early, so the interpreter carries them out. */
import { isEqualToAny, isGreater, isGreaterOrEqual, isLess, isLessOrEqual } from './compare.ts';
import { escapeHtml, escapeJs, escapeQuery } from './escape.ts';
import { sprint, sprintf, sprintln } from './fmt.ts';
import type { Meter } from './meter.ts';
import { CallError } from './template-error.ts';
import { textOfBytes, utf8Bytes, utf8Length } from './utf8.ts';
import {
  type FunctionTable,
  type GoFunction,
  type GoMap,
  type GoValue,
  basicOf,
  goFunction,
  indirect,
  isTruthy,
  textOf,
  typeNameOf,
} from './value.ts';

const any1 = (call: (value: GoValue) => GoValue): GoFunction => goFunction(['any'], ([value]) => call(value));
const any2 = (call: (left: GoValue, right: GoValue) => GoValue): GoFunction =>
  goFunction(['any', 'any'], ([left, right]) => call(left, right));

export const BUILTINS: FunctionTable = new Map([
  ['and', goFunction(['any'], ([first]) => first, 'any')],
  ['or', goFunction(['any'], ([first]) => first, 'any')],
  ['not', any1((value) => !isTruthy(value))],
  ['len', any1(lengthOf)],
  [
    'index',
    goFunction(['any'], ([container, ...keys]) => keys.reduce(elementOf, nonNil(container, 'index')), 'any'),
  ],
  [
    'slice',
    goFunction(['any'], ([container, ...bounds]) => sliceOf(nonNil(container, 'slice'), bounds), 'any'),
  ],
  // A function value is called by the interpreter, which knows how; what arrives here is none.
  ['call', goFunction(['any'], ([value]) => failCall(value), 'any')],
  ['print', goFunction([], sprint, 'any')],
  ['println', goFunction([], sprintln, 'any')],
  [
    'printf',
    goFunction(['string'], ([format, ...args], meter) => sprintf(textOf(format), args, meter), 'any'),
  ],
  ['html', goFunction([], (args, meter) => escapeHtml(printed(args, meter)), 'any')],
  ['js', goFunction([], (args, meter) => escapeJs(printed(args, meter)), 'any')],
  ['urlquery', goFunction([], (args, meter) => escapeQuery(printed(args, meter)), 'any')],
  ['eq', goFunction(['any'], ([left, ...others], meter) => isEqualToAny(left, others, meter), 'any')],
  ['ne', goFunction(['any', 'any'], ([left, right], meter) => !isEqualToAny(left, [right], meter))],
  ['lt', any2(isLess)],
  ['le', any2(isLessOrEqual)],
  ['gt', any2(isGreater)],
  ['ge', any2(isGreaterOrEqual)],
]);

/** Several arguments are printed as `print` does. */
function printed(args: readonly GoValue[], meter: Meter): string {
  const [only] = args;
  return args.length === 1 && typeof only === 'string' ? only : sprint(args.map(indirect), meter);
}

function nonNil(value: GoValue, name: string): Exclude<GoValue, undefined> {
  if (value === undefined) throw new CallError(`${name} of untyped nil`);
  return value;
}

function failCall(value: GoValue): never {
  throw new CallError(value === undefined ? 'call of nil' : `non-function of type ${typeNameOf(value)}`);
}

function lengthOf(value: GoValue): GoValue {
  const basic = basicOf(value);
  if (typeof basic === 'string') return BigInt(utf8Length(basic));
  if (typeof basic === 'object' && basic.kind === 'slice') return BigInt(basic.elements.length);
  if (typeof basic === 'object' && basic.kind === 'map') return BigInt(basic.entries.size);
  if (basic === undefined) throw new CallError('len of untyped nil');
  throw new CallError(`len of type ${typeNameOf(indirect(value))}`);
}

function elementOf(container: GoValue, key: GoValue): GoValue {
  const basic = basicOf(container);
  if (typeof basic === 'string') {
    const bytes = utf8Bytes(basic);
    const index = positionOf(key, bytes.length);
    if (index === bytes.length) throw new CallError('reflect: string index out of range');
    return { kind: 'named', type: 'uint8', value: BigInt(bytes[index] ?? 0) };
  }
  if (typeof basic === 'object' && basic.kind === 'slice') {
    const index = positionOf(key, basic.elements.length);
    if (index === basic.elements.length) throw new CallError('reflect: slice index out of range');
    return basic.elements[index];
  }
  if (typeof basic === 'object' && basic.kind === 'map') return entryOf(basic, key);
  if (basic === undefined) throw new CallError('index of nil pointer');
  throw new CallError(`can't index item of type ${typeNameOf(indirect(container))}`);
}

function entryOf(map: GoMap, key: GoValue): GoValue {
  if (typeof key !== 'string') {
    throw new CallError(
      key === undefined
        ? 'value is nil; should be of type string'
        : `value has type ${typeNameOf(key)}; should be string`,
    );
  }
  return map.entries.has(key) ? map.entries.get(key) : map.zero;
}

/** Go lets the length itself pass here, and what uses the index complains about it in other words. */
function positionOf(index: GoValue, length: number): number {
  const basic = basicOf(index);
  if (basic === undefined) throw new CallError('cannot index slice/array with nil');
  if (typeof basic !== 'bigint')
    throw new CallError(`cannot index slice/array with type ${typeNameOf(index)}`);
  if (basic < 0n || basic > BigInt(length)) throw new CallError(`index out of range: ${basic}`);
  return Number(basic);
}

function sliceOf(container: Exclude<GoValue, undefined>, bounds: readonly GoValue[]): GoValue {
  if (bounds.length > 3) throw new CallError(`too many slice indexes: ${bounds.length}`);
  const basic = basicOf(container);
  if (typeof basic === 'string') {
    if (bounds.length === 3) throw new CallError('cannot 3-index slice a string');
    const bytes = utf8Bytes(basic);
    const [from, until] = sliceBounds(bounds, bytes.length);
    return textOfBytes(bytes.subarray(from, until));
  }
  if (typeof basic === 'object' && basic.kind === 'slice') {
    const [from, until] = sliceBounds(bounds, basic.elements.length);
    return { ...basic, elements: basic.elements.slice(from, until) };
  }
  throw new CallError(`can't slice item of type ${typeNameOf(container)}`);
}

function sliceBounds(bounds: readonly GoValue[], length: number): [number, number] {
  const positions = bounds.map((bound) => positionOf(bound, length));
  const [from = 0, until = length, capacity = length] = positions;
  if (from > until) throw new CallError(`invalid slice index: ${from} > ${until}`);
  if (until > capacity) throw new CallError(`invalid slice index: ${until} > ${capacity}`);
  return [from, until];
}
