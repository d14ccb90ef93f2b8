import { TOKENS, type ColourScheme } from '../theme/tokens.ts';
import { colourOfName } from '../theme/colour.ts';

/** Something that happened: a moment, or a span with an end. */
export interface ChartMark {
  readonly atMs: number;
  readonly endMs?: number;
  readonly kind: 'alert' | 'deploy' | 'annotation';
  readonly title: string;
  readonly text: string;
  /** A token's name or a colour; absent: that of the kind. */
  readonly colour?: string;
}

/** Marks that a chart draws; a thousand lines are a wall. The list below the chart has the same ones. */
export const MARKS_MAX = 200;

/** Marks within the shown range, in order of time, the newest of too many. */
export function marksShown(
  marks: readonly ChartMark[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): ChartMark[] {
  return marks
    .filter(({ atMs, endMs = atMs }) => endMs >= fromMs && atMs <= toMs)
    .sort((a, b) => a.atMs - b.atMs)
    .slice(-MARKS_MAX);
}

/** Marks that lie under a moment, give or take `reachMs`. */
export function marksAt(marks: readonly ChartMark[], atMs: number, reachMs: number): ChartMark[] {
  return marks.filter((mark) => mark.atMs - reachMs <= atMs && (mark.endMs ?? mark.atMs) + reachMs >= atMs);
}

export function colourOfMark({ kind, colour }: ChartMark, scheme: ColourScheme): string {
  const tokens = TOKENS[scheme];
  const named = colour === undefined ? undefined : colourOfName(colour, scheme);
  if (named !== undefined) return named;
  switch (kind) {
    case 'alert':
      return tokens.criticalText;
    case 'deploy':
      return tokens.accent;
    case 'annotation':
      return tokens.infoText;
  }
}
