import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FieldConfig, FieldOptions, Matcher } from '../dashboard.ts';
import type { DataFrame } from '../frame.ts';
import { seriesOf, tableOf } from '../test-support/frames.ts';
import { scopeWith } from '../test-support/scope.ts';
import { applyFields } from './apply-fields.ts';
import { fieldTest } from './matcher.ts';

const scope = scopeWith({ env: ['prod'] });

function apply(
  frames: readonly DataFrame[],
  legend: string,
  options: Partial<FieldOptions> = {},
): DataFrame[] {
  return applyFields(
    frames,
    { defaults: {}, overrides: [], ...options },
    { scope, legends: new Map([['A', legend]]) },
  );
}

const names = (frames: readonly DataFrame[]): (string | undefined)[] =>
  frames.map(({ fields }) => fields[1]?.displayName);

const web = seriesOf({ __name__: 'up', job: 'api', pod: 'web' }, [1]);
const db = seriesOf({ __name__: 'up', job: 'api', pod: 'db' }, [2]);

test('a legend is filled from labels and variables', () => {
  assert.deepEqual(names(apply([web, db], '$env {{pod}} {{ job }} {{none}}.')), [
    'prod web api .',
    'prod db api .',
  ]);
  assert.deepEqual(names(apply([web], '')), ['up{job="api", pod="web"}']);
  assert.deepEqual(names(apply([web, db], '__auto')), ['web', 'db']);
  assert.deepEqual(names(apply([web], '__auto')), ['up{job="api", pod="web"}']);
  assert.deepEqual(names(apply([seriesOf({}, [1])], 'Total')), ['Total']);
  assert.deepEqual(names(apply([seriesOf({}, [1])], '')), ['Value']);
});

test('a label value that looks like a variable is not one', () => {
  assert.deepEqual(names(apply([seriesOf({ pod: '$env' }, [1])], '{{pod}}')), ['$env']);
});

test('series of one name are numbered', () => {
  assert.deepEqual(names(apply([web, db], '{{job}}')), ['api', 'api 2']);
});

test('overrides come after defaults, later ones win, and see the name of the legend', () => {
  const overrides: FieldOptions['overrides'] = [
    {
      matcher: { id: 'byName', options: 'web' },
      properties: [
        { id: 'unit', value: 's' },
        { id: 'custom.lineWidth', value: 3 },
      ],
    },
    {
      matcher: { id: 'byRegexp', options: '/w.b/' },
      properties: [
        { id: 'unit', value: 'ms' },
        { id: 'decimals', value: 'no number' },
      ],
    },
    {
      matcher: { id: 'byName', options: 'web' },
      properties: [{ id: 'displayName', value: '${__field.labels.job} $env' }],
    },
  ];
  const defaults: FieldConfig = { unit: 'bytes', custom: { fillOpacity: 10 } };
  const [first, second] = apply([web, db], '{{pod}}', { defaults, overrides });
  assert.deepEqual(first?.fields[1]?.config, {
    unit: 'ms',
    custom: { fillOpacity: 10, lineWidth: 3 },
    displayName: '${__field.labels.job} $env',
  });
  assert.equal(first?.fields[1]?.displayName, 'api prod');
  assert.deepEqual(second?.fields[1]?.config, defaults);
});

test('a matcher chooses by name, names, kind, query, or value', () => {
  const value = web.fields[1]!;
  const time = web.fields[0]!;
  const fits = (matcher: Matcher): boolean[] => [
    fieldTest(matcher)(value, web),
    fieldTest(matcher)(time, web),
  ];
  assert.deepEqual(fits({ id: 'byName', options: 'Value' }), [true, false]);
  assert.deepEqual(fits({ id: 'byNames', options: { mode: 'exclude', names: ['Other'] } }), [true, false]);
  assert.deepEqual(fits({ id: 'byNames', options: { mode: 'exclude', names: ['Value'] } }), [false, false]);
  assert.deepEqual(fits({ id: 'byNames', options: { names: ['Time'] } }), [false, true]);
  assert.deepEqual(fits({ id: 'byType', options: 'time' }), [false, true]);
  assert.deepEqual(fits({ id: 'byFrameRefID', options: 'A' }), [true, true]);
  assert.deepEqual(fits({ id: 'byFrameRefID', options: 'B' }), [false, false]);
  assert.deepEqual(fits({ id: 'byValue', options: { reducer: 'max', op: 'gte', value: 1 } }), [true, false]);
  assert.deepEqual(fits({ id: 'byValue', options: { reducer: 'allIsZero', op: 'gte', value: 1 } }), [
    false,
    false,
  ]);
  assert.deepEqual(fits({ id: 'byRegexp', options: '(' }), [false, false]);
  assert.deepEqual(fits({ id: 'constructor', options: null }), [false, false]);
});

test('columns of a table keep their names', () => {
  const [frame] = apply([tableOf({ Time: [1], pod: ['a'], 'Value #A': [1] })], '{{pod}}');
  assert.deepEqual(
    frame?.fields.map(({ displayName }) => displayName),
    ['Time', 'pod', 'Value #A'],
  );
});
