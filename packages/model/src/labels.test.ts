import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compareLabels,
  formatLabels,
  labelsFromPairs,
  labelsOf,
  labelValueOf,
  withLabel,
  withoutMetricName,
} from './labels.ts';
import { labelsOfSeriesKey, seriesKeyOf } from './series-key.ts';
import { compareUtf8 } from './utf8.ts';

const anyLabels = fc
  .array(fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'binary' })))
  .map(labelsFromPairs);

test('labels are sorted and drop empty values', () => {
  assert.deepEqual(labelsOf({ b: '2', a: '1', c: '' }), ['a', '1', 'b', '2']);
});

test('setting a label keeps the order, setting it empty removes it', () => {
  const labels = labelsOf({ a: '1', c: '3' });
  assert.deepEqual(withLabel(labels, 'b', '2'), ['a', '1', 'b', '2', 'c', '3']);
  assert.deepEqual(withLabel(labels, 'd', '4'), ['a', '1', 'c', '3', 'd', '4']);
  assert.deepEqual(withLabel(labels, 'a', ''), ['c', '3']);
  assert.equal(labelValueOf(labels, 'b'), '');
});

test('series print as Prometheus prints them', () => {
  const check = (record: Record<string, string>, want: string): void =>
    assert.equal(formatLabels(labelsOf(record)), want);
  check({ __name__: 'up' }, 'up');
  check({ __name__: 'up', job: 'node' }, 'up{job="node"}');
  check({ job: 'a"b' }, '{job="a\\"b"}');
  check({ __name__: 'a.b', 'x.y': '1' }, '{"a.b", "x.y"="1"}');
  check({}, '{}');
});

test('strings compare by their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      assert.equal(Math.sign(compareUtf8(a, b)), Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
  );
});

test('a series key decodes to its label set', () => {
  fc.assert(
    fc.property(anyLabels, (labels) => {
      assert.equal(compareLabels(labelsOfSeriesKey(seriesKeyOf(labels)), labels), 0);
    }),
  );
  const long = labelsOf({ __name__: 'x', path: 'é'.repeat(70_000) });
  assert.deepEqual(labelsOfSeriesKey(seriesKeyOf(long)), long);
});

test('the metric name is taken away wherever it stands', () => {
  const without = (record: Record<string, string>): string =>
    formatLabels(withoutMetricName(labelsOf(record)));
  assert.equal(without({ __name__: 'up', job: 'a' }), '{job="a"}');
  assert.equal(without({ A: '1', __name__: 'up', job: 'a' }), '{A="1", job="a"}');
  assert.equal(without({ job: 'a' }), '{job="a"}');
  assert.equal(without({ __name__: 'up' }), '{}');
});
