import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareLabels, createMatcher, labelsOf, seriesKeyOf, type Matcher } from '@vedette/model';
import fc from 'fast-check';
import type { SortedSeries } from './selection-cache.ts';
import { withCreated } from './selection-growth.ts';
import { SeriesTable } from './series-table.ts';

const slicer = { shouldYield: () => false, yield: () => Promise.resolve() };

const create = (table: SeriesTable, labels: Record<string, string>): number =>
  table.create(seriesKeyOf(labelsOf(labels)));

/** What looking for all of them finds. */
function selectAll(table: SeriesTable, matchers: readonly Matcher[]): SortedSeries {
  const found = [...table.ids()]
    .map((series) => ({ series, labels: table.labelsOf(series) }))
    .filter(({ series }) =>
      matchers.every((matcher) => matcher.matches(table.labelValueOf(series, matcher.name))),
    )
    .sort((a, b) => compareLabels(a.labels, b.labels));
  return { ids: Uint32Array.from(found, ({ series }) => series), labels: found.map(({ labels }) => labels) };
}

test('a selection that grew is what looking anew finds, whatever of the new series it had already', () => {
  const label = fc.constantFrom('a', 'b', 'ab', 'c');
  const one = fc.record({ __name__: label, job: label, id: fc.stringMatching(/^[0-9]{1,3}$/) });
  const many = fc.uniqueArray(one, { maxLength: 12, selector: (labels) => JSON.stringify(labels) });
  fc.assert(
    fc.property(many, fc.nat(12), fc.nat(12), (labels, oldCount, seenCount) => {
      const table = new SeriesTable();
      const matchers = [createMatcher('__name__', '=~', 'a.*'), createMatcher('job', '!=', 'c')];
      const old = labels.slice(0, oldCount);
      for (const own of old) create(table, own);
      const { version } = table;
      for (const own of labels.slice(oldCount, oldCount + seenCount)) create(table, own);
      // A selection that takes several turns sees some of what comes meanwhile.
      const selection = selectAll(table, matchers);
      for (const own of labels.slice(oldCount + seenCount)) create(table, own);
      const created = table.createdSince(version);
      assert.ok(created);
      assert.deepEqual(withCreated(selection, created, { table, matchers }), selectAll(table, matchers));
    }),
    { numRuns: 300 },
  );
});

test('a selection that no new series concerns stays the one it is', () => {
  const table = new SeriesTable();
  const matchers = [createMatcher('__name__', '=', 'a')];
  create(table, { __name__: 'a' });
  const selection = selectAll(table, matchers);
  const created = [create(table, { __name__: 'b' }), create(table, { job: 'a' })];
  assert.equal(withCreated(selection, created, { table, matchers }), selection);
});

test('a table tells what came since a version, unless series went or too many came', async () => {
  const table = new SeriesTable();
  const first = create(table, { __name__: 'a' });
  const second = create(table, { __name__: 'b' });
  assert.deepEqual(table.createdSince(0), [first, second]);
  assert.deepEqual(table.createdSince(1), [second]);
  assert.deepEqual(table.createdSince(table.version), []);
  await table.remove(Uint32Array.of(first), slicer);
  assert.equal(table.createdSince(1), undefined);
  assert.deepEqual(table.createdSince(table.version), []);
  const { version } = table;
  for (let i = 0; i < 1024; i++) create(table, { __name__: 'c', i: String(i) });
  assert.equal(table.createdSince(version)?.length, 1024);
  for (let i = 0; i < 1024; i++) create(table, { __name__: 'd', i: String(i) });
  assert.equal(table.createdSince(version), undefined);
  assert.equal(table.createdSince(version + 1024)?.length, 1024);
});
