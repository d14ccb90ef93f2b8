import type { CoverageRemark } from '../../coverage.ts';
import type { Dashboard, Variable } from '../../dashboard.ts';
import { compilePattern } from '../../value/safe-pattern.ts';
import { dependenciesOf } from '../../variables/dependencies.ts';
import { objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';
import { sourceTypeOf, speaksPromql } from '../migrate/sources.ts';
import { findExpressionFault } from './expression.ts';
import { NO_PATTERN } from './supported.ts';

/** What each variable is taken for while expressions are judged: a chosen value, or the first it can have. */
export function standInsOf(variables: readonly Variable[]): Map<string, string> {
  return new Map(variables.map((variable) => [variable.name, standInOf(variable)]));
}

function standInOf({ kind, current, query }: Variable): string {
  const [chosen] = current;
  if (chosen !== undefined && chosen !== '' && !chosen.startsWith('$__')) return chosen;
  if (kind === 'textbox' || kind === 'constant') return query === '' ? 'x' : query;
  if (kind !== 'custom' && kind !== 'interval') return 'x';
  return query.split(',')[0]?.split(' : ').at(-1)?.trim() ?? 'x';
}

/** Variables that cannot be offered as in Grafana. */
export function coverVariables(
  dashboard: Dashboard,
  classic: JsonObject,
  sources: ReadonlyMap<string, string>,
): CoverageRemark[] {
  const { variables } = dashboard;
  const list = objectsOf(objectOf(classic['templating'])['list']);
  const standIns = standInsOf(variables);
  const { cyclic } = dependenciesOf(variables);
  const remarks = variables.flatMap((variable): CoverageRemark[] => {
    const json = list.find(({ name }) => textOf(name) === variable.name) ?? {};
    const details = [...faultsOf(variable, json, { sources, standIns })];
    if (cyclic.has(variable.name)) details.push('asks, by way of others or directly, about itself');
    return details.map((detail) => ({ code: 'variable', what: `variable "${variable.name}"`, detail }));
  });
  const names = list.map(({ name }) => textOf(name));
  const repeated = new Set(names.filter((name, i) => name !== '' && names.indexOf(name) !== i));
  for (const name of repeated)
    remarks.push({
      code: 'variable',
      what: `variable "${name}"`,
      detail: 'comes more than once; the first counts',
    });
  if (names.includes(''))
    remarks.push({ code: 'variable', what: 'variables', detail: 'one without a name is left out' });
  return remarks;
}

function* faultsOf(
  { kind, type, query, regex }: Variable,
  json: JsonObject,
  known: { readonly sources: ReadonlyMap<string, string>; readonly standIns: ReadonlyMap<string, string> },
): Generator<string> {
  if (kind === 'unsupported') yield `variables of type "${type}" are not offered`;
  if (kind !== 'query') return;
  const source = sourceTypeOf(json['datasource'], { variables: known.sources }) ?? 'prometheus';
  if (!speaksPromql(source)) {
    yield `asks a source of type "${source}"; PromQL alone is understood`;
    return;
  }
  if (query.trim() === '') yield 'has no query';
  const expr = expressionOf(query);
  const fault = expr === '' ? undefined : findExpressionFault(expr, known.standIns);
  if (fault !== undefined) yield `${JSON.stringify(expr)}: ${fault}`;
  if (compilePattern(regex) === undefined) yield `${JSON.stringify(regex)} ${NO_PATTERN}`;
}

/** The part of a variable's question that is PromQL; empty: none of it. */
function expressionOf(query: string): string {
  const call = /^\s*(label_values|label_names|metrics|query_result)\s*\(([\s\S]*)\)\s*$/.exec(query);
  const inside = call?.[2]?.trim() ?? '';
  if (call === null) return query.trim();
  if (call[1] === 'query_result') return inside;
  return call[1] === 'label_values' && inside.includes(',')
    ? inside.slice(0, inside.lastIndexOf(',')).trim()
    : '';
}
