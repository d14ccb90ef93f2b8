/**
 * The rows of a section as text, as many as there is room for.
 *
 * Rows are made when they are asked for: of a hundred thousand, those that may be shown. Where not even the first one
 * fits, texts within rows are clipped shorter (`TEXT_CHARS`), since one row that says little is better than none.
 */
import { clean, cleanValue, clipped } from './clean-text.ts';
import type { ToolCell, ToolSection } from './tool.ts';

export interface SectionLines {
  /** How long all of it is; counted no further than `bytesMax`. */
  bytesUpTo(bytesMax: number): number;
  /** As many rows as have room. `body` is `undefined` when there is room for none though there are some. */
  within(bytesMax: number): ShownLines;
}

export interface ShownLines {
  readonly body: string | undefined;
  readonly count: number;
  readonly total: number;
}

// The longest text in a table's cell and in JSON: a name or an annotation that is longer helps nobody; then less, and less again.
const TEXT_CHARS = [
  { cell: 300, json: 1000 },
  { cell: 80, json: 200 },
  { cell: 24, json: 60 },
] as const;

type TextChars = (typeof TEXT_CHARS)[number];

// A line of a text that is longer is no line that anybody wrote by hand.
const LINE_CHARS_MAX = 2000;

export function createSectionLines(section: ToolSection): SectionLines {
  if (section.kind === 'object') return objectLines(section.value);
  return rowLines(section);
}

export function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}

interface Layout {
  readonly head: string;
  readonly foot: string;
  readonly separator: string;
  readonly rowCount: number;
  readonly total: number;
  readonly rowAt: (i: number) => string;
}

function rowLines(section: Exclude<ToolSection, { kind: 'object' }>): SectionLines {
  return {
    bytesUpTo: (bytesMax) => {
      const layout = layoutOf(section, TEXT_CHARS[0]);
      let bytes = bytesOf(layout.head) + bytesOf(layout.foot);
      for (let i = 0; i < layout.rowCount && bytes <= bytesMax; i++)
        bytes += bytesOf(layout.rowAt(i)) + layout.separator.length;
      return bytes;
    },
    within: (bytesMax) => {
      let layout = layoutOf(section, TEXT_CHARS[0]);
      for (const chars of TEXT_CHARS) {
        layout = layoutOf(section, chars);
        const rows = rowsWithin(layout, bytesMax);
        if (rows === undefined || (rows.length === 0 && layout.rowCount > 0)) continue;
        const body = layout.head + rows.join(layout.separator) + layout.foot;
        return { body, count: rows.length, total: layout.total };
      }
      return { body: undefined, count: 0, total: layout.total };
    },
  };
}

/** `undefined`: not even what stands around the rows has room. */
function rowsWithin(
  { head, foot, separator, rowCount, rowAt }: Layout,
  bytesMax: number,
): string[] | undefined {
  let left = bytesMax - bytesOf(head) - bytesOf(foot);
  if (left < 0) return undefined;
  const rows: string[] = [];
  for (let i = 0; i < rowCount; i++) {
    const row = rowAt(i);
    left -= bytesOf(row) + (i === 0 ? 0 : separator.length);
    if (left < 0) break;
    rows.push(row);
  }
  return rows;
}

function layoutOf(section: Exclude<ToolSection, { kind: 'object' }>, chars: TextChars): Layout {
  switch (section.kind) {
    case 'text': {
      const lines = section.text.split('\n');
      const rowAt = (i: number): string => {
        const line = lines[i] ?? '';
        return clipped(clean(clipped(line, LINE_CHARS_MAX)), Math.min(LINE_CHARS_MAX, chars.json * 2));
      };
      return { head: '', foot: '', separator: '\n', rowCount: lines.length, total: lines.length, rowAt };
    }
    case 'table': {
      const { columns, rows, total = 0 } = section;
      return {
        head: `${columns.join(' | ')}\n`,
        foot: '',
        separator: '\n',
        rowCount: rows.length,
        total: Math.max(total, rows.length),
        rowAt: (i) => (rows[i] ?? []).map((cell) => cellOf(cell, chars.cell)).join(' | '),
      };
    }
    case 'json': {
      const { head = {}, rowsName, rows, total = 0 } = section;
      const before = JSON.stringify(cleanValue(head, chars.json)).slice(0, -1);
      return {
        head: `${before}${before === '{' ? '' : ','}${JSON.stringify(rowsName)}:[\n`,
        foot: '\n]}',
        separator: ',\n',
        rowCount: rows.length,
        total: Math.max(total, rows.length),
        rowAt: (i) => JSON.stringify(cleanValue(rows[i], chars.json)) ?? 'null',
      };
    }
  }
}

function cellOf(cell: ToolCell, charsMax: number): string {
  if (cell === null) return '-';
  if (typeof cell === 'number') return shownNumber(cell);
  return clipped(
    clean(clipped(cell, charsMax))
      .replaceAll(/\s*\n\s*/g, ' ')
      // Also one beside the next, and at an end, where the separator of the row follows.
      .replaceAll(/(?<= |^)\|(?= |$)/g, '¦'),
    charsMax,
  );
}

/** Six significant digits are what a person compares; whole numbers stay whole. */
export function shownNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

/** One object: the longest of its lists gives up its last entries until all has room. */
function objectLines(value: Readonly<Record<string, unknown>>): SectionLines {
  const total = entriesOf(value);
  return {
    bytesUpTo: () => bytesOf(objectText(value, TEXT_CHARS[0].json)),
    within: (bytesMax) => {
      let shown = { ...value };
      for (const { json } of TEXT_CHARS) {
        shown = { ...value };
        for (;;) {
          const body = objectText(shown, json);
          if (bytesOf(body) <= bytesMax) return { body, count: entriesOf(shown), total };
          if (!shortened(shown)) break;
        }
      }
      return { body: undefined, count: 0, total: Math.max(1, total) };
    },
  };
}

function objectText(value: Readonly<Record<string, unknown>>, charsMax: number): string {
  return JSON.stringify(cleanValue(value, charsMax));
}

function entriesOf(value: Readonly<Record<string, unknown>>): number {
  return Object.values(value).reduce<number>((sum, one) => sum + (Array.isArray(one) ? one.length : 0), 0);
}

/** Halves the list with the longest text; false when every list is empty. */
function shortened(value: Record<string, unknown>): boolean {
  let longest:
    | { readonly name: string; readonly list: readonly unknown[]; readonly size: number }
    | undefined;
  for (const [name, list] of Object.entries(value)) {
    if (!Array.isArray(list) || list.length === 0) continue;
    const size = objectText({ list }, TEXT_CHARS[0].json).length;
    if (longest === undefined || size > longest.size) longest = { name, list, size };
  }
  if (longest === undefined) return false;
  value[longest.name] = longest.list.slice(0, Math.floor(longest.list.length / 2));
  return true;
}
