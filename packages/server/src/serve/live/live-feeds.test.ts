import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QuerySubscription } from '@vedette/api';
import { createMetricsRegistry } from '@vedette/sdk';
import { createTestClock } from '../test-server.ts';
import { RESUME_MS } from './frame-log.ts';
import type { LiveFeed } from './live-feed.ts';
import { FEEDS_MAX, LINGERING_MAX, LiveFeeds, type FeedSubject } from './live-feeds.ts';
import { createLiveMetrics } from './live-metrics.ts';

function queryOf(params: QuerySubscription): FeedSubject {
  return { topic: 'query', params, role: 'viewer' };
}

function createFeeds() {
  const clock = createTestClock();
  const open = new Set<string>();
  const failed = new Set<string>();
  const feeds = new LiveFeeds(
    { clock, metrics: createLiveMetrics(createMetricsRegistry()) },
    ({ topic, params, role }) => {
      const name = params?.exprs[0] ?? `${topic} ${role}`;
      open.add(name);
      const feed: LiveFeed = {
        seq: 0,
        seriesCount: 0,
        get hasFailed() {
          return failed.has(name);
        },
        snap: () => Promise.resolve({ op: 'snap', seq: 0, json: 'null' }),
        framesSince: () => undefined,
        attach: () => () => undefined,
        close: () => void open.delete(name),
      };
      return feed;
    },
  );
  const take = (expr: string) =>
    feeds.take(queryOf({ exprs: [expr], start: 'now-1m', end: 'now', step: 1000 }));
  return { clock, feeds, open, failed, take };
}

test('a feed is shared while it is used and lingers as long as a client may resume', async () => {
  const { clock, open, take } = createFeeds();
  const a = take('x');
  const b = take('x');
  assert.equal(a.feed, b.feed);
  a.release();
  await clock.advance(RESUME_MS * 2);
  assert.deepEqual([...open], ['x']);
  b.release();
  await clock.advance(RESUME_MS - 1);
  assert.equal(take('x').feed, a.feed, 'taken again in time');
  await clock.advance(RESUME_MS * 2);
  assert.deepEqual([...open], ['x']);
  const other = take('y');
  other.release();
  await clock.advance(RESUME_MS);
  assert.deepEqual([...open], ['x']);
});

test('a feed that has failed does not linger: who asks again gets another one', () => {
  const { failed, open, take } = createFeeds();
  const a = take('x');
  failed.add('x');
  a.release();
  assert.deepEqual([...open], []);
  failed.clear();
  assert.notEqual(take('x').feed, a.feed);
});

test('what differs in expression, window or step is another feed', () => {
  const { feeds, take } = createFeeds();
  const base = { exprs: ['x'], start: 'now-1m', end: 'now', step: 1000 };
  const { feed } = take('x');
  assert.equal(feeds.take(queryOf({ ...base, paused: false })).feed, feed);
  for (const change of [{ step: 2000 }, { start: 'now-2m' }, { end: 5 }, { exprs: ['x', 'y'] }])
    assert.notEqual(feeds.take(queryOf({ ...base, ...change })).feed, feed, JSON.stringify(change));
});

test('at the limit a feed that nobody uses makes room, one in use does not', () => {
  const { open, take } = createFeeds();
  const taken = Array.from({ length: FEEDS_MAX }, (_, i) => take(`x${i}`));
  assert.throws(() => take('one more'), {
    code: 'VED_LIVE_LIMIT',
    message: /shows 256 subjects live already \(feedsMax\)/,
  });
  take('x0').release();
  taken[7]?.release();
  take('one more');
  assert.equal(open.has('x7'), false);
  assert.equal(open.size, FEEDS_MAX);
});

test('of feeds that nobody uses the last ones left are kept', () => {
  const { open, take } = createFeeds();
  const first = take('first');
  const second = take('second');
  second.release();
  first.release();
  for (let i = 0; i < LINGERING_MAX - 2; i++) take(`x${i}`).release();
  assert.equal(open.size, LINGERING_MAX);
  take('one more').release();
  assert.equal(open.size, LINGERING_MAX);
  assert.deepEqual([open.has('first'), open.has('second')], [true, false]);
  assert.equal(take('first').feed, first.feed);
  for (let i = 0; i < LINGERING_MAX; i++) take(`y${i}`).release();
  assert.ok(open.has('first'), 'taken again, it is in use');
});

test('roles share a feed, except where they see different rows', () => {
  const { feeds } = createFeeds();
  const take = (topic: FeedSubject['topic'], role: FeedSubject['role']) =>
    feeds.take({ topic, params: undefined, role }).feed;
  assert.equal(take('alerts', 'viewer'), take('alerts', 'admin'));
  assert.equal(take('bans', 'viewer'), take('bans', 'viewer'));
  assert.notEqual(take('bans', 'viewer'), take('bans', 'operator'));
});
