import { VARIABLE_KINDS, type AnnotationQuery, type Variable } from '../../dashboard.ts';
import {
  isObject,
  listOf,
  numberOf,
  objectOf,
  objectsOf,
  textOf,
  textsOf,
  type JsonObject,
} from '../json.ts';
import { sourceTypeOf, speaksPromql } from '../migrate/sources.ts';

const REFRESHES = ['never', 'load', 'range'] as const;

/** The variables of `templating`, the first of each name: a name that comes twice cannot be told apart. */
export function viewVariables(templating: unknown): Variable[] {
  const seen = new Set<string>();
  return objectsOf(objectOf(templating)['list']).flatMap((variable) => {
    const name = textOf(variable['name']);
    if (name === '' || seen.has(name)) return [];
    seen.add(name);
    return [viewVariable(name, variable)];
  });
}

function viewVariable(name: string, variable: JsonObject): Variable {
  const type = textOf(variable['type'], 'query');
  const allValue = textOf(variable['allValue']);
  return {
    name,
    label: textOf(variable['label']),
    kind: VARIABLE_KINDS.find((kind) => kind === type) ?? 'unsupported',
    type,
    hide: hideOf(variable['hide']),
    isMulti: variable['multi'] === true,
    hasAll: variable['includeAll'] === true,
    ...(allValue !== '' && { allValue }),
    query: queryOf(variable),
    regex: textOf(variable['regex']),
    sort: numberOf(variable['sort']) ?? 0,
    refresh: REFRESHES[numberOf(variable['refresh']) ?? 0] ?? 'never',
    current: currentOf(variable),
  };
}

function hideOf(value: unknown): 0 | 1 | 2 {
  const hide = numberOf(value);
  return hide === 1 || hide === 2 ? hide : 0;
}

// What the query editor of Grafana's Prometheus source stores: kinds of question, each with its own keys.
function queryOf(variable: JsonObject): string {
  const { query, definition } = variable;
  if (!isObject(query)) return textOf(query) === '' ? textOf(definition) : textOf(query);
  const text = textOf(query['query'], textOf(query['expr']));
  if (text !== '') return text;
  return textOf(definition);
}

function currentOf(variable: JsonObject): string[] {
  const { value, text } = objectOf(variable['current']);
  const values = typeof value === 'number' ? [String(value)] : textsOf(value);
  // Old files have the word of the menu instead of the sign.
  if (values.length === 0 && listOf(text).length === 0 && text === 'All' && variable['includeAll'] === true)
    return ['$__all'];
  return values.filter((entry) => entry !== '' || variable['type'] === 'textbox');
}

export interface SkippedAnnotation {
  readonly name: string;
  readonly reason: string;
}

/** Annotations that ask PromQL; others are named. Grafana's own, which every file has, is neither. */
export function viewAnnotations(
  annotations: unknown,
  variables: ReadonlyMap<string, string>,
): { shown: AnnotationQuery[]; skipped: SkippedAnnotation[] } {
  const shown: AnnotationQuery[] = [];
  const skipped: SkippedAnnotation[] = [];
  for (const annotation of objectsOf(objectOf(annotations)['list'])) {
    if (annotation['builtIn'] === 1 || annotation['builtIn'] === true) continue;
    const query = objectOf(annotation['target']);
    const expr = textOf(annotation['expr'], textOf(query['expr']));
    const source = sourceTypeOf(annotation['datasource'], { variables, query: { expr } }) ?? 'prometheus';
    const name = textOf(annotation['name']);
    if (source === 'grafana' || source === 'mixed') continue;
    if (!speaksPromql(source)) skipped.push({ name, reason: `asks a source of type "${source}"` });
    else if (expr === '') skipped.push({ name, reason: 'has no expression' });
    else shown.push(viewAnnotation(annotation, name, expr));
  }
  return { shown, skipped };
}

function viewAnnotation(annotation: JsonObject, name: string, expr: string): AnnotationQuery {
  return {
    name,
    isOn: annotation['enable'] !== false,
    isHidden: annotation['hide'] === true,
    color: textOf(annotation['iconColor'], 'blue'),
    expr,
    title: textOf(annotation['titleFormat']),
    text: textOf(annotation['textFormat']),
    tagKeys: textOf(annotation['tagKeys'])
      .split(',')
      .map((key) => key.trim())
      .filter((key) => key !== ''),
    step: textOf(annotation['step']),
  };
}
