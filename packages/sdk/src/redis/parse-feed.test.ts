import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTimeMs } from './foreign-bans.ts';
import { parseChannelMessage, parseLiveDecision } from './parse-feed.ts';

test('times come as ISO 8601, seconds or milliseconds', () => {
  const check = (text: unknown, wantMs: number | undefined): void =>
    assert.equal(parseTimeMs(text), wantMs, String(text));
  check('2023-11-14T22:13:20Z', 1_700_000_000_000);
  check('2023-11-14T22:13:20.5', 1_700_000_000_500);
  check('2023-11-14 22:13:20.123456+00:00', 1_700_000_000_123);
  check('2023-11-15T06:13:20+0800', 1_700_000_000_000);
  check('1700000000', 1_700_000_000_000);
  check('1700000000.5', 1_700_000_000_500);
  check('1700000000000', 1_700_000_000_000);
  check('0', 0);
  for (const text of [
    '',
    ' 1',
    '-1',
    '1e9',
    '0x10',
    'NaN',
    '2023-11-14',
    '2023-13-14T22:13:20Z',
    '1'.repeat(16),
    null,
    5,
  ])
    check(text, undefined);
});

test('any text is a message of the feed or none, and nothing throws', () => {
  const word = fc.constantFrom(
    'epoch',
    'message',
    'type',
    'seq',
    'put',
    'drop',
    'delta',
    'hello',
    'settings',
    'digest',
    '__proto__',
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue(),
      word,
      fc.dictionary(word, tie('any')),
      fc.array(tie('any')),
    ),
  })).any;
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        value.map((one) => JSON.stringify(one)),
      ),
      (text) => {
        const parsed = parseChannelMessage(text);
        assert.ok(parsed === undefined || typeof parsed.epoch === 'string');
        parseLiveDecision(text);
      },
    ),
  );
});

test('fields of a decision that we do not know are left out', () => {
  const known = {
    id: 'd',
    scope: 'ip',
    subject: '::1',
    kind: 'slow',
    grade: 'extended',
    level: 1,
    madeAtMs: 1,
    untilMs: null,
    reason: '',
    policy: 'p',
  };
  assert.deepEqual(parseLiveDecision(JSON.stringify({ ...known, later: 1 })), known);
  for (const wrong of [
    { kind: 'ban' },
    { scope: 'you' },
    { untilMs: '5' },
    { subject: '' },
    { grade: undefined },
  ])
    assert.equal(parseLiveDecision(JSON.stringify({ ...known, ...wrong })), undefined, JSON.stringify(wrong));
});
