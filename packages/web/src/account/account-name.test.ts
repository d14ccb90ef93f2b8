import { expect, test } from 'vitest';
import { accountName } from '@vedette/api';
import { isAccountName } from './account-name.ts';

test('the form takes the names that the API takes', () => {
  const names = [
    'ada',
    'ada@example.org',
    '王小明',
    'a'.repeat(100),
    'a'.repeat(101),
    '',
    'a b',
    'a/b',
    '<b>',
    'a+b_c.d-e',
    '\u0430da',
    'root\u3164',
    'маша',
  ];
  for (const name of names)
    expect([name, isAccountName(name)]).toEqual([name, accountName.safeParse(name).success]);
});
