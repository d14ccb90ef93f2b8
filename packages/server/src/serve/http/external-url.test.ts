import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseOf, prefixOf, withoutPrefix } from './external-url.ts';

test('final slashes mean nothing, and the path is the prefix', () => {
  const check = (url: string, base: string, prefix: string): void => {
    assert.equal(baseOf(url), base);
    assert.equal(prefixOf(url), prefix);
  };
  check('https://example.org', 'https://example.org', '');
  check('https://example.org/', 'https://example.org', '');
  check('https://example.org/a/b//', 'https://example.org/a/b', '/a/b');
  assert.equal(prefixOf(undefined), '');
});

test('requests with and without the prefix mean the same', () => {
  const check = (url: string, want: string): void => assert.equal(withoutPrefix(url, '/vedette'), want);
  check('/vedette/api?x=/vedette/', '/api?x=/vedette/');
  check('/vedette', '/');
  check('/vedette?x', '/?x');
  check('/vedette/', '/');
  check('/api', '/api');
  check('/vedettes/api', '/vedettes/api');
  assert.equal(withoutPrefix('/vedette/api', ''), '/vedette/api');
});
