/** What people and scripts read, as amtool writes it. */
import { printable } from '../../lib/printable.ts';
import { UsageError } from '../command.ts';

export type OutputForm = 'simple' | 'extended' | 'json';

export const OUTPUT_OPTIONS = {
  output: { type: 'string', short: 'o' },
  json: { type: 'boolean' },
} as const;

export function outputFormOf(values: {
  readonly output?: string | undefined;
  readonly json?: boolean | undefined;
}): OutputForm {
  const { output = values.json === true ? 'json' : 'simple' } = values;
  if (output === 'simple' || output === 'extended' || output === 'json') return output;
  throw new UsageError(`--output must be simple, extended or json; got "${output}"`);
}

/** Columns two spaces apart, the last one padded, too, as amtool leaves it. Text of others is made safe. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => printable(cell).replaceAll(/[\t\n]/g, ' ')));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => widthOf(row[column] ?? ''))),
  );
  const lineOf = (row: readonly string[]): string =>
    row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell) + 2)).join('');
  return cells.map((row) => `${lineOf(row)}\n`).join('');
}

/** In code points, as Go counts. */
function widthOf(text: string): number {
  return text.length - (text.match(/[\u{10000}-\u{10FFFF}]/gu)?.length ?? 0);
}

/** `2026-11-21 10:00:00 UTC`. */
export function timeText(time: string | number): string {
  // The formatter takes a time and reads no clock.
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? String(time) : `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `a="b" c="d"`, by name. */
export function pairsText(record: Readonly<Record<string, string>>): string {
  return Object.entries(record)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}="${value}"`)
    .join(' ');
}
