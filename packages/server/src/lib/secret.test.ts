import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { isSameSecret, Secret, secretsWithin } from './secret.ts';

test('a secret is shown to nobody who does not ask for it', () => {
  const secret = new Secret('hunter2');
  for (const shown of [String(secret), JSON.stringify({ secret }), inspect({ secret })])
    assert.doesNotMatch(shown, /hunter2/);
  assert.equal(secret.reveal(), 'hunter2');
});

test('secrets are the same when every byte is', () => {
  const check = (shown: string, isSame: boolean): void =>
    assert.equal(isSameSecret(shown, 'geheim-ö'), isSame, shown);
  check('geheim-ö', true);
  check('geheim-o', false);
  check('geheim-', false);
  check('geheim-öx', false);
  check('', false);
  assert.equal(isSameSecret('', ''), true);
});

test('all secrets of a configuration are found, wherever they stand', () => {
  const config = { a: new Secret('one'), list: [{ b: { c: new Secret('two') } }, 'three'], none: undefined };
  assert.deepEqual(secretsWithin(config), ['one', 'two']);
  const loop: { self?: unknown; key: Secret } = { key: new Secret('k') };
  loop.self = loop;
  assert.equal(secretsWithin(loop).includes('k'), true);
});
