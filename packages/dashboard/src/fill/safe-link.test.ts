import assert from 'node:assert/strict';
import { test } from 'node:test';
import { safeLink } from './safe-link.ts';

test('web, mail and addresses of this site pass', () => {
  for (const url of [
    'https://a.b/c?d=e:f',
    'HTTP://a',
    'mailto:a@b.c',
    '/d/x?var-a=b',
    '?a=b:c',
    '#x',
    'd/x',
  ]) {
    assert.equal(safeLink(url), url);
  }
});

test('what runs, or leads elsewhere unseen, does not', () => {
  for (const url of [
    'javascript:alert(1)',
    ' JavaScript:x',
    'java\nscript:x',
    '\u0001javascript:x',
    'data:text/html,x',
    'vbscript:x',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil',
    'x y:z',
    '',
    'a'.repeat(9000),
  ]) {
    assert.equal(safeLink(url), undefined, url);
  }
});
