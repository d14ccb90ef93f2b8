import type { AlertSummary } from '@vedette/api';
import { expect, test } from 'vitest';
import {
  BY_NAME,
  containsWords,
  groupAlerts,
  groupLabelsOf,
  groupLabelsOfRoutes,
  sharedLabels,
  type AlertGroup,
} from './group-alerts.ts';

const nameOf = ({ labels }: AlertGroup): string => labels[0]?.[1] ?? '';

const byName = (filter = '') => ({ filter, by: BY_NAME });

const alert = (
  name: string,
  state: AlertSummary['state'],
  severity: string,
  activeAtMs = 0,
  labels: Record<string, string> = {},
): AlertSummary => ({
  name,
  state,
  severity,
  labels: { alertname: name, ...labels },
  annotations: { summary: `${name} is on` },
  activeAtMs,
  value: '1',
  group: 'g',
  expr: 'up',
});

test('firing before pending, the worst first, by-design alerts last', () => {
  const groups = groupAlerts(
    [
      alert('Watchdog', 'firing', 'none'),
      alert('Slow', 'pending', 'critical'),
      alert('Disk', 'firing', 'warning'),
      alert('Down', 'firing', 'critical'),
      alert('Odd', 'firing', ''),
    ],
    byName(),
  );
  expect(groups.map(nameOf)).toEqual(['Down', 'Disk', 'Odd', 'Slow', 'Watchdog']);
});

test('a group has its worst severity, its firing alerts first, then the oldest', () => {
  const [group] = groupAlerts(
    [
      alert('A', 'pending', 'warning', 1),
      alert('A', 'firing', 'critical', 9),
      alert('A', 'firing', 'warning', 5),
    ],
    byName(),
  );
  expect(group?.severity).toBe('critical');
  expect(group?.isFiring).toBe(true);
  expect(group?.alerts.map(({ activeAtMs }) => activeAtMs)).toEqual([5, 9, 1]);
});

test('a filter finds words in names, labels and summaries', () => {
  const alerts = [
    alert('Down', 'firing', 'critical', 0, { job: 'api' }),
    alert('Disk', 'firing', 'warning', 0, { job: 'node' }),
  ];
  const names = (filter: string): string[] => groupAlerts(alerts, byName(filter)).map(nameOf);
  expect(names('JOB=API')).toEqual(['Down']);
  expect(names('disk is')).toEqual(['Disk']);
  expect(names('firing')).toEqual(['Down', 'Disk']);
  expect(names('api disk')).toEqual([]);
});

test('no alerts make no groups, and an empty filter keeps everything', () => {
  expect(groupAlerts([], byName('x'))).toEqual([]);
  expect(containsWords('anything', '  ')).toBe(true);
});

test('a group shares the labels that all of its alerts have alike', () => {
  const [a, b] = [
    alert('Down', 'firing', '', 0, { job: 'api', instance: '1', zone: 'x' }),
    alert('Down', 'firing', '', 0, { job: 'api', instance: '2' }),
  ];
  expect(sharedLabels([a, b])).toEqual({ job: 'api' });
  expect(sharedLabels([a])).toEqual({});
  expect(sharedLabels([])).toEqual({});
});

test('any label groups, also several, and those without it stand together', () => {
  const alerts = [
    alert('Down', 'firing', 'warning', 0, { team: 'b' }),
    alert('Slow', 'firing', 'warning', 0, { team: 'a' }),
    alert('Disk', 'firing', 'warning'),
    alert('Load', 'firing', 'warning', 0, { team: 'a' }),
  ];
  const groups = (by: readonly string[]): [string, number][] =>
    groupAlerts(alerts, { filter: '', by }).map(({ labels, alerts: members }) => [
      labels.map(([name, value]) => `${name}=${value}`).join(),
      members.length,
    ]);
  expect(groups(['team'])).toEqual([
    ['team=', 1],
    ['team=a', 2],
    ['team=b', 1],
  ]);
  expect(groups(['team', 'alertname'])).toHaveLength(4);
});

test('alerts may be grouped by the labels that they have, the commonest first', () => {
  const alerts = [
    alert('A', 'firing', '', 0, { job: 'x', zone: '1' }),
    alert('B', 'firing', '', 0, { zone: '2' }),
  ];
  expect(groupLabelsOf(alerts)).toEqual(['zone', 'job']);
  expect(groupLabelsOf([])).toEqual([]);
});

test('the page begins with the groups in which people are told', () => {
  const check = (labels: readonly string[][], want: readonly string[]): void =>
    expect(
      groupLabelsOfRoutes(
        labels.map((names) => ({ labels: Object.fromEntries(names.map((name) => [name, 'x'])) })),
      ),
    ).toEqual(want);
  check([['cluster', 'alertname']], ['alertname', 'cluster']);
  check([['team'], ['team']], ['team']);
  // Routes that differ, that group nothing, or everything.
  check([['team'], ['job']], BY_NAME);
  check([[]], BY_NAME);
  check([], BY_NAME);
  check([['a', 'b', 'c', 'd']], BY_NAME);
});
