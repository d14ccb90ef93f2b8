import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSlidingWindows } from './create-sliding-windows.ts';
import type { SlidingWindows, SubjectHash } from './sliding-windows.ts';
import { hashSubject } from './subject-hash.ts';

const SEED = { first: 1, second: 2 };
const WINDOW_MS = 60_000;
const START_MS = 1_000 * WINDOW_MS;

function keyOf(id: number | string): SubjectHash {
  return { ...hashSubject(SEED, 'user', String(id)) };
}

function windowsOf(
  options: { capSubjects?: number; promoteAt?: number; bounds?: number[] } = {},
): SlidingWindows {
  return createSlidingWindows({
    windowMs: WINDOW_MS,
    promoteAt: options.promoteAt ?? 15,
    ...(options.capSubjects === undefined ? {} : { capSubjects: options.capSubjects }),
    ...(options.bounds === undefined ? {} : { distributionBounds: options.bounds }),
  });
}

test('a count fades as the sliding window leaves the fixed one it fell into', () => {
  const windows = windowsOf();
  const key = keyOf('a');
  assert.equal(windows.add(key, 10, START_MS), 10);
  assert.equal(windows.add(key, 2, START_MS + 30_000), 12);
  assert.equal(windows.estimate(key, START_MS + 90_000), 6);
  assert.equal(windows.add(key, 1, START_MS + 90_000), 7);
  assert.equal(windows.estimate(key, START_MS + 120_000), 1);
  assert.equal(windows.estimate(key, START_MS + 180_000), 0);
  assert.equal(windows.estimate(keyOf('b'), START_MS), 0);
});

test('what comes a window late counts there, what comes later than that nowhere', () => {
  const windows = windowsOf();
  const key = keyOf('a');
  windows.add(key, 5, START_MS + WINDOW_MS);
  assert.equal(windows.add(key, 4, START_MS + 59_999), 9);
  assert.equal(windows.estimate(key, START_MS + WINDOW_MS + 30_000), 7);
  assert.equal(windows.add(key, 100, START_MS - 1), 9);
  assert.equal(windows.estimate(key, START_MS + WINDOW_MS + 30_000), 7);
});

test('a count stops at 65,535 and does not run into its neighbour', () => {
  const windows = windowsOf();
  const key = keyOf('a');
  assert.equal(windows.add(key, 1e9, START_MS), 65_535);
  assert.equal(windows.add(key, 1, START_MS), 65_535);
  assert.equal(windows.add(key, 1, START_MS + WINDOW_MS), 65_536);
  assert.equal(windows.estimate(key, START_MS + WINDOW_MS + 30_000), 1 + 65_535 / 2);
});

test('estimates are those of a plain model, over growth, death and reuse of cells', () => {
  const action = fc.record({
    subject: fc.nat(300),
    count: fc.integer({ min: 1, max: 5 }),
    afterMs: fc.oneof(fc.nat(1000), fc.nat(90_000)),
  });
  fc.assert(
    fc.property(fc.array(action, { minLength: 50, maxLength: 600 }), (actions) => {
      const windows = windowsOf({ capSubjects: 1000 });
      const model = new Map<string, number>();
      const fixed = (subject: number, index: number): number => model.get(`${subject}/${index}`) ?? 0;
      let atMs = START_MS;
      for (const { subject, count, afterMs } of actions) {
        atMs += afterMs;
        const index = Math.floor(atMs / WINDOW_MS);
        model.set(`${subject}/${index}`, fixed(subject, index) + count);
        const share = index + 1 - atMs / WINDOW_MS;
        const want = fixed(subject, index) + fixed(subject, index - 1) * share;
        assert.ok(Math.abs(windows.add(keyOf(subject), count, atMs) - want) < 1e-6);
        const want2 = fixed(7, index) + fixed(7, index - 1) * share;
        assert.ok(Math.abs(windows.estimate(keyOf(7), atMs) - want2) < 1e-6);
      }
      assert.equal(windows.mode, 'exact');
    }),
  );
});

test('who passes T within a window was estimated at half of it at one of these actions', () => {
  const threshold = 20;
  fc.assert(
    fc.property(
      fc.array(fc.nat(9000), { minLength: 30, maxLength: 80 }),
      fc.nat(59_999),
      (gaps, offsetMs) => {
        const windows = windowsOf();
        const times: number[] = [];
        const estimates: number[] = [];
        let atMs = START_MS + offsetMs;
        for (const gapMs of gaps) {
          atMs += gapMs;
          times.push(atMs);
          estimates.push(windows.add(keyOf('a'), 1, atMs));
          const within = times.map((t, i) => ({ t, i })).filter(({ t }) => t > atMs - WINDOW_MS);
          if (within.length > threshold)
            assert.ok(
              within.some(({ i }) => (estimates[i] ?? 0) >= threshold / 2),
              `${within.length} unseen`,
            );
        }
      },
    ),
  );
});

test('active subjects are counted once, and fade with the window', () => {
  const windows = windowsOf();
  for (let id = 0; id < 100; id++) windows.add(keyOf(id), 1, START_MS);
  for (let id = 0; id < 100; id++) windows.add(keyOf(id), 1, START_MS + 1);
  assert.equal(windows.activeSubjects(START_MS + 1), 100);
  for (let id = 50; id < 150; id++) windows.add(keyOf(id), 1, START_MS + WINDOW_MS);
  assert.equal(windows.activeSubjects(START_MS + WINDOW_MS), 150);
  assert.equal(windows.activeSubjects(START_MS + WINDOW_MS + 30_000), 125);
  assert.equal(windows.activeSubjects(START_MS + 2 * WINDOW_MS + 30_000), 50);
  assert.equal(windows.activeSubjects(START_MS + 3 * WINDOW_MS), 0);
  windows.add(keyOf('late'), 1, START_MS + WINDOW_MS - 1);
  assert.equal(windows.activeSubjects(START_MS + WINDOW_MS), 151);
});

test('the distribution is that of the fixed window that is over', () => {
  const windows = windowsOf({ bounds: [1, 5, 10] });
  const counts = [1, 1, 2, 5, 6, 10, 11, 500];
  counts.forEach((count, id) => {
    for (let n = 0; n < count; n++) windows.add(keyOf(id), 1, START_MS + n);
  });
  assert.deepEqual([...windows.distribution], [0, 0, 0, 0]);
  windows.maintain(START_MS + WINDOW_MS);
  assert.deepEqual([...windows.distribution], [2, 2, 2, 2]);
  windows.maintain(START_MS + 3 * WINDOW_MS);
  assert.deepEqual([...windows.distribution], [0, 0, 0, 0]);
});

test('beyond the cap newcomers go to the sketch, suspects among them get a cell, known ones stay exact', () => {
  const windows = windowsOf({ capSubjects: 1000, promoteAt: 10 });
  for (let id = 0; id < 1000; id++) windows.add(keyOf(id), 1, START_MS);
  assert.equal(windows.mode, 'exact');
  const bytes = windows.bytes;
  for (let id = 1000; id < 20_000; id++) windows.add(keyOf(id), 1, START_MS);
  assert.equal(windows.mode, 'two-tier');
  assert.ok(windows.bytes <= bytes + 2 ** 20 + 65_536, `${windows.bytes} bytes`);
  assert.equal(windows.add(keyOf(0), 1, START_MS + 1), 2);
  const abuser = keyOf('abuser');
  let estimate = 0;
  for (let n = 1; n <= 30; n++) {
    estimate = windows.add(abuser, 1, START_MS + n);
    assert.ok(estimate >= n, 'a sketch never counts too little');
  }
  assert.ok(estimate <= 35, `${estimate}`);
});

test('when the load is gone every newcomer has a cell again, and the memory goes', () => {
  const windows = windowsOf({ capSubjects: 5000, promoteAt: 10 });
  for (let id = 0; id < 50_000; id++) windows.add(keyOf(id), 1, START_MS);
  assert.equal(windows.mode, 'two-tier');
  const full = windows.bytes;
  for (let minute = 1; minute <= 4; minute++) {
    windows.add(keyOf('x'), 3, START_MS + minute * WINDOW_MS);
    for (let n = 0; n < 10; n++) windows.maintain(START_MS + minute * WINDOW_MS);
  }
  assert.equal(windows.mode, 'exact');
  assert.ok(windows.bytes < full / 20, `${windows.bytes} of ${full} bytes`);
  assert.equal(windows.estimate(keyOf('x'), START_MS + 4 * WINDOW_MS), 6);
});

test('a stream of ever new subjects reuses the cells of dead ones', () => {
  const windows = windowsOf({ capSubjects: 1000 });
  let id = 0;
  for (let minute = 0; minute < 30; minute++)
    for (let n = 0; n < 400; n++) windows.add(keyOf(id++), 1, START_MS + minute * WINDOW_MS);
  assert.equal(windows.mode, 'exact');
  assert.ok(windows.bytes <= 2 ** 11 * 16, `${windows.bytes} bytes`);
});

test('windows that cannot be are refused', () => {
  assert.throws(() => createSlidingWindows({ windowMs: 0, promoteAt: 1 }), /windowMs 0/);
  assert.throws(
    () => createSlidingWindows({ windowMs: 1000, promoteAt: 1, capSubjects: 0 }),
    /capSubjects 0/,
  );
});
