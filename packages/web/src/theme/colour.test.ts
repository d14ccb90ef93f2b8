import fc from 'fast-check';
import { expect, test } from 'vitest';
import { colourOfName, contrastOf, inkOn, legible, mixed, withAlpha } from './colour.ts';
import { TOKENS, type ColourScheme } from './tokens.ts';

const SCHEMES: readonly ColourScheme[] = ['light', 'dark'];
const NAMES = ['green', 'yellow', 'red', 'blue', 'orange', 'purple'];

test('the middle shade of every named colour is seen on its surface', () => {
  for (const scheme of SCHEMES)
    for (const name of NAMES)
      expect(
        contrastOf(colourOfName(name, scheme) ?? '', TOKENS[scheme].surface),
        `${name} ${scheme}`,
      ).toBeGreaterThanOrEqual(3);
});

test('every shade has its own colour', () => {
  for (const name of NAMES) {
    const shades = ['super-light-', 'light-', '', 'semi-dark-', 'dark-'].map((shade) =>
      colourOfName(shade + name, 'light'),
    );
    expect(new Set(shades).size).toBe(5);
    expect(shades).not.toContain(undefined);
  }
});

test('hexadecimal and rgb colours mean themselves', () => {
  const check = (text: string, want: string | undefined): void =>
    expect(colourOfName(text, 'dark')).toBe(want);
  check('#AbC', '#aabbcc');
  check('#123456', '#123456');
  check('#12345680', 'rgba(18, 52, 86, 0.502)');
  check('rgb(1, 2, 3)', 'rgba(1, 2, 3, 1)');
  check('rgba(300, 2, 3, 0.5)', 'rgba(255, 2, 3, 0.5)');
});

test('what is no colour has none, whatever it says', () => {
  for (const text of [
    '',
    'greenish',
    '#12',
    'rgb(1,2)',
    'url(//evil)',
    'red;background:url(x)',
    'constructor',
  ])
    expect(colourOfName(text, 'light'), text).toBeUndefined();
});

test('text on any background can be read', () => {
  fc.assert(
    fc.property(fc.nat(0xffffff), (number) => {
      const background = `#${number.toString(16).padStart(6, '0')}`;
      expect(contrastOf(inkOn(background), background)).toBeGreaterThanOrEqual(4.5);
    }),
  );
});

test('a colour for text is moved until it can be read, and no further', () => {
  for (const scheme of SCHEMES) {
    expect(contrastOf(legible('#ffff00', scheme, 4.5), TOKENS[scheme].surfaceHover)).toBeGreaterThanOrEqual(
      4.5,
    );
    expect(legible(TOKENS[scheme].text, scheme, 4.5)).toBe(TOKENS[scheme].text);
  }
});

test('opacities multiply, mixtures lie between', () => {
  expect(withAlpha('rgba(1, 2, 3, 0.5)', 0.5)).toBe('rgba(1, 2, 3, 0.25)');
  expect(mixed('#000000', '#ffffff', 0)).toBe('#000000');
  expect(mixed('#000000', '#ffffff', 1)).toBe('#ffffff');
});
