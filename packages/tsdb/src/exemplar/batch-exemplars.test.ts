import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createMatcher,
  formatLabels,
  labelsOf,
  MemoryFiles,
  SampleBatchBuilder,
  SeededRandom,
  type AppendResult,
  type SampleBatch,
} from '@vedette/model';
import { openTestTsdb, START_MS as T, type OpenedTsdb } from '../testing.ts';

const EVER = { fromMs: -Infinity, untilMs: Infinity };
const NEVER = new AbortController().signal;

type Told = readonly [timestampMs: number, trace: string, value?: number];

/** One sample of the series, and its exemplars. */
function batchWith(name: string, timestampMs: number, ...exemplars: readonly Told[]): SampleBatch {
  const builder = new SampleBatchBuilder();
  builder.openSeries(labelsOf({ __name__: name }));
  builder.addSample(timestampMs, 1);
  for (const [ms, trace, value = 1] of exemplars)
    builder.addExemplar({ labels: labelsOf({ trace_id: trace }), value, timestampMs: ms });
  return builder.finish();
}

async function read(tsdb: OpenedTsdb): Promise<[string, ...string[]][]> {
  const all = await tsdb.reader.exemplars([[createMatcher('__name__', '!=', '')]], EVER, NEVER);
  return all.map(({ labels, exemplars }) => [
    formatLabels(labels),
    ...exemplars.map((one) => `${one.timestampMs - T} ${one.labels[1]}`),
  ]);
}

const outcome = ({ acceptedExemplarCount, refusals }: AppendResult): unknown => [
  acceptedExemplarCount,
  ...refusals.map(({ reason, count, example }) => `${reason} ${count} ${example}`),
];

test('exemplars of a batch are stored in the order of their time, whatever the order they are told in', async () => {
  const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)));
  const result = await tsdb.writer.append(batchWith('x', T, [T + 2, 'c'], [T, 'a'], [T + 1, 'b']));
  assert.deepEqual(outcome(result), [3]);
  assert.deepEqual(await read(tsdb), [['x', '0 a', '1 b', '2 c']]);
  await tsdb.close();
});

test('a repeat counts as accepted; older, unwritable and talkative ones are refused and the rest is kept', async () => {
  const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)));
  await tsdb.writer.append(batchWith('x', T, [T + 5, 'a']));
  const check = async (want: unknown, ...exemplars: readonly Told[]): Promise<void> =>
    assert.deepEqual(outcome(await tsdb.writer.append(batchWith('x', T, ...exemplars))), want);
  await check([1], [T + 5, 'a']);
  await check([0, 'invalid-exemplar 1 x'], [T + 4, 'z']);
  await check([0, 'invalid-exemplar 2 x'], [T + 86_400_000, 'a'], [T - 40 * 86_400_000, 'a']);
  // The name counts, too: "trace_id" and 120 more are 128.
  await check([1], [T + 6, '€'.repeat(120)]);
  await check([1], [T + 7, '\u{1f600}'.repeat(120)]);
  await check([1, 'invalid-exemplar 2 x'], [T + 8, 'ok'], [T + 9, 'a'.repeat(121)], [T + 9, 'a'.repeat(1e6)]);
  assert.equal(tsdb.stats().exemplars, 4);
  await tsdb.close();
});

test('an exemplar needs a series that has samples; those may have come earlier', async () => {
  const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)), { options: { seriesMax: 1 } });
  const bare = (name: string): SampleBatch => {
    const builder = new SampleBatchBuilder();
    builder.openSeries(labelsOf({ __name__: name }));
    builder.addExemplar({ labels: labelsOf({ trace_id: 'a' }), value: 1, timestampMs: T });
    return builder.finish();
  };
  assert.deepEqual(outcome(await tsdb.writer.append(bare('x'))), [0, 'invalid-exemplar 1 x']);
  await tsdb.writer.append(batchWith('x', T));
  assert.deepEqual(outcome(await tsdb.writer.append(bare('x'))), [1]);
  assert.deepEqual(outcome(await tsdb.writer.append(batchWith('y', T, [T, 'a']))), [
    0,
    'series-limit 1 y',
    'invalid-exemplar 1 y',
  ]);
  await tsdb.close();
});

test('exemplars that name no series of the batch, or a half millisecond, are a bug of the sender', async () => {
  const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)));
  const batch = batchWith('x', T);
  const one = { labels: labelsOf({}), value: 1, timestampMs: T };
  await assert.rejects(
    tsdb.writer.append({ ...batch, exemplars: [{ ...one, series: 1 }] }),
    /BUG.*got 1 of 1/,
  );
  await assert.rejects(
    tsdb.writer.append({ ...batch, exemplars: [{ ...one, series: 0, timestampMs: 0.5 }] }),
    /BUG.*got 0\.5/,
  );
  await tsdb.close();
});

test('the newest exemplars survive flushes, kills and restarts, in their order', async () => {
  const files = new MemoryFiles(new SeededRandom(1));
  const options = { exemplarsMax: 4 };
  let tsdb = await openTestTsdb(files, { options });
  for (let i = 0; i < 3; i++) {
    await tsdb.writer.append(batchWith('x', T + i, [T + i, `x${i}`]));
    await tsdb.writer.append(batchWith('y', T + i, [T + i, `y${i}`]));
    if (i < 2) await tsdb.flush();
  }
  const want = [
    ['x', '1 x1', '2 x2'],
    ['y', '1 y1', '2 y2'],
  ];
  assert.deepEqual(await read(tsdb), want);
  for (let round = 0; round < 3; round++) {
    tsdb = await openTestTsdb(files.restart('process'), { options });
    assert.deepEqual(tsdb.warnings, []);
    assert.deepEqual(await read(tsdb), want, `round ${round}`);
    await tsdb.flush();
  }
  await tsdb.writer.append(batchWith('y', T + 9, [T + 9, 'y9']));
  assert.deepEqual(await read(tsdb), [
    ['x', '2 x2'],
    ['y', '1 y1', '2 y2', '9 y9'],
  ]);
  await tsdb.close();
});

test('a series that left the head keeps its exemplars', async () => {
  const tsdb = await openTestTsdb(new MemoryFiles(new SeededRandom(1)));
  await tsdb.writer.append(batchWith('x', T, [T, 'a']));
  await tsdb.flush();
  await tsdb.flush();
  assert.equal(tsdb.stats().activeSeries, 0);
  assert.deepEqual(await read(tsdb), [['x', '0 a']]);
  await tsdb.close();
});

test('a smaller buffer keeps the newest of the log, none keeps none and refuses none', async () => {
  const files = new MemoryFiles(new SeededRandom(1));
  let tsdb = await openTestTsdb(files);
  for (let i = 0; i < 3000; i += 500)
    await tsdb.writer.append(
      batchWith('x', T + i, ...Array.from({ length: 500 }, (_, k): Told => [T + i + k, String(i + k)])),
    );
  assert.equal(tsdb.stats().exemplars, 1000);
  await tsdb.close();
  tsdb = await openTestTsdb(files, { options: { exemplarsMax: 2 } });
  assert.deepEqual(await read(tsdb), [['x', '2998 2998', '2999 2999']]);
  await tsdb.close();
  tsdb = await openTestTsdb(files, { options: { exemplarsMax: 0 } });
  assert.deepEqual(await read(tsdb), []);
  assert.deepEqual(outcome(await tsdb.writer.append(batchWith('x', T + 3000, [T + 3000, 'a']))), [0]);
  await tsdb.close();
});

test('a snapshot has the exemplars', async () => {
  const files = new MemoryFiles(new SeededRandom(1));
  const tsdb = await openTestTsdb(files);
  await tsdb.writer.append(batchWith('x', T, [T, 'a']));
  const name = await tsdb.snapshot({ hasHead: true });
  const copy = await openTestTsdb(files, { options: { directory: `data/snapshots/${name}` } });
  assert.deepEqual(copy.warnings, []);
  assert.deepEqual(await read(copy), [['x', '0 a']]);
  await copy.close();
  await tsdb.close();
});
