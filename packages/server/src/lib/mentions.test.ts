import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mentions, withoutMentions } from './mentions.ts';

test('a string anywhere in a value counts, whole or as a word', () => {
  const yes: unknown[] = [
    'u-12345',
    ['a', { b: ['u-12345'] }],
    { 'u-12345': 1 },
    'banned u-12345, twice',
    '{user_id="u-12345"}',
    'u-123456 and u-12345',
  ];
  const no: unknown[] = ['u-123456', 'xu-12345', 'u-12345-b', 'u-1234', 12345, null, undefined, {}, ''];
  for (const value of yes) assert.equal(mentions(value, ['other', 'u-12345']), true, JSON.stringify(value));
  for (const value of no) assert.equal(mentions(value, ['other', 'u-12345']), false, JSON.stringify(value));
});

test('a short id counts only as a whole string, or between quotation marks', () => {
  assert.equal(mentions({ subject: '7' }, ['7']), true);
  assert.equal(mentions('{}:{user_id="7"}', ['7']), true);
  assert.equal(mentions({ at: '2026-07-07 7', count: 7 }, ['7']), false);
});

test('nothing is mentioned by nobody', () => {
  assert.equal(mentions({ a: 'b' }, []), false);
});

test('texts are taken out of what mentions them, and nothing else changes', () => {
  const value = { by: 'ann', said: ['u-12345, twice: u-12345', 'u-123456'], n: 1, none: null };
  const left = withoutMentions(value, ['u-12345']);
  assert.deepEqual(left, { ...value, said: ['[erased], twice: [erased]', 'u-123456'] });
  assert.equal(mentions(left, ['u-12345']), false);
});
