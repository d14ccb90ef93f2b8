import type { DataFrame, Field } from '../frame.ts';
import { ALL, type ResolvedVariable, type ResolvedVariables } from '../variables/resolved.ts';

/** All that a text can refer to. A value: `withCell` gives another. */
export interface Scope {
  readonly variables: ReadonlyMap<string, ScopeVariable>;
  readonly range: { readonly fromMs: number; readonly toMs: number };
  /** `$__interval`. */
  readonly stepMs: number;
  readonly scrapeIntervalMs: number;
  readonly dashboard: { readonly uid: string; readonly title: string };
  /** `browser`, `utc`, or an IANA name. */
  readonly timezone: string;
  readonly user?: { readonly login: string; readonly email: string };
  /** Where in the data a text stands: of links and display names. */
  readonly cell?: CellScope;
}

export interface ScopeVariable {
  readonly name: string;
  /** What the choice stands for. */
  readonly values: readonly string[];
  /** What people read for the choice; `All` for All. */
  readonly texts: readonly string[];
  readonly chosen: readonly string[];
  /** Several can be chosen: in PromQL its values are regular expressions. */
  readonly isList: boolean;
  /** `values` is what the author of the dashboard wrote for All: put in as it stands. */
  readonly isVerbatim: boolean;
  /** Not carried by addresses: a constant. */
  readonly isFixed: boolean;
}

/** A field, and a row of it where there is one. */
export interface CellScope {
  readonly field: Field;
  readonly frame?: DataFrame;
  readonly row?: number;
  /** The value of the row as it is shown. */
  readonly text?: string;
}

export interface ScopeOptions {
  readonly range: { readonly fromMs: number; readonly toMs: number };
  readonly stepMs: number;
  readonly scrapeIntervalMs: number;
  readonly dashboard: { readonly uid: string; readonly title: string };
  readonly timezone: string;
  readonly user?: { readonly login: string; readonly email: string };
  /** Values that hold in one repeated panel or row alone, by the name of the variable. */
  readonly panelVariables?: ReadonlyMap<string, readonly string[]>;
}

export function createScope(resolved: ResolvedVariables, options: ScopeOptions): Scope {
  const { panelVariables, ...rest } = options;
  const variables = new Map<string, ScopeVariable>();
  for (const entry of resolved.variables) {
    const own = panelVariables?.get(entry.variable.name);
    variables.set(entry.variable.name, own === undefined ? scopeVariable(entry) : fixedVariable(entry, own));
  }
  return { ...rest, variables };
}

/** The same scope, seen from a field or one of its values. */
export function withCell(scope: Scope, cell: CellScope): Scope {
  return { ...scope, cell };
}

function scopeVariable(entry: ResolvedVariable): ScopeVariable {
  const { variable, chosen, values } = entry;
  const isAll = chosen.includes(ALL);
  return {
    name: variable.name,
    values,
    texts: isAll ? ['All'] : textsOf(entry, values),
    chosen,
    isList: variable.isMulti || variable.hasAll,
    isVerbatim: isAll && hasAllValue(entry),
    isFixed: variable.kind === 'constant',
  };
}

function fixedVariable(entry: ResolvedVariable, values: readonly string[]): ScopeVariable {
  return {
    ...scopeVariable(entry),
    values,
    texts: textsOf(entry, values),
    chosen: values,
    isVerbatim: false,
  };
}

function hasAllValue({ variable }: ResolvedVariable): boolean {
  return variable.allValue !== undefined && variable.allValue !== '';
}

function textsOf(entry: ResolvedVariable, values: readonly string[]): string[] {
  const texts = new Map(entry.options.map((option) => [option.value, option.text]));
  return values.map((value) => texts.get(value) ?? value);
}
