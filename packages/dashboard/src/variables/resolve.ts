import type { Dashboard, Variable } from '../dashboard.ts';
import { fillQuery } from '../fill/fill-query.ts';
import { fillText } from '../fill/fill-text.ts';
import { createScope, type Scope } from '../fill/scope.ts';
import { intervalText } from '../fill/step.ts';
import { compilePattern } from '../value/safe-pattern.ts';
import { type Choice, chooseValues } from './choose.ts';
import { dependenciesOf } from './dependencies.ts';
import { AUTO, autoIntervalMs, customOptions, intervalOptions } from './listed-options.ts';
import { type OptionList, optionList, VARIABLE_OPTIONS_MAX } from './option-list.ts';
import { readVariableQuery } from './query-function.ts';
import type { ResolvedVariable, ResolvedVariables } from './resolved.ts';

export interface VariableRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where the values of variables come from. Each call stops when `signal` aborts, throwing its reason. */
export interface VariableSource {
  /** Values of one label, of the series that `selector` chooses; `undefined`: of all. */
  labelValues(
    selector: string | undefined,
    label: string,
    range: VariableRange,
    signal: AbortSignal,
  ): Promise<string[]>;
  labelNames(range: VariableRange, signal: AbortSignal): Promise<string[]>;
  metricNames(range: VariableRange, signal: AbortSignal): Promise<string[]>;
  /** The series of an instant query; `value` as the API writes it. */
  queryResult(
    expr: string,
    atMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly labels: Readonly<Record<string, string>>; readonly value: string | number }[]>;
}

export interface VariableRequest {
  /** From the address, by name; what is missing there is as in the file. */
  readonly chosen: ReadonlyMap<string, readonly string[]>;
  readonly range: VariableRange;
  /** Distance of scrapes, for `$__rate_interval` and `$__interval` in a variable's query. */
  readonly scrapeIntervalMs: number;
  readonly ask: VariableSource;
}

/**
 * Finds the options of all variables, each as soon as those it needs are known, others at the same
 * time. A variable that cannot be found carries `error` and keeps what was chosen; those that need it
 * say so and ask nothing. Rejects only when `signal` aborts, with its reason.
 */
export async function resolveVariables(
  dashboard: Dashboard,
  request: VariableRequest,
  signal: AbortSignal,
): Promise<ResolvedVariables> {
  const { needs, cyclic } = dependenciesOf(dashboard.variables);
  const gates = new Map(
    dashboard.variables.map(({ name }) => [name, Promise.withResolvers<ResolvedVariable>()]),
  );

  const resolveOne = async (variable: Variable): Promise<ResolvedVariable> => {
    if (cyclic.has(variable.name)) return failed(variable, request, cycleText(variable, needs, cyclic));
    const first = (needs.get(variable.name) ?? []).flatMap((name) => gates.get(name)?.promise ?? []);
    const ready = await Promise.all(first);
    const broken = ready.find(({ error, options }) => error !== undefined && options.length === 0);
    if (broken !== undefined) {
      return failed(variable, request, `cannot find values: variable "${broken.variable.name}" has none`);
    }
    return resolveWith(variable, { variables: ready }, { dashboard, request, signal });
  };
  const all = dashboard.variables.map(async (variable) => {
    const entry = await resolveOne(variable);
    gates.get(variable.name)?.resolve(entry);
    return entry;
  });
  const variables = await Promise.all(all);
  signal.throwIfAborted();
  return { variables };
}

interface Surroundings {
  readonly dashboard: Dashboard;
  readonly request: VariableRequest;
  readonly signal: AbortSignal;
}

async function resolveWith(
  variable: Variable,
  needed: ResolvedVariables,
  { dashboard, request, signal }: Surroundings,
): Promise<ResolvedVariable> {
  const scope = scopeOf(dashboard, needed, request);
  try {
    const list = await optionsOf(variable, scope, request, signal);
    return finish(variable, list, request);
  } catch (error) {
    signal.throwIfAborted();
    return failed(variable, request, error instanceof Error ? error.message : String(error));
  }
}

/** Points that `$__interval` is reckoned with where no panel says how wide it is. */
const SCOPE_POINTS = 1000;

function scopeOf(
  dashboard: Dashboard,
  needed: ResolvedVariables,
  { range, scrapeIntervalMs }: VariableRequest,
): Scope {
  return createScope(needed, {
    range,
    stepMs: Math.max(scrapeIntervalMs, Math.round((range.toMs - range.fromMs) / SCOPE_POINTS)),
    scrapeIntervalMs,
    dashboard,
    timezone: dashboard.timezone,
  });
}

async function optionsOf(
  variable: Variable,
  scope: Scope,
  request: VariableRequest,
  signal: AbortSignal,
): Promise<OptionList> {
  switch (variable.kind) {
    case 'query': {
      const raw = await askValues(fillQuery(variable.query, scope), request, signal);
      return optionList(raw, fillText(variable.regex, scope, 'regex'), variable.sort);
    }
    case 'custom':
      return limited(customOptions(fillText(variable.query, scope)));
    case 'interval':
      return limited(intervalOptions(variable.query));
    case 'datasource':
      // All data is in one store: whatever the file was bound to, this is what there is to choose.
      return { options: [{ text: STORE, value: STORE }] };
    case 'textbox':
    case 'constant':
      return { options: [{ text: variable.query, value: variable.query }] };
    case 'unsupported':
      return {
        options: [],
        error: `cannot offer values: variables of type "${variable.type}" are not supported`,
      };
  }
}

/** The only value of a `datasource` variable. */
const STORE = 'default';

function limited(options: OptionList['options']): OptionList {
  if (options.length <= VARIABLE_OPTIONS_MAX) return { options };
  return {
    options: options.slice(0, VARIABLE_OPTIONS_MAX),
    error: `cannot list all values: got ${options.length}, limit is ${VARIABLE_OPTIONS_MAX} (VARIABLE_OPTIONS_MAX)`,
  };
}

async function askValues(
  text: string,
  { ask, range }: VariableRequest,
  signal: AbortSignal,
): Promise<string[]> {
  const query = readVariableQuery(text);
  if (query === undefined) {
    throw new Error(
      `cannot read query: want label_values(…), label_names(), metrics(…) or query_result(…); got "${text}"`,
    );
  }
  switch (query.kind) {
    case 'label-values':
      return ask.labelValues(query.selector, query.label, range, signal);
    case 'label-names':
      return matching(await ask.labelNames(range, signal), query.pattern);
    case 'metrics':
      return matching(await ask.metricNames(range, signal), query.pattern);
    case 'query-result':
    case 'series': {
      const expr = query.kind === 'series' ? query.selector : query.expr;
      const series = await ask.queryResult(expr, range.toMs, signal);
      if (query.kind === 'series') return series.map(({ labels }) => seriesText(labels));
      return series.map(({ labels, value }) => `${seriesText(labels)} ${value} ${range.toMs}`);
    }
  }
}

function matching(names: readonly string[], pattern: string): string[] {
  if (pattern === '') return [...names];
  const compiled = compilePattern(pattern);
  if (compiled === undefined)
    throw new Error(`cannot read pattern: want a regular expression that ends; got "${pattern}"`);
  return names.filter((name) => compiled.match(name) !== undefined);
}

/** A series as Prometheus writes it; the regex of the variable reads it. */
function seriesText(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = '', ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, value]) => `${key}="${value}"`);
  return `${name}{${pairs.join(',')}}`;
}

function finish(variable: Variable, list: OptionList, request: VariableRequest): ResolvedVariable {
  const choice = chooseValues(variable, list.options, request.chosen.get(variable.name));
  return {
    variable,
    options: list.options,
    chosen: choice.chosen,
    values: autoFilled(variable, choice, request.range),
    ...(list.error !== undefined && { error: list.error }),
  };
}

function autoFilled(variable: Variable, { values }: Choice, range: VariableRange): readonly string[] {
  if (variable.kind !== 'interval') return values;
  return values.map((value) =>
    value === AUTO ? intervalText(autoIntervalMs(range, variable.query)) : value,
  );
}

/** Without options: what was chosen stays, so that the address is not lost over a fault that passes. */
function failed(variable: Variable, request: VariableRequest, error: string): ResolvedVariable {
  const chosen = request.chosen.get(variable.name) ?? variable.current;
  const { values } = chooseValues(variable, [], chosen);
  return { variable, options: [], chosen, values, error };
}

function cycleText(
  variable: Variable,
  needs: ReadonlyMap<string, readonly string[]>,
  cyclic: ReadonlySet<string>,
): string {
  const others = (needs.get(variable.name) ?? []).filter((name) => cyclic.has(name));
  return `cannot find values: variable "${variable.name}" needs itself, by way of "${others.join('", "')}"`;
}
