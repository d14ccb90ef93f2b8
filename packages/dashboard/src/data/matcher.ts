import type { Matcher } from '../dashboard.ts';
import type { DataFrame, Field } from '../frame.ts';
import { reduceField } from '../value/reduce.ts';
import { compilePattern } from '../value/safe-pattern.ts';

/** Decides whether a rule is about a field. */
export type FieldTest = (field: Field, frame: DataFrame) => boolean;

/** Whether rules of a dashboard can choose fields by a matcher of this name. */
export function isFieldMatcher(id: string): boolean {
  return TESTS.has(id);
}

/** Compiles a matcher once for all fields. One that is not known, or makes no sense, matches nothing. */
export function fieldTest({ id, options }: Matcher): FieldTest {
  return TESTS.get(id)?.(options) ?? never;
}

const never: FieldTest = () => false;

type MakeTest = (options: unknown) => FieldTest;

const TESTS: ReadonlyMap<string, MakeTest> = new Map<string, MakeTest>(
  Object.entries({
    byName: (options) => (field) => hasName(field, String(options)),
    byNames: byNames,
    byRegexp: byRegexp,
    byRegexpOrNames: (options) => {
      const { pattern } = recordOf(options);
      const named = byNames(options);
      const matched = typeof pattern === 'string' && pattern !== '' ? byRegexp(pattern) : never;
      return (field, frame) => named(field, frame) || matched(field, frame);
    },
    byType: (options) => (field) => field.kind === options,
    byTypes: (options) => (field) => Array.isArray(options) && options.includes(field.kind),
    byFrameRefID: (options) => (_field, frame) => frame.refId === options,
    byValue: byValue,
    numeric: () => (field) => field.kind === 'number',
    time: () => (field) => field.kind === 'time',
    anyMatch: () => () => true,
  } satisfies Record<string, MakeTest>),
);

function hasName(field: Field, name: string): boolean {
  return field.displayName === name || field.name === name;
}

/** `exclude` turns it round: the fields that are not named, times aside (how "hide all but" is written). */
function byNames(options: unknown): FieldTest {
  const { names, mode } = recordOf(options);
  const wanted = new Set(Array.isArray(names) ? names.map(String) : []);
  const isNamed = (field: Field): boolean =>
    wanted.has(field.displayName ?? field.name) || wanted.has(field.name);
  if (mode === 'exclude') return (field) => field.kind !== 'time' && !isNamed(field);
  return (field) => isNamed(field);
}

function byRegexp(options: unknown): FieldTest {
  const pattern = compilePattern(String(options));
  if (pattern === undefined) return never;
  return (field) =>
    pattern.match(field.displayName ?? field.name) !== undefined || pattern.match(field.name) !== undefined;
}

const COMPARE: ReadonlyMap<unknown, (a: number, b: number) => boolean> = new Map([
  ['gte', (a: number, b: number) => a >= b],
  ['gt', (a: number, b: number) => a > b],
  ['lte', (a: number, b: number) => a <= b],
  ['lt', (a: number, b: number) => a < b],
  ['eq', (a: number, b: number) => a === b],
  ['neq', (a: number, b: number) => a !== b],
]);

/** A reduced value of the field against a number: `{ reducer, op, value }`. */
function byValue(options: unknown): FieldTest {
  const { reducer, op, value } = recordOf(options);
  const compare = COMPARE.get(op);
  if (compare === undefined || typeof reducer !== 'string') return never;
  return (field) => {
    if (field.kind !== 'number') return false;
    const reduced = reduceField(field, reducer);
    return typeof reduced === 'number'
      ? compare(reduced, Number(value))
      : typeof reduced === 'boolean' && compare(Number(reduced), Number(value));
  };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
