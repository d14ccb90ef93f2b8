import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryFiles, SeededRandom } from '@vedette/model';
import { batchOf, openTestTsdb, START_MS, type TestSeries } from './testing.ts';

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
