import { expect, test } from 'vitest';
import { filterOfGroup } from './filter-of-group.ts';

const check = (groupKey: string, want: string | undefined): void =>
  expect([groupKey, filterOfGroup(groupKey).filter]).toEqual([groupKey, want]);

test('the labels that the alerts of a group share are at the end of its key', () => {
  check('{}:{alertname="Down"}', '{alertname="Down"}');
  check('{}/{team=~"a|b"}:{alertname="Down", job="x"}', '{alertname="Down", job="x"}');
});

test('labels may hold what looks like an end', () => {
  check('{}:{alertname="a:{b"}', '{alertname="a:{b"}');
});

test('a group of all alerts, or a key of another shape, filters nothing', () => {
  check('{}:{}', undefined);
  check('', undefined);
  check('{}:{broken', undefined);
});
