import type { ColourScheme } from '../theme/tokens.ts';

/**
 * One ramp from little to much, even in lightness and safe under colour blindness, after the manner of
 * cividis: blue over grey to yellow. On a light surface it runs towards the dark end, so that much
 * always stands out most.
 */
const RAMP: readonly (readonly [number, number, number])[] = [
  [0, 45, 110],
  [46, 74, 122],
  [86, 101, 125],
  [122, 128, 124],
  [161, 156, 112],
  [203, 186, 86],
  [252, 222, 62],
];

/** Colour at a share between 0 and 1, as red, green and blue up to 255. */
export function rampAt(share: number, scheme: ColourScheme): readonly [number, number, number] {
  const bounded = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
  const at = (scheme === 'dark' ? bounded : 1 - bounded) * (RAMP.length - 1);
  const [from, to] = [RAMP[Math.floor(at)] ?? [0, 0, 0], RAMP[Math.ceil(at)] ?? [0, 0, 0]];
  const part = at - Math.floor(at);
  const channel = (i: 0 | 1 | 2): number => Math.round(from[i] + (to[i] - from[i]) * part);
  return [channel(0), channel(1), channel(2)];
}

export function rampColour(share: number, scheme: ColourScheme): string {
  return `rgb(${rampAt(share, scheme).join(', ')})`;
}
