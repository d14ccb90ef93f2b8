import { expect, test } from 'vitest';
import { SERIES_COLOURS, TOKENS, type ColourScheme, type Tokens } from './tokens.ts';

/** Contrast ratio of WCAG 2. */
function contrastOf(a: string, b: string): number {
  const [light, dark] = [luminanceOf(a), luminanceOf(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminanceOf(colour: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = channels.map((channel) =>
    channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const SCHEMES: readonly ColourScheme[] = ['light', 'dark'];
const SURFACES = ['surface', 'surfaceSunken', 'surfaceHover'] as const satisfies readonly (keyof Tokens)[];
const TEXTS = [
  'text',
  'muted',
  'accentText',
  'criticalText',
  'warningText',
  'okText',
  'infoText',
] as const satisfies readonly (keyof Tokens)[];
const PAIRS: readonly (readonly [keyof Tokens, keyof Tokens])[] = [
  ['onAccent', 'accent'],
  ['onAccent', 'accentHover'],
  ['accentText', 'accentSoft'],
  ['criticalText', 'criticalSoft'],
  ['warningText', 'warningSoft'],
  ['infoText', 'infoSoft'],
  ['okText', 'okSoft'],
  ['unknownText', 'unknownSoft'],
];

for (const scheme of SCHEMES) {
  const tokens = TOKENS[scheme];

  test(`${scheme}: every text colour is readable on every surface`, () => {
    for (const text of TEXTS)
      for (const surface of SURFACES)
        expect(contrastOf(tokens[text], tokens[surface]), `${text} on ${surface}`).toBeGreaterThanOrEqual(
          4.5,
        );
  });

  test(`${scheme}: every soft background carries its own text`, () => {
    for (const [text, background] of PAIRS)
      expect(contrastOf(tokens[text], tokens[background]), `${text} on ${background}`).toBeGreaterThanOrEqual(
        4.5,
      );
  });

  test(`${scheme}: borders of fields, and lines of charts, are seen`, () => {
    for (const colour of [tokens.borderStrong, ...SERIES_COLOURS[scheme]])
      expect(contrastOf(colour, tokens.surface), colour).toBeGreaterThanOrEqual(3);
  });
}
