import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, type Labels } from '@vedette/model';
import { matchesAll } from '../../matchers/matcher.ts';
import { acknowledgeMatchers } from './acknowledge-matchers.ts';

const alertsOf = (...records: Record<string, string>[]): Labels[] =>
  records.map((record) => labelsOf(record));

function check(alerts: readonly Labels[], other: Record<string, string>, want: boolean): void {
  const matchers = acknowledgeMatchers(alerts);
  for (const labels of alerts) assert.ok(matchesAll(matchers, labels), 'each of them is silenced');
  assert.equal(matchesAll(matchers, labelsOf(other)), want, JSON.stringify(other));
}

test('one alert is silenced by all its labels', () => {
  const alerts = alertsOf({ alertname: 'DiskFull', instance: 'a', severity: 'critical' });
  check(alerts, { alertname: 'DiskFull', instance: 'b', severity: 'critical' }, false);
  check(alerts, { alertname: 'DiskFull', severity: 'critical' }, false);
});

test('several are silenced by the values they have, and one that joins the group rings', () => {
  const alerts = alertsOf({ alertname: 'X', instance: 'a' }, { alertname: 'X', instance: 'b' });
  check(alerts, { alertname: 'X', instance: 'c' }, false);
  check(alerts, { alertname: 'Y', instance: 'a' }, false);
});

test('a label that some of them do not have counts as empty', () => {
  const alerts = alertsOf({ alertname: 'X' }, { alertname: 'X', disk: 'sda' });
  check(alerts, { alertname: 'X', disk: 'sdb' }, false);
  check(alerts, { alertname: 'X', disk: '' }, true);
});

test('values are texts and never expressions', () => {
  const alerts = alertsOf({ alertname: 'X', path: '.*' }, { alertname: 'X', path: 'a|b(' });
  check(alerts, { alertname: 'X', path: 'anything' }, false);
  check(alerts, { alertname: 'X', path: 'a' }, false);
});

test('a label of more values than anybody reads is left out', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ alertname: 'X', instance: `i${i}`, job: 'j' }));
  assert.deepEqual(
    acknowledgeMatchers(alertsOf(...many(50))).map(({ name }) => name),
    ['alertname', 'instance', 'job'],
  );
  assert.deepEqual(
    acknowledgeMatchers(alertsOf(...many(51))).map(({ name }) => name),
    ['alertname', 'job'],
  );
});
