import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom, VirtualClock } from '@vedette/model';
import type { ActionCount, SubjectKey } from '@vedette/sdk';
import { ErasedSubjects } from './erased-subjects.ts';

const ANN: SubjectKey = { scope: 'user', subject: 'ann' };
const HOUR_MS = 3_600_000;

function actionAt(atMs: number, { scope, subject } = ANN): ActionCount {
  return { scope, subject, action: 'a', source: 's', outcome: 'ok', count: 1, atMs };
}

function startAt(startMs: number): { clock: VirtualClock; erased: ErasedSubjects } {
  const clock = new VirtualClock({ startMs });
  return { clock, erased: new ErasedSubjects({ clock, random: new SeededRandom(1) }) };
}

test('without an erasure everything passes as it is', () => {
  const actions = [actionAt(1)];
  assert.equal(startAt(1000).erased.withoutErased(actions), actions);
});

test('what happened before the end of the erasure is left out, what happens later counts', () => {
  const { erased } = startAt(1000);
  erased.begin([ANN]);
  assert.deepEqual(erased.withoutErased([actionAt(5000)]), []);
  erased.end([ANN]);
  assert.deepEqual(
    erased.withoutErased([actionAt(999), actionAt(1000), actionAt(1001)]).map(({ atMs }) => atMs),
    [1001],
  );
});

test('others, and the same id in another scope, are not concerned', () => {
  const { erased } = startAt(1000);
  erased.end([ANN]);
  const others = [
    actionAt(1, { scope: 'user', subject: 'bob' }),
    actionAt(1, { scope: 'session', subject: 'ann' }),
  ];
  assert.deepEqual(erased.withoutErased(others), others);
});

test('after an hour it is forgotten', async () => {
  const { erased, clock } = startAt(1000);
  erased.end([ANN]);
  await clock.advance(HOUR_MS);
  assert.deepEqual(erased.withoutErased([actionAt(1)]), []);
  await clock.advance(1);
  assert.equal(erased.withoutErased([actionAt(1)]).length, 1);
});

test('of more than ten thousand the oldest are forgotten', () => {
  const { erased } = startAt(1000);
  erased.end([ANN]);
  erased.end(Array.from({ length: 9999 }, (_, i) => ({ scope: 'user', subject: `u${i}` })));
  assert.deepEqual(erased.withoutErased([actionAt(1)]), []);
  erased.end([{ scope: 'user', subject: 'one more' }]);
  assert.equal(erased.withoutErased([actionAt(1)]).length, 1);
});
