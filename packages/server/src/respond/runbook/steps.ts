/** What a runbook tells to do, step by step, about one alert: its queries and commands with what the alert is about. */
import { fillPromql, isPromql, type Filled } from './fill-promql.ts';
import { fillShell } from './fill-shell.ts';
import { markdownLines } from './markdown-lines.ts';
import type { Runbook } from './runbook.ts';

export interface RunbookStep {
  readonly section: 'Diagnosis' | 'Mitigation';
  /** Markdown of one paragraph; what it has of lists within stands on lines of their own. */
  readonly text: string;
  /** PromQL. */
  readonly query: string | undefined;
  /** For a shell. To be read before it is run: the values in it are quoted, and still they are of whoever sends the alert. */
  readonly command: string | undefined;
  /** Words in capitals that no label fills in: `NAME`, `PID`. */
  readonly open: readonly string[];
}

// The longest shipped one has eleven; of an imported one the first are enough to begin.
const STEPS_MAX = 40;

// A screen of text; the longest shipped one has 300.
const TEXT_CHARS_MAX = 2000;

/**
 * The steps of Diagnosis, then of Mitigation: the outermost entries of their lists; of a section without a list its
 * paragraphs. Code belongs to the step before it; a second block of one kind makes another step of the same text.
 */
export function stepsOf(
  runbook: Pick<Runbook, 'sections'>,
  labels: Readonly<Record<string, string>>,
): readonly RunbookStep[] {
  const steps: RunbookStep[] = [];
  for (const section of ['Diagnosis', 'Mitigation'] as const)
    for (const raw of rawStepsOf(runbook.sections[section] ?? ''))
      steps.push(...filledStepsOf(raw, section, labels));
  return steps.slice(0, STEPS_MAX);
}

interface Code {
  readonly language: string;
  readonly lines: string[];
}

interface RawStep {
  readonly isEntry: boolean;
  /** Blanks before an entry. */
  readonly indent: number;
  text: string;
  readonly code: Code[];
}

const ENTRY = /^( *)(?:\d{1,9}[.)]|[-*+])[ \t]+(\S.*)$/;
const HEADING = /^ {0,3}#{1,6}(?:\s|$)/;

function rawStepsOf(markdown: string): readonly RawStep[] {
  const steps: RawStep[] = [];
  // What stands without a gap goes on in the same line.
  let hasGap = true;
  let indent = 0;
  for (const line of markdownLines(markdown)) {
    const last = steps.at(-1);
    if (line.kind === 'fence') {
      indent = line.indent;
      last?.code.push({ language: line.language, lines: [] });
    } else if (line.kind === 'code') last?.code.at(-1)?.lines.push(withoutIndent(line.text, indent));
    else if (line.kind === 'text' && line.text.trim() !== '' && !HEADING.test(line.text)) {
      takeText(steps, line.text, hasGap);
      hasGap = false;
      continue;
    }
    hasGap = true;
  }
  const hasList = steps.some(({ isEntry }) => isEntry);
  return hasList ? steps.filter(({ isEntry, code }) => isEntry || code.length > 0) : steps;
}

/** After the first entry of a list everything belongs to an entry: lists that are broken by code are common. */
function takeText(steps: RawStep[], line: string, hasGap: boolean): void {
  const last = steps.at(-1);
  const [, blanks = '', entry] = ENTRY.exec(line) ?? [];
  const indent = blanks.length;
  // What belongs to an entry is indented by two at least.
  const isOutermost = last?.isEntry !== true || indent < last.indent + 2;
  const text = line.trim();
  if (entry !== undefined && isOutermost) steps.push({ isEntry: true, indent, text: entry.trim(), code: [] });
  else if (last === undefined || (!last.isEntry && hasGap))
    steps.push({ isEntry: false, indent, text, code: [] });
  else last.text += (hasGap || entry !== undefined ? '\n' : ' ') + text;
}

function withoutIndent(text: string, indent: number): string {
  const blanks = text.length - text.trimStart().length;
  return text.slice(Math.min(blanks, indent));
}

function filledStepsOf(
  { text, code }: RawStep,
  section: RunbookStep['section'],
  labels: Readonly<Record<string, string>>,
): readonly RunbookStep[] {
  const filledText = fillCodeSpans(text.slice(0, TEXT_CHARS_MAX), labels);
  const groups: { query?: Filled; command?: Filled }[] = [{}];
  for (const block of code) {
    const read = readCode(block);
    if (read === undefined) continue;
    const filled = read.kind === 'query' ? fillPromql(read.text, labels) : fillShell(read.text, labels);
    let group = groups.at(-1) ?? {};
    if (group[read.kind] !== undefined) groups.push((group = {}));
    group[read.kind] = filled;
  }
  return groups.map(({ query, command }) => ({
    section,
    text: filledText.text,
    query: query?.text,
    command: command?.text,
    open: [...new Set([...filledText.open, ...(query?.open ?? []), ...(command?.open ?? [])])],
  }));
}

const SHELL = new Set(['sh', 'shell', 'bash', 'zsh', 'console', 'shell-session', 'terminal']);

/** Without a language it may be either; what is neither is left to the reader. */
function readCode({
  language,
  lines,
}: Code): { readonly kind: 'query' | 'command'; readonly text: string } | undefined {
  const text = lines.join('\n').trim();
  if (text === '' || text.length > TEXT_CHARS_MAX) return undefined;
  if (language === 'promql') return { kind: 'query', text };
  const typed = lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
  const isPrompted = typed.length > 0;
  // What stands beside a prompt is an answer.
  if (SHELL.has(language) || (language === '' && isPrompted))
    return { kind: 'command', text: isPrompted ? typed.join('\n') : text };
  // A single word is PromQL, too.
  return language === '' && /[({]/.test(text) && isPromql(text) ? { kind: 'query', text } : undefined;
}

/** `kill PID` within a text is read by a shell as well, though nobody knows which: only plain values stand there. */
function fillCodeSpans(text: string, labels: Readonly<Record<string, string>>): Filled {
  const open = new Set<string>();
  const filled = text.replaceAll(/`([^`]+)`/g, (_span, code: string) => {
    const one = fillShell(code, plainOnly(labels));
    for (const word of one.open) open.add(word);
    return `\`${one.text}\``;
  });
  return { text: filled, open: [...open] };
}

function plainOnly(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => /^[\w./:-]+$/.test(value)));
}
