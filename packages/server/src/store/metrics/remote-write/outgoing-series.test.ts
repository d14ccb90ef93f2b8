import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRelabelRule, labelsOf, seriesKeyOf, type Labels } from '@vedette/model';
import { MetadataBook } from './metadata-book.ts';
import { OutgoingSeriesBook, type OutgoingSeries } from './outgoing-series.ts';
import { refusalReasonOf } from './refusal-reason.ts';
import { seriesOf } from './remote-write-fixture.ts';

const SITE = labelsOf({ site: 'home', job: 'external' });

function find(book: OutgoingSeriesBook, labels: Labels): OutgoingSeries | undefined {
  const key = Buffer.from(seriesKeyOf(labels));
  // Keys stand one behind the other in a batch.
  return book.find(Buffer.concat([Buffer.from('xx'), key, Buffer.from('y')]), 2, 2 + key.length);
}

test('external labels never replace a label of the series, and rules see both', () => {
  const rules = [createRelabelRule({ sourceLabels: ['site', 'job'], targetLabel: 'both' })];
  const book = new OutgoingSeriesBook({ externalLabels: SITE, rules, laneCount: 4 });
  assert.deepEqual(
    find(book, labelsOf({ __name__: 'up', job: 'own' }))?.labels,
    labelsOf({ __name__: 'up', job: 'own', site: 'home', both: 'home;own' }),
  );
});

test('a series is one and the same object, one that is dropped stays so', () => {
  const rules = [createRelabelRule({ sourceLabels: ['__name__'], regex: 'no.*', action: 'drop' })];
  const book = new OutgoingSeriesBook({ externalLabels: SITE, rules, laneCount: 4 });
  const up = labelsOf({ __name__: 'up' });
  assert.equal(find(book, up), find(book, up));
  assert.notEqual(find(book, up), find(book, labelsOf({ __name__: 'up', a: 'b' })));
  for (let i = 0; i < 2; i++) assert.equal(find(book, labelsOf({ __name__: 'nothing' })), undefined);
});

test('lanes get about equal shares', () => {
  const book = new OutgoingSeriesBook({ externalLabels: SITE, rules: [], laneCount: 10 });
  const shares = new Uint32Array(10);
  for (let i = 0; i < 5000; i++) {
    const lane = find(book, labelsOf({ __name__: 'm', instance: `host-${i}:9100` }))?.lane ?? 0;
    shares[lane] = (shares[lane] ?? 0) + 1;
  }
  assert.ok(
    shares.every((share) => share > 350 && share < 650),
    shares.join(),
  );
});

test('metadata is found by the name of the family and by the names of its series', () => {
  const book = new MetadataBook();
  book.tell({ family: 'latency_seconds', type: 'histogram', help: 'old', unit: '' });
  book.tell({ family: 'latency_seconds', type: 'histogram', help: 'new', unit: '' });
  for (const name of [
    'latency_seconds',
    'latency_seconds_bucket',
    'latency_seconds_sum',
    'latency_seconds_count',
  ])
    assert.equal(book.find(seriesOf(name))?.help, 'new', name);
  assert.equal(book.find(seriesOf('latency')), undefined);
  assert.equal(book.all().length, 1);
});

test('beyond the limit the family told longest ago is forgotten', () => {
  const book = new MetadataBook();
  for (let i = 0; i <= 20_000; i++) book.tell({ family: `f${i}`, type: 'gauge', help: '', unit: '' });
  assert.equal(book.all().length, 20_000);
  assert.equal(book.find(seriesOf('f0')), undefined);
  assert.ok(book.find(seriesOf('f1')) !== undefined);
});

test('the words of a refusal name its reason', () => {
  const check = (text: string, want: string): void => assert.equal(refusalReasonOf(text), want);
  check('out of order sample', 'out-of-order');
  check('duplicate sample for timestamp', 'duplicate-timestamp');
  check('out of bounds', 'too-old');
  check('out of bounds, too far in the future', 'too-new');
  check('out of order exemplar', 'invalid-exemplar');
  check('native histograms are disabled', 'unsupported-histogram');
  check('histogram has a negative count', 'invalid-histogram');
  check('the per-user series limit is reached', 'series-limit');
  check('bad gateway', 'remote');
});
