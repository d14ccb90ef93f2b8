import type { DayNote } from './life.ts';

/** Days go up and down by the blocks that are just being merged, and with the draw of who dies. */
const GROWTH_RATIO_MAX = 1.25;
const SERIES_GROWTH_RATIO_MAX = 1.5;

/**
 * What went on growing after the store was full: the largest of the last third of the days since the retention was
 * reached against the largest of the first. Needs at least six such days.
 */
export function findGrowth(notes: readonly DayNote[], retentionDays: number): readonly string[] {
  const full = notes.filter(({ day }) => day > retentionDays + 1);
  if (full.length < 6) return [];
  const third = Math.floor(full.length / 3);
  const early = full.slice(0, third);
  const late = full.slice(-third);
  const measures: readonly (readonly [name: string, read: (note: DayNote) => number, ratioMax: number])[] = [
    ['bytes on disk', ({ diskBytes }) => diskBytes, GROWTH_RATIO_MAX],
    ['blocks', ({ blocks }) => blocks, GROWTH_RATIO_MAX],
    ['bytes of the head', ({ headBytes }) => headBytes, GROWTH_RATIO_MAX],
    ['active series', ({ activeSeries }) => activeSeries, SERIES_GROWTH_RATIO_MAX],
    ['age of the oldest sample in days', ({ oldestDays }) => oldestDays, GROWTH_RATIO_MAX],
  ];
  return measures.flatMap(([name, read, ratioMax]) => {
    const before = Math.max(...early.map(read));
    const after = Math.max(...late.map(read));
    return after > before * ratioMax
      ? [`${name}: ${before} until day ${early.at(-1)?.day}, ${after} from day ${late[0]?.day} on`]
      : [];
  });
}
