import { formatDurationMs } from '@vedette/model';
import { areaOf } from '../tidy/import-table.ts';
import { readConstants, type Constant } from './constants.ts';
import { code, printPage, printTable } from './markdown.ts';

/** One named bound of the sources. */
export interface Limit extends Constant {
  readonly file: string;
}

const INTRO = `Everything that can grow has a bound with a name. This page lists every constant of the server and its engines whose name ends in \`MAX\` or \`MIN\`, with the comment that stands above it. Limits that can be set are in [configuration.md](configuration.md); an error or a metric names the limit that was met.`;

/** `X_MAX`, and entries `xMax` of tables of limits and defaults; other tables describe functions. */
const LIMIT_NAME = /^(?:\w+_(?:MAX|MIN)|(?:\w+_)?(?:LIMITS|DEFAULTS)\.\w+(?:Max|Min))$/;

// A cell that can be read; the sources have the rest.
const REASON_CHARS_MAX = 280;

export function readLimits(file: string, text: string): Limit[] {
  return readConstants(file, text)
    .filter(({ name }) => LIMIT_NAME.test(name))
    .map((constant) => ({ ...constant, file }));
}

/** docs/limits.md: one table per area, in the order of the import table. */
export function printLimits(limits: readonly Limit[]): string {
  const byArea = Map.groupBy(limits, ({ file }) => areaOf(file) ?? 'other');
  const parts = [...byArea]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([area, ofArea]) =>
        `## ${area}\n\n${printTable(['limit', 'value', 'reason', 'where'], [...ofArea].sort(byName).map(printLimit))}`,
    );
  return printPage('Limits', INTRO, parts);
}

function byName(a: Limit, b: Limit): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.file < b.file ? -1 : 1;
}

function printLimit({ name, value, file, comment }: Limit): readonly string[] {
  const base = file.slice(file.lastIndexOf('/') + 1);
  return [code(name), formatLimit(name, value), shorten(comment), `[${base}](../${file})`];
}

/** Whole sentences up to the length of a cell. */
function shorten(comment: string): string {
  if (comment.length <= REASON_CHARS_MAX) return comment;
  const end = comment.lastIndexOf('. ', REASON_CHARS_MAX);
  return end < 0 ? `${comment.slice(0, REASON_CHARS_MAX - 1)}…` : comment.slice(0, end + 1);
}

const KIB = 1024;

/** The value with the unit that the name tells. */
export function formatLimit(name: string, value: number): string {
  const words = name
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[_.]/);
  if (words.includes('bytes')) return formatBytes(value);
  if (words.includes('seconds')) return `${formatCount(value)} s`;
  if (!words.includes('ms')) return formatCount(value);
  // Bounds of a number of bits are no spans that anybody waits for.
  const isSpan = Number.isInteger(value) && (value < 1e6 || value % 1000 === 0) && value < 1e15;
  return isSpan ? formatDurationMs(value) : `${formatCount(value)} ms`;
}

function formatBytes(value: number): string {
  for (const [power, unit] of ['GiB', 'MiB', 'KiB'].entries()) {
    const size = KIB ** (3 - power);
    if (value >= size && value % size === 0) return `${value / size} ${unit}`;
  }
  return `${formatCount(value)} B`;
}

function formatCount(value: number): string {
  const power = Math.log2(value);
  return value >= 1e9 && Number.isInteger(power) ? `2^${power}` : value.toLocaleString('en-US');
}
