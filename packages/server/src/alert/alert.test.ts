import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, NO_LABELS } from '@vedette/model';
import fc from 'fast-check';
import { alertOf, compareAlerts, mergeAlert, type AlertPost } from './alert.ts';
import { groupKeyOf, groupLabelsOf } from './alert-group.ts';
import { fingerprintOf } from './fingerprint.ts';
import { goJson, goJsonLabels, quoteMeta, rfc3339Of } from './go-text.ts';

const postOf = (more: Partial<AlertPost> = {}): AlertPost => ({
  status: 'firing',
  labels: labelsOf({ alertname: 'A' }),
  annotations: NO_LABELS,
  startsAtMs: 1000,
  endsAtMs: 9000,
  generatorUrl: '',
  ...more,
});

test("fingerprints are Alertmanager's", () => {
  const labels = { alertname: 'HighErrorRate', job: 'api', severity: 'critical' };
  assert.equal(fingerprintOf(labelsOf({ ...labels, instance: 'api-1' })), '225433ef3dfd6c6a');
  assert.equal(fingerprintOf(labelsOf({ ...labels, instance: 'api-2' })), '6b86e929bb0b0839');
  assert.equal(fingerprintOf(NO_LABELS), 'cbf29ce484222325');
});

test("group keys are Alertmanager's, with Go's quotes", () => {
  const labels = labelsOf({ alertname: 'High', job: 'a"b\\c\n\u0001中\u00ad', 'x.y': '1' });
  assert.equal(groupKeyOf(labels), '{}:{alertname="High", job="a\\"b\\\\c\\n\\x01中\\u00ad", "x.y"="1"}');
  assert.equal(groupKeyOf(NO_LABELS), '{}:{}');
});

test('group labels are those the alert has; three dots mean all', () => {
  const labels = labelsOf({ alertname: 'A', instance: 'i' });
  assert.deepEqual(groupLabelsOf(labels, ['alertname', 'job']), ['alertname', 'A']);
  assert.deepEqual(groupLabelsOf(labels, ['...']), labels);
  assert.deepEqual(groupLabelsOf(labels, []), []);
});

test('times are written without trailing zeros', () => {
  assert.equal(rfc3339Of(1_795_232_124_000), '2026-11-21T03:35:24Z');
  assert.equal(rfc3339Of(1_795_232_124_500), '2026-11-21T03:35:24.5Z');
  assert.equal(rfc3339Of(1_795_232_124_007), '2026-11-21T03:35:24.007Z');
});

test("JSON texts carry Go's escapes and keep the order of labels", () => {
  assert.equal(goJson('<b>&\u2028"'), '"\\u003cb\\u003e\\u0026\\u2028\\""');
  assert.equal(goJsonLabels(labelsOf({ b: 'x', '10': 'y', a: 'z' })), '{"10":"y","a":"z","b":"x"}');
  assert.equal(quoteMeta('team.ops(1)'), 'team\\.ops\\(1\\)');
});

test('any label text survives the JSON as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 1 })), (record) => {
      const labels = labelsOf(record);
      assert.deepEqual(labelsOf(JSON.parse(goJsonLabels(labels)) as Record<string, string>), labels);
    }),
  );
});

test('a firing alert keeps its earliest start and takes the newest annotations', () => {
  const known = alertOf(postOf());
  const annotations = labelsOf({ summary: 'new' });
  const merged = mergeAlert(known, alertOf(postOf({ startsAtMs: 5000, annotations })));
  assert.equal(merged?.startsAt.ms, 1000);
  assert.deepEqual(merged?.annotations, annotations);
  assert.equal(mergeAlert(known, alertOf(postOf({ startsAtMs: 500 })))?.startsAt.ms, 500);
});

test('a post that says nothing new changes nothing', () => {
  const known = alertOf(postOf());
  assert.equal(mergeAlert(known, alertOf(postOf({ endsAtMs: 99_000 }))), undefined);
  const resolved = alertOf(postOf({ status: 'resolved' }));
  assert.equal(mergeAlert(resolved, alertOf(postOf({ status: 'resolved', endsAtMs: 9500 }))), undefined);
});

test('a resolution ends the known alert and is old news otherwise', () => {
  const resolved = alertOf(postOf({ status: 'resolved' }));
  assert.equal(mergeAlert(undefined, resolved), undefined);
  assert.equal(mergeAlert(alertOf(postOf()), resolved)?.endsAt?.ms, 9000);
});

test('an alert that fires after its resolution is a new one', () => {
  const resolved = alertOf(postOf({ status: 'resolved' }));
  const again = mergeAlert(resolved, alertOf(postOf({ startsAtMs: 20_000 })));
  assert.equal(again?.endsAt, undefined);
  assert.equal(again?.startsAt.ms, 20_000);
});

test('nanoseconds of a sender survive as text', () => {
  const text = '2026-11-21T03:54:32.274546017Z';
  assert.equal(alertOf(postOf({ startsAtText: text })).startsAt.text, text);
});

test('alerts are sorted by job, then instance, absent last, then labels', () => {
  const named = (labels: Record<string, string>) => alertOf(postOf({ labels: labelsOf(labels) }));
  const sorted = [
    named({ a: '1' }),
    named({ job: 'b', instance: '1' }),
    named({ job: 'a' }),
    named({ job: 'a', instance: '2' }),
    named({ job: 'a', instance: '1', z: '1' }),
    named({ job: 'a', instance: '1', b: '1' }),
  ].sort(compareAlerts);
  assert.deepEqual(
    sorted.map(({ labels }) => labels.join(' ')),
    ['b 1 instance 1 job a', 'instance 1 job a z 1', 'instance 2 job a', 'job a', 'instance 1 job b', 'a 1'],
  );
});
