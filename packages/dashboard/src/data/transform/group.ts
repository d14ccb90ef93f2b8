import type { DataFrame, Field, FieldValue } from '../../frame.ts';
import { reduceField } from '../../value/reduce.ts';
import {
  createField,
  findField,
  isSeries,
  nameOf,
  type Options,
  recordOf,
  textsOf,
  type Transform,
} from './column.ts';

/** Rows of one group become one; other columns are reduced to `name (calc)`. Each frame by itself. */
export const groupBy: Transform = (frames, options) => {
  const rules = Object.entries(recordOf(options['fields'])).map(([name, rule]): [string, Options] => [
    name,
    recordOf(rule),
  ]);
  const keyNames = rules.filter(([, { operation }]) => operation === 'groupby').map(([name]) => name);
  const reduced = rules.filter(([, { operation }]) => operation === 'aggregate');
  if (keyNames.length === 0) return frames;
  return frames.flatMap((frame) => groupFrame(frame, keyNames, reduced) ?? []);
};

function groupFrame(
  frame: DataFrame,
  keyNames: readonly string[],
  reduced: readonly (readonly [string, Options])[],
): DataFrame | undefined {
  const keys = keyNames.flatMap((name) => findField(frame, name) ?? []);
  if (keys.length === 0) return undefined;
  const groups = groupRows(frame, keys);
  const keyFields = keys.map((field) => ({
    ...field,
    values: groups.map(([row]) => (row === undefined ? null : (field.values[row] ?? null))),
  }));
  const reducedFields = reduced.flatMap(([name, { aggregations }]) => {
    const field = findField(frame, name);
    if (field === undefined) return [];
    return textsOf(aggregations).map((calc) =>
      reducedColumn(field, groups, calc, `${nameOf(field)} (${calc})`),
    );
  });
  return { ...frame, length: groups.length, fields: [...keyFields, ...reducedFields] };
}

function groupRows(frame: DataFrame, keys: readonly Field[]): number[][] {
  const groups = new Map<string, number[]>();
  for (let row = 0; row < frame.length; row++) {
    const id = JSON.stringify(keys.map(({ values }) => String(values[row])));
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

function reducedColumn(
  field: Field,
  groups: readonly (readonly number[])[],
  calc: string,
  name: string,
): Field {
  const values = groups.map((rows) =>
    reduceField({ values: rows.map((row) => field.values[row] ?? null) }, calc),
  );
  return createField(name, kindOf(values, field.kind), values);
}

function kindOf(values: readonly FieldValue[], kind: Field['kind']): Field['kind'] {
  const value = values.find((one) => one !== null);
  if (typeof value === 'number') return kind === 'time' ? 'time' : 'number';
  return typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'boolean' : kind;
}

/** Every number column to one value per reducer: rows of a table, or one row of the same columns. */
export const reduce: Transform = (frames, options) => {
  const calcs = textsOf(options['reducers']);
  const used = calcs.length === 0 ? ['max'] : calcs;
  if (options['mode'] === 'reduceFields') return frames.map((frame) => reduceColumns(frame, used, options));
  return [reduceToRows(frames, used, options)];
};

function isReduced(field: Field, options: Options): boolean {
  return field.kind === 'number' || (options['includeTimeField'] === true && field.kind === 'time');
}

function reduceColumns(frame: DataFrame, calcs: readonly string[], options: Options): DataFrame {
  const fields = frame.fields
    .filter((field) => isReduced(field, options))
    .flatMap((field) =>
      calcs.map((calc) => {
        const value = [reduceField(field, calc)];
        if (calcs.length === 1) return { ...field, values: value };
        return createField(`${nameOf(field)} ${reducerName(calc)}`, kindOf(value, field.kind), value);
      }),
    );
  return { ...frame, length: fields.length === 0 ? 0 : 1, fields };
}

function reduceToRows(frames: readonly DataFrame[], calcs: readonly string[], options: Options): DataFrame {
  const fields = frames.flatMap((frame) => frame.fields.filter((field) => isReduced(field, options)));
  const labelNames =
    options['labelsToFields'] === true
      ? [...new Set(fields.flatMap(({ labels }) => Object.keys(labels ?? {})))]
      : [];
  const columns = calcs.map((calc) => {
    const values = fields.map((field) => reduceField(field, calc));
    return createField(reducerName(calc), kindOf(values, 'number'), values);
  });
  return {
    refId: frames[0]?.refId ?? '',
    length: fields.length,
    fields: [
      createField('Field', 'string', fields.map(nameOf)),
      ...labelNames.map((name) =>
        createField(
          name,
          'string',
          fields.map(({ labels }) => labels?.[name] ?? ''),
        ),
      ),
      ...columns,
    ],
  };
}

const REDUCER_NAMES: ReadonlyMap<string, string> = new Map([
  ['lastNotNull', 'Last *'],
  ['last', 'Last'],
  ['firstNotNull', 'First *'],
  ['first', 'First'],
  ['min', 'Min'],
  ['max', 'Max'],
  ['mean', 'Mean'],
  ['median', 'Median'],
  ['variance', 'Variance'],
  ['stdDev', 'StdDev'],
  ['sum', 'Total'],
  ['count', 'Count'],
  ['range', 'Range'],
  ['delta', 'Delta'],
  ['step', 'Step'],
  ['diff', 'Difference'],
  ['diffperc', 'Difference percent'],
  ['logmin', 'Min (above zero)'],
  ['allIsZero', 'All Zeros'],
  ['allIsNull', 'All Nulls'],
  ['changeCount', 'Change Count'],
  ['distinctCount', 'Distinct Count'],
  ['allValues', 'All values'],
  ['uniqueValues', 'All unique values'],
]);

/** What a column of this reducer is called; overrides of files use these names. */
export function reducerName(calc: string): string {
  return REDUCER_NAMES.get(calc) ?? calc;
}

/** Series as rows of one table: Time, Metric, Value; newest first. */
export const seriesToRows: Transform = (frames) => {
  if (frames.length === 0 || !frames.every(isSeries)) return frames;
  const rows = frames.flatMap(({ fields: [time, value] }) =>
    (time?.values ?? []).map((at, row) => ({
      at,
      name: value === undefined ? '' : nameOf(value),
      value: value?.values[row] ?? null,
    })),
  );
  const sorted = rows.toSorted((a, b) => Number(b.at) - Number(a.at));
  const fields = [
    createField(
      'Time',
      'time',
      sorted.map(({ at }) => at),
    ),
    createField(
      'Metric',
      'string',
      sorted.map(({ name }) => name),
    ),
    createField(
      'Value',
      'number',
      sorted.map(({ value }) => value),
    ),
  ];
  return [{ refId: frames[0]?.refId ?? '', length: sorted.length, fields }];
};
