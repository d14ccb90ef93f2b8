import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '@vedette/model';
import { parseMatchers } from '../matchers/parse.ts';
import { printRoutes } from './print-routes.ts';
import {
  compileRoutes,
  groupKeyFor,
  groupLabelsFor,
  matchRoutes,
  type Route,
  type RouteConfig,
} from './route.ts';

const node = (changes: Partial<RouteConfig> = {}, matchers = ''): RouteConfig => ({
  receiver: '',
  match: {},
  match_re: {},
  matchers: parseMatchers(matchers).matchers,
  labels: {},
  mute_time_intervals: [],
  active_time_intervals: [],
  continue: false,
  routes: [],
  ...changes,
});

const receiversOf = (root: Route, record: Readonly<Record<string, string>>): string =>
  matchRoutes(root, labelsOf(record))
    .map(({ receiver }) => receiver)
    .join(',');

test('the deepest match wins; continue goes on among the siblings; nobody else means the parent', () => {
  const root = compileRoutes(
    node({
      receiver: 'r',
      routes: [
        node({ receiver: 'x', continue: true }, 'a=p'),
        node({ receiver: 'y', routes: [node({ receiver: 'z' }, 'b=q')] }, 'a=~"p|q"'),
        node({ receiver: 'never' }, 'a=p'),
      ],
    }),
  );
  const check = (record: Readonly<Record<string, string>>, want: string): void =>
    assert.equal(receiversOf(root, record), want);
  check({ a: 'p' }, 'x,y');
  check({ a: 'q', b: 'q' }, 'z');
  check({ a: 'q', b: 'x' }, 'y');
  check({ a: 'r' }, 'r');
  check({}, 'r');
});

test('a last child that continues leaves the parent out', () => {
  const root = compileRoutes(
    node({ receiver: 'r', routes: [node({ receiver: 'x', continue: true }, 'a=p')] }),
  );
  assert.equal(receiversOf(root, { a: 'p' }), 'x');
});

test('what a node does not say it inherits, but for the time intervals', () => {
  const child = node(
    { labels: { b: '2' }, routes: [node({ group_by: [], receiver: 'own', labels: { a: '3' } })] },
    'a=p',
  );
  const root = compileRoutes(
    node({
      receiver: 'r',
      group_by: ['...'],
      group_wait: 1,
      group_interval: 2,
      repeat_interval: 3,
      labels: { a: '1' },
      routes: [{ ...child, mute_time_intervals: ['off'] }],
    }),
  );
  const inner = root.routes[0]!;
  assert.deepEqual(
    [inner.receiver, inner.groupBy, inner.groupWaitMs, inner.groupIntervalMs, inner.repeatIntervalMs],
    ['r', 'all', 1, 2, 3],
  );
  assert.deepEqual(
    [...inner.labels],
    [
      ['a', '1'],
      ['b', '2'],
    ],
  );
  const leaf = inner.routes[0]!;
  assert.deepEqual([leaf.receiver, leaf.groupBy, leaf.muteTimeIntervals], ['own', 'all', []]);
  assert.deepEqual(
    [...leaf.labels],
    [
      ['a', '3'],
      ['b', '2'],
    ],
  );
});

test('a root that says nothing has the defaults of Alertmanager', () => {
  const { groupBy, groupWaitMs, groupIntervalMs, repeatIntervalMs } = compileRoutes(node({ receiver: 'r' }));
  assert.deepEqual(
    [groupBy, groupWaitMs, groupIntervalMs, repeatIntervalMs],
    [new Set(), 30_000, 300_000, 14_400_000],
  );
});

test('keys hold the matchers from the root down, ids the place, group keys the labels', () => {
  const twin = node({ match_re: { b: 'x.*' }, match: { c: '1' } }, 'a!="q"');
  const root = compileRoutes(
    node({ receiver: 'r', group_by: ['job', 'alertname', 'none'], routes: [twin, twin] }),
  );
  const [first, second] = root.routes;
  assert.equal(first!.key, '{}/{a!="q",b=~"^(?:x.*)$",c="1"}');
  assert.equal(second!.key, first!.key);
  assert.equal(second!.id, '{}/{a!="q",b=~"^(?:x.*)$",c="1"}/1');
  const labels = labelsOf({ job: 'api', alertname: 'X', b: 'xy', c: '1' });
  const [matched] = matchRoutes(root, labels);
  assert.equal(matched, first);
  const groupLabels = groupLabelsFor(first!, labels);
  assert.equal(groupKeyFor(first!, groupLabels), `${first!.key}:{alertname="X", job="api"}`);
  assert.equal(groupKeyFor(root, labelsOf({})), '{}:{}');
});

test('the tree is drawn as amtool draws it, whole or the way to some nodes', () => {
  const root = compileRoutes(
    node({
      receiver: 'r',
      routes: [
        node({ receiver: 'x', continue: true, routes: [node({ receiver: 'z' }, 'b=1')] }, 'a=~"p"'),
        node({ routes: [node({ receiver: 'all' })] }, 'a=q,b!=r'),
      ],
    }),
  );
  assert.equal(
    printRoutes(root),
    [
      '.',
      '└── default-route  receiver: r',
      '    ├── {a=~"p"}  continue: true  receiver: x',
      '    │\u00a0\u00a0 └── {b="1"}  receiver: z',
      '    └── {a="q",b!="r"}  receiver: r',
      '        └── default-route  receiver: all',
      '',
    ].join('\n'),
  );
  assert.equal(
    printRoutes(root, new Set([root.routes[1]!])),
    '.\n└── default-route  receiver: r\n    └── {a="q",b!="r"}  receiver: r\n',
  );
});
