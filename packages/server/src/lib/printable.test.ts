import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable } from './printable.ts';

test('control characters lose their power over a terminal, everything else stays', () => {
  assert.equal(printable('a\tb\n\u00fc😀'), 'a\tb\nü😀');
  assert.equal(printable('\u001b[31m\u0007\u0000\r\u007f\u009b'), '\uFFFD[31m'.concat('\uFFFD'.repeat(5)));
});
