import type { Transformation } from '../../dashboard.ts';
import type { DataFrame } from '../../frame.ts';
import { type FieldContext, nameSeries } from '../apply-fields.ts';
import { fillText } from '../../fill/fill-text.ts';
import type { Scope } from '../../fill/scope.ts';
import { calculateField } from './calculate.ts';
import type { Options, Transform } from './column.ts';
import {
  concatenate,
  convertFieldType,
  filterByRefId,
  filterFieldsByName,
  organize,
  refTest,
  renameByRegex,
} from './columns.ts';
import { groupBy, reduce, seriesToRows } from './group.ts';
import { joinByField } from './join.ts';
import { extractFields, labelsToFields } from './labels.ts';
import { filterByValue, limit, merge, sortBy } from './rows.ts';

const TRANSFORMS: ReadonlyMap<string, Transform> = new Map(
  Object.entries({
    organize,
    joinByField,
    // Its name before it could do more than times.
    seriesToColumns: joinByField,
    groupBy,
    calculateField,
    merge,
    extractFields,
    sortBy,
    labelsToFields,
    filterFieldsByName,
    renameByRegex,
    reduce,
    filterByValue,
    convertFieldType,
    filterByRefId,
    concatenate,
    limit,
    seriesToRows,
  } satisfies Record<string, Transform>),
);

/** Whether frames go through a transformation of this name, or past it. */
export function isTransformation(id: string): boolean {
  return TRANSFORMS.has(id);
}

/**
 * Frames through the transformations of a panel in their order. Series are named first, since options
 * speak of columns by the names that people see. What is not known or makes no sense lets frames pass;
 * variables in options are filled in.
 */
export function transformFrames(
  frames: readonly DataFrame[],
  transformations: readonly Transformation[],
  context: FieldContext,
): readonly DataFrame[] {
  const used = transformations.filter(({ id, isDisabled }) => !isDisabled && TRANSFORMS.has(id));
  if (used.length === 0) return frames;
  let result: readonly DataFrame[] = nameSeries(frames, context);
  for (const transformation of used) result = applyOne(result, transformation, context.scope);
  return result;
}

function applyOne(
  frames: readonly DataFrame[],
  { id, options, filter }: Transformation,
  scope: Scope,
): readonly DataFrame[] {
  const transform = TRANSFORMS.get(id);
  if (transform === undefined) return frames;
  const filled = fillOptions(options, scope);
  const isMeant = filter?.id === 'byRefId' ? refTest(filter.options) : undefined;
  if (isMeant === undefined) return transform(frames, filled);
  const rest = frames.filter(({ refId }) => !isMeant(refId));
  return [
    ...transform(
      frames.filter(({ refId }) => isMeant(refId)),
      filled,
    ),
    ...rest,
  ];
}

/** Deepest nesting of options that is looked into; real ones are three deep. */
const OPTION_DEPTH_MAX = 8;

function fillOptions(options: Options, scope: Scope): Options {
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [key, fillDeep(value, scope, 1)]));
}

function fillDeep(value: unknown, scope: Scope, depth: number): unknown {
  if (typeof value === 'string')
    return value.includes('$') || value.includes('[[') ? fillText(value, scope) : value;
  if (depth >= OPTION_DEPTH_MAX || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => fillDeep(one, scope, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, fillDeep(one, scope, depth + 1)]),
  );
}
