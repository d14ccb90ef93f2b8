import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMatcher, MemoryFiles, SeededRandom, VirtualClock } from '@vedette/model';
import { olderThan, surplusOf } from './retention.ts';
import {
  batchOf,
  openTestTsdb,
  readAll,
  START_MS as T,
  type OpenedTsdb,
  type TestSeries,
} from './testing.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const disk = (): MemoryFiles => new MemoryFiles(new SeededRandom(1));

/** Maintenance looks every few seconds, and believes the clock after ten minutes. */
async function settle(tsdb: OpenedTsdb): Promise<void> {
  for (let i = 0; i < 2; i++) await tsdb.clock.advance(610_000);
  // Behind the maintenance that the last timer began.
  await tsdb.deleteSeries([[createMatcher('__name__', '=', 'no such')]], { fromMs: 0, untilMs: 1 });
}

/** Samples every hour of a day, as a block of its own. */
async function appendDay(tsdb: OpenedTsdb, startMs: number, ...jobs: string[]): Promise<void> {
  const series = jobs.map((job): TestSeries => [
    { __name__: 'x', job },
    ...Array.from({ length: 24 }, (_, i): [number, number] => [startMs + i * HOUR, startMs / HOUR + i]),
  ]);
  tsdb.clock.jumpWallClock(Math.max(0, startMs + 23 * HOUR - tsdb.clock.nowMs()));
  await tsdb.writer.append(batchOf(...series));
  await tsdb.flush();
}

async function timesOf(tsdb: OpenedTsdb, name: string): Promise<number[]> {
  return ((await readAll(tsdb.reader)).get(name) ?? []).map(([timestampMs]) => timestampMs);
}

describe('by size', () => {
  const blockOf = (maxMs: number, sizeBytes: number): { meta: { maxMs: number }; sizeBytes: number } => ({
    meta: { maxMs },
    sizeBytes,
  });

  test('the oldest blocks go until the rest fits, and the newest never does', () => {
    const blocks = [blockOf(30, 10), blockOf(10, 10), blockOf(20, 10)];
    const check = (bytesMax: number, ...want: number[]): void =>
      assert.deepEqual(
        surplusOf(blocks, bytesMax).map(({ meta }) => meta.maxMs),
        want,
      );
    check(30);
    check(29, 10);
    check(20, 10);
    check(19, 10, 20);
    check(0, 10, 20);
    check(-5, 10, 20);
    assert.deepEqual(surplusOf([], 0), []);
    assert.deepEqual(
      olderThan(blocks, 20).map(({ meta }) => meta.maxMs),
      [10],
    );
  });

  test('a store stays below its limit over days of writing, and says what it removed', async () => {
    const options = { retentionBytes: 6000 };
    const tsdb = await openTestTsdb(disk(), { options });
    for (let day = 0; day < 30; day++) {
      await appendDay(tsdb, T + day * DAY, 'a', 'b', 'c');
      await tsdb.clock.advance(6000);
      const { blockBytes, walBytes, blocks } = tsdb.stats();
      assert.ok(blocks === 1 || blockBytes + walBytes <= 6000, `${blockBytes} and ${walBytes} bytes`);
    }
    assert.ok(tsdb.stats().retentionBlocksTotal.size > 0);
    assert.equal(tsdb.stats().retentionBlocksTotal.time, 0);
    const times = await timesOf(tsdb, 'x{job="a"}');
    assert.equal(times.at(-1), T + 30 * DAY - HOUR);
    assert.ok((times[0] ?? 0) > T + DAY);
    await tsdb.close();
  });
});

describe('by selector', () => {
  const debugRule = { matchers: [createMatcher('job', '=', 'debug')], retentionMs: 3 * DAY };

  test('samples beyond their rule are invisible, others stay to the millisecond', async () => {
    const tsdb = await openTestTsdb(disk(), { options: { retentionRules: [debugRule] } });
    for (let day = 0; day < 6; day++) await appendDay(tsdb, T + day * DAY, 'api', 'debug');
    const revision = tsdb.reader.history?.().revision;
    await settle(tsdb);
    assert.notEqual(tsdb.reader.history?.().revision, revision, 'whoever keeps answers hears of it');
    const cutoffMs = tsdb.clock.nowMs() - 3 * DAY;
    const debug = await timesOf(tsdb, 'x{job="debug"}');
    // The look that hid them is up to ten minutes old.
    assert.equal(debug[0], Math.ceil((cutoffMs - 610_000) / HOUR) * HOUR);
    assert.equal(debug.at(-1), T + 6 * DAY - HOUR);
    assert.equal((await timesOf(tsdb, 'x{job="api"}')).length, 6 * 24);
    await tsdb.close();
  });

  test('a restart, and a longer rule after it, bring nothing back', async () => {
    const files = disk();
    let tsdb = await openTestTsdb(files, { options: { retentionRules: [debugRule] } });
    for (let day = 0; day < 6; day++) await appendDay(tsdb, T + day * DAY, 'api', 'debug');
    await settle(tsdb);
    const before = await timesOf(tsdb, 'x{job="debug"}');
    const nowMs = tsdb.clock.nowMs();
    await tsdb.close();
    const options = { retentionRules: [{ ...debugRule, retentionMs: 10 * DAY }] };
    tsdb = await openTestTsdb(files, { options });
    tsdb.clock.jumpWallClock(nowMs - tsdb.clock.nowMs());
    await settle(tsdb);
    assert.deepEqual(await timesOf(tsdb, 'x{job="debug"}'), before);
    await tsdb.close();
  });

  test('the first rule that matches counts', async () => {
    const retentionRules = [
      { matchers: [createMatcher('job', '=~', 'debug|kept')], retentionMs: 5 * DAY },
      debugRule,
      { matchers: [createMatcher('job', '=', 'kept')], retentionMs: DAY },
    ];
    const tsdb = await openTestTsdb(disk(), { options: { retentionRules } });
    for (let day = 0; day < 8; day++) await appendDay(tsdb, T + day * DAY, 'debug', 'kept');
    await settle(tsdb);
    const [debug, kept] = [await timesOf(tsdb, 'x{job="debug"}'), await timesOf(tsdb, 'x{job="kept"}')];
    assert.deepEqual(debug, kept);
    assert.equal(debug.length, 5 * 24);
    await tsdb.close();
  });

  test('blocks that are mostly hidden are written anew, others are not', async () => {
    const files = disk();
    const tsdb = await openTestTsdb(files, { options: { retentionRules: [debugRule] } });
    await appendDay(tsdb, T, 'debug', 'debug2');
    const many = Array.from({ length: 30 }, (_, i) => `job${i}`);
    await appendDay(tsdb, T + DAY, 'debug', ...many);
    for (let day = 2; day < 6; day++) await appendDay(tsdb, T + day * DAY, 'api');
    const names = async (): Promise<string[]> =>
      (await files.list('data/blocks')).map(({ name }) => name).slice(0, 2);
    assert.deepEqual(await names(), ['00000001-00000001.block', '00000002-00000002.block']);
    await settle(tsdb);
    assert.deepEqual(await names(), ['00000001-00000001-1.block', '00000002-00000002.block']);
    assert.deepEqual(await timesOf(tsdb, 'x{job="debug"}'), []);
    assert.equal((await timesOf(tsdb, 'x{job="debug2"}')).length, 24);
    assert.ok(tsdb.stats().tombstoneBytes > 0, 'the second block keeps its tombstones');
    await tsdb.close();
  });

  test('a block that no rule will hide more of is written anew for a tenth, by whichever process hid it', async () => {
    for (const isRestarted of [false, true]) {
      const files = disk();
      const options = { retentionRules: [debugRule] };
      let tsdb = await openTestTsdb(files, { options });
      const hours = (job: string, count: number): TestSeries => [
        { __name__: 'x', job },
        ...Array.from({ length: count }, (_, i): [number, number] => [T + i * HOUR, Math.sin(i)]),
      ];
      tsdb.clock.jumpWallClock(23 * HOUR);
      await tsdb.writer.append(batchOf(hours('api', 24), hours('web', 24), hours('debug', 12)));
      await tsdb.flush();
      tsdb.clock.jumpWallClock(T + 3 * DAY + 15 * HOUR - tsdb.clock.nowMs());
      await settle(tsdb);
      const { blockBytes } = tsdb.stats();
      assert.ok(
        tsdb.stats().tombstoneBytes > 0,
        'hidden, and too little to write it anew: the block goes on',
      );
      const nowMs = tsdb.clock.nowMs();
      if (isRestarted) {
        await tsdb.close();
        tsdb = await openTestTsdb(files, { options, clock: new VirtualClock({ startMs: nowMs }) });
      }
      tsdb.clock.jumpWallClock(DAY);
      await settle(tsdb);
      assert.equal(tsdb.stats().tombstoneBytes, 0);
      assert.ok(tsdb.stats().blockBytes < blockBytes);
      assert.deepEqual(await timesOf(tsdb, 'x{job="debug"}'), []);
      assert.equal((await timesOf(tsdb, 'x{job="api"}')).length, 24);
      await tsdb.close();
    }
  });

  test('a clock that is ahead for less than ten minutes costs nothing', async () => {
    const tsdb = await openTestTsdb(disk(), { options: { retentionRules: [debugRule] } });
    for (let day = 0; day < 3; day++) await appendDay(tsdb, T + day * DAY, 'debug');
    await tsdb.clock.advance(6000);
    tsdb.clock.jumpWallClock(10 * DAY);
    await tsdb.clock.advance(590_000);
    tsdb.clock.jumpWallClock(-10 * DAY);
    await settle(tsdb);
    assert.equal((await timesOf(tsdb, 'x{job="debug"}')).length, 3 * 24);
    await tsdb.close();
  });
});
