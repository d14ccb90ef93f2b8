import type { AlertSummary } from '@vedette/api';
import { expect, test } from 'vitest';
import { containsWords, groupAlerts, sharedLabels } from './group-alerts.ts';

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
    '',
  );
  expect(groups.map(({ name }) => name)).toEqual(['Down', 'Disk', 'Odd', 'Slow', 'Watchdog']);
});

test('a group has its worst severity, its firing alerts first, then the oldest', () => {
  const [group] = groupAlerts(
    [
      alert('A', 'pending', 'warning', 1),
      alert('A', 'firing', 'critical', 9),
      alert('A', 'firing', 'warning', 5),
    ],
    '',
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
  const names = (filter: string): string[] => groupAlerts(alerts, filter).map(({ name }) => name);
  expect(names('JOB=API')).toEqual(['Down']);
  expect(names('disk is')).toEqual(['Disk']);
  expect(names('firing')).toEqual(['Down', 'Disk']);
  expect(names('api disk')).toEqual([]);
});

test('no alerts make no groups, and an empty filter keeps everything', () => {
  expect(groupAlerts([], 'x')).toEqual([]);
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
