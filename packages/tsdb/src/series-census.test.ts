import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, MemoryFiles, SeededRandom } from '@vedette/model';
import { batchOf, openTestTsdb, START_MS as T, type TestSeries } from './testing.ts';

test('the census says who has series and who creates them, and narrows labels to a selection', async () => {
  const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)), {
    options: { seriesMaxPerJob: 100 },
  });
  const series = (job: string, user: number): TestSeries => [
    { __name__: user % 2 === 0 ? 'even' : 'odd', job, user: String(user) },
    [T, user],
  ];
  const append = (...all: TestSeries[]): Promise<unknown> => tsdb.writer.append(batchOf(...all));
  await append(...Array.from({ length: 6 }, (_, i) => series('api', i)), series('web', 1));
  // Known ones are not created again.
  await append([series('web', 1)[0], [T + 1, 1]]);
  const created = (name: string, count: number): object => ({
    name,
    createdLastHour: count,
    removedLastHour: 0,
    createdTotal: count,
    removedTotal: 0,
  });
  assert.deepEqual(await tsdb.census(2), {
    activeSeries: 7,
    seriesMax: 100_000,
    staleSeries: 0,
    stoppedSeries: 0,
    createdTotal: 7,
    removedTotal: 0,
    jobs: [
      { job: 'api', seriesCount: 6, limit: 100 },
      { job: 'web', seriesCount: 1, limit: 100 },
    ],
    turnoverByJob: [created('api', 6), created('web', 1)],
    turnoverByMetric: [created('odd', 4), created('even', 3)],
  });
  const selected = await tsdb.cardinality({
    limit: 2,
    matcherSets: [[createMatcher('job', '=', 'api'), createMatcher('__name__', '=', 'odd')]],
  });
  assert.deepEqual(selected, {
    seriesCount: 3,
    seriesCountByMetricName: [{ name: 'odd', value: 3 }],
    labelValueCountByLabelName: [
      { name: 'user', value: 3 },
      { name: '__name__', value: 1 },
    ],
    memoryInBytesByLabelName: [
      { name: 'user', value: 21 },
      { name: '__name__', value: 13 },
    ],
    seriesCountByLabelValuePair: [
      { name: '__name__=odd', value: 3 },
      { name: 'job=api', value: 3 },
    ],
    labelPairCount: 5,
  });
  const nothing = await tsdb.cardinality({ limit: 2, matcherSets: [[createMatcher('job', '=', 'none')]] });
  assert.deepEqual([nothing.seriesCount, nothing.labelValueCountByLabelName], [0, []]);
  await tsdb.close();
});
