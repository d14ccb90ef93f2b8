import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { labelsOf } from '@vedette/model';
import { parseMatchers } from '../matchers/parse.ts';
import { compileRoutes, matchRoutes, type RouteConfig } from '../route/route.ts';
import type { RouteStep } from './explanation.ts';
import { explainRoutes } from './route-steps.ts';

const node = (receiver: string, matchers: string, more: Partial<RouteConfig> = {}): RouteConfig => ({
  receiver,
  match: {},
  match_re: {},
  matchers: parseMatchers(matchers).matchers,
  labels: {},
  mute_time_intervals: [],
  active_time_intervals: [],
  continue: false,
  routes: [],
  ...more,
});

/** Every node with its verdict, from the root down. */
function verdicts(step: RouteStep): string[] {
  return [`${step.receiver}: ${step.verdict}`, ...step.routes.flatMap(verdicts)];
}

test('each node says why it took the alert, refused it or was not asked', () => {
  const root = compileRoutes(
    node('ops', '', {
      routes: [
        node('web', 'team="web"', { routes: [node('never', 'a="b"')] }),
        node('audit', 'severity=~"critical|error"', { continue: true }),
        node('dba', 'team="db",severity!="info"', { routes: [node('pager', 'severity="page"')] }),
        node('all', ''),
      ],
    }),
  );
  const step = explainRoutes(root, labelsOf({ team: 'db', severity: 'critical' }));
  assert.deepEqual(verdicts(step), [
    'ops: passed',
    'web: refused',
    'audit: taken',
    'dba: taken',
    'pager: refused',
    'all: not asked',
  ]);
  assert.equal(step.reason, 'it takes every alert, and 2 routes below it took the alert');
  const [web, audit, dba, all] = step.routes;
  assert.equal(web?.reason, 'team="web" is not met: the alert has "db"');
  assert.deepEqual(web.matchers, [{ matcher: 'team="web"', value: 'db', isMet: false }]);
  assert.equal(audit?.isContinued, true);
  assert.equal(dba?.reason, 'all of its matchers are met, and no route below it took the alert');
  assert.deepEqual(dba.matchers, [
    { matcher: 'severity!="info"', value: 'critical', isMet: true },
    { matcher: 'team="db"', value: 'db', isMet: true },
  ]);
  assert.equal(all?.reason, 'the route to "dba" before it took the alert and does not say continue');
  const bare = explainRoutes(root, labelsOf({ alertname: 'A' }));
  assert.equal(bare.routes[0]?.reason, 'team="web" is not met: the alert has no such label');
});

test('whoever is said to take an alert is who the dispatcher gives it to', () => {
  const matchers = fc.constantFrom('', 'a="1"', 'a!="1"', 'b=~"1|2"', 'a="2",b="1"', 'c=""');
  const treeOf = (depth: number): fc.Arbitrary<RouteConfig> =>
    fc
      .record({
        matchers,
        receiver: fc.constantFrom('', 'x', 'y', 'z'),
        isContinued: fc.boolean(),
        routes: depth === 0 ? fc.constant([]) : fc.array(treeOf(depth - 1), { maxLength: 3 }),
      })
      .map(({ matchers: text, receiver, isContinued, routes }) =>
        node(receiver, text, { continue: isContinued, routes }),
      );
  const value = fc.constantFrom('', '1', '2', '3');
  const takers = (step: RouteStep): string[] =>
    step.verdict === 'taken' ? [step.id] : step.routes.flatMap(takers);
  fc.assert(
    fc.property(
      fc.array(treeOf(2), { maxLength: 4 }),
      fc.record({ a: value, b: value, c: value }),
      (routes, record) => {
        const root = compileRoutes(node('ops', '', { routes }));
        const labels = labelsOf(record);
        assert.deepEqual(
          takers(explainRoutes(root, labels)),
          matchRoutes(root, labels).map(({ id }) => id),
        );
      },
    ),
  );
});
