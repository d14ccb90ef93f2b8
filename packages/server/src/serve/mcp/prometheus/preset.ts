/**
 * A preset: expressions that people ask again and again, as a table with a row per thing and a column per expression.
 * The answer says which PromQL it was, so that a model can go on from there.
 */
import { formatDurationMs } from '@vedette/model';
import { z } from 'zod';
import type { ToolCell, ToolResult, ToolSection } from '../tool.ts';
import type { Asker, PrometheusToolDeps } from './ask.ts';
import { numberOf } from './shown-series.ts';
import { readDuration, timeInput } from '../times.ts';

export interface PresetColumn {
  /** With its unit: `used %`. */
  readonly name: string;
  readonly expr: string;
}

export interface PresetTable {
  readonly title: string;
  /** Labels that tell rows apart; they stand in front. */
  readonly keys: readonly string[];
  /** The first one orders the rows, the greatest value first. */
  readonly columns: readonly PresetColumn[];
}

/** What a table found. */
export interface PresetRows {
  readonly rows: readonly (readonly ToolCell[])[];
  /** The query found more series than are read. */
  readonly isCut: boolean;
}

// A page of rows; the greatest come first.
const ROWS_MAX = 500;

// Series read for each column: five pages. More are things nobody looks at one by one.
const SERIES_MAX = 2500;

/** Arguments that presets share. */
export const presetInputs = {
  window: z.string().max(40).default('5m').describe('Time that rates look back on, such as 5m'),
  time: timeInput.optional().describe('now-1h, RFC 3339 or Unix seconds; default now'),
  limit: z.int().min(1).max(ROWS_MAX).default(20).describe('Rows shown, the greatest first'),
};

/** Values that enter an expression between quotes. */
export const valueInput = (what: string) => z.string().min(1).max(300).optional().describe(what);

/** As Prometheus writes it: nothing else of the argument reaches the expression. */
export function windowText(window: string): string {
  return formatDurationMs(readDuration('window', window, WINDOW_MS_MAX));
}

// Rates over more read all samples of a week.
const WINDOW_MS_MAX = 7 * 86_400_000;

export async function readPreset(asker: Asker, table: PresetTable, atMs: number): Promise<PresetRows> {
  const answers = await Promise.all(
    table.columns.map(({ expr }) => asker.query({ expr, at: atMs, keep: SERIES_MAX })),
  );
  const rows = new Map<string, { readonly keys: readonly string[]; readonly values: (number | null)[] }>();
  for (const [column, { series }] of answers.entries())
    for (const { labels, points } of series) {
      const keys = table.keys.map((name) => labels[name] ?? '');
      const id = JSON.stringify(keys);
      const row = rows.get(id) ?? { keys, values: table.columns.map(() => null) };
      rows.set(id, row);
      row.values[column] = numberOf(points.at(-1)?.[1] ?? 'NaN');
    }
  const ordered = [...rows.values()].toSorted((a, b) => rankOf(b.values[0]) - rankOf(a.values[0]));
  return {
    rows: ordered.map(({ keys, values }) => [...keys, ...values.map(cellOf)]),
    isCut: answers.some(({ total, series }) => total > series.length),
  };
}

function cellOf(value: number | null): ToolCell {
  return value === null || Number.isFinite(value) ? value : String(value);
}

/** What has no number comes last. */
function rankOf(value: number | null | undefined): number {
  return value === null || value === undefined || Number.isNaN(value) ? -Infinity : value;
}

export function tableSection(table: PresetTable, { rows }: PresetRows, limit: number): ToolSection {
  return {
    kind: 'table',
    title: table.title,
    columns: [...table.keys, ...table.columns.map(({ name }) => name)],
    rows: rows.slice(0, limit),
    total: rows.length,
  };
}

/** The expressions, each once. */
export function promqlSection(tables: readonly PresetTable[]): ToolSection {
  const lines = tables.flatMap(({ columns }) => columns.map(({ name, expr }) => `${name}: ${expr}`));
  return { kind: 'text', title: 'PromQL', text: [...new Set(lines)].join('\n'), isOurs: true };
}

/** A preset whose tables are known beforehand. */
export async function presetResult(
  { deps, asker }: { readonly deps: PrometheusToolDeps; readonly asker: Asker },
  tables: readonly PresetTable[],
  options: {
    readonly atMs: number;
    readonly limit: number;
    readonly hintIfNone: string;
    readonly what: string;
  },
): Promise<ToolResult> {
  const { atMs, limit, hintIfNone, what } = options;
  const found = await Promise.all(tables.map((table) => readPreset(asker, table, atMs)));
  const rowCount = found[0]?.rows.length ?? 0;
  const isCut = found.some((one) => one.isCut || one.rows.length > limit);
  const expr = tables[0]?.columns[0]?.expr;
  return {
    summary: `${what}: ${rowCount} ${rowCount === 1 ? 'row' : 'rows'} at ${new Date(atMs).toISOString()}`,
    sections: [
      ...tables.map((table, i) => tableSection(table, found[i] ?? { rows: [], isCut: false }, limit)),
      promqlSection(tables),
    ],
    ...(rowCount === 0 ? { hint: hintIfNone } : isCut ? { hint: NARROW } : {}),
    ...(deps.linkOf === undefined || expr === undefined ? {} : { links: [deps.linkOf(expr)] }),
  };
}

const NARROW = 'the greatest are shown; narrow with the arguments of this tool';
