import type { Field, FieldValue } from '../frame.ts';

/**
 * One value out of a column. Numbers are reckoned without gaps (NaN is one here); where nothing is
 * left the answer is `null`. Names are Grafana's. `allValues` and `uniqueValues` give their texts joined by
 * commas, since a value here is one cell; an unknown name is `lastNotNull`.
 */
export function reduceField(field: Pick<Field, 'values'>, calc: string): FieldValue {
  const plain = PLAIN.get(calc);
  if (plain !== undefined) return plain(field.values);
  const numeric = NUMERIC.get(calc);
  if (numeric !== undefined) return finite(numeric(numbersOf(field.values)));
  const rank = /^p(\d{1,2}(?:\.\d{1,3})?)$/.exec(calc);
  if (rank !== null) return finite(percentile(numbersOf(field.values), Number(rank[1]) / 100));
  return lastNotNull(field.values);
}

/** Whether there is a reducer of this name. */
export function isReducer(calc: string): boolean {
  return PLAIN.has(calc) || NUMERIC.has(calc) || /^p\d{1,2}(?:\.\d{1,3})?$/.test(calc);
}

type Values = readonly FieldValue[];

const isGap = (value: FieldValue | undefined): boolean =>
  value === null || value === undefined || (typeof value === 'number' && Number.isNaN(value));

function lastNotNull(values: Values): FieldValue {
  for (let i = values.length - 1; i >= 0; i--) {
    const value = values[i];
    if (value !== undefined && !isGap(value)) return value;
  }
  return null;
}

const PLAIN: ReadonlyMap<string, (values: Values) => FieldValue> = new Map<
  string,
  (values: Values) => FieldValue
>([
  ['lastNotNull', lastNotNull],
  ['last', (values) => values.at(-1) ?? null],
  ['first', (values) => values[0] ?? null],
  ['firstNotNull', (values) => values.find((value) => !isGap(value)) ?? null],
  ['count', (values) => values.length],
  ['countAll', (values) => values.length],
  ['nonNullCount', (values) => values.filter((value) => !isGap(value)).length],
  ['allIsNull', (values) => values.every(isGap)],
  ['allIsZero', (values) => values.length > 0 && values.every((value) => value === 0)],
  ['changeCount', changeCount],
  ['distinctCount', (values) => new Set(values).size],
  ['uniqueValues', (values) => [...new Set(values)].map(String).join(', ')],
  ['allValues', (values) => values.map(String).join(', ')],
]);

function changeCount(values: Values): number {
  let count = 0;
  let previous: FieldValue | undefined;
  for (const value of values) {
    if (isGap(value)) continue;
    if (previous !== undefined && previous !== value) count++;
    previous = value;
  }
  return count;
}

function numbersOf(values: Values): number[] {
  const numbers: number[] = [];
  for (const value of values) {
    if (typeof value === 'number' && !Number.isNaN(value)) numbers.push(value);
    else if (typeof value === 'boolean') numbers.push(Number(value));
  }
  return numbers;
}

function finite(value: number | undefined): FieldValue {
  return value === undefined || Number.isNaN(value) ? null : value;
}

type Numbers = readonly number[];

const NUMERIC: ReadonlyMap<string, (numbers: Numbers) => number | undefined> = new Map<
  string,
  (numbers: Numbers) => number | undefined
>([
  ['min', least],
  ['max', greatest],
  ['logmin', (numbers) => least(numbers.filter((value) => value > 0))],
  ['sum', (numbers) => (numbers.length === 0 ? undefined : sum(numbers))],
  ['mean', mean],
  ['median', (numbers) => percentile(numbers, 0.5)],
  ['range', (numbers) => minus(greatest(numbers), least(numbers))],
  ['diff', (numbers) => minus(numbers.at(-1), numbers[0])],
  ['diffperc', diffPercent],
  ['delta', delta],
  ['step', leastStep],
  ['variance', variance],
  ['stdDev', (numbers) => root(variance(numbers))],
  ['previousDeltaSum', delta],
]);

function least(numbers: Numbers): number | undefined {
  let found: number | undefined;
  for (const value of numbers) if (found === undefined || value < found) found = value;
  return found;
}

function greatest(numbers: Numbers): number | undefined {
  let found: number | undefined;
  for (const value of numbers) if (found === undefined || value > found) found = value;
  return found;
}

function sum(numbers: Numbers): number {
  let total = 0;
  for (const value of numbers) total += value;
  return total;
}

function mean(numbers: Numbers): number | undefined {
  return numbers.length === 0 ? undefined : sum(numbers) / numbers.length;
}

function minus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}

/** Part by which the last exceeds the first: 0.5 for 10 → 15. */
function diffPercent(numbers: Numbers): number | undefined {
  const [first] = numbers;
  const last = numbers.at(-1);
  return first === undefined || last === undefined || first === 0 ? undefined : (last - first) / first;
}

/** Growth of a counter: a fall is a restart from zero, so the new value counts whole. */
function delta(numbers: Numbers): number | undefined {
  const [first] = numbers;
  if (first === undefined) return undefined;
  let total = 0;
  let previous = first;
  for (const value of numbers) {
    total += value >= previous ? value - previous : value;
    previous = value;
  }
  return total;
}

function leastStep(numbers: Numbers): number | undefined {
  let found: number | undefined;
  for (let i = 1; i < numbers.length; i++) {
    const step = (numbers[i] ?? 0) - (numbers[i - 1] ?? 0);
    if (found === undefined || step < found) found = step;
  }
  return found;
}

function variance(numbers: Numbers): number | undefined {
  const middle = mean(numbers);
  if (middle === undefined) return undefined;
  let total = 0;
  for (const value of numbers) total += (value - middle) ** 2;
  return total / numbers.length;
}

function root(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.sqrt(value);
}

/** Between the two nearest ranks, in proportion. */
function percentile(numbers: Numbers, ratio: number): number | undefined {
  if (numbers.length === 0) return undefined;
  const sorted = Float64Array.from(numbers).toSorted();
  const place = ratio * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? 0;
  const high = sorted[Math.ceil(place)] ?? 0;
  return low === high ? low : low + (high - low) * (place - Math.floor(place));
}
