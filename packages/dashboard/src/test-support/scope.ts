import type { Variable } from '../dashboard.ts';
import { createScope, type Scope, type ScopeOptions } from '../fill/scope.ts';
import type { ResolvedVariable } from '../variables/resolved.ts';

/** What a test says of a variable; the rest is usual. */
export interface VariableSketch extends Partial<Variable> {
  readonly values: readonly string[];
  readonly chosen?: readonly string[];
}

export function variableOf(name: string, sketch: Partial<Variable> = {}): Variable {
  return {
    name,
    label: '',
    kind: 'query',
    type: 'query',
    hide: 0,
    isMulti: false,
    hasAll: false,
    query: '',
    regex: '',
    sort: 0,
    refresh: 'load',
    current: [],
    ...sketch,
  };
}

export function resolvedOf(name: string, sketch: VariableSketch | readonly string[]): ResolvedVariable {
  const { values, chosen, ...rest } = isList(sketch) ? { values: sketch, chosen: undefined } : sketch;
  return {
    variable: variableOf(name, rest),
    options: values.map((value) => ({ text: value, value })),
    chosen: chosen ?? values,
    values,
  };
}

/** One hour from 2026-01-02T03:04:05Z on, a minute between points, scraped each 15 s. */
export function scopeWith(
  variables: Readonly<Record<string, VariableSketch | readonly string[]>>,
  options: Partial<ScopeOptions> = {},
): Scope {
  const fromMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  return createScope(
    { variables: Object.entries(variables).map(([name, sketch]) => resolvedOf(name, sketch)) },
    {
      range: { fromMs, toMs: fromMs + 3_600_000 },
      stepMs: 60_000,
      scrapeIntervalMs: 15_000,
      dashboard: { uid: 'u1', title: 'Host' },
      timezone: 'utc',
      ...options,
    },
  );
}

function isList(sketch: VariableSketch | readonly string[]): sketch is readonly string[] {
  return Array.isArray(sketch);
}
