/**
 * A runbook's file: front matter (`front-matter.ts`), then Markdown with a title and the sections of `RUNBOOK_SECTIONS` as
 * headings of level two, in any order and in any case.
 *
 *     # HighErrorRate
 *     ## Meaning
 *     More than 5 % of the requests have been answered with 5xx for 5 minutes.
 *     ## Impact
 *     …
 *
 * A section goes on to the next heading of level one or two that is not within fenced code. Other headings of level two are
 * fine; what stands below them belongs to no section. Runbooks of the Prometheus Operator are read as they are: no front
 * matter, or one of Hugo, and the file's name is the alert's.
 */
import { markdownLines } from './markdown-lines.ts';
import { isRunbookId, NO_FRONT_MATTER, parseFrontMatter, type FrontMatter } from './front-matter.ts';
import { RunbookError, type RunbookFault } from './runbook-error.ts';
import { RUNBOOK_SECTIONS, type Runbook, type RunbookSection } from './runbook.ts';

export interface RunbookSource {
  /** For messages; its last part without `.md` is the id, if the text does not have one. */
  readonly file: string;
  readonly origin: Runbook['origin'];
}

// Some screens of text; the longest shipped one has 3 kB.
const RUNBOOK_CHARS_MAX = 262_144;

/** Throws `RunbookError` (VED_RUNBOOK_INVALID) with all faults. Missing sections are none: see `remarksOn`. */
export function parseRunbook(written: string, { file, origin }: RunbookSource): Runbook {
  const faults: RunbookFault[] = [];
  if (written.length > RUNBOOK_CHARS_MAX) {
    const message = `it is too long; got ${written.length} characters, want at most ${RUNBOOK_CHARS_MAX}`;
    throw new RunbookError(file, [{ line: 1, column: 1, message }]);
  }
  const text = withPlainLines(written);
  const split = splitFrontMatter(text);
  if (split === undefined)
    faults.push({ line: 1, column: 1, message: 'front matter is not closed; want a line --- after it' });
  const { yaml, markdown, lineCount } = split ?? { yaml: undefined, markdown: '', lineCount: 0 };
  const front: FrontMatter =
    yaml === undefined ? NO_FRONT_MATTER : parseFrontMatter(yaml, 1, (fault) => faults.push(fault));
  const id = front.id ?? idOfFile(file);
  if (front.id === undefined && !isRunbookId(id))
    faults.push({
      line: 1,
      column: 1,
      message: `the file's name must be letters, digits, _ . - before .md; got "${id}"; or say id: in front matter`,
    });
  const { title, sections } = readMarkdown(markdown, lineCount, faults);
  if (faults.length > 0) throw new RunbookError(file, faults);
  return { ...front, id, title: front.title ?? title ?? id, sections, origin, file, markdown };
}

/** The last part of a path, without `.md`. */
function idOfFile(file: string): string {
  return file.replace(/^.*[\\/]/, '').replace(/\.md$/i, '');
}

/** Without a mark of byte order, and with plain ends of lines. */
export function withPlainLines(text: string): string {
  return text.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n');
}

interface Split {
  readonly yaml: string | undefined;
  readonly markdown: string;
  /** Lines of the file before `markdown`. */
  readonly lineCount: number;
}

/** `undefined`: it begins and does not end. */
export function splitFrontMatter(text: string): Split | undefined {
  if (!/^---[ \t]*(?:\n|$)/.test(text)) return { yaml: undefined, markdown: text, lineCount: 0 };
  const lines = text.split('\n');
  const end = lines.findIndex((line, index) => index > 0 && /^(?:---|\.\.\.)[ \t]*$/.test(line));
  if (end < 0) return undefined;
  let first = end + 1;
  while (first < lines.length - 1 && lines[first]?.trim() === '') first++;
  return {
    yaml: lines.slice(1, end).join('\n'),
    markdown: lines.slice(first).join('\n'),
    lineCount: first,
  };
}

const HEADING = /^ {0,3}(#{1,2})[ \t]+/;

/** What a heading says, without the closing marks that Markdown allows. */
function headingWords(text: string): string {
  const words = text.trim();
  let end = words.length;
  while (words.charAt(end - 1) === '#') end--;
  return end === 0 || /\s/.test(words.charAt(end - 1)) ? words.slice(0, end).trimEnd() : words;
}

function readMarkdown(
  markdown: string,
  lineOffset: number,
  faults: RunbookFault[],
): { readonly title: string | undefined; readonly sections: Runbook['sections'] } {
  const lines = markdown.split('\n');
  const places = new Map<RunbookSection, { readonly from: number; until: number }>();
  let title: string | undefined;
  let open: { until: number } | undefined;
  for (const { kind, line, ...rest } of markdownLines(markdown)) {
    const text = kind === 'text' && 'text' in rest ? rest.text : '';
    const heading = HEADING.exec(text);
    if (heading === null) continue;
    if (open !== undefined) open.until = line - 1;
    open = undefined;
    const [start, marks] = heading;
    const words = headingWords(text.slice(start.length));
    if (marks === '#') {
      title ??= words === '' ? undefined : words;
      continue;
    }
    const section = sectionOf(words);
    if (section === undefined) continue;
    if (places.has(section))
      faults.push({
        line: line + lineOffset,
        column: 1,
        message: `section "${section}" is there twice; want one heading of this name`,
      });
    else {
      const place = { from: line, until: lines.length };
      places.set(section, place);
      open = place;
    }
  }
  const sections: Partial<Record<RunbookSection, string>> = {};
  for (const [section, { from, until }] of places)
    sections[section] = lines.slice(from, until).join('\n').trim();
  return { title, sections };
}

function sectionOf(heading: string): RunbookSection | undefined {
  const name = heading.replace(/:$/, '').trim().toLowerCase();
  return RUNBOOK_SECTIONS.find((section) => section.toLowerCase() === name);
}
