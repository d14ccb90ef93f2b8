import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountName } from '@vedette/api';

const check = (name: string, isFine: boolean): void =>
  assert.equal(accountName.safeParse(name).success, isFine, JSON.stringify(name));

test('names are those of people in every alphabet, and addresses of mail', () => {
  for (const name of [
    'ada',
    'Ada.Lovelace+ops@example.org',
    'маша',
    'Ελένη',
    '李雷',
    '李lei',
    'はなこ-2',
    'ü_x',
  ])
    check(name, true);
  check('x'.repeat(100), true);
  for (const name of ['', 'x'.repeat(101), 'a b', 'a/b', 'a\n', '<b>', '../x', 'a:b', 'a\u0000', '\u202eada'])
    check(name, false);
});

test('a name that only looks like another is none', () => {
  for (const name of [
    '\u0430da',
    'ad\u0430',
    'r\u03bfot',
    'root\u3164',
    '\u1160',
    'ada\u115f',
    'a\u200dda',
    '\uff41d\u0430',
  ])
    check(name, false);
});
