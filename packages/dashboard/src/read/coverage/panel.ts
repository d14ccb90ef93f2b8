import type { CoverageCode, CoverageRemark, PanelCoverage } from '../../coverage.ts';
import type { Panel, PanelKind, PanelQuery } from '../../dashboard.ts';
import { isFieldMatcher } from '../../data/matcher.ts';
import { isTransformation } from '../../data/transform/transform-frames.ts';
import { compilePattern } from '../../value/safe-pattern.ts';
import { isObject, objectOf, textOf, type JsonObject } from '../json.ts';
import { speaksPromql } from '../migrate/sources.ts';
import { findExpressionFault } from './expression.ts';
import { CELL_TYPES, isConfigShown, isOptionShown, NO_PATTERN, saysNothing } from './supported.ts';

/** Adds what was found; `code` and `what` as in `CoverageRemark`. */
type Note = (code: CoverageCode, what: string, detail: string) => void;

/**
 * Judges one panel. `json` is its stored form, for what the view does not have; `migrated` what the migration
 * had to say. `none` when its type is not drawn, or none of its queries can be asked.
 */
export function coverPanel(subject: {
  readonly panel: Panel;
  readonly json: JsonObject;
  readonly row: string;
  readonly migrated: readonly CoverageRemark[];
  /** What each variable of the dashboard is taken for. */
  readonly variables: ReadonlyMap<string, string>;
}): PanelCoverage {
  const { panel, json, row, migrated, variables } = subject;
  const remarks = [...migrated];
  const note: Note = (code, what, detail) => void remarks.push({ code, what, detail });
  const isDrawn = coverKind(panel, json, note);
  const askedCount = coverQueries(panel, variables, note);
  if (isDrawn) {
    coverOptions(panel, note);
    coverField(panel, note);
    coverTransformations(panel, note);
    coverRest(panel, json, note, variables);
  }
  const { id, title, type } = panel;
  const shownCount = panel.queries.filter(({ isHidden }) => !isHidden).length;
  const isEmpty = shownCount > 0 && askedCount === 0;
  const isFull = remarks.every(({ code }) => code === 'migrated');
  return {
    id,
    title,
    type,
    row,
    verdict: !isDrawn || isEmpty ? 'none' : isFull ? 'full' : 'partial',
    remarks,
  };
}

function coverKind(panel: Panel, json: JsonObject, note: Note): boolean {
  const library = objectOf(json['libraryPanel']);
  if (panel.kind !== 'unsupported') return true;
  if (isObject(json['libraryPanel']))
    note(
      'panel-type',
      `library panel "${textOf(library['name'], textOf(library['uid']))}"`,
      'its content is kept in the Grafana it comes from; unlink it there and export again',
    );
  else note('panel-type', panel.type, 'panels of this type are not drawn');
  return false;
}

/** How many of the shown queries can be asked. */
function coverQueries(panel: Panel, variables: ReadonlyMap<string, string>, note: Note): number {
  let askedCount = 0;
  for (const query of panel.queries) {
    const fault = faultOfQuery(query, variables);
    if (fault === undefined) askedCount += query.isHidden ? 0 : 1;
    else note(fault.code, `expr of ${query.refId}`, fault.detail);
  }
  return askedCount;
}

function faultOfQuery(
  { source, expr }: PanelQuery,
  variables: ReadonlyMap<string, string>,
): { code: CoverageCode; detail: string } | undefined {
  if (!speaksPromql(source))
    return {
      code: 'query-language',
      detail: `asks a source of type "${source}"; PromQL alone is understood`,
    };
  const fault = expr.trim() === '' ? undefined : findExpressionFault(expr, variables);
  return fault === undefined ? undefined : { code: 'query-syntax', detail: fault };
}

function coverOptions({ kind, options }: Panel, note: Note): void {
  if (kind === 'unsupported') return;
  for (const path of pathsOf(kind, options)) note('option', `options.${path}`, 'is not carried out');
  if (kind === 'text' && options['mode'] === 'html')
    note('option', 'options.mode', 'HTML is shown without scripts, styles and frames');
}

/** Paths of one or two names that are set and not shown. */
function pathsOf(kind: PanelKind, options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(options).flatMap(([key, value]) => {
    if (isOptionShown(kind, key) || saysNothing(value)) return [];
    if (!isObject(value)) return [key];
    return Object.entries(value).flatMap(([inner, part]) => {
      const path = `${key}.${inner}`;
      return isOptionShown(kind, path) || saysNothing(part) ? [] : [path];
    });
  });
}

function coverField({ field, kind }: Panel, note: Note): void {
  const custom = field.defaults.custom ?? {};
  for (const [key, value] of Object.entries(custom)) coverConfig(`custom.${key}`, value, note);
  if (kind === 'table') coverCell('fieldConfig.custom.cellOptions', custom['cellOptions'], note);
  for (const { matcher, properties } of field.overrides) {
    if (!isFieldMatcher(matcher.id))
      note('override', `matcher "${matcher.id}"`, 'fields are not chosen by this matcher');
    else if (matcher.id === 'byRegexp' && compilePattern(textOf(matcher.options)) === undefined)
      note('override', `matcher "byRegexp"`, `${JSON.stringify(textOf(matcher.options))} ${NO_PATTERN}`);
    for (const { id, value } of properties) {
      if (id === 'custom.cellOptions') coverCell(`override ${id}`, value, note);
      if (!isConfigShown(id) && !saysNothing(value)) note('override', id, 'is not carried out');
    }
  }
}

function coverConfig(id: string, value: unknown, note: Note): void {
  if (!isConfigShown(id) && !saysNothing(value)) note('option', `fieldConfig.${id}`, 'is not carried out');
  if (id === 'custom.scaleDistribution' && objectOf(value)['type'] === 'symlog')
    note('option', `fieldConfig.${id}`, 'a symmetric logarithm is drawn as a linear scale');
}

function coverCell(what: string, options: unknown, note: Note): void {
  const type = textOf(objectOf(options)['type'], 'auto');
  if (!CELL_TYPES.has(type)) note('option', what, `cells of type "${type}" show their text`);
}

function coverTransformations({ transformations }: Panel, note: Note): void {
  for (const { id, isDisabled } of transformations)
    if (!isDisabled && !isTransformation(id))
      note('transformation', id, 'is left out; what follows it works on what it got');
}

function coverRest(panel: Panel, json: JsonObject, note: Note, variables: ReadonlyMap<string, string>): void {
  if (panel.repeat !== undefined && !variables.has(panel.repeat.variable))
    note(
      'variable',
      `repeat by "${panel.repeat.variable}"`,
      'there is no such variable; the panel is drawn once',
    );
  if (isObject(json['alert'])) note('option', 'alert', 'alerts of a panel are not taken over; write a rule');
  for (const link of panel.links)
    if (link.url === '' && link.tags.length === 0) note('link', `link "${link.title}"`, 'has no address');
}
