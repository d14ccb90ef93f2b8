import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from './error.ts';
import { createLabelPattern } from './label-pattern.ts';

const check = (pattern: string, value: string, template: string, want: string | undefined): void =>
  assert.equal(createLabelPattern(pattern).expand(value, template), want);

test('groups are taken by number and by name', () => {
  check('(.*)-(.*)', 'a-b', '$2:$1', 'b:a');
  check('(?P<host>[^:]+):.*', 'db:9100', 'on ${host}!', 'on db!');
  check('(.*)', 'x', '${1}y', 'xy');
});

test('the longest name counts, and an unknown group is empty', () => {
  check('(.*)', 'x', '$1y', '');
  check('(.*)', 'x', 'a$7b', 'a');
  check('(.*)', 'x', 'cost: $$1', 'cost: $1');
});

test('the whole value must match', () => {
  check('b', 'abc', 'x', undefined);
  check('a|b', 'ab', 'x', undefined);
  check('a.c', 'a\nc', 'x', 'x');
});

test('a broken expression is an error that names it', () => {
  assert.throws(
    () => createLabelPattern('(.*'),
    (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /cannot parse regular expression "\(\.\*"/);
      return true;
    },
  );
});
