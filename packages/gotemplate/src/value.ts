/**
 * The values that templates work on: JavaScript values where Go's kind is plain from the value itself,
 * small tagged objects elsewhere.
 *
 * | Go                         | here                                                        |
 * |----------------------------|-------------------------------------------------------------|
 * | `string`, `bool`           | `string`, `boolean`                                         |
 * | `float64`                  | `number`, NaN and infinities included                       |
 * | `int`                      | `bigint`, so that an int never passes for a float           |
 * | no value, nil              | `undefined`                                                 |
 * | slices                     | `GoSlice`                                                   |
 * | `map[string]T`             | `GoMap`; a missing key is `zero` (missingkey=zero)          |
 * | structs, pointers to them  | `GoStruct`: fields, methods, and text when Go has `String()`|
 * | `type Duration int64` …    | `GoNamed`: a plain value under a type name of its own       |
 * | functions                  | `GoFunction`: also what methods are                         |
 *
 * Type names are Go's (`map[string]string`), since they are printed by `%T` and in error messages.
 * Values are immutable. Strings are text, not bytes: what Go would cut inside a letter becomes U+FFFD.
 */
import type { Meter } from './meter.ts';

export type GoValue =
  | undefined
  | string
  | boolean
  | number
  | bigint
  | GoSlice
  | GoMap
  | GoStruct
  | GoNamed
  | GoFunction;

export interface GoSlice {
  readonly kind: 'slice';
  readonly type: string;
  readonly elements: readonly GoValue[];
  readonly methods?: GoMethods | undefined;
}

export interface GoMap {
  readonly kind: 'map';
  readonly type: string;
  readonly entries: ReadonlyMap<string, GoValue>;
  /** What a missing key gives: `''` for `map[string]string`, `undefined` for `map[string]interface {}`. */
  readonly zero: GoValue;
  readonly methods?: GoMethods | undefined;
}

export interface GoStruct {
  readonly kind: 'struct';
  readonly type: string;
  /** Exported fields, in the order Go prints them. */
  readonly fields: ReadonlyMap<string, GoValue>;
  readonly methods?: GoMethods | undefined;
  /** Go's `String()`. */
  readonly text?: (() => string) | undefined;
  /** The value as JSON, when that is not an object of its fields. */
  readonly json?: (() => string) | undefined;
  /** Names of fields in JSON; a field that is absent keeps its own. */
  readonly jsonNames?: ReadonlyMap<string, string> | undefined;
  /** A pointer prints with `&` before it. */
  readonly isPointer?: boolean | undefined;
}

export interface GoNamed {
  readonly kind: 'named';
  readonly type: string;
  readonly value: string | boolean | number | bigint;
  readonly methods?: GoMethods | undefined;
  readonly text?: (() => string) | undefined;
}

/** Methods of a value, already bound to it. */
export type GoMethods = ReadonlyMap<string, GoFunction>;

/** A parameter's type: a basic Go type, `any` for an empty interface, or the name of another type. */
export type GoType = 'string' | 'bool' | 'int' | 'float64' | 'any' | (string & {});

interface GoSignature {
  readonly kind: 'function';
  readonly parameters: readonly GoType[];
  /** Type of any number of further arguments. */
  readonly rest?: GoType | undefined;
}

/**
 * A function that templates may call. Arguments were checked against the signature. It throws
 * `CallError` with Go's message; it must not change anything that a later call could see, since
 * an execution may be repeated (see execute.ts).
 */
export type GoFunction =
  | (GoSignature & { readonly isAsync: false; readonly call: GoCall<GoValue> })
  | (GoSignature & { readonly isAsync: true; readonly call: GoCall<Promise<GoValue>> });

/** `meter` is for work that grows with more than the lengths of arguments and result, which are counted already. */
export type GoCall<Result> = (args: readonly GoValue[], meter: Meter) => Result;

/** Functions by the names that templates use. */
export type FunctionTable = ReadonlyMap<string, GoFunction>;

/** A `map[string]string`, such as labels. */
export function goStringMap(entries: ReadonlyMap<string, string>): GoMap {
  return { kind: 'map', type: 'map[string]string', entries, zero: '' };
}

/** A slice; `type` is its Go type. */
export function goSlice(elements: readonly GoValue[], type = '[]interface {}'): GoSlice {
  return { kind: 'slice', type, elements };
}

/** A function from its parameter types and body. */
export function goFunction(parameters: readonly GoType[], call: GoCall<GoValue>, rest?: GoType): GoFunction {
  return { kind: 'function', parameters, rest, isAsync: false, call };
}

/** An argument whose parameter is a string: the interpreter has checked it. */
export function textOf(argument: GoValue): string {
  if (typeof argument !== 'string')
    throw new TypeError(`BUG: argument must be a string; got ${typeNameOf(argument)}`);
  return argument;
}

/** An argument whose parameter is a `[]string`. */
export function textsOf(argument: GoValue): readonly string[] {
  return elementsOf(argument).map(textOf);
}

/** The elements of an argument whose parameter is a slice; a nil slice has none. */
export function elementsOf(argument: GoValue): readonly GoValue[] {
  return typeof argument === 'object' && argument.kind === 'slice' ? argument.elements : [];
}

/** Go's name of the type, as `%T` prints it. */
export function typeNameOf(value: GoValue): string {
  if (value === undefined) return '<nil>';
  if (typeof value === 'object') return value.kind === 'function' ? functionTypeName(value) : value.type;
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'bigint') return 'int';
  return typeof value === 'string' ? 'string' : 'bool';
}

function functionTypeName(value: GoFunction): string {
  const types = [...value.parameters, ...(value.rest === undefined ? [] : [`...${value.rest}`])];
  return `func(${types.map((type) => type.replace('any', 'interface {}')).join(', ')})`;
}

/** A named value without its name. */
export function basicOf(value: GoValue): Exclude<GoValue, GoNamed> {
  return typeof value === 'object' && value.kind === 'named' ? value.value : value;
}

/** What a pointer points to, which is how a template prints it. */
export function indirect(value: GoValue): GoValue {
  return typeof value === 'object' && value.kind === 'struct'
    ? { ...value, type: value.type.replace(/^\*/, ''), isPointer: false }
    : value;
}

/** Go's truth: false, zero, nothing, and what is empty are false; a struct is always true. */
export function isTruthy(value: GoValue): boolean {
  const basic = basicOf(value);
  if (typeof basic !== 'object') {
    // NaN is not zero, and so it is true.
    return basic !== undefined && basic !== '' && basic !== false && basic !== 0 && basic !== 0n;
  }
  if (basic.kind === 'slice') return basic.elements.length > 0;
  return basic.kind !== 'map' || basic.entries.size > 0;
}
