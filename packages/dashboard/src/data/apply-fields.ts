import type { FieldConfig, FieldOptions } from '../dashboard.ts';
import { fillText } from '../fill/fill-text.ts';
import { type Scope, withCell } from '../fill/scope.ts';
import type { DataFrame, Field } from '../frame.ts';
import { legendOf, sharedLabels } from './legend.ts';
import { fieldTest, type FieldTest } from './matcher.ts';
import { applyProperty } from './property.ts';

export interface FieldContext {
  readonly scope: Scope;
  /** The legend of each query, by its letter, variables not filled in. */
  readonly legends: ReadonlyMap<string, string>;
}

/**
 * Gives every field its name and its look: legend, then defaults, then overrides in their order, then
 * the display name with `${__field.labels.x}` filled in. Overrides see the name that the legend gave.
 * Two series of one panel never share a name: repeats are numbered.
 */
export function applyFields(
  frames: readonly DataFrame[],
  options: FieldOptions,
  context: FieldContext,
): DataFrame[] {
  const rules = options.overrides.map(({ matcher, properties }) => ({
    test: fieldTest(matcher),
    properties,
  }));
  const names = new NameBook();
  return nameSeries(frames, context).map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const config = configOf(field, frame, options.defaults, rules);
      const name = finalName(field, config, frame, context.scope);
      return { ...field, config, displayName: names.nameOf(name, field) };
    }),
  }));
}

/** The name of every series by its legend; fields that have a name keep it. Transformations find columns by these names. */
export function nameSeries(frames: readonly DataFrame[], { scope, legends }: FieldContext): DataFrame[] {
  const shared = sharedLabels(frames);
  const filled = new Map([...legends].map(([refId, legend]) => [refId, fillText(legend, scope, 'text')]));
  return frames.map((frame) => {
    const legend = filled.get(frame.refId) ?? '';
    const fields = frame.fields.map((field) => ({
      ...field,
      displayName: field.displayName ?? baseName(frame, field, legend, shared.get(frame.refId) ?? NONE),
    }));
    return { ...frame, fields };
  });
}

const NONE: ReadonlySet<string> = new Set();

/** Only what came out of a query as a series is named by the legend; a column that was renamed keeps its name. */
function baseName(frame: DataFrame, field: Field, legend: string, shared: ReadonlySet<string>): string {
  if (field.labels === undefined || field.kind === 'time' || field.name !== 'Value') return field.name;
  if (Object.keys(field.labels).length === 0 && (legend === '' || legend === '__auto')) {
    return frame.name ?? field.name;
  }
  return legendOf(field, legend, shared);
}

interface Rule {
  readonly test: FieldTest;
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}

function configOf(
  field: Field,
  frame: DataFrame,
  defaults: FieldConfig,
  rules: readonly Rule[],
): FieldConfig {
  let config: FieldConfig = field.kind === 'time' ? {} : { ...defaults, ...field.config };
  for (const { test, properties } of rules) {
    if (!test(field, frame)) continue;
    for (const { id, value } of properties) config = applyProperty(config, id, value);
  }
  return config;
}

function finalName(field: Field, config: FieldConfig, frame: DataFrame, scope: Scope): string {
  const base = field.displayName ?? field.name;
  const { displayName } = config;
  if (displayName === undefined || displayName === '') return base;
  return fillText(displayName, withCell(scope, { field, frame }), 'text');
}

/** Numbers the second and later series of a name. */
class NameBook {
  readonly #counts = new Map<string, number>();

  nameOf(name: string, field: Field): string {
    if (field.kind === 'time' || field.labels === undefined) return name;
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return count === 1 ? name : `${name} ${count}`;
  }
}
