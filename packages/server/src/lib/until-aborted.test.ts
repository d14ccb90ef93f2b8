import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilAborted } from './until-aborted.ts';

const NEVER = new AbortController().signal;

test('work that ends is what it was', async () => {
  assert.equal(await untilAborted(Promise.resolve(7), NEVER), 7);
  await assert.rejects(untilAborted(Promise.reject(new Error('broken')), NEVER), /broken/);
});

test('whoever goes does not wait for the work, and does not hear of its failure', async () => {
  const work = Promise.withResolvers<number>();
  const caller = new AbortController();
  const waiting = untilAborted(work.promise, caller.signal);
  caller.abort(new Error('gone'));
  await assert.rejects(waiting, /gone/);
  // Who was gone before does not wait either, not even for what is there.
  await assert.rejects(untilAborted(Promise.resolve(7), caller.signal), /gone/);
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  work.reject(new Error('failed later'));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  assert.deepEqual(unhandled, []);
});
