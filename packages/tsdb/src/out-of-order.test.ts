import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryFiles, SampleBatchBuilder, labelsOf, SeededRandom, type AppendResult } from '@vedette/model';
import {
  batchOf,
  openTestTsdb,
  readAll,
  START_MS as T,
  type OpenedTsdb,
  type TestSeries,
} from './testing.ts';

const WINDOW_MS = 3_600_000;
const X = { __name__: 'x' };

const newFiles = (): MemoryFiles => new MemoryFiles(new SeededRandom(1));

const open = (files: MemoryFiles, outOfOrderWindowMs = WINDOW_MS): Promise<OpenedTsdb> =>
  openTestTsdb(files, { options: { outOfOrderWindowMs } });

const append = (tsdb: OpenedTsdb, ...series: readonly TestSeries[]): Promise<AppendResult> =>
  tsdb.writer.append(batchOf(...series));

const readX = async (tsdb: OpenedTsdb): Promise<[number, number][] | undefined> =>
  (await readAll(tsdb.reader)).get('x');

/** Waits for what background work is to bring about. */
const until = async (isTrue: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 1e6 && !isTrue(); turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(isTrue(), `never came true: ${String(isTrue)}`);
};

const refusalsOf = ({ refusals }: AppendResult): string[] =>
  refusals.map(({ reason, count }) => `${reason} ${count}`);

describe('the window of late samples', () => {
  test('a late sample is read at its place, whole batches at a time', async () => {
    const tsdb = await open(newFiles());
    await append(tsdb, [X, [T, 1], [T + 3000, 4]]);
    const result = await append(tsdb, [X, [T - 1000, 0], [T + 1000, 2], [T + 2000, 3], [T + 4000, 5]]);
    assert.deepEqual([result.acceptedCount, result.refusals], [4, []]);
    assert.deepEqual(
      (await readX(tsdb))?.map(([, value]) => value),
      [0, 1, 2, 3, 4, 5],
    );
    const { outOfOrderSamplesTotal, headOutOfOrderSamples, samplesAppendedTotal } = tsdb.stats();
    assert.deepEqual([outOfOrderSamplesTotal, headOutOfOrderSamples, samplesAppendedTotal], [3, 3, 6]);
    await tsdb.close();
  });

  test('it reaches back from the newest sample of any series, its beginning included', async () => {
    const tsdb = await open(newFiles());
    await append(tsdb, [X, [T - WINDOW_MS, 1]], [{ __name__: 'y' }, [T, 1]]);
    const late = T - WINDOW_MS;
    const z = { __name__: 'z' };
    await append(tsdb, [z, [T, 9]]);
    assert.deepEqual(refusalsOf(await append(tsdb, [z, [late, 1]])), []);
    assert.deepEqual(refusalsOf(await append(tsdb, [z, [late - 1, 1]])), ['too-old 1']);
    // A batch's own newer samples do not move the window for its older ones.
    assert.deepEqual(refusalsOf(await append(tsdb, [z, [late + 1, 1], [T + 5000, 1]])), []);
    assert.deepEqual(refusalsOf(await append(tsdb, [z, [late + 2, 1]])), ['too-old 1']);
    await tsdb.close();
  });

  test('without it, a sample older than the newest of its series is out of order', async () => {
    const tsdb = await open(newFiles(), 0);
    await append(tsdb, [X, [T, 1]]);
    assert.deepEqual(refusalsOf(await append(tsdb, [X, [T - 1, 1]])), ['out-of-order 1']);
    assert.equal(tsdb.stats().outOfOrderSamplesTotal, 0);
    await tsdb.close();
  });

  test('it does not reach beyond the retention', async () => {
    const options = { outOfOrderWindowMs: 10 * WINDOW_MS, retentionMs: WINDOW_MS };
    const tsdb = await openTestTsdb(newFiles(), { options });
    await append(tsdb, [X, [T, 1]]);
    assert.deepEqual(refusalsOf(await append(tsdb, [X, [T - WINDOW_MS - 1, 1], [T - WINDOW_MS, 1]])), [
      'too-old 1',
    ]);
    assert.equal((await readX(tsdb))?.length, 2);
    await tsdb.close();
  });

  test('it is measured from the newest block when the head is empty', async () => {
    const files = newFiles();
    const first = await open(files);
    await append(first, [X, [T, 1]], [{ __name__: 'y' }, [T + 1000, 1]]);
    await first.flush();
    await first.close();
    const tsdb = await open(files);
    assert.deepEqual(refusalsOf(await append(tsdb, [X, [T + 999 - WINDOW_MS, 1]])), ['too-old 1']);
    assert.deepEqual(refusalsOf(await append(tsdb, [X, [T + 1000 - WINDOW_MS, 1]])), []);
    await tsdb.close();
  });
});

describe('of two samples at one time the first stored counts', () => {
  test('in the tail, in a chunk and among late ones a repetition is accepted, another value refused', async () => {
    const tsdb = await open(newFiles());
    const samples = Array.from({ length: 300 }, (_, i): [number, number] => [T + i * 1000, i]);
    await append(tsdb, [X, ...samples]);
    await append(tsdb, [X, [T + 500, -1]]);
    for (const at of [0, 20, 250, 298]) {
      assert.deepEqual(refusalsOf(await append(tsdb, [X, [T + at * 1000, at]])), []);
      const result = await append(tsdb, [X, [T + at * 1000, -5]]);
      assert.deepEqual(refusalsOf(result), ['duplicate-timestamp 1']);
    }
    assert.deepEqual(refusalsOf(await append(tsdb, [X, [T + 500, -1]])), []);
    assert.deepEqual(refusalsOf(await append(tsdb, [X, [T + 500, 3]])), ['duplicate-timestamp 1']);
    assert.equal(tsdb.stats().headOutOfOrderSamples, 1);
    assert.equal((await readX(tsdb))?.length, 301);
    await tsdb.close();
  });

  test('a block is not asked: the sample is accepted, and what the block has is read', async () => {
    const files = newFiles();
    const tsdb = await open(files);
    await append(tsdb, [X, [T, 1], [T + 1000, 2]]);
    await tsdb.flush();
    assert.deepEqual(refusalsOf(await append(tsdb, [X, [T, 7], [T + 500, 8]])), []);
    const want = [
      [T, 1],
      [T + 500, 8],
      [T + 1000, 2],
    ];
    assert.deepEqual(await readX(tsdb), want);
    await tsdb.flush();
    assert.deepEqual(await readX(tsdb), want);
    await tsdb.close();
    const again = await open(files);
    assert.deepEqual(await readX(again), want);
    await again.close();
  });

  test('staleness markers are samples like any other', async () => {
    const tsdb = await open(newFiles());
    await append(tsdb, [X, [T, 1], [T + 2000, 2]]);
    const marker = (timestampMs: number): Promise<AppendResult> => {
      const builder = new SampleBatchBuilder();
      builder.openSeries(labelsOf(X));
      builder.addStaleMarker(timestampMs);
      return tsdb.writer.append(builder.finish());
    };
    assert.deepEqual(refusalsOf(await marker(T + 1000)), []);
    assert.deepEqual(refusalsOf(await marker(T + 1000)), []);
    assert.deepEqual(refusalsOf(await marker(T)), ['duplicate-timestamp 1']);
    assert.deepEqual(refusalsOf(await append(tsdb, [X, [T + 1000, 0]])), ['duplicate-timestamp 1']);
    const flags: number[][] = [];
    const signal = new AbortController().signal;
    for await (const batch of tsdb.reader.select([], { fromMs: T, untilMs: T + 2000 }, signal))
      for (const { staleFlags } of batch) flags.push([...(staleFlags ?? [])]);
    assert.deepEqual(flags, [[0, 1, 0]]);
    await tsdb.close();
  });
});

describe('late samples', () => {
  test('come back from the log, whatever the window is then', async () => {
    const files = newFiles();
    const first = await open(files);
    await append(first, [X, [T, 1], [T + 2000, 3]]);
    await append(first, [X, [T + 1000, 2]]);
    const want = await readX(first);
    assert.equal(want?.length, 3);
    // Not closed: what a killed process leaves behind.
    const again = await open(files.restart('process'), 0);
    assert.deepEqual(await readX(again), want);
    await again.close();
  });

  test('are what the range of the head tells, when it has no others', async () => {
    const files = newFiles();
    const first = await open(files);
    await append(first, [X, [T, 1], [T + 2000, 3]]);
    await first.flush();
    await first.close();
    const tsdb = await open(files);
    await append(tsdb, [X, [T + 1000, 2]]);
    assert.deepEqual(tsdb.stats().headRange, { minMs: T + 1000, maxMs: T + 1000 });
    await tsdb.close();
  });

  test('alone in an epoch they make a block, and are forgotten by the head', async () => {
    const tsdb = await open(newFiles());
    await append(tsdb, [X, [T, 1], [T + 2000, 3]]);
    await tsdb.flush();
    await append(tsdb, [X, [T + 1000, 2]]);
    const bytesBefore = tsdb.stats().headBytes;
    await tsdb.flush();
    assert.ok(tsdb.stats().headBytes < bytesBefore);
    const { blocks, headOutOfOrderSamples, headRange } = tsdb.stats();
    assert.deepEqual([blocks, headOutOfOrderSamples, headRange], [2, 0, undefined]);
    assert.equal((await readX(tsdb))?.length, 3);
    await tsdb.close();
  });

  test('are taken for a series that the head forgot, which keeps its newest sample in mind', async () => {
    const tsdb = await open(newFiles());
    await append(tsdb, [X, [T, 1]]);
    for (let i = 0; i < 3; i++) {
      await append(tsdb, [{ __name__: 'y' }, [T + i + 1, i]]);
      await tsdb.flush();
    }
    assert.equal(tsdb.stats().activeSeries, 1);
    await append(tsdb, [X, [T - 5000, 0]]);
    assert.deepEqual(tsdb.stats().headOutOfOrderSamples, 1);
    assert.deepEqual(await readX(tsdb), [
      [T - 5000, 0],
      [T, 1],
    ]);
    // The block of the late sample is the newest one, but has not the newest sample.
    for (let i = 3; i < 6; i++) {
      await append(tsdb, [{ __name__: 'y' }, [T + i + 1, i]]);
      await tsdb.flush();
    }
    assert.deepEqual(refusalsOf(await append(tsdb, [X, [T, 2]])), ['duplicate-timestamp 1']);
    await tsdb.close();
  });

  test('count as memory of the head: too many of them make it flush early', async () => {
    const options = { outOfOrderWindowMs: WINDOW_MS, headBytesMax: 50_000 };
    const tsdb = await openTestTsdb(newFiles(), { options });
    await append(tsdb, [X, [T, 1]]);
    const samples = Array.from({ length: 3000 }, (_, i): [number, number] => [T - 3000 + i, i]);
    await append(tsdb, [X, ...samples]);
    await tsdb.clock.advance(6000);
    await until(() => tsdb.stats().blocks === 1 && tsdb.stats().headOutOfOrderSamples === 0);
    assert.equal((await readX(tsdb))?.length, 3001);
    await tsdb.close();
  });

  test('are found by label queries where nothing else of their series is', async () => {
    const tsdb = await open(newFiles());
    await append(tsdb, [X, [T, 1]]);
    await append(tsdb, [X, [T - 60_000, 1]]);
    const signal = new AbortController().signal;
    const range = { fromMs: T - 61_000, untilMs: T - 59_000 };
    const { items } = await tsdb.reader.series({ matcherSets: [], range }, signal);
    assert.equal(items.length, 1);
    const gap = { fromMs: T - 59_000, untilMs: T - 1 };
    assert.deepEqual((await tsdb.reader.series({ matcherSets: [], range: gap }, signal)).items, []);
    await tsdb.close();
  });

  test('blocks that overlap in time read as one, and become one', async () => {
    const tsdb = await open(newFiles());
    const want: [number, number][] = [];
    for (let i = 0; i < 12; i++) {
      const nowMs = T + i * 30_000;
      await append(tsdb, [X, [nowMs, i]]);
      await append(tsdb, [X, [nowMs - 90_000 - i, i + 100]]);
      want.push([nowMs, i], [nowMs - 90_000 - i, i + 100]);
      await tsdb.flush();
    }
    want.sort(([a], [b]) => a - b);
    assert.equal(tsdb.stats().blocks, 12);
    assert.deepEqual(await readX(tsdb), want);
    await tsdb.clock.advance(6000);
    await until(() => tsdb.stats().blocks === 1);
    assert.deepEqual(await readX(tsdb), want);
    await tsdb.close();
  });
});
