import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf, policyOf, START_MS, worldOf } from './behaviour-fixture.ts';
import { ExactMeter } from './exact-meter.ts';
import { NEAREST_MAX } from './suspect-census.ts';

const SECOND_MS = 1000;

test('who is at half of a threshold and beyond is shown with the exact count, the nearest first', () => {
  const { behaviour } = worldOf([policyOf()]);
  for (let i = 0; i < 29; i++) {
    behaviour.take(
      [actionOf('half', START_MS + i * SECOND_MS, { count: i < 16 ? 1 : 0 })].filter((one) => one.count > 0),
    );
    behaviour.take([actionOf('far', START_MS + i * SECOND_MS, { count: 3, action: 'export' })]);
  }
  behaviour.take([actionOf('idle', START_MS)]);
  const nowMs = START_MS + 29 * SECOND_MS;
  assert.deepEqual(behaviour.watch(nowMs).subjects, [], 'the census has not been round yet');
  behaviour.tick(nowMs);
  const { subjects, factor, policies } = behaviour.watch(nowMs);
  assert.deepEqual(
    subjects.map(({ subject, value, ratio, step }) => ({ subject, value, ratio, step })),
    [
      { subject: 'far', value: 87, ratio: 2.9, step: 1 },
      { subject: 'half', value: 16, ratio: 16 / 30, step: undefined },
    ],
  );
  assert.deepEqual(subjects[0]?.topActions, [{ action: 'export', count: 87 }]);
  assert.deepEqual([factor, policies.length], [1, 1]);
});

test('what is shown fades with the window, at the moment when somebody asks', () => {
  const { behaviour } = worldOf([policyOf()]);
  behaviour.take([actionOf('u', START_MS, { count: 20 }), actionOf('u', START_MS + 50_000, { count: 5 })]);
  behaviour.tick(START_MS + 50_000);
  const valueAt = (ms: number): number | undefined => behaviour.watch(START_MS + ms).subjects[0]?.value;
  assert.equal(valueAt(59_000), 25);
  assert.equal(valueAt(60_000), 5);
  assert.equal(valueAt(110_000), undefined);
});

test('who has to be forgotten is not shown, also before the next round', () => {
  const { behaviour } = worldOf([policyOf()]);
  behaviour.take([actionOf('gone', START_MS, { count: 40 }), actionOf('stays', START_MS, { count: 20 })]);
  behaviour.tick(START_MS);
  assert.equal(behaviour.watch(START_MS).subjects.length, 2);
  behaviour.forget([{ scope: 'user', subject: 'gone' }]);
  assert.deepEqual(
    behaviour.watch(START_MS).subjects.map(({ subject }) => subject),
    ['stays'],
  );
});

test('other policies do not show what was counted for those before them', () => {
  const { behaviour } = worldOf([policyOf(), policyOf({ name: 'second', windowMs: 600_000 })]);
  behaviour.take([actionOf('u', START_MS, { count: 40 })]);
  behaviour.tick(START_MS);
  behaviour.setPolicies([policyOf({ name: 'second', windowMs: 600_000 })]);
  assert.deepEqual(behaviour.watch(START_MS).subjects, []);
});

test('of each policy the greatest counts are kept, and no more than fit', () => {
  const { behaviour } = worldOf([policyOf()]);
  for (let n = 1; n <= NEAREST_MAX + 1; n++) behaviour.take([actionOf(`u${n}`, START_MS, { count: 20 + n })]);
  behaviour.tick(START_MS);
  const shown = behaviour.watch(START_MS).subjects.map(({ subject }) => subject);
  assert.equal(shown.length, NEAREST_MAX);
  assert.equal(shown[0], `u${NEAREST_MAX + 1}`);
  assert.ok(!shown.includes('u1'));
});

test('a share counts from enough actions on, and names its action', () => {
  const share = policyOf({
    measure: { kind: 'share', minCount: 20 },
    steps: [{ over: 0.5, decide: 'slow', grade: 'temporary', forMs: 1000 }],
  });
  const { behaviour } = worldOf([share]);
  const early = START_MS + 60_000;
  behaviour.take([actionOf('first', START_MS)]);
  behaviour.take([
    actionOf('u', early, { count: 12, action: 'a' }),
    actionOf('u', early, { count: 7, action: 'b' }),
  ]);
  behaviour.tick(early);
  assert.deepEqual(
    behaviour.watch(early).subjects.map(({ value }) => value),
    [0],
  );
  behaviour.take([actionOf('u', early, { count: 1, action: 'b' })]);
  const [one] = behaviour.watch(early).subjects;
  assert.deepEqual([one?.value, one?.step, one?.topActions[0]], [0.6, 0, { action: 'a', count: 12 }]);
});

test('the course of a window has its counts in their places, and all of them', () => {
  const meter = new ExactMeter({ windowMs: 60_000, measure: { kind: 'actions' } });
  meter.add(START_MS, 2, 1);
  meter.add(START_MS + 30_000, 3, 1);
  meter.add(START_MS + 59_000, 5, 2);
  const { sum, course, byAction } = meter.windowAt(START_MS + 59_000, 6);
  assert.equal(sum, 10);
  assert.deepEqual(course, [2, 0, 0, 3, 0, 5]);
  assert.deepEqual(
    [...byAction],
    [
      [1, 5],
      [2, 5],
    ],
  );
  assert.deepEqual(meter.windowAt(START_MS + 60_000, 6).course, [0, 0, 3, 0, 0, 5], 'two left the window');
  assert.equal(meter.windowAt(START_MS + 59_000, 500).course.length, 60, 'no part is shorter than a bucket');
});
