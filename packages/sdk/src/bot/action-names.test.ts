import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTION_DETAIL_CHARS_MAX, ACTION_DETAILS_MAX, ActionNames, plainName } from './action-names.ts';

test('a plain detail stands for itself, everything else is other', () => {
  const names = new ActionNames();
  const check = (detail: unknown, want: string): void =>
    assert.equal(names.nameOf('postback', detail), `postback:${want}`);
  check('next_card', 'next_card');
  check('Deck-2/page:3.b', 'Deck-2/page:3.b');
  check('a'.repeat(ACTION_DETAIL_CHARS_MAX), 'a'.repeat(ACTION_DETAIL_CHARS_MAX));
  check('a'.repeat(ACTION_DETAIL_CHARS_MAX + 1), 'other');
  for (const detail of ['', ' ', 'a b', 'a\nb', '\0', '😀', 'é', undefined, null, 7, {}, ['a']])
    check(detail, 'other');
  check('__proto__', '__proto__');
});

test('a bot has five hundred details; what comes after is other, what was known stays known', () => {
  const names = new ActionNames();
  for (let i = 0; i < ACTION_DETAILS_MAX; i++)
    assert.equal(names.nameOf('callback', `b${i}`), `callback:b${i}`);
  assert.equal(names.nameOf('callback', 'one_more'), 'callback:other');
  assert.equal(names.nameOf('callback', 'b0'), 'callback:b0');
});

test('names fit the wire', () => {
  const names = new ActionNames();
  assert.ok(names.nameOf('callback', 'a'.repeat(ACTION_DETAIL_CHARS_MAX)).length <= 64);
  assert.equal(plainName('rich_menu', 9), 'rich_menu');
  assert.equal(plainName('rich_menu', 8), undefined);
});
