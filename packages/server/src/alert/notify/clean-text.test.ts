import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanText } from './clean-text.ts';

test('controls and halves of characters are shown as such, lines and tabs stay', () => {
  assert.equal(cleanText('a\tb\nc\r\nd ü😀'), 'a\tb\nc\nd ü😀');
  assert.equal(cleanText('\0 \u001b[31m \r \u007f \u000b'), '\ufffd \ufffd[31m \ufffd \ufffd \ufffd');
  assert.equal(cleanText('\ud83d x \ude00'), '\ufffd x \ufffd');
});
