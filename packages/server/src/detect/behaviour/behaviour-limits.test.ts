import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DynamicThresholds } from './dynamic-thresholds.ts';
import { actionOf, policyOf, START_MS, worldOf } from './behaviour-fixture.ts';

const MINUTE_MS = 60_000;

const DYNAMIC: DynamicThresholds = {
  loadLow: 0.3,
  loadHigh: 0.8,
  factorMin: 0.7,
  factorMax: 1.3,
  hysteresis: 0.1,
  changePerMinute: 0.6,
  subjectsReference: undefined,
};

test('memory stays within its limits in a flood of new subjects, and an abuser in it is told', () => {
  const { behaviour, crossings, sample } = worldOf([policyOf()], {
    limits: { subjectsMax: 5000, journalBytesMax: 2 ** 20 },
  });
  let id = 0;
  let mine = 0;
  for (let second = 0; second < 45; second++) {
    const atMs = START_MS + second * 1000;
    behaviour.take(Array.from({ length: 4000 }, () => actionOf(`flood-${id++}`, atMs)));
    behaviour.take([actionOf('abuser', atMs, { count: 2 })]);
    mine += 2;
    if (crossings.length > 0) break;
  }
  assert.ok(mine > 30 && mine <= 46, `told after ${mine}`);
  assert.deepEqual([...new Set(crossings.map(({ subject }) => subject))], ['abuser']);
  assert.equal(sample('guard_tracker_mode', 'two-tier'), 1);
  // Windows with a sketch, journal with its heads, suspects.
  assert.ok(behaviour.bytes < 12 * 2 ** 20, `${behaviour.bytes} bytes`);
});

test('when the journal is not whole, who passes the threshold twice over is told all the same', () => {
  // 786 kB of journal are 32,768 rows: others push out what the subject did before it was suspect.
  const { behaviour, crossings } = worldOf([policyOf()], { limits: { journalBytesMax: 2 ** 19 } });
  behaviour.take(Array.from({ length: 14 }, () => actionOf('a', START_MS + 55_000)));
  behaviour.take(Array.from({ length: 50_000 }, (_, n) => actionOf(`u${n}`, START_MS + 55_000 + n / 50)));
  let count = 14;
  while (crossings.length === 0 && count < 100) {
    behaviour.take([actionOf('a', START_MS + 62_000 + count)]);
    count++;
  }
  assert.ok(count > 30 && count <= 62, `told at ${count}`);
});

test('a share is not judged from a window that is not whole', () => {
  const share = policyOf({
    measure: { kind: 'share', minCount: 20 },
    steps: [{ over: 0.5, decide: 'slow', grade: 'temporary', forMs: 1 }],
  });
  const { behaviour, crossings } = worldOf([share], { limits: { journalBytesMax: 2 ** 19 } });
  for (let n = 0; n < 9; n++) behaviour.take([actionOf('a', START_MS, { action: `other-${n}` })]);
  behaviour.take(Array.from({ length: 50_000 }, (_, n) => actionOf(`u${n}`, START_MS + 1000 + n / 50)));
  for (let n = 0; n < 30; n++) behaviour.take([actionOf('a', START_MS + 3000 + n)]);
  assert.equal(crossings.length, 0);
  for (let n = 0; n < 30; n++) behaviour.take([actionOf('a', START_MS + 63_000 + n)]);
  assert.ok(crossings.length > 0);
});

test('with no room for suspects the graver ones stay, and what went is counted', () => {
  const { behaviour, crossings, sample } = worldOf([policyOf()], { limits: { suspectsBytesMax: 200_000 } });
  for (let n = 0; n < 28; n++) behaviour.take([actionOf('grave', START_MS + n)]);
  behaviour.take(Array.from({ length: 5000 }, (_, n) => actionOf(`s${n}`, START_MS, { count: 16 })));
  assert.ok((sample('guard_suspect_evictions_total') ?? 0) > 4000);
  assert.ok((sample('guard_tracker_bytes', 'suspects') ?? 0) < 200_000 + 2 ** 17 + 2000);
  behaviour.take([actionOf('grave', START_MS + 100, { count: 3 })]);
  assert.deepEqual(
    crossings.map(({ subject, evidence }) => [subject, evidence.value]),
    [['grave', 31]],
  );
});

test('a clock that is set forward forgets, one that is set back by hours starts anew and judges on', () => {
  const { behaviour, crossings, sample } = worldOf([policyOf()]);
  const burst = (n: number, atMs: number): void => {
    for (let i = 0; i < n; i++) behaviour.take([actionOf('a', atMs)]);
    behaviour.tick(atMs);
  };
  burst(25, START_MS);
  burst(25, START_MS + 6 * 3_600_000);
  assert.equal(crossings.length, 0);
  behaviour.tick(START_MS + 1000);
  assert.equal(sample('guard_tracker_resets_total'), 1);
  assert.equal(behaviour.activeSubjects, 0);
  burst(31, START_MS + 1000);
  assert.equal(crossings.length, 1);
});

test('a clock that is set back by a few seconds loses nothing', () => {
  const { behaviour, crossings, sample } = worldOf([policyOf()]);
  for (let n = 0; n < 20; n++) behaviour.take([actionOf('a', START_MS + 30_000)]);
  behaviour.tick(START_MS + 30_000);
  behaviour.tick(START_MS + 20_000);
  for (let n = 0; n < 11; n++) behaviour.take([actionOf('a', START_MS + 20_000)]);
  assert.equal(crossings.length, 1);
  assert.equal(sample('guard_tracker_resets_total'), 0);
});

test('load moves thresholds of dynamic policies alone, and each crossing has its factor', () => {
  let cpu = 0.95;
  const world = worldOf([policyOf({ name: 'moving', isDynamic: true }), policyOf({ name: 'fixed' })], {
    dynamic: DYNAMIC,
    load: { read: () => ({ cpu }) },
  });
  const { behaviour, crossings, sample } = world;
  for (let second = 0; second <= 60; second++) behaviour.tick(START_MS + second * 1000);
  assert.ok(Math.abs(behaviour.factor - 0.7) < 1e-9);
  assert.equal(sample('guard_threshold', 'fixed', '1'), 30);
  assert.ok(Math.abs((sample('guard_threshold', 'moving', '1') ?? 0) - 21) < 1e-6);
  for (let n = 0; n < 22; n++) behaviour.take([actionOf('a', START_MS + 61_000)]);
  assert.deepEqual(
    crossings.map(({ policy, evidence }) => [policy.name, evidence.value, evidence.over]),
    [['moving', 22, 30]],
  );
  assert.equal(crossings[0]?.evidence.factor, behaviour.factor);
  assert.equal(crossings[0]?.evidence.threshold, 30 * behaviour.factor);
  cpu = 0;
  for (let second = 61; second <= 180; second++) behaviour.tick(START_MS + second * 1000);
  assert.equal(sample('guard_threshold_factor'), 1.3);
});

test('gauges show thresholds, subjects over them, ranks, active users and their distribution', () => {
  const { behaviour, sample } = worldOf([policyOf()]);
  const take = (subject: string, count: number): void =>
    behaviour.take([actionOf(subject, START_MS, { count })]);
  take('a', 40);
  take('b', 70);
  take('c', 20);
  take('d', 16);
  take('e', 1);
  behaviour.tick(START_MS + 1000);
  assert.equal(sample('guard_subjects_over_threshold', 'test'), 2);
  assert.deepEqual(
    [1, 2, 3, 4].map((rank) => sample('guard_topk_rate', 'test', String(rank))),
    [70, 40, 20, undefined],
  );
  assert.equal(sample('guard_suspects'), 4);
  assert.equal(sample('guard_active_subjects'), 5);
  assert.equal(sample('guard_threshold', 'test', '2'), 60);
  assert.equal(sample('guard_actions_threshold', '1m', 'extended'), 60);
  assert.equal(sample('guard_crossings_total', 'test'), 2);
  behaviour.tick(START_MS + 2 * MINUTE_MS);
  assert.equal(sample('guard_suspects'), 0);
  assert.equal(sample('guard_subjects_over_threshold', 'test'), 0);
});

test('the distribution is that of the last full minute, as buckets of a histogram', () => {
  const { behaviour, sample } = worldOf([]);
  for (let n = 0; n < 10; n++) behaviour.take([actionOf(`u${n}`, START_MS, { count: n + 1 })]);
  behaviour.tick(START_MS + MINUTE_MS);
  assert.deepEqual(
    ['1', '2', '5', '10', '15', '+Inf'].map((le) => sample('user_actions_per_minute', le)),
    [1, 2, 5, 10, 10, 10],
  );
});

test('actions are counted by action and source, by user only when asked for, and up to the limit', () => {
  const plain = worldOf([]);
  plain.behaviour.take([actionOf('a', START_MS, { count: 3 }), actionOf('b', START_MS)]);
  assert.equal(plain.sample('user_actions_total', 'next_card', 'http'), 4);
  assert.equal(plain.sample('user_actions_by_user_total', 'a', 'next_card'), undefined);
  const { behaviour, sample } = worldOf([], { limits: { userSeriesMax: 2 } });
  for (const user of ['a', 'b', 'c', 'd']) behaviour.take([actionOf(user, START_MS)]);
  assert.equal(sample('user_actions_by_user_total', 'a', 'next_card'), 1);
  assert.equal(sample('user_actions_by_user_total', 'c', 'next_card'), undefined);
  assert.equal(sample('user_actions_by_user_total', '_overflow', '_overflow'), 2);
});

test('more kinds of actions than have numbers are counted and judged all the same', () => {
  const { behaviour, crossings, sample } = worldOf([policyOf()]);
  for (let n = 0; n < 9000; n++) behaviour.take([actionOf(`u${n}`, START_MS, { action: `/raw/${n}` })]);
  for (let n = 0; n < 60; n++) behaviour.take([actionOf('a', START_MS + n, { action: `/raw/x${n}` })]);
  assert.equal(crossings[0]?.subject, 'a');
  assert.ok((crossings[0]?.evidence.value ?? 0) <= 46);
  assert.equal(sample('user_action_outcomes_total', 'ok'), 9060);
});

test('new policies hold at once, and find what was done before', () => {
  const { behaviour, crossings, sample } = worldOf([policyOf()]);
  behaviour.take([actionOf('a', START_MS, { count: 20 })]);
  behaviour.setPolicies([
    policyOf({ name: 'strict', steps: [{ over: 10, decide: 'refuse', grade: 'temporary', forMs: 1 }] }),
  ]);
  assert.equal(sample('guard_threshold', 'test', '1'), Infinity);
  behaviour.take([actionOf('a', START_MS + 1)]);
  assert.deepEqual(
    crossings.map(({ policy, evidence }) => [policy.name, evidence.value]),
    [['strict', 21]],
  );
  behaviour.setPolicies([policyOf({ mode: 'off' })]);
  behaviour.take([actionOf('a', START_MS + 2, { count: 100 })]);
  assert.equal(crossings.length, 1);
});
