import { TOKENS, type ColourScheme } from './tokens.ts';

/**
 * Colours that dashboards name, as colours of the scheme shown. Dashboards carry Grafana's names
 * (`green`, `dark-red`, `super-light-blue`, `text`), hexadecimal and rgb colours; a name means another
 * colour on white than on a dark surface, a number means itself.
 *
 * What is none of these has no colour: a file's text never reaches a style unchecked.
 */
export function colourOfName(name: string, scheme: ColourScheme): string | undefined {
  const text = name.trim().toLowerCase();
  if (Object.hasOwn(OWN, text)) return OWN[text]?.(scheme);
  const [, shade = '', hue = ''] = /^(?:(super-light|light|semi-dark|dark)-)?([a-z]+)$/.exec(text) ?? [];
  const shades = Object.hasOwn(HUES, hue) ? HUES[hue]?.[scheme] : undefined;
  if (shades !== undefined) return shades[SHADES.indexOf(shade as (typeof SHADES)[number])];
  return hexOf(text);
}

/** The same colour with an opacity between 0 and 1. */
export function withAlpha(colour: string, alpha: number): string {
  const { r, g, b, a } = channelsOf(colour);
  return `rgba(${r}, ${g}, ${b}, ${Number((a * alpha).toFixed(3))})`;
}

/** A colour between two; 0 is the first. */
export function mixed(from: string, to: string, share: number): string {
  const [a, b] = [channelsOf(from), channelsOf(to)];
  const at = (x: number, y: number): string =>
    Math.round(x + (y - x) * share)
      .toString(16)
      .padStart(2, '0');
  return `#${at(a.r, b.r)}${at(a.g, b.g)}${at(a.b, b.b)}`;
}

/** Text that can be read on a background of any colour: the darker or the lighter of our inks, whichever stands out. */
export function inkOn(background: string): string {
  return contrastOf(INK_DARK, background) >= contrastOf(INK_LIGHT, background) ? INK_DARK : INK_LIGHT;
}

/** The colour, moved towards that of text as far as a contrast of `ratio` on the surface needs. */
export function legible(colour: string, scheme: ColourScheme, ratio: number): string {
  const { surfaceHover, text } = TOKENS[scheme];
  for (let share = 0; share < 1; share += 0.1) {
    const tried = mixed(colour, text, share);
    if (contrastOf(tried, surfaceHover) >= ratio) return tried;
  }
  return text;
}

/** Contrast ratio of WCAG 2, from 1 to 21. */
export function contrastOf(a: string, b: string): number {
  const [one, other] = [luminanceOf(a), luminanceOf(b)];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

const INK_DARK = '#000000';
const INK_LIGHT = '#ffffff';

const SHADES = ['super-light', 'light', '', 'semi-dark', 'dark'] as const;
type Shades = readonly [string, string, string, string, string];

/** Middle shades stand at 3:1 or more on their surface, so that a line or a large number in them is seen. */
const HUES: Readonly<Record<string, Readonly<Record<ColourScheme, Shades>>>> = {
  green: {
    light: ['#8ccf9c', '#52b06c', '#23864a', '#1a6d3b', '#11532b'],
    dark: ['#b9efc8', '#8fe0a6', '#5fc97f', '#46a864', '#33854c'],
  },
  yellow: {
    light: ['#e8cf6b', '#c9a62a', '#a07d00', '#806300', '#614b00'],
    dark: ['#fff0b0', '#ffe27a', '#f5cb3a', '#d0a91f', '#a78612'],
  },
  red: {
    light: ['#f2a1a4', '#e2696f', '#c92a3a', '#a81f2e', '#851522'],
    dark: ['#ffc2c2', '#ff9c9e', '#f2696f', '#d94a54', '#b23640'],
  },
  blue: {
    light: ['#96bdf0', '#5c94e2', '#2a69c4', '#1f54a3', '#163f7d'],
    dark: ['#c6dcff', '#9dc3ff', '#6ba2f7', '#4b83dc', '#3767b5'],
  },
  orange: {
    light: ['#f3b77d', '#e08a38', '#b8620a', '#954e05', '#733c02'],
    dark: ['#ffd9b0', '#ffbf80', '#fb9c45', '#da7e2a', '#b0631d'],
  },
  purple: {
    light: ['#cfaaf0', '#af7ae2', '#8746c4', '#6c34a3', '#51257e'],
    dark: ['#e4ccff', '#cfa8fb', '#b17eee', '#935ed3', '#7647ad'],
  },
};

const OWN: Readonly<Record<string, (scheme: ColourScheme) => string>> = {
  text: (scheme) => TOKENS[scheme].text,
  transparent: () => 'rgba(0, 0, 0, 0)',
  white: () => '#ffffff',
  black: () => '#000000',
  gray: (scheme) => TOKENS[scheme].borderStrong,
  grey: (scheme) => TOKENS[scheme].borderStrong,
};

/** `#abc`, `#aabbcc`, `#aabbccdd`, `rgb(…)`, `rgba(…)` in the forms that `channelsOf` reads. */
function hexOf(text: string): string | undefined {
  if (/^#[0-9a-f]{6}$/.test(text)) return text;
  if (/^#[0-9a-f]{3}$/.test(text)) return text.replaceAll(/[0-9a-f]/g, '$&$&');
  if (/^#[0-9a-f]{8}$/.test(text))
    return withAlpha(text.slice(0, 7), Number.parseInt(text.slice(7), 16) / 255);
  const parts = /^rgba?\(([\d.\s,%]{5,40})\)$/.exec(text)?.[1]?.split(',').map(Number);
  if (parts === undefined || parts.length < 3 || parts.some((part) => !Number.isFinite(part)))
    return undefined;
  const [r = 0, g = 0, b = 0, a = 1] = parts;
  const channel = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));
  return `rgba(${channel(r)}, ${channel(g)}, ${channel(b)}, ${Math.min(1, Math.max(0, a))})`;
}

/** Of `#aabbcc` and `rgba(r, g, b, a)`, the two forms that this file hands out. */
function channelsOf(colour: string): {
  readonly r: number;
  readonly g: number;
  readonly b: number;
  readonly a: number;
} {
  if (colour.startsWith('#')) {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
    return { r, g, b, a: 1 };
  }
  const [r = 0, g = 0, b = 0, a = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return { r, g, b, a };
}

function luminanceOf(colour: string): number {
  const { r, g, b } = channelsOf(colour);
  const linear = (channel: number): number => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
