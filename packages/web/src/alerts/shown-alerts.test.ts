import type { AlertSummary } from '@vedette/api';
import { expect, test } from 'vitest';
import type { ManagedAlert } from '../api/alertmanager.ts';
import { joinAlerts } from './shown-alerts.ts';

const summary = (labels: Record<string, string>, state: AlertSummary['state'] = 'firing'): AlertSummary => ({
  name: 'Down',
  state,
  severity: '',
  labels: { alertname: 'Down', ...labels },
  annotations: {},
  activeAtMs: 0,
  value: '0',
  group: 'g',
  expr: 'up == 0',
});
const managed = (fingerprint: string, labels: Record<string, string>): ManagedAlert => ({
  fingerprint,
  labels: { alertname: 'Down', ...labels },
  annotations: {},
  startsAt: '2026-11-21T10:00:00Z',
  receivers: [],
  status: { silencedBy: [], inhibitedBy: [] },
});
const check = (
  summaries: AlertSummary[],
  stage: ManagedAlert[],
  want: [string, string | undefined][],
): void =>
  expect(joinAlerts(summaries, stage).map((alert) => [alert.expr, alert.managed?.fingerprint])).toEqual(want);

test('an alert of a rule is found in the alert stage by its labels, in any order', () => {
  const other = { ...managed('1', {}), labels: { a: 'x', alertname: 'Down' } };
  check(
    [summary({ a: 'y' }), summary({ a: 'x' })],
    [other, managed('2', { a: 'y' })],
    [
      ['up == 0', '2'],
      ['up == 0', '1'],
    ],
  );
});

test('external labels do not part an alert from itself', () => {
  check(
    [summary({ a: 'x' }), summary({ a: 'y' })],
    [managed('1', { a: 'y', site: 'b' }), managed('2', { a: 'x', site: 'b' })],
    [
      ['up == 0', '2'],
      ['up == 0', '1'],
    ],
  );
});

test('what others sent stands beside it, with the name and severity of its labels', () => {
  check(
    [summary({ a: 'x' }, 'pending')],
    [managed('1', { a: 'x' })],
    [
      ['up == 0', undefined],
      ['', '1'],
    ],
  );
  const [shown] = joinAlerts([], [managed('1', { severity: 'page' })]);
  expect([shown?.name, shown?.severity, shown?.activeAtMs]).toEqual([
    'Down',
    'page',
    Date.UTC(2026, 10, 21, 10),
  ]);
});

test('one alert of the stage is given to one rule only', () => {
  check(
    [summary({}), summary({})],
    [managed('1', {})],
    [
      ['up == 0', '1'],
      ['up == 0', undefined],
    ],
  );
});
