/**
 * `npm run soak -- [--days N] [--series N] [--step SECONDS] [--retention DAYS] [--seed N]`: days of a store's life in
 * virtual time (`soak/life.ts`), by default 30 of them with 300 series at 15 s and a retention of 10.
 *
 * Prints a line a day. Exits 1 when a sample was missing, wrong or too old, or when disk, blocks, series or memory went
 * on growing after the retention was reached.
 */
import { parseArgs } from 'node:util';
import { findGrowth } from './soak/growth.ts';
import { liveDays, type DayNote } from './soak/life.ts';

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '30' },
    series: { type: 'string', default: '300' },
    step: { type: 'string', default: '15' },
    retention: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
});
process.exitCode = await main();

async function main(): Promise<number> {
  const options = {
    days: Number(values.days),
    seriesCount: Number(values.series),
    stepMs: Number(values.step) * 1000,
    retentionDays: Number(values.retention),
    seed: Number(values.seed),
  };
  if (!Object.values(options).every((value) => Number.isSafeInteger(value) && value > 0)) {
    console.error(
      'usage: npm run soak -- [--days N] [--series N] [--step SECONDS] [--retention DAYS] [--seed N]',
    );
    return 2;
  }
  console.log('day  series  head MB  blocks  disk MB  oldest d  heap MB  checked');
  const notes: DayNote[] = [];
  for await (const note of liveDays(options)) {
    notes.push(note);
    console.log(lineOf(note));
  }
  const growths = findGrowth(notes, options.retentionDays);
  for (const growth of growths) console.log(`FAULT  ${growth}`);
  if (growths.length === 0)
    console.log(`${notes.length} days: every sample looked for was there, nothing grew`);
  return growths.length === 0 ? 0 : 1;
}

function lineOf(note: DayNote): string {
  const cells: readonly (readonly [text: string, width: number])[] = [
    [String(note.day), 3],
    [String(note.activeSeries), 7],
    [(note.headBytes / 1e6).toFixed(1), 8],
    [String(note.blocks), 7],
    [(note.diskBytes / 1e6).toFixed(1), 8],
    [note.oldestDays.toFixed(1), 9],
    [(process.memoryUsage().heapUsed / 1e6).toFixed(0), 8],
    [String(note.checkedSamples), 8],
  ];
  return cells.map(([text, width]) => text.padStart(width)).join(' ');
}
