/**
 * Markdown to a tree, the part that runbooks use: headings, paragraphs, lists (nested by indentation),
 * fenced code, quotes, tables, rules; and in text: code, strong, emphasis, links.
 *
 * 1. Lines are cut into blocks; the content of a list entry or a quote is cut again the same way.
 * 2. Text within a block is cut into spans.
 *
 * The result is data, never HTML: whatever stands in a file is shown as text. Links keep only the
 * schemes http, https and mailto, and paths of our own; of an image the words for it remain, since a
 * picture from elsewhere would tell its owner who reads the page. Rejected: a Markdown library; the smallest
 * with a sanitiser is ten times this.
 */
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly spans: readonly Span[] }
  | { readonly kind: 'paragraph'; readonly spans: readonly Span[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'list'; readonly isOrdered: boolean; readonly entries: readonly (readonly Block[])[] }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | { readonly kind: 'table'; readonly head: TableRow; readonly rows: readonly TableRow[] }
  | { readonly kind: 'rule' };

/** Cells of one line; every row has as many as the head. */
export type TableRow = readonly (readonly Span[])[];

export type Span =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'emphasis'; readonly spans: readonly Span[] }
  | { readonly kind: 'link'; readonly href: string; readonly spans: readonly Span[] };

/** A runbook is a page or three; what is longer is cut, so that no file can hold the tab. */
const CHARACTERS_MAX = 200_000;

/** A table that is wider is no text any more. */
const TABLE_COLUMNS_MAX = 50;

/** Lists in lists in quotes: deeper ones are shown as text. */
const DEPTH_MAX = 8;

export function parseMarkdown(text: string): Block[] {
  return parseBlocks(text.slice(0, CHARACTERS_MAX).replaceAll('\r\n', '\n').split('\n'), 0);
}

const FENCE = /^\s*(```+|~~~+)/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const ENTRY = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const TABLE_LINE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const QUOTE = /^\s*>\s?(.*)$/;

function parseBlocks(lines: readonly string[], depth: number): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line.trim() === '') {
      at++;
      continue;
    }
    const { block, next } = parseBlock(lines, at, depth);
    blocks.push(block);
    at = next;
  }
  return blocks;
}

interface Parsed {
  readonly block: Block;
  /** The first line that does not belong to the block. */
  readonly next: number;
}

function parseBlock(lines: readonly string[], at: number, depth: number): Parsed {
  const line = lines[at] ?? '';
  if (FENCE.test(line)) return parseFence(lines, at);
  const heading = HEADING.exec(line);
  if (heading !== null) {
    const [, marks = '', text = ''] = heading;
    return { block: { kind: 'heading', level: marks.length, spans: parseSpans(text) }, next: at + 1 };
  }
  if (RULE.test(line)) return { block: { kind: 'rule' }, next: at + 1 };
  if (line.includes('|') && TABLE_LINE.test(lines[at + 1] ?? '')) return parseTable(lines, at);
  if (depth < DEPTH_MAX && QUOTE.test(line)) return parseQuote(lines, at, depth);
  if (depth < DEPTH_MAX && ENTRY.test(line)) return parseList(lines, at, depth);
  return parseParagraph(lines, at, depth);
}

/** A fence that never closes holds the rest. */
function parseFence(lines: readonly string[], at: number): Parsed {
  const [opening = '', fence = ''] = FENCE.exec(lines[at] ?? '') ?? [];
  const indent = opening.length - fence.length;
  let end = at + 1;
  while (end < lines.length && !(lines[end] ?? '').trim().startsWith(fence)) end++;
  const text = lines
    .slice(at + 1, end)
    .map((line) => (line.slice(0, indent).trim() === '' ? line.slice(indent) : line))
    .join('\n');
  return { block: { kind: 'code', text }, next: end + 1 };
}

/** A head, a line of dashes, rows until a line without a bar. Missing cells are empty, surplus ones are dropped. */
function parseTable(lines: readonly string[], at: number): Parsed {
  const head = cellsOf(lines[at] ?? '').slice(0, TABLE_COLUMNS_MAX);
  const rows: TableRow[] = [];
  let end = at + 2;
  for (; (lines[end] ?? '').includes('|'); end++) {
    const cells = cellsOf(lines[end] ?? '');
    rows.push(head.map((_, i) => parseSpans(cells[i] ?? '')));
  }
  return { block: { kind: 'table', head: head.map(parseSpans), rows }, next: end };
}

function cellsOf(line: string): string[] {
  const inner = line.trim().replace(/^\|/, '').replace(/\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function parseQuote(lines: readonly string[], at: number, depth: number): Parsed {
  const content: string[] = [];
  let end = at;
  for (let match = QUOTE.exec(lines[end] ?? ''); match !== null; match = QUOTE.exec(lines[end] ?? '')) {
    content.push(match[1] ?? '');
    end++;
  }
  return { block: { kind: 'quote', blocks: parseBlocks(content, depth + 1) }, next: end };
}

/** Entries at one indentation; what is indented further, or follows without a blank line, belongs to the entry. */
function parseList(lines: readonly string[], at: number, depth: number): Parsed {
  const [, indent = '', marker = ''] = ENTRY.exec(lines[at] ?? '') ?? [];
  const isOrdered = /\d/.test(marker);
  const entries: string[][] = [];
  let end = at;
  for (; end < lines.length; end++) {
    const line = lines[end] ?? '';
    const entry = ENTRY.exec(line);
    if (entry !== null && (entry[1] ?? '').length <= indent.length) {
      if ((entry[1] ?? '').length < indent.length || /\d/.test(entry[2] ?? '') !== isOrdered) break;
      entries.push([entry[3] ?? '']);
    } else if (line.trim() === '' ? !isIndented(lines[end + 1], indent) : !belongs(lines, end, indent)) break;
    else entries.at(-1)?.push(withoutIndent(line, indent.length + marker.length + 1));
  }
  return {
    block: { kind: 'list', isOrdered, entries: entries.map((entry) => parseBlocks(entry, depth + 1)) },
    next: end,
  };
}

function isIndented(line: string | undefined, indent: string): boolean {
  if (line === undefined) return false;
  return line.startsWith(`${indent}  `) || (ENTRY.exec(line)?.[1] ?? '!') === indent;
}

function belongs(lines: readonly string[], at: number, indent: string): boolean {
  const line = lines[at] ?? '';
  return (
    line.startsWith(`${indent}  `) ||
    ((lines[at - 1] ?? '').trim() !== '' && !HEADING.test(line) && !FENCE.test(line))
  );
}

function withoutIndent(line: string, width: number): string {
  let cut = 0;
  while (cut < width && line[cut] === ' ') cut++;
  return line.slice(cut);
}

function parseParagraph(lines: readonly string[], at: number, depth: number): Parsed {
  let end = at + 1;
  while (end < lines.length && !endsParagraph(lines[end] ?? '', depth)) end++;
  const text = lines
    .slice(at, end)
    .map((line) => line.trim())
    .join(' ');
  return { block: { kind: 'paragraph', spans: parseSpans(text) }, next: end };
}

function endsParagraph(line: string, depth: number): boolean {
  if (line.trim() === '' || FENCE.test(line) || HEADING.test(line) || RULE.test(line)) return true;
  return depth < DEPTH_MAX && (QUOTE.test(line) || ENTRY.test(line));
}

const SPAN =
  /(?<code>`+)(?<codeText>.+?)\k<code>|\*\*(?<strong>.+?)\*\*|(?<![\w*])[*_](?<emphasis>[^\s*_](?:.*?[^\s])??)[*_](?!\w)|(?<image>!)?\[(?<label>[^\]]+)\]\((?<href>[^)\s]+)\)|<(?<url>https?:\/\/[^>\s]+)>/;

function parseSpans(text: string): Span[] {
  const spans: Span[] = [];
  let rest = text;
  for (let match = SPAN.exec(rest); match !== null; match = SPAN.exec(rest)) {
    if (match.index > 0) spans.push({ kind: 'text', text: rest.slice(0, match.index) });
    spans.push(spanOf(match[0], match.groups ?? {}));
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest !== '') spans.push({ kind: 'text', text: rest });
  return spans;
}

function spanOf(whole: string, groups: Readonly<Record<string, string | undefined>>): Span {
  const { codeText, strong, emphasis, image, label, href, url } = groups;
  if (image !== undefined) return { kind: 'text', text: label ?? '' };
  if (codeText !== undefined) return { kind: 'code', text: codeText.trim() };
  if (strong !== undefined) return { kind: 'strong', spans: parseSpans(strong) };
  if (emphasis !== undefined) return { kind: 'emphasis', spans: parseSpans(emphasis) };
  if (url !== undefined) return { kind: 'link', href: url, spans: [{ kind: 'text', text: url }] };
  if (label !== undefined && href !== undefined && isSafeHref(href))
    return { kind: 'link', href, spans: parseSpans(label) };
  return { kind: 'text', text: whole };
}

/** No `javascript:`, no `data:`, no `//elsewhere`. */
function isSafeHref(href: string): boolean {
  return (
    /^(https?:\/\/|mailto:|#|\/(?!\/)|[\w.-]+(?:\/|\.md|$))/i.test(href) &&
    !/^[a-z]+:(?!\/\/)/i.test(href.replace(/^mailto:/i, ''))
  );
}
