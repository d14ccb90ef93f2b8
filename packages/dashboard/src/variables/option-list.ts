import { compilePattern } from '../value/safe-pattern.ts';
import type { VariableOption } from './resolved.ts';

/** Most options of one variable: no list is read further, and 10,000 are some hundred kilobytes to hold. */
export const VARIABLE_OPTIONS_MAX = 10_000;

export interface OptionList {
  readonly options: readonly VariableOption[];
  readonly error?: string;
}

/** Raw values through the variable's regex and order, without repeats, and cut at the limit. */
export function optionList(raw: readonly string[], regex: string, sort: number): OptionList {
  const picked = pickOptions(raw, regex);
  if (picked === undefined) {
    return { options: [], error: `cannot read regex: want a regular expression that ends; got "${regex}"` };
  }
  const sorted = sortOptions(uniqueOptions(picked), sort);
  if (sorted.length <= VARIABLE_OPTIONS_MAX) return { options: sorted };
  return {
    options: sorted.slice(0, VARIABLE_OPTIONS_MAX),
    error: `cannot list all values: got ${sorted.length}, limit is ${VARIABLE_OPTIONS_MAX} (VARIABLE_OPTIONS_MAX); narrow the selector or add a regex`,
  };
}

/** The groups `text` and `value` name both; else the first group is both; without a group the whole value, when it matches. */
function pickOptions(raw: readonly string[], regex: string): VariableOption[] | undefined {
  if (regex === '') return raw.map((value) => ({ text: value, value }));
  const pattern = compilePattern(regex);
  if (pattern === undefined) return undefined;
  const options: VariableOption[] = [];
  for (const entry of raw) {
    const match = pattern.match(entry);
    if (match === undefined) continue;
    const { text, value } = match.groups ?? {};
    if (text !== undefined || value !== undefined) {
      options.push({ text: text ?? value ?? '', value: value ?? text ?? '' });
    } else if (match.length > 1) {
      const first = match.slice(1).find((group: string | undefined) => group !== undefined && group !== '');
      if (first !== undefined) options.push({ text: first, value: first });
    } else options.push({ text: entry, value: entry });
  }
  return options;
}

function uniqueOptions(options: readonly VariableOption[]): VariableOption[] {
  const seen = new Map<string, VariableOption>();
  for (const option of options) if (!seen.has(option.value)) seen.set(option.value, option);
  return [...seen.values()];
}

type Order = (a: string, b: string) => number;

const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
const byCode: Order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** By Grafana's number: half of it names the order; even ones run downwards. */
const ORDERS: readonly Order[] = [
  byCode,
  (a, b) => firstNumber(a) - firstNumber(b),
  (a, b) => byCode(a.toLowerCase(), b.toLowerCase()),
  (a, b) => natural.compare(a, b),
];

function sortOptions(options: readonly VariableOption[], sort: number): readonly VariableOption[] {
  const order = ORDERS[Math.ceil(sort / 2) - 1];
  if (order === undefined) return options;
  const sorted = options.toSorted((a, b) => order(a.text, b.text));
  return sort % 2 === 0 ? sorted.toReversed() : sorted;
}

/** The first number in a text; what has none comes first. */
function firstNumber(text: string): number {
  const match = /\d+(?:\.\d+)?/.exec(text);
  return match === null ? -1 : Number(match[0]);
}
