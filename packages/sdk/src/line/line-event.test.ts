import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActionNames } from '../bot/action-names.ts';
import { lineActionOf, lineSourceOf, parseLineBody, postbackFieldsOf, type LineEvent } from './line-event.ts';

const eventOf = (fields: object): LineEvent => fields as LineEvent;
const postback = (data: unknown, params?: object): LineEvent =>
  eventOf({ type: 'postback', postback: { data, ...(params && { params }) } });
const actionOf = (event: LineEvent): string | undefined => lineActionOf(event, new ActionNames());

test('a postback counts by its parameter action, in a query or in JSON', () => {
  const check = (data: unknown, want: string): void => assert.equal(actionOf(postback(data)), want);
  check('action=next_card&deck=2', 'postback:next_card');
  check('deck=2&action=next%5Fcard', 'postback:next_card');
  check('{"action":"next_card","deck":2}', 'postback:next_card');
  check(' {"action":"x"}', 'postback:x');
  for (const data of ['', 'next_card', 'action=', '{"action":7}', '{"action":', '[]', '{}', null, 7, {}])
    check(data, 'postback:other');
  check('action=a b', 'postback:other');
  check(`action=${'a'.repeat(49)}`, 'postback:other');
  check(`action=x&pad=${'a'.repeat(1_000_000)}`, 'postback:other');
  check('{"__proto__":{"action":"x"}}', 'postback:other');
});

test('messages count by kind, other deeds by type, and what a bot must always hear is no deed', () => {
  const check = (event: object, want: string | undefined): void =>
    assert.equal(actionOf(eventOf(event)), want, JSON.stringify(event));
  check({ type: 'message', message: { type: 'text', text: 'secret' } }, 'message:text');
  check({ type: 'message', message: { type: 'sticker' } }, 'message:sticker');
  check({ type: 'message' }, 'message:other');
  check({ type: 'message', message: { type: 7 } }, 'message:other');
  check({ type: 'follow' }, 'follow');
  check({ type: 'videoPlayComplete' }, 'videoPlayComplete');
  for (const type of ['unfollow', 'unsend', 'leave', 'join', 'memberLeft', 'futureType', '', '__proto__'])
    check({ type }, undefined);
  check({ type: 'postback' }, 'postback:other');
});

test('the source is what the button says, else what LINE tells, else the type', () => {
  const check = (event: LineEvent, want: string): void => assert.equal(lineSourceOf(event), want);
  check(postback('action=a&source=rich_menu'), 'rich_menu');
  check(postback('{"action":"a","from":"flex"}'), 'flex');
  check(postback('action=a&source=x&from=y'), 'x');
  check(postback('action=a', { newRichMenuAliasId: 'm', status: 'SUCCESS' }), 'rich_menu');
  check(postback('action=a', { datetime: '2026-01-01T00:00' }), 'picker');
  check(postback('action=a'), 'postback');
  check(postback(`action=a&source=${'s'.repeat(33)}`), 'postback');
  check(postback('source=a%00b'), 'postback');
  check(eventOf({ type: 'message' }), 'message');
  check(eventOf({ type: 'a b' }), 'other');
});

test('the last of two parameters of a name counts', () => {
  assert.equal(postbackFieldsOf(postback('action=a&action=b')).get('action'), 'b');
});

test('members of events that are none are left out and counted', () => {
  const body = {
    destination: 'U',
    events: [{ type: 'follow' }, null, 7, 'x', [], {}, { type: 7 }, { type: 'new' }],
  };
  const parsed = parseLineBody(Buffer.from(JSON.stringify(body)));
  assert.deepEqual(
    parsed?.events.map(({ type }) => type as string),
    ['follow', 'new'],
  );
  assert.equal(parsed?.malformedCount, 6);
  assert.deepEqual(parseLineBody(Buffer.from('{"events":[]}')), { events: [], malformedCount: 0 });
});

test('a body that is no webhook body is told from an empty one', () => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"events":{}}',
    '7',
    '{"__proto__":{"events":[]}}',
    '\u{feff}{}',
  ])
    assert.equal(parseLineBody(Buffer.from(text)), undefined, text);
  assert.equal(parseLineBody(Uint8Array.of(0xff, 0xfe, 0)), undefined);
});
