/** A disk whose every sync takes five seconds, under everything that runs at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INTERVAL_MS, openWholeServer, untilDone } from './whole-server-fixture.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const SYNC_MS = 5 * SECOND_MS;
const SLOW_MINUTES = 10;

const RULES = `groups:
  - name: records
    rules: [{ record: level:max, expr: max(level) }]
  - name: alerts
    rules: [{ alert: High, expr: level > 0 }]
`;

/** A sync begins within a second, while one is under way, and takes its time. */
const UNSYNCED_MS_MAX = SECOND_MS + 2 * SYNC_MS;

/** The head's first chunks of some ten series, its tables and the log's window. */
const HEAD_BYTES_MAX = 4 * 2 ** 20;

/** Loops, the deadline of a scrape, delays of the disk: what waits does not become more. */
const TIMERS_MAX = 20;

for (const how of ['process', 'power'] as const)
  test(`on a disk whose syncs take 5 s everything keeps its times, and the end by ${how} takes what it may`, async (t) => {
    const server = await openWholeServer(t, RULES);
    const { clock, files, store, outside, scrapes, notifications } = server;
    outside.page = 'level 0\n';
    await clock.advance(2 * MINUTE_MS);
    files.rules = [{ path: /./, operations: ['sync'], effect: { kind: 'delay', delayMs: SYNC_MS } }];
    outside.stateSyncMs = SYNC_MS;
    outside.page = 'level 1\n';
    const copying = store.admin.snapshot({ hasHead: true });
    for (let second = 1; second <= SLOW_MINUTES * 60; second++) {
      await clock.advance(SECOND_MS);
      const askedMs = clock.monotonicMs();
      assert.equal((await server.ask('level')).length, 1);
      assert.equal(clock.monotonicMs(), askedMs, 'a query waited');
      assert.ok(store.stats().headBytes < HEAD_BYTES_MAX, `${store.stats().headBytes} bytes`);
      assert.ok(clock.pendingTimerCount < TIMERS_MAX, `${clock.pendingTimerCount} timers`);
    }
    await untilDone(clock, copying);
    assert.ok(
      (files.injected.get('delay') ?? 0) > (SLOW_MINUTES * MINUTE_MS) / SYNC_MS / 2,
      'few slow syncs',
    );
    // An alert is saved twice, and what is told of it once, before it is told.
    const first = notifications[0];
    assert.ok(first !== undefined && first.status === 'firing');
    assert.ok(first.wallMs - first.startsAtMs <= 10_000 + 3 * 2 * SYNC_MS, `told at ${first.wallMs}`);
    assert.deepEqual(server.logged, []);
    const scraped = scrapes.map(({ wallMs }) => Math.round(wallMs));
    for (const times of [scraped, (await server.stored('level:max')).map(([timestampMs]) => timestampMs)]) {
      assert.ok(times.length >= (SLOW_MINUTES + 2) * 4 - 1, `${times.length} turns`);
      const gaps = times.slice(1).map((timeMs, i) => timeMs - (times[i] ?? 0));
      assert.deepEqual([...new Set(gaps)], [INTERVAL_MS]);
    }
    const stored = (await server.stored('level')).map(([timestampMs]) => timestampMs);
    assert.deepEqual(stored, scraped, 'a scrape that is not stored, or twice');
    const found = (await server.storedAfter(how, 'level')).map(([timestampMs]) => timestampMs);
    assert.deepEqual(found, scraped.slice(0, found.length), 'not a beginning of what was stored');
    const safeMs = clock.nowMs() - (how === 'process' ? 0 : UNSYNCED_MS_MAX);
    assert.ok(found.length >= scraped.filter((timeMs) => timeMs <= safeMs).length, `${found.length} scrapes`);
  });
