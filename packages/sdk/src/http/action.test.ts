import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { actionOf } from './action.ts';

test('an action is method and template', () => {
  assert.equal(actionOf('GET', '/orders/:id'), 'GET /orders/:id');
  assert.equal(actionOf('GET', undefined), 'GET unknown');
  assert.equal(actionOf('GET', ''), 'GET unknown');
});

test('64 characters stay, 65 are shortened, and two long templates stay two', () => {
  const fits = `/${'x'.repeat(59)}`;
  assert.equal(actionOf('GET', fits), `GET ${fits}`);
  const long = actionOf('GET', `${fits}1`);
  assert.match(long, /^GET \/x{50}~[0-9a-f]{8}$/);
  assert.notEqual(long, actionOf('GET', `${fits}2`));
  assert.equal(long, actionOf('GET', `${fits}1`));
});

test('whatever the template, the action fits the wire and is well-formed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (route) => {
      const action = actionOf('GET', route);
      assert.ok(action.length >= 1 && action.length <= 64);
      assert.ok(action.isWellFormed());
    }),
  );
});
