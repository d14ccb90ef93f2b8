import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, MemoryFiles, SeededRandom } from '@vedette/model';
import { batchOf, openTestTsdb, readAll, START_MS, type TestSeries } from './testing.ts';

const SERIES_A_MINUTE = 1000;
const MINUTES = 60;
/** Sooner than in life, or the hour would be half an epoch. */
const FLUSH_MINUTES = 5;

test('an hour of 1,000 new series a minute: what left is forgotten, and memory levels off', async () => {
  const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)), {
    slicer: { shouldYield: () => false, yield: () => Promise.resolve() },
  });
  const seen: { bytes: number; pairs: number; series: number; chunks: number }[] = [];
  for (let minute = 1; minute <= MINUTES; minute++) {
    const series = Array.from({ length: SERIES_A_MINUTE }, (_, i): TestSeries => {
      const labels = { __name__: `requests_${i % 7}`, job: 'api', pod: `pod-${minute}-${i}` };
      return [
        i === 0 ? { ...labels, [`label_${minute}`]: 'x' } : labels,
        [START_MS + minute * 60_000, i],
        [START_MS + minute * 60_000 + 15_000, i + minute],
      ];
    });
    await tsdb.clock.advance(60_000);
    const { acceptedCount, createdSeriesCount } = await tsdb.writer.append(batchOf(...series));
    assert.deepEqual([acceptedCount, createdSeriesCount], [2 * SERIES_A_MINUTE, SERIES_A_MINUTE]);
    if (minute % FLUSH_MINUTES > 0) continue;
    await tsdb.flush();
    const { headBytes, activeSeries, headChunks } = tsdb.stats();
    const { labelPairCount } = await tsdb.cardinality({ limit: 1 });
    seen.push({ bytes: headBytes, pairs: labelPairCount, series: activeSeries, chunks: headChunks });
  }
  const settled = seen.slice(3);
  for (const { bytes, pairs, series, chunks } of settled) {
    assert.equal(series, FLUSH_MINUTES * SERIES_A_MINUTE, 'those of the last epoch are left');
    assert.equal(pairs, FLUSH_MINUTES * SERIES_A_MINUTE + FLUSH_MINUTES + 8);
    assert.equal(chunks, 0);
    const first = settled[0]?.bytes ?? 0;
    assert.ok(bytes <= first * 1.02, `the head took ${first} bytes and takes ${bytes}`);
  }
  await tsdb.close();
});

// The whole of it is 50 rounds of 10,000: VEDETTE_CHURN_ROUNDS=50 VEDETTE_CHURN_PODS=10000.
const ROUNDS = Number(process.env['VEDETTE_CHURN_ROUNDS'] ?? 20);
// Two rounds of these are as many departed series as an early flush is made for.
const PODS = Number(process.env['VEDETTE_CHURN_PODS'] ?? 2600);

test('round after round of new pods in place of the old ones: head, index and memory stay flat, and blocks keep the old ones', async () => {
  const ROUND_MS = 600_000;
  const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)), {
    slicer: { shouldYield: () => false, yield: () => Promise.resolve() },
    options: { seriesMax: 6 * PODS },
  });
  const labelsOf = (round: number, i: number): Record<string, string> => ({
    __name__: 'up',
    job: 'pods',
    pod: `pod-${round}-${i}`,
  });
  const seen: { bytes: number; pairs: number; series: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const nowMs = tsdb.clock.nowMs();
    const series: TestSeries[] = [];
    for (let i = 0; i < PODS; i++) {
      if (round > 0) series.push([labelsOf(round - 1, i), [nowMs, 'stale']]);
      series.push([labelsOf(round, i), [nowMs, i]]);
    }
    const { refusals } = await tsdb.writer.append(batchOf(...series));
    assert.deepEqual(refusals, [], 'no limit is met by pods that left');
    for (let passedMs = 0; passedMs < ROUND_MS; passedMs += 100_000) {
      await tsdb.clock.advance(100_000);
      // It waits for the maintenance that runs.
      await tsdb.deleteSeries([[createMatcher('__name__', '=', 'none')]], { fromMs: 0, untilMs: 1 });
    }
    const { headBytes, activeSeries } = tsdb.stats();
    const { labelPairCount } = await tsdb.cardinality({ limit: 1 });
    seen.push({ bytes: headBytes, pairs: labelPairCount, series: activeSeries });
  }
  const settled = seen.slice(8);
  const first = Math.max(...settled.slice(0, 6).map(({ bytes }) => bytes));
  for (const { bytes, pairs, series } of settled) {
    assert.ok(series <= 5 * PODS, `${series} series are active`);
    assert.ok(pairs <= series + 2, `${pairs} label pairs`);
    assert.ok(bytes <= first * 1.05, `the head took ${first} bytes and takes ${bytes}`);
  }
  const census = await tsdb.census(1);
  assert.equal(census.createdTotal, ROUNDS * PODS);
  assert.equal(census.createdTotal - census.removedTotal, census.activeSeries);
  assert.ok(tsdb.stats().blocks <= ROUNDS / 2, 'a block of ten minutes for their sake, merged by twelves');
  const old = await tsdb.reader.labelValues(
    'pod',
    { matcherSets: [[createMatcher('pod', '=~', 'pod-[0-9]+-7')]], range: { fromMs: 0, untilMs: Infinity } },
    new AbortController().signal,
  );
  assert.equal(old.items.length, ROUNDS);
  await tsdb.close();
});

test('series that simply stopped leave within two hours, a slow one and one that comes back stay right', async () => {
  const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)));
  const append = async (name: string, value: number): Promise<void> => {
    const { refusals } = await tsdb.writer.append(batchOf([{ __name__: name }, [tsdb.clock.nowMs(), value]]));
    assert.deepEqual(refusals, []);
  };
  const pass = async (minutes: number, each: () => Promise<void>): Promise<void> => {
    for (let i = 0; i < minutes; i += 10) {
      await each();
      await tsdb.clock.advance(600_000);
      await tsdb.deleteSeries([[createMatcher('__name__', '=', 'none')]], { fromMs: 0, untilMs: 1 });
    }
  };
  await append('stopped', 1);
  await tsdb.flush();
  assert.equal(tsdb.stats().activeSeries, 1, 'it may still come again');
  let i = 0;
  await pass(130, async () => {
    await append('steady', i);
    if (i++ % 5 === 0) await append('slow', i);
  });
  const { jobs, turnoverByMetric, stoppedSeries } = await tsdb.census(9);
  assert.deepEqual([jobs, stoppedSeries], [[], 0]);
  assert.deepEqual(
    new Map(turnoverByMetric.map(({ name, removedTotal }) => [name, removedTotal])),
    new Map([
      ['slow', 0],
      ['steady', 0],
      ['stopped', 1],
    ]),
  );
  await append('stopped', 2);
  assert.deepEqual(
    (await readAll(tsdb.reader)).get('stopped')?.map(([, value]) => value),
    [1, 2],
  );
  await tsdb.close();
});
