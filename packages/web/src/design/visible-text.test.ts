import fc from 'fast-check';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { StrangeText } from './strange-text.tsx';
import { visibleParts, visibleText } from './visible-text.ts';

test('an ordinary id is shown as it is', () => {
  for (const id of ['u42', '203.0.113.0/24', 'Łukasz O’Neil', '王小明', '😀', 'a b'])
    expect(visibleParts(id)).toEqual([{ text: id, isEscape: false }]);
  expect(visibleParts('')).toEqual([]);
});

test('what cannot be seen, or turns the direction of writing, is shown as an escape', () => {
  const check = (text: string, want: string): void => expect(visibleText(text)).toBe(want);
  check('admin\u202Etxt.exe', 'admin\\u{202e}txt.exe');
  check('a\u0000b\nc\td', 'a\\u{0000}b\\u{000a}c\\u{0009}d');
  check('u\u200B42', 'u\\u{200b}42');
  check('u\u00A042', 'u\\u{00a0}42');
  check('\uD800', '\\u{d800}');
  check('\u{E0041}', '\\u{e0041}');
});

test('a blank at either end is shown, one in the middle is not', () => {
  expect(visibleText(' u 1  ')).toBe('\\u{0020}u 1\\u{0020}\\u{0020}');
});

test('words may have lines where the caller says so', () => {
  expect(visibleParts('one\ntwo\u202E', true)).toEqual([
    { text: 'one\ntwo', isEscape: false },
    { text: '\\u{202e}', isEscape: true },
  ]);
});

const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;

/** Texts out of what can be seen and what cannot. */
const anyText = fc
  .array(fc.constantFrom('a', 'Ł', '王', '😀', ' ', '\n', '\0', '\u202E', '\u200D', '\uD800', '\u{E0041}'), {
    maxLength: 12,
  })
  .map((characters) => characters.join(''));

test('no text leaves an unseen character, and what can be seen is kept', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(UNSEEN.test(visibleText(text))).toBe(false);
      let from = 0;
      for (const part of visibleParts(text)) {
        if (part.isEscape) continue;
        const at = text.indexOf(part.text, from);
        if (at < 0) throw new Error(`${JSON.stringify(part.text)} is not in its place`);
        from = at + part.text.length;
      }
    }),
  );
});

test('on the page markup stays text, and the direction of an id ends with it', () => {
  const html = renderToStaticMarkup(createElement(StrangeText, { text: '<img src=x>\u202E' }));
  expect(html).toContain('&lt;img src=x&gt;');
  expect(html).toContain('\\u{202e}</span></bdi>');
  expect(html).not.toContain('\u202E');
});
