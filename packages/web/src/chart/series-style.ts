import { SERIES_COLOURS, type ColourScheme } from '../theme/tokens.ts';

/** How one series is drawn: a colour of the scheme's set, and beyond eight series a dash pattern. */
export interface SeriesStyle {
  readonly colour: string;
  readonly dash: readonly number[];
}

/** Solid, dashed, dotted, dash-dot: the rounds after the eight colours are used up. */
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

/**
 * Styles of series by key (their label set). The colour is a hash of the key, so that a series keeps
 * its colour from chart to chart, from day to day and from language to language; where two keys of one
 * chart meet, the later in order takes the next free colour.
 */
export function stylesOf(keys: readonly string[], scheme: ColourScheme): SeriesStyle[] {
  const colours = SERIES_COLOURS[scheme];
  const styles = new Map<string, SeriesStyle>();
  let taken = new Set<number>();
  let round = 0;
  for (const key of [...new Set(keys)].sort()) {
    if (taken.size === colours.length) {
      taken = new Set();
      round++;
    }
    let slot = hashOf(key) % colours.length;
    while (taken.has(slot)) slot = (slot + 1) % colours.length;
    taken.add(slot);
    styles.set(key, { colour: colours[slot] ?? '', dash: DASHES[round % DASHES.length] ?? [] });
  }
  return keys.map((key) => styles.get(key) ?? { colour: colours[0] ?? '', dash: [] });
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
