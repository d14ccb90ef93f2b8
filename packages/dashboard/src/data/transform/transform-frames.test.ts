import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DataFrame, FieldValue } from '../../frame.ts';
import { columnsOf, seriesOf, tableOf } from '../../test-support/frames.ts';
import { scopeWith } from '../../test-support/scope.ts';
import { isTransformation, transformFrames } from './transform-frames.ts';

const context = { scope: scopeWith({ col: ['pod'] }), legends: new Map([['A', '{{pod}}']]) };

const run = (
  frames: readonly DataFrame[],
  id: string,
  options: Record<string, unknown> = {},
): readonly DataFrame[] => transformFrames(frames, [{ id, options, isDisabled: false }], context);

const one = (
  frames: readonly DataFrame[],
  id: string,
  options: Record<string, unknown> = {},
): Record<string, readonly FieldValue[]> => columnsOf(run(frames, id, options)[0]);

const pods = tableOf({ Time: [1, 1, 1], pod: ['a', 'b', 'a'], 'Value #A': [1, 2, 3] });
const more = tableOf({ Time: [1, 1], pod: ['b', 'c'], 'Value #B': [20, 30] }, 'B');

test('tables are joined over a column, repeated columns are numbered', () => {
  assert.deepEqual(
    one([tableOf({ Time: [1, 1], pod: ['a', 'b'], 'Value #A': [1, 2] }), more], 'joinByField', {
      byField: 'pod',
      mode: 'outer',
    }),
    {
      pod: ['a', 'b', 'c'],
      'Time 1': [1, 1, null],
      'Value #A': [1, 2, null],
      'Time 2': [null, 1, 1],
      'Value #B': [null, 20, 30],
    },
  );
  assert.deepEqual(one([pods, more], 'seriesToColumns', { byField: 'pod', mode: 'inner' })['pod'], ['b']);
  assert.equal(run([pods, more], 'joinByField', { byField: 'none' }).length, 2);
});

test('series are joined over time under the names of their legends', () => {
  assert.deepEqual(one([seriesOf({ pod: 'a' }, [1, 2]), seriesOf({ pod: 'b' }, [3, 4, 5])], 'joinByField'), {
    Time: [0, 1000, 2000],
    a: [1, 2, null],
    b: [3, 4, 5],
  });
});

test('columns are ordered, renamed and left out', () => {
  const options = {
    excludeByName: { Time: true },
    indexByName: { 'Value #A': 0, pod: 1 },
    renameByName: { pod: 'Pod' },
  };
  assert.deepEqual(Object.keys(one([pods], 'organize', options)), ['Value #A', 'Pod']);
  assert.deepEqual(
    Object.keys(one([pods], 'filterFieldsByName', { include: { names: ['$col'], pattern: '^Val' } })),
    ['pod', 'Value #A'],
  );
  assert.deepEqual(Object.keys(one([pods], 'filterFieldsByName', { exclude: { names: ['Time'] } })), [
    'pod',
    'Value #A',
  ]);
  assert.deepEqual(
    Object.keys(one([pods], 'renameByRegex', { regex: 'Value #(.*)', renamePattern: 'V$1' })),
    ['Time', 'pod', 'VA'],
  );
});

test('rows are grouped and reduced', () => {
  const fields = {
    pod: { operation: 'groupby', aggregations: [] },
    'Value #A': { operation: 'aggregate', aggregations: ['sum', 'max'] },
  };
  assert.deepEqual(one([pods], 'groupBy', { fields }), {
    pod: ['a', 'b'],
    'Value #A (sum)': [4, 2],
    'Value #A (max)': [3, 2],
  });
});

test('rows are sorted, filtered and cut', () => {
  assert.deepEqual(
    one([pods], 'sortBy', { sort: [{ field: 'Value #A', desc: true }] })['Value #A'],
    [3, 2, 1],
  );
  assert.deepEqual(one([pods], 'sortBy', { sort: [{ field: 'gone' }] })['Value #A'], [1, 2, 3]);
  assert.deepEqual(one([pods], 'limit', { limitField: 2 })['Value #A'], [1, 2]);
  assert.deepEqual(one([pods], 'limit', { limitField: -1 })['Value #A'], [3]);
  const greater = (id: string, value: unknown, type = 'include'): readonly FieldValue[] | undefined =>
    one([pods], 'filterByValue', {
      type,
      match: 'any',
      filters: [{ fieldName: 'Value #A', config: { id, options: { value } } }],
    })['Value #A'];
  assert.deepEqual(greater('greater', 1), [2, 3]);
  assert.deepEqual(greater('equal', '2'), [2]);
  assert.deepEqual(greater('regex', '[13]', 'exclude'), [2]);
  assert.deepEqual(greater('nonsense', 1), [1, 2, 3]);
});

test('values are reckoned from others', () => {
  const binary = (left: unknown, operator: string, right: unknown): unknown =>
    one([pods], 'calculateField', { mode: 'binary', binary: { left, operator, right }, alias: 'x' })['x'];
  assert.deepEqual(binary('Value #A', '*', '10'), [10, 20, 30]);
  assert.deepEqual(
    binary({ matcher: { id: 'byName', options: 'Value #A' } }, '/', { fixed: '2' }),
    [0.5, 1, 1.5],
  );
  assert.equal(binary('gone', '+', '1'), undefined);
  assert.deepEqual(
    one([seriesOf({ pod: 'a' }, [1, 2]), seriesOf({ pod: 'b' }, [3, null])], 'calculateField', {
      mode: 'reduceRow',
      reduce: { reducer: 'sum' },
    })['Total'],
    [4, 2],
  );
  assert.deepEqual(
    one([pods], 'calculateField', { mode: 'unary', unary: { operator: 'sqrt', fieldName: 'Value #A' } })[
      'sqrt(Value #A)'
    ]?.[0],
    1,
  );
  assert.deepEqual(
    one([pods], 'calculateField', { mode: 'index', index: { asPercentile: true } })['Row'],
    [0, 0.5, 1],
  );
});

test('tables of one shape become one, equal rows one row', () => {
  const a = tableOf({ pod: ['a', 'b'], 'Value #A': [1, 2] });
  assert.deepEqual(one([a, tableOf({ pod: ['b', 'c'], 'Value #B': [5, 6] }, 'B')], 'merge'), {
    pod: ['a', 'b', 'c'],
    'Value #A': [1, 2, null],
    'Value #B': [null, 5, 6],
  });
});

test('labels become columns, one row per series', () => {
  const frames = [seriesOf({ pod: 'a', reason: 'x' }, [1]), seriesOf({ pod: 'b', reason: 'y' }, [2])];
  assert.deepEqual(one(frames, 'labelsToFields', { keepLabels: ['pod'] }), {
    Time: [0, 0],
    pod: ['a', 'b'],
    Value: [1, 2],
  });
  assert.deepEqual(one(frames, 'labelsToFields', { mode: 'rows' }), {
    label: ['pod', 'reason'],
    value: ['a', 'x'],
  });
});

test('series are reduced to rows of a table, or to one row', () => {
  const frames = [seriesOf({ pod: 'a' }, [1, 3]), seriesOf({ pod: 'b' }, [5, 7])];
  assert.deepEqual(one(frames, 'reduce', { reducers: ['mean', 'lastNotNull'] }), {
    Field: ['a', 'b'],
    Mean: [2, 6],
    'Last *': [3, 7],
  });
  assert.deepEqual(one([frames[0]!], 'reduce', { mode: 'reduceFields', reducers: ['max'] }), { a: [3] });
});

test('texts are taken apart, types changed, queries chosen, columns put together', () => {
  const logs = tableOf({ Time: [1, 2], line: ['{"a":1,"b":{"c":"x"}}', 'a=2 b="y z"'] });
  assert.deepEqual(one([logs], 'extractFields', { source: 'line', replace: true }), {
    a: [1, '2'],
    b: ['{"c":"x"}', 'y z'],
  });
  assert.deepEqual(
    one([logs], 'extractFields', {
      source: 'line',
      format: 'json',
      jsonPaths: [{ path: 'b.c', alias: 'c' }],
    })['c'],
    ['x', null],
  );
  assert.deepEqual(
    one([tableOf({ n: ['1', 'x', null] })], 'convertFieldType', {
      conversions: [{ targetField: 'n', destinationType: 'number' }],
    })['n'],
    [1, null, null],
  );
  assert.deepEqual(
    run([pods, more], 'filterByRefId', { include: '/^(?:B)$/' }).map(({ refId }) => refId),
    ['B'],
  );
  assert.deepEqual(one([tableOf({ a: [1, 2] }), tableOf({ b: [3] }, 'B')], 'concatenate'), {
    a: [1, 2],
    b: [3, null],
  });
  assert.deepEqual(one([seriesOf({ pod: 'a' }, [1, 2])], 'seriesToRows')['Value'], [2, 1]);
});

test('what is unknown or switched off lets frames pass', () => {
  assert.deepEqual(run([pods], 'heatmap'), [pods]);
  assert.deepEqual(
    transformFrames([pods], [{ id: 'limit', options: { limitField: 1 }, isDisabled: true }], context),
    [pods],
  );
  assert.ok(isTransformation('organize') && !isTransformation('constructor'));
});

test('a transformation with a filter leaves other queries alone', () => {
  const step = {
    id: 'limit',
    options: { limitField: 1 },
    isDisabled: false,
    filter: { id: 'byRefId', options: 'A' },
  };
  assert.deepEqual(
    transformFrames([pods, more], [step], context).map(({ length }) => length),
    [1, 2],
  );
});

test('any options are survived, and columns stay as long as their frame', () => {
  const ids = [
    'organize',
    'joinByField',
    'groupBy',
    'calculateField',
    'merge',
    'extractFields',
    'sortBy',
    'labelsToFields',
    'filterFieldsByName',
    'renameByRegex',
    'reduce',
    'filterByValue',
    'convertFieldType',
    'filterByRefId',
    'concatenate',
    'limit',
    'seriesToRows',
  ];
  const key = fc.constantFrom(
    'fields',
    'sort',
    'mode',
    'reducers',
    'binary',
    'reduce',
    'include',
    'filters',
    'regex',
    'limitField',
    'source',
    'conversions',
    'byField',
    'renameByName',
  );
  const options = fc.dictionary(
    key,
    fc.oneof(fc.jsonValue(), fc.constantFrom('pod', 'Time', 'binary', 'inner')),
  );
  fc.assert(
    fc.property(fc.constantFrom(...ids), options, (id, given) => {
      for (const frame of run(
        [pods, more, seriesOf({ pod: 'a' }, [1, null])],
        id,
        given as Record<string, unknown>,
      )) {
        for (const field of frame.fields) assert.equal(field.values.length, frame.length, id);
      }
    }),
  );
});
