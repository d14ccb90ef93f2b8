import type { ChartMark } from './chart-mark.ts';

/**
 * Marks for small charts: alerts that overlap become one stretch with all their names, since bands on bands hide the
 * lines that one came to see. What is a moment, or no alert, stays as it is.
 */
export function calmMarks(marks: readonly ChartMark[]): readonly ChartMark[] {
  const calm: ChartMark[] = [];
  let last: { mark: ChartMark; endMs: number; titles: Set<string> } | undefined;
  for (const mark of marks.filter(({ kind }) => kind === 'alert').toSorted((a, b) => a.atMs - b.atMs)) {
    const endMs = mark.endMs ?? mark.atMs;
    if (last !== undefined && mark.atMs <= last.endMs) {
      last.endMs = Math.max(last.endMs, endMs);
      last.titles.add(mark.title);
      continue;
    }
    if (last !== undefined) calm.push(joined(last));
    last = { mark, endMs, titles: new Set([mark.title]) };
  }
  if (last !== undefined) calm.push(joined(last));
  return [...calm, ...marks.filter(({ kind }) => kind !== 'alert')];
}

function joined(stretch: {
  readonly mark: ChartMark;
  readonly endMs: number;
  readonly titles: ReadonlySet<string>;
}): ChartMark {
  const { mark, endMs, titles } = stretch;
  if (titles.size === 1) return { ...mark, endMs };
  return { ...mark, endMs, title: [...titles].join(', '), text: '' };
}
