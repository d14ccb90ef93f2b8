import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveQueryDelta, LiveQuerySnap, QuerySubscription } from '@vedette/api';
import { ExecutionError, InputError, SeededRandom, type Slicer } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { createTestClock, FakePromQuery, type FakeSeries } from '../test-server.ts';
import type { LiveFrame } from './frame-log.ts';
import { createLiveMetrics } from './live-metrics.ts';
import { positionOf, QueryFeed } from './query-feed.ts';

const NO_SLICER: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
const PARAMS: QuerySubscription = { exprs: ['x'], start: 'now-5s', end: 'now', step: 1000 };

function createFeed(params: Partial<QuerySubscription> = {}) {
  const clock = createTestClock();
  const query = new FakePromQuery();
  // One series that shows the second of the minute.
  query.answers.set('x', () => [{ labels: { __name__: 'x' }, valueAt: (ms) => (ms / 1000) % 60 }]);
  const feed = new QueryFeed(
    {
      clock,
      query,
      random: new SeededRandom(1),
      log: SILENT_LOG,
      createSlicer: () => NO_SLICER,
      metrics: createLiveMetrics(createMetricsRegistry()),
    },
    { ...PARAMS, ...params },
  );
  const frames: LiveFrame[] = [];
  feed.attach((frame) => frames.push(frame));
  const snap = async (): Promise<LiveQuerySnap> => JSON.parse((await feed.snap()).json) as LiveQuerySnap;
  const delta = (index: number): LiveQueryDelta =>
    JSON.parse(frames[index]?.json ?? 'null') as LiveQueryDelta;
  return { clock, query, feed, frames, snap, delta };
}

const gappy = (labels: Record<string, string>, isThere: (ms: number) => boolean): FakeSeries => ({
  labels,
  valueAt: (ms) => (isThere(ms) ? 1 : undefined),
});

test('a snap shows the whole window on the grid', async () => {
  const { clock, snap } = createFeed();
  assert.deepEqual(await snap(), {
    t0: clock.nowMs() - 5000,
    step: 1000,
    n: 6,
    series: [{ q: 0, l: { __name__: 'x' }, v: [55, 56, 57, 58, 59, 0] }],
  });
});

test('each step carries the new point and rewrites the last two', async () => {
  const { clock, query, frames, snap, delta } = createFeed();
  const startMs = clock.nowMs();
  await snap();
  query.answers.set('x', () => [{ labels: { __name__: 'x' }, valueAt: (ms) => 100 + ((ms / 1000) % 60) }]);
  await clock.advance(1300);
  assert.equal(frames.length, 1);
  assert.equal(frames[0]?.op, 'delta');
  assert.deepEqual(delta(0), {
    t0: startMs - 4000,
    t: startMs - 1000,
    k: 3,
    series: [{ i: 0, v: [159, 100, 101] }],
  });
  assert.deepEqual(query.ranges.at(-1)?.startMs, startMs - 1000);
  const [series] = (await snap()).series;
  assert.deepEqual(series?.v, [56, 57, 58, 159, 100, 101], 'who joins later sees the same');
});

test('frames are numbered one by one and can be asked for again', async () => {
  const { clock, feed, frames, snap } = createFeed();
  await snap();
  const first = feed.seq;
  await clock.advance(3300);
  assert.deepEqual(
    frames.map(({ seq }) => seq),
    [first + 1, first + 2, first + 3],
  );
  assert.deepEqual(feed.framesSince(first + 1), frames.slice(1));
  assert.deepEqual(feed.framesSince(first + 3), []);
  assert.equal(feed.framesSince(first + 4), undefined, 'a number that was never given');
  assert.equal(feed.framesSince(3), undefined, 'a number of an earlier life');
  await clock.advance(62_000);
  assert.equal(feed.framesSince(first + 1), undefined, 'older than what is kept');
});

test('a series that appears gets the next index, one that vanishes leaves gaps', async () => {
  const { clock, query, snap, delta } = createFeed();
  const startMs = clock.nowMs();
  query.answers.set('x', () =>
    [gappy({ s: 'a' }, (ms) => ms <= startMs), gappy({ s: 'b' }, (ms) => ms > startMs)].filter(
      ({ labels }) => labels['s'] === 'a' || clock.nowMs() > startMs + 500,
    ),
  );
  await snap();
  await clock.advance(1300);
  const { series, added } = delta(0);
  assert.deepEqual(series, [{ i: 0, v: [1, 1, null] }]);
  assert.deepEqual(added, [{ q: 0, l: { s: 'b' }, v: [null, null, null, null, null, 1] }]);
  await clock.advance(1000);
  assert.deepEqual(delta(1).series, [
    { i: 0, v: [1, null, null] },
    { i: 1, v: [null, 1, 1] },
  ]);
});

test('an expression that fails is told beside the ones that work, with its position', async () => {
  const { query, snap } = createFeed({ exprs: ['x', 'bad('] });
  query.answers.set('bad(', () => {
    throw new InputError('VED_QUERY_INVALID', '1:5: parse error: unclosed left parenthesis');
  });
  const { series, errors } = await snap();
  assert.equal(series.length, 1);
  assert.deepEqual(errors, [{ q: 1, message: '1:5: parse error: unclosed left parenthesis', position: 4 }]);
});

test('when an expression begins or ceases to fail everybody gets a snap', async () => {
  const { clock, query, frames, snap } = createFeed();
  await snap();
  query.answers.set('x', () => {
    throw new ExecutionError('VED_QUERY_TOO_LARGE', 'too many samples');
  });
  await clock.advance(1300);
  assert.equal(frames[0]?.op, 'snap');
  assert.deepEqual((JSON.parse(frames[0].json) as LiveQuerySnap).errors, [
    { q: 0, message: 'too many samples' },
  ]);
  await clock.advance(1000);
  assert.equal(frames[1]?.op, 'delta', 'failing on is no news');
  query.answers.delete('x');
  query.answers.set('x', () => [{ labels: {}, valueAt: () => 1 }]);
  await clock.advance(1000);
  assert.equal(frames[2]?.op, 'snap');
});

test('after a jump of the clock the window is loaded again', async () => {
  const { clock, frames, snap } = createFeed();
  await snap();
  clock.jumpWallClock(3_600_000);
  await clock.advance(1300);
  assert.deepEqual(
    frames.map(({ op }) => op),
    ['snap'],
  );
  clock.jumpWallClock(-7_200_000);
  await clock.advance(1300);
  assert.deepEqual(
    frames.map(({ op }) => op),
    ['snap', 'snap'],
  );
  assert.equal(
    (JSON.parse(frames[1]?.json ?? '') as LiveQuerySnap).t0,
    Math.floor(clock.nowMs() / 1000) * 1000 - 5000,
  );
});

test('200 series are shown, 201 are refused with the limit', async () => {
  const many = (count: number) => () =>
    Array.from({ length: count }, (_, i) => ({ labels: { i: String(i) }, valueAt: () => 1 }));
  const allowed = createFeed();
  allowed.query.answers.set('x', many(200));
  assert.equal((await allowed.snap()).series.length, 200);
  const refused = createFeed();
  refused.query.answers.set('x', many(201));
  await assert.rejects(refused.snap(), {
    code: 'VED_LIVE_LIMIT',
    message: /cannot show 201 series live: seriesMax is 200/,
  });
});

test('vanished series do not use up the limit for ever', async () => {
  const { clock, query, frames, snap } = createFeed();
  query.answers.set('x', ({ endMs }) =>
    Array.from({ length: 60 }, (_, i) => ({ labels: { i: `${i}-${endMs}` }, valueAt: () => 1 })),
  );
  await snap();
  await clock.advance(4300);
  assert.deepEqual(
    frames.map(({ op }) => op),
    ['delta', 'delta', 'snap', 'delta'],
  );
});

test('a window in the past is evaluated once', async () => {
  const { clock, query, snap } = createFeed({ start: 1_000_000, end: 1_010_000 });
  assert.equal((await snap()).n, 11);
  await clock.advance(10_000);
  assert.equal(query.ranges.length, 1);
  assert.equal(clock.pendingTimerCount, 0);
});

test('a window that has not begun is empty until then', async () => {
  const clock = createTestClock();
  const { clock: own, snap, frames } = createFeed({ start: clock.nowMs() + 2000, end: clock.nowMs() + 4000 });
  assert.deepEqual(await snap(), { t0: clock.nowMs() + 2000, step: 1000, n: 0, series: [] });
  await own.advance(6000);
  assert.deepEqual(frames.map(({ op }) => op).slice(0, 2), ['snap', 'snap']);
  assert.deepEqual((await snap()).n, 3);
});

test('a slow evaluation is not overtaken by the next', async () => {
  const { clock, query, snap } = createFeed();
  await snap();
  const inner = query.range.bind(query);
  let runningMax = 0;
  let runningCount = 0;
  query.range = async (request) => {
    runningMax = Math.max(runningMax, ++runningCount);
    await clock.sleep(3500);
    runningCount--;
    return await inner(request);
  };
  await clock.advance(20_000);
  assert.equal(runningMax, 1);
  assert.ok(query.ranges.length >= 4, `${query.ranges.length} evaluations`);
});

test('a closed feed computes nothing more', async () => {
  const { clock, feed, query, snap } = createFeed();
  await snap();
  feed.close();
  await clock.advance(5000);
  assert.equal(query.ranges.length, 1);
  assert.equal(clock.pendingTimerCount, 0);
});

test('positions are offsets into the expression, over several lines too', () => {
  const check = (message: string, expr: string, want: number | undefined): void =>
    assert.equal(positionOf(message, expr), want);
  check('1:1: parse error: x', 'sum(', 0);
  check('2:3: parse error: x', 'sum(\nup', 7);
  check('invalid parameter "query": 1:3: parse error: x', 'sum(', 2);
  check('9:9: parse error: x', 'up', 2);
  check('no position here', 'up', undefined);
});
