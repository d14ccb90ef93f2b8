import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryFiles, SeededRandom, type AppendResult } from '@vedette/model';
import { batchOf, openTestTsdb, START_MS as T, type OpenedTsdb, type TestSeries } from './testing.ts';

/** One sample of a series of the job for each number from `from` until `until`, at second `second`. */
function usersOf(job: string, from: number, until: number, second = 0): TestSeries[] {
  return Array.from({ length: until - from }, (_, i): TestSeries => {
    const labels = {
      __name__: (from + i) % 4 === 0 ? 'errors_total' : 'requests_total',
      instance: 'a',
      user: `u${from + i}`,
    };
    return [job === '' ? labels : { ...labels, job }, [T + second * 1000, i]];
  });
}

function open(options: Parameters<typeof openTestTsdb>[1] = {}): Promise<OpenedTsdb> {
  return openTestTsdb(new MemoryFiles(new SeededRandom(1)), {
    slicer: { shouldYield: () => false, yield: () => Promise.resolve() },
    ...options,
  });
}

function refusalsOf({ refusals }: AppendResult): (string | number | undefined)[][] {
  return refusals.map(({ reason, count, detail }) => [reason, count, detail]);
}

describe('the limit of series of one job', () => {
  test('takes as many as it says, refuses the next with the name of the culprit, and lets known ones go on', async () => {
    const tsdb = await open({ options: { seriesMaxPerJob: 100 } });
    const full = await tsdb.writer.append(batchOf(...usersOf('api', 0, 100)));
    assert.deepEqual([full.createdSeriesCount, full.refusals], [100, []]);
    const beyond = await tsdb.writer.append(batchOf(...usersOf('api', 99, 102, 1)));
    assert.deepEqual(refusalsOf(beyond), [
      [
        'series-limit',
        2,
        'job "api" has 100 active series, the limit is 100 (storage.metrics.series_max_per_job); metric "requests_total" has 75 of them; label "user" has 100 values; drop it with metric_relabel_configs or at its source, or raise the limit',
      ],
    ]);
    assert.equal(beyond.acceptedCount, 1, 'the known one');
    const other = await tsdb.writer.append(batchOf(...usersOf('web', 0, 3), ...usersOf('', 0, 200)));
    assert.deepEqual(other.refusals, [], 'other jobs, and series without one, are not concerned');
    assert.deepEqual(tsdb.stats().seriesRefusedTotal, { total: 0, job: 2, labels: 0 });
    await tsdb.close();
  });

  test('is met inside of one batch, too', async () => {
    const tsdb = await open({ options: { seriesMaxPerJob: 10 } });
    const result = await tsdb.writer.append(batchOf(...usersOf('api', 0, 15), ...usersOf('web', 0, 5)));
    assert.deepEqual([result.createdSeriesCount, result.refusals[0]?.count], [15, 5]);
    await tsdb.close();
  });

  test('can be another for some jobs, or none', async () => {
    const seriesMaxByJob = new Map([
      ['big', 20],
      ['free', 0],
    ]);
    const tsdb = await open({ options: { seriesMaxPerJob: 10, seriesMaxByJob } });
    const result = await tsdb.writer.append(
      batchOf(...usersOf('big', 0, 25), ...usersOf('free', 0, 50), ...usersOf('api', 0, 10)),
    );
    assert.equal(result.createdSeriesCount, 20 + 50 + 10);
    assert.match(
      result.refusals[0]?.detail ?? '',
      /^job "big" has 20 active series, the limit is 20 \(storage\.metrics\.series_max_by_job\)/,
    );
    await tsdb.close();
  });

  test('counts what a restart brings back, and refuses nothing of it', async () => {
    const files = new MemoryFiles(new SeededRandom(1));
    let tsdb = await openTestTsdb(files, { options: { seriesMaxPerJob: 50 } });
    await tsdb.writer.append(batchOf(...usersOf('api', 0, 50)));
    await tsdb.close();
    tsdb = await openTestTsdb(files, { options: { seriesMaxPerJob: 20 } });
    assert.equal(tsdb.stats().activeSeries, 50);
    const result = await tsdb.writer.append(batchOf(...usersOf('api', 0, 51, 1)));
    assert.deepEqual([result.acceptedCount, result.refusals[0]?.count], [50, 1]);
    await tsdb.close();
  });

  test('is free again when series have left', async () => {
    const tsdb = await open({ options: { seriesMaxPerJob: 5 } });
    await tsdb.writer.append(batchOf(...usersOf('api', 0, 5)));
    const leaving = usersOf('api', 0, 5).map(([labels]): TestSeries => [labels, [T + 1000, 'stale']]);
    await tsdb.writer.append(batchOf(...leaving));
    await tsdb.flush();
    const { createdSeriesCount } = await tsdb.writer.append(batchOf(...usersOf('api', 10, 15, 2)));
    assert.equal(createdSeriesCount, 5);
    await tsdb.close();
  });

  test('finds the job behind labels of any length before it', async () => {
    const tsdb = await open({ options: { seriesMaxPerJob: 1 } });
    const series = (n: number): TestSeries => [
      { __name__: 'x', a: 'v'.repeat(300), jab: 'job', job: 'api', n: String(n) },
      [T, n],
    ];
    const { createdSeriesCount, refusals } = await tsdb.writer.append(batchOf(series(1), series(2)));
    assert.deepEqual([createdSeriesCount, refusals[0]?.reason], [1, 'series-limit']);
    await tsdb.close();
  });
});

describe('the limit of all series', () => {
  test('names the job that has most, its metric and its label', async () => {
    const tsdb = await open({ options: { seriesMax: 30 } });
    await tsdb.writer.append(batchOf(...usersOf('web', 0, 10), ...usersOf('api', 0, 20)));
    const result = await tsdb.writer.append(batchOf(...usersOf('tiny', 0, 1)));
    assert.equal(
      result.refusals[0]?.detail,
      '30 series are active, the limit is 30 (storage.metrics.series_max); job "api" has 20 of them; metric "requests_total" has 15 of them; label "user" has 20 values; drop it with metric_relabel_configs or at its source, or raise the limit',
    );
    await tsdb.close();
  });

  test('a culprit is counted and logged once a minute, however often somebody is refused', async () => {
    const tsdb = await open({ options: { seriesMaxPerJob: 1 } });
    const append = (n: number): Promise<AppendResult> =>
      tsdb.writer.append(batchOf(...usersOf('api', n, n + 1)));
    await append(0);
    for (let n = 1; n < 20; n++)
      assert.match((await append(n)).refusals[0]?.detail ?? '', /job "api" has 1 /);
    assert.deepEqual(
      tsdb.warnings.map(({ message }) => message),
      ['new series are refused'],
    );
    await tsdb.clock.advance(60_000);
    await append(20);
    assert.equal(tsdb.warnings.length, 2);
    await tsdb.close();
  });
});

test('operators are told of a job near its limit, and which it is', async () => {
  const tsdb = await open({ options: { seriesMaxPerJob: 10, seriesMax: 1000 } });
  await tsdb.writer.append(batchOf(...usersOf('api', 0, 7), ...usersOf('web', 0, 4)));
  await tsdb.clock.advance(6000);
  assert.deepEqual(tsdb.stats().nearJobs, [{ job: 'api', seriesCount: 7, limit: 10 }]);
  assert.deepEqual(tsdb.stats().problems, []);
  await tsdb.writer.append(batchOf(...usersOf('api', 7, 8), ...usersOf('web', 4, 9)));
  await tsdb.clock.advance(6000);
  assert.deepEqual(tsdb.stats().problems, [
    'new series are refused soon, or are already: job "web" has 9 active series, the limit is 10 (storage.metrics.series_max_per_job), and 1 other jobs are as near; GET /api/vedette/cardinality shows which labels they come from',
  ]);
  await tsdb.close();
});

test('a label of a megabyte is refused by its name, and neither answer nor log repeat it', async () => {
  const tsdb = await open();
  const { refusals } = await tsdb.writer.append(
    batchOf([{ __name__: 'x', job: 'api', trace: 'v'.repeat(2 ** 20) }, [T, 1]]),
  );
  assert.equal(
    refusals[0]?.detail,
    'label "trace" has a value of 1,048,576 bytes, all labels of a series together may have 16,384 (LABEL_SET_BYTES_MAX)',
  );
  assert.ok((refusals[0]?.example.length ?? 0) < 400);
  assert.deepEqual(tsdb.stats().seriesRefusedTotal, { total: 0, job: 0, labels: 1 });
  await tsdb.close();
});

test('a flood of new series, scaled down: as many as the limits say are taken, the rest costs no memory, all in slices', async () => {
  let asked = 0;
  const slicer = {
    shouldYield: () => {
      asked++;
      return false;
    },
    yield: () => Promise.resolve(),
  };
  const tsdb = await open({ slicer, options: { seriesMax: 4000, seriesMaxPerJob: 3000 } });
  let created = 0;
  let refused = 0;
  let bytes = 0;
  for (let round = 0; round < 20; round++) {
    const { createdSeriesCount, refusals } = await tsdb.writer.append(
      batchOf(...usersOf('api', round * 1000, round * 1000 + 1000, round)),
    );
    created += createdSeriesCount;
    refused += refusals[0]?.count ?? 0;
    if (round === 3) bytes = tsdb.stats().headBytes;
  }
  assert.deepEqual([created, refused, tsdb.stats().activeSeries], [3000, 17_000, 3000]);
  assert.equal(tsdb.stats().headBytes, bytes, 'what is refused leaves nothing in memory');
  const { createdSeriesCount } = await tsdb.writer.append(batchOf(...usersOf('web', 0, 1000)));
  assert.equal(createdSeriesCount, 1000, 'other jobs have their share');
  // Planning asks every 32 series; so does applying, of those that were taken.
  assert.ok(asked >= 21_000 / 32, `a slice could have ended ${asked} times`);
  await tsdb.close();
});
