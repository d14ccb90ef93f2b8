import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryFiles, NO_NUMBER, SeededRandom, SeriesPlaces } from '@vedette/model';
import { batchOf, openTestTsdb, readMixed, START_MS, type OpenedTsdb, type TestSeries } from './testing.ts';

const STEP_MS = 60_000;
const PODS = 40;

function open(): Promise<OpenedTsdb> {
  const slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
  return openTestTsdb(new MemoryFiles(new SeededRandom(1)), { slicer });
}

const labelsOfPod = (pod: number): Record<string, string> => ({ __name__: 'up', pod: `pod-${pod + 100}` });

test('series that come by number are stored as those that come by key, while others leave and their ids are given again', async () => {
  const random = new SeededRandom(7);
  const [byNumber, byKey] = await Promise.all([open(), open()]);
  const places = new SeriesPlaces();
  places.reserve(PODS / 2);
  let livePods = new Set<number>();
  for (let round = 1; round <= 60; round++) {
    const nowMs = START_MS + round * STEP_MS;
    const isKept = (pod: number): boolean => random.float() < (livePods.has(pod) ? 0.7 : 0.2);
    const pods = new Set(Array.from({ length: PODS }, (_, pod) => pod).filter(isKept));
    const sent = [...pods, ...[...livePods].filter((pod) => !pods.has(pod))].sort(() => random.float() - 0.5);
    const batch = batchOf(
      ...sent.map((pod): TestSeries => [
        labelsOfPod(pod),
        [nowMs, pods.has(pod) ? pod * 1000 + round : 'stale'],
      ]),
    );
    // Beyond the room that was made, and without a number: both are looked up.
    const numbers = Uint32Array.from(sent, (pod) => (pod % 7 === 0 ? NO_NUMBER : pod));
    const results = await Promise.all([
      byNumber.writer.append({ ...batch, numbered: { numbers, places } }),
      byKey.writer.append(batch),
    ]);
    assert.deepEqual(results[0], results[1]);
    assert.equal(results[0].acceptedCount, sent.length);
    livePods = pods;
    for (const tsdb of [byNumber, byKey]) {
      await tsdb.clock.advance(STEP_MS);
      if (round % 5 === 0) await tsdb.flush();
    }
  }
  assert.ok(byNumber.stats().activeSeries < PODS, 'some left the head');
  assert.deepEqual(await readMixed(byNumber.reader), await readMixed(byKey.reader));
  await Promise.all([byNumber.close(), byKey.close()]);
});

test('places that another store filled mean nothing to this one', async () => {
  const places = new SeriesPlaces();
  places.reserve(2);
  const numbers = Uint32Array.of(0, 1);
  const [first, second] = [await open(), await open()];
  const series = (nowMs: number): TestSeries[] => [
    [labelsOfPod(1), [nowMs, 1]],
    [labelsOfPod(2), [nowMs, 2]],
  ];
  await second.writer.append(batchOf([labelsOfPod(3), [START_MS, 3]]));
  for (const [i, tsdb] of [first, second, first, second].entries())
    await tsdb.writer.append({ ...batchOf(...series(START_MS + i)), numbered: { numbers, places } });
  assert.deepEqual(
    await readMixed(second.reader),
    new Map([
      [
        'up{pod="pod-101"}',
        [
          [START_MS + 1, 1],
          [START_MS + 3, 1],
        ],
      ],
      [
        'up{pod="pod-102"}',
        [
          [START_MS + 1, 2],
          [START_MS + 3, 2],
        ],
      ],
      ['up{pod="pod-103"}', [[START_MS, 3]]],
    ]),
  );
  await Promise.all([first.close(), second.close()]);
});

test('a sender that gives a number to another key, or too few numbers, has a bug', async () => {
  const tsdb = await open();
  const places = new SeriesPlaces();
  places.reserve(1);
  const numbers = Uint32Array.of(0);
  const numbered = { numbers, places };
  // The series is noted when it is found for the first time: it was made by the batch before.
  for (const timestampMs of [START_MS, START_MS + 1])
    await tsdb.writer.append({ ...batchOf([labelsOfPod(1), [timestampMs, 1]]), numbered });
  await assert.rejects(
    tsdb.writer.append({ ...batchOf([{ __name__: 'other' }, [START_MS + 2, 1]]), numbered }),
    /BUG: number 0 of a sender stands for one series for ever/,
  );
  await assert.rejects(
    tsdb.writer.append({
      ...batchOf([labelsOfPod(1), [START_MS + 3, 1]]),
      numbered: { numbers: numbers.subarray(1), places },
    }),
    /BUG: a batch of 1 series has 0 numbers/,
  );
  await tsdb.close();
});
