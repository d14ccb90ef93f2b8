/** A report as plain text: for mails, terminals, and every channel that shows nothing else. */
import type { AnalysisReport } from '@vedette/api';
import { cutToBytes } from '../../../alert/index.ts';
import { outlineOf, type Line, type Outline, type Part } from './outline.ts';
import { CARD, LEAST, SHORT, WHOLE } from './outline-limits.ts';

// What a terminal and a mail have room for.
const COLUMNS_MAX = 100;

// A report at its largest is some 60 kB as text; a mail of twice that is read by nobody.
const TEXT_BYTES_MAX = 120_000;

// Below that nobody looks for the evidence, and making all of it would be in vain.
const WHOLE_BYTES_MIN = 10_000;

export interface TextOptions {
  /** Where links lead; without a slash at the end. */
  readonly externalUrl: string;
  /** A sentence beside how it was made. */
  readonly remark?: string | undefined;
  /** Of UTF-8; what does not fit is left out, and said. */
  readonly bytesMax?: number | undefined;
  /** The title comes from elsewhere: a subject, a heading. */
  readonly isUntitled?: boolean | undefined;
}

/** Lines of at most 100 columns, addresses excepted, which must stay whole; a line feed at the end. */
export function textOf(report: AnalysisReport, options: TextOptions): string {
  const { externalUrl, remark, bytesMax = TEXT_BYTES_MAX, isUntitled = false } = options;
  let least = { body: '', footer: '' };
  const levels = bytesMax < WHOLE_BYTES_MIN ? [CARD, SHORT, LEAST] : [WHOLE, CARD, SHORT, LEAST];
  for (const limits of levels) {
    least = written(outlineOf(report, { externalUrl, remark, limits }), isUntitled);
    const text = least.body + least.footer;
    if (Buffer.byteLength(text) <= bytesMax) return text;
  }
  // Less than the least form: its beginning, and where the rest is.
  const room = bytesMax - Buffer.byteLength(least.footer) - 1;
  return room > 0
    ? `${cutToBytes(least.body.trimEnd(), room)}\n${least.footer}`
    : cutToBytes(least.body, bytesMax);
}

interface Written {
  readonly body: string;
  /** Where more is. */
  readonly footer: string;
}

function written(outline: Outline, isUntitled: boolean): Written {
  const { title, headline, facts, sections, notShown, link, links, origin } = outline;
  const width = Math.max(0, ...facts.map(({ name }) => name.length)) + 2;
  const blocks: string[][] = [
    [...(isUntitled ? [] : wrapped([title], '')), ...wrapped([headline], '')],
    facts.flatMap(({ name, value }) => wrapped(value, ' '.repeat(width), name.padEnd(width))),
    ...sections.map(({ heading, lines, rest }) => [
      ...wrapped([`${heading}:`], ''),
      ...lines.flatMap((line) => wrapped(line, '    ', '  - ')),
      ...(rest === undefined ? [] : wrapped([`${rest}: `, { label: '', url: link }], '    ', '  - ')),
    ]),
    notShown.length === 0 ? [] : wrapped([`Not shown here: ${notShown.join(', ')}.`], ''),
    links.flatMap(({ label, url }) => wrapped([{ label, url }], '  ')),
    wrapped([origin], ''),
  ];
  const body = blocks
    .filter((block) => block.length > 0)
    .map((block) => `${block.join('\n')}\n`)
    .join('\n');
  return { body, footer: `Open in Vedette: ${link}\n` };
}

/** The line in rows of at most `COLUMNS_MAX` columns; the first begins with `first`, the others with `indent`. */
function wrapped(line: Line, indent: string, first = ''): string[] {
  const words = line
    .map(plainPart)
    .join('')
    .split(' ')
    .filter((word) => word !== '')
    .flatMap((word) => pieces(word, COLUMNS_MAX - indent.length));
  const rows: string[] = [];
  let [row, columns, isFresh] = [first, columnsOf(first), true];
  for (const word of words) {
    const width = columnsOf(word);
    if (!isFresh && columns + 1 + width > COLUMNS_MAX) {
      rows.push(row.trimEnd());
      [row, columns, isFresh] = [indent, indent.length, true];
    }
    row += isFresh ? word : ` ${word}`;
    columns += isFresh ? width : width + 1;
    isFresh = false;
  }
  if (!isFresh) rows.push(row.trimEnd());
  return rows;
}

function plainPart(part: Part): string {
  if (typeof part === 'string') return part;
  if ('strong' in part) return part.strong;
  if ('code' in part) return part.code;
  return part.label === '' ? part.url : `${part.label}: ${part.url}`;
}

/** Words longer than a row, in pieces; addresses stay whole, since half of one leads nowhere. */
function pieces(word: string, columnsMax: number): string[] {
  if (columnsOf(word) <= columnsMax || /^\(?https?:\/\//.test(word)) return [word];
  const all: string[] = [];
  let [piece, columns] = ['', 0];
  for (const char of word) {
    const width = columnsOf(char);
    if (columns + width > columnsMax) {
      all.push(piece);
      [piece, columns] = ['', 0];
    }
    piece += char;
    columns += width;
  }
  return [...all, piece];
}

// East Asian wide characters and emoji take two columns of a terminal.
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;

// Most texts.
const NARROW = /^[ -~]*$/;

function columnsOf(text: string): number {
  if (NARROW.test(text)) return text.length;
  let columns = 0;
  for (const char of text) columns += WIDE.test(char) ? 2 : 1;
  return columns;
}
