import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NoticeMemory, NOTICES_REMEMBERED_MAX } from './notice-memory.ts';

test('of many who are banned at once at least half the limit stay known, and the others may hear it twice', () => {
  const memory = new NoticeMemory({ monotonicMs: () => 0 });
  const count = 2 * NOTICES_REMEMBERED_MAX;
  for (let i = 0; i < count; i++) assert.equal(memory.shouldTell(`u${i}`, 1, 3600_000), true);
  for (let i = count - NOTICES_REMEMBERED_MAX / 2; i < count; i++)
    assert.equal(memory.shouldTell(`u${i}`, 1, 3600_000), false);
  assert.equal(memory.shouldTell('u0', 1, 3600_000), true);
});

test('levels, subjects and being busy are told apart', () => {
  const memory = new NoticeMemory({ monotonicMs: () => 0 });
  const check = (subject: string, level: number | 'busy', want: boolean): void =>
    assert.equal(memory.shouldTell(subject, level, 300_000), want, `${subject} ${level}`);
  check('a', 1, true);
  check('a', 1, false);
  check('a', 2, true);
  check('b', 1, true);
  check('a', 'busy', true);
  check('1\0a', 1, true);
  check('a', 'busy', false);
});
