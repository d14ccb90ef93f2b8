import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createMatcher,
  labelsOf,
  MemoryFiles,
  SeededRandom,
  type SeriesSamples,
  type StoredHistory,
} from '@vedette/model';
import { SETTLING_MS } from './settled-history.ts';
import { batchOf, openTestTsdb, START_MS, type OpenedTsdb } from './testing.ts';
import type { TsdbOptions } from './tsdb.ts';

const BORDER_MS = START_MS - SETTLING_MS;
const NEVER = new AbortController().signal;

async function open(options: Partial<TsdbOptions> = {}): Promise<OpenedTsdb> {
  return await openTestTsdb(new MemoryFiles(new SeededRandom(1)), { options });
}

function historyOf(tsdb: OpenedTsdb): StoredHistory {
  const history = tsdb.reader.history?.();
  assert.ok(history !== undefined);
  return history;
}

/** Whether what was kept up to now is forgotten by `action`. */
async function forgets(tsdb: OpenedTsdb, action: () => Promise<unknown>): Promise<boolean> {
  const before = historyOf(tsdb).revision;
  await action();
  return historyOf(tsdb).revision !== before;
}

const append = (tsdb: OpenedTsdb, name: string, ...timesMs: readonly number[]): Promise<unknown> =>
  tsdb.writer.append(batchOf([{ __name__: name }, ...timesMs.map((ms): [number, number] => [ms, ms])]));

test('a sample at the border changes history, one behind it does not', async () => {
  const tsdb = await open();
  assert.equal(historyOf(tsdb).settledUntilMs, BORDER_MS);
  assert.equal(await forgets(tsdb, () => append(tsdb, 'a', BORDER_MS + 1, START_MS)), false);
  assert.equal(await forgets(tsdb, () => append(tsdb, 'b', BORDER_MS)), true);
  assert.equal(await forgets(tsdb, () => append(tsdb, 'c', START_MS, START_MS + 1)), false);
  await tsdb.close();
});

test('what is refused or stored already changes nothing', async () => {
  const tsdb = await open();
  await append(tsdb, 'a', BORDER_MS - 1000);
  assert.equal(await forgets(tsdb, () => append(tsdb, 'a', BORDER_MS - 1000)), false);
  assert.equal(await forgets(tsdb, () => append(tsdb, 'a', BORDER_MS - 2000)), false);
  assert.equal(await forgets(tsdb, () => append(tsdb, 'a', BORDER_MS - 2000, BORDER_MS - 999)), true);
  await tsdb.close();
});

test('a late sample in its window changes history when it is older than the border, which lies before the window', async () => {
  const tsdb = await open({ outOfOrderWindowMs: 3_600_000 });
  assert.equal(historyOf(tsdb).settledUntilMs, START_MS - 3_600_000);
  await append(tsdb, 'a', START_MS - 60_000);
  assert.equal(await forgets(tsdb, () => append(tsdb, 'a', START_MS - 3_599_999)), false);
  assert.equal(await forgets(tsdb, () => append(tsdb, 'a', START_MS - 3_600_000)), true);
  await tsdb.close();
});

test('an import and a deletion change history; a flush does not', async () => {
  const tsdb = await open();
  await append(tsdb, 'a', BORDER_MS - 1000, START_MS);
  assert.equal(await forgets(tsdb, () => tsdb.flush()), false);
  const range = { fromMs: 0, untilMs: BORDER_MS };
  assert.equal(
    await forgets(tsdb, () => tsdb.deleteSeries([[createMatcher('__name__', '=', 'a')]], range)),
    true,
  );
  async function* imported(): AsyncGenerator<readonly SeriesSamples[]> {
    yield [
      {
        labels: labelsOf({ __name__: 'old' }),
        timestampsMs: Float64Array.of(BORDER_MS - 86_400_000),
        values: Float64Array.of(1),
        staleFlags: undefined,
        histograms: undefined,
      },
    ];
  }
  assert.equal(await forgets(tsdb, () => tsdb.importBlock(imported(), NEVER)), true);
  await tsdb.close();
});

test('blocks that go with the retention change history', async () => {
  const tsdb = await open({ retentionMs: 86_400_000 });
  await append(tsdb, 'a', START_MS);
  await tsdb.flush();
  assert.equal(
    await forgets(tsdb, async () => {
      tsdb.clock.jumpWallClock(2 * 86_400_000);
      for (let tick = 0; tick < 260; tick++) await tsdb.clock.advance(5000);
    }),
    true,
  );
  assert.equal(tsdb.stats().blocks, 0);
  await tsdb.close();
});

test('a border that moved while a batch was applied counts as it then stands', async () => {
  const tsdb = await open();
  const before = historyOf(tsdb).revision;
  const appending = append(tsdb, 'a', BORDER_MS + 1000);
  tsdb.clock.jumpWallClock(2000);
  assert.equal(historyOf(tsdb).settledUntilMs, BORDER_MS + 2000);
  await appending;
  assert.notEqual(historyOf(tsdb).revision, before);
  await tsdb.close();
});

test('a clock that is set back takes the border with it, once', async () => {
  const tsdb = await open();
  const back = (byMs: number): Promise<boolean> =>
    forgets(tsdb, () => Promise.resolve(tsdb.clock.jumpWallClock(byMs)));
  assert.equal(await back(86_400_000), false);
  assert.equal(await back(-86_400_000), true);
  assert.equal(await forgets(tsdb, () => append(tsdb, 'a', START_MS)), false);
  await tsdb.close();
});
