import { expect, test } from 'vitest';
import { messageText } from './message-text.ts';

test('JSON is laid out in lines; texts and what was cut stay as they are', () => {
  expect(messageText('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(messageText('{"a":[1')).toBe('{"a":[1');
  expect(messageText('Subject: test\r\n\r\nhello')).toBe('Subject: test\r\n\r\nhello');
  expect(messageText('')).toBe('');
});
