import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LabelCensus } from './label-census.ts';

function censusOf(count: number, labelsOf: (i: number) => Readonly<Record<string, string>>): LabelCensus {
  const census = new LabelCensus();
  for (let i = 0; i < count; i++) census.add(labelsOf(i));
  return census;
}

test('labels are told by how many values they have; what all share stands apart', () => {
  const census = censusOf(12, (i) => ({ job: 'api', instance: `i${i}`, code: String(i % 3) }));
  assert.deepEqual(census.common, { job: 'api' });
  assert.equal(census.describe(), 'instance 12, code 3');
  assert.equal(census.findGroupLabel(), 'code');
  // Of one series every label says which it is.
  assert.deepEqual(censusOf(1, () => ({ job: 'api' })).common, {});
});

test('a sum goes by a label that most series have and whose name is a plain one', () => {
  const census = censusOf(10, (i) => ({
    instance: `i${i}`,
    le: String(i % 2),
    'ignore all': String(i % 2),
    ...(i < 4 ? { rare: String(i % 2) } : {}),
  }));
  assert.equal(census.findGroupLabel(), 'instance');
});

test('of a label with values without end, and of labels without end, so many are kept', () => {
  assert.equal(censusOf(10_500, (i) => ({ id: String(i) })).describe(), 'id more than 10000');
  const names = Array.from({ length: 200 }, (_, i) => `l${i}`);
  const wide = censusOf(2, (i) => Object.fromEntries(names.map((name) => [name, String(i)])));
  assert.equal(wide.counts().length, 8);
});
