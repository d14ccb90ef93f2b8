import type { Variable } from '../dashboard.ts';
import { ALL, type VariableOption } from './resolved.ts';

export interface Choice {
  readonly chosen: readonly string[];
  readonly values: readonly string[];
}

/**
 * What is chosen, out of the options there are.
 *
 * 1. The address wins, then the file. A text box and a constant take what they are given.
 * 2. A value that the address names is kept though it is no option (any more): a link must show what
 *    it says, and a pod that is gone still has its history.
 * 3. A value of the file that is no option falls back to the first option, or to All where the file chose All.
 */
export function chooseValues(
  variable: Variable,
  options: readonly VariableOption[],
  asked: readonly string[] | undefined,
): Choice {
  const chosen = chosenOf(variable, options, asked);
  if (!chosen.includes(ALL)) return { chosen, values: chosen };
  const { allValue } = variable;
  if (allValue !== undefined && allValue !== '') return { chosen, values: [allValue] };
  return { chosen, values: options.map(({ value }) => value) };
}

function chosenOf(
  variable: Variable,
  options: readonly VariableOption[],
  asked: readonly string[] | undefined,
): readonly string[] {
  const [first] = options;
  switch (variable.kind) {
    case 'constant':
    case 'datasource':
      return first === undefined ? [] : [first.value];
    case 'textbox':
      return [asked?.[0] ?? variable.current[0] ?? variable.query];
    case 'query':
    case 'custom':
    case 'interval':
    case 'unsupported':
      break;
  }
  const wanted = asked === undefined || asked.length === 0 ? knownOf(variable, options) : asked;
  const named = wanted.map((value) => nameToValue(variable, options, value));
  if (variable.hasAll && named.includes(ALL)) return [ALL];
  const real = named.filter((value) => value !== ALL);
  if (real.length > 0) return variable.isMulti ? real : real.slice(0, 1);
  return firstChoice(variable, options);
}

/** What the file chose, as far as it exists; with no options at all it is kept. */
function knownOf(variable: Variable, options: readonly VariableOption[]): readonly string[] {
  if (options.length === 0) return variable.current;
  const values = new Set(options.flatMap(({ value, text }) => [value, text]));
  return variable.current.filter((value) => isAll(variable, value) || values.has(value));
}

/** All where it is offered: it stands first in the list. */
function firstChoice(variable: Variable, options: readonly VariableOption[]): readonly string[] {
  const [first] = options;
  if (variable.hasAll) return [ALL];
  return first === undefined ? [] : [first.value];
}

/** An address may carry the text of an option, or the word All. */
function nameToValue(variable: Variable, options: readonly VariableOption[], name: string): string {
  if (isAll(variable, name) && !options.some(({ value }) => value === name)) return ALL;
  if (options.some(({ value }) => value === name)) return name;
  return options.find(({ text }) => text === name)?.value ?? name;
}

function isAll(variable: Variable, value: string): boolean {
  return value === ALL || (variable.hasAll && value === 'All');
}
