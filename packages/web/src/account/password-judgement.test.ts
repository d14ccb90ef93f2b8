import { expect, test } from 'vitest';
import { isTakenPassword, judgePassword } from './password-judgement.ts';

const check = (password: string, want: object, name = 'ada'): void =>
  expect([password, judgePassword(password, name)]).toEqual([password, want]);

test('length is counted in characters, up to the rule of the server', () => {
  check('', { kind: 'empty' });
  check('fjvmzpqoxn7', { kind: 'short', missing: 1 });
  check('fjvmzpqoxn7w', { kind: 'fair' });
  check('雨后春笋一帆风顺水到渠', { kind: 'short', missing: 1 });
  check('fjvmzpqoxn7wfjvm', { kind: 'good' });
  check('fjvmzpqoxn7w'.repeat(22).slice(0, 257), { kind: 'long' });
});

test('what programs try first is called weak, with the reason', () => {
  check('aaaaaaaaaaaa', { kind: 'weak', why: 'repeated' });
  check('ababababababab', { kind: 'weak', why: 'repeated' });
  check('abcdefghijkl', { kind: 'weak', why: 'run' });
  check('qwertyuiop987654', { kind: 'weak', why: 'run' });
  check('Password1234', { kind: 'weak', why: 'known' });
  check('lovelaceLOVELACE1', { kind: 'weak', why: 'name' }, 'lovelace');
});

test('a passphrase is good although it has words', () => {
  check('monkey lantern gravel spoon', { kind: 'good' });
});

test('a weak one is taken, a short one is not', () => {
  expect(isTakenPassword(judgePassword('aaaaaaaaaaaa', ''))).toBe(true);
  expect(isTakenPassword(judgePassword('aaaaaaaaaaa', ''))).toBe(false);
});
