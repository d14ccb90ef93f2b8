/** What is not wrong with a runbook, and still worth a look by whoever keeps it. */
import { InputError } from '@vedette/model';
import { parseExpr } from '@vedette/promql';
import { markdownLines } from './markdown-lines.ts';
import { splitFrontMatter, withPlainLines } from './parse-runbook.ts';
import type { RunbookFault } from './runbook-error.ts';
import { RUNBOOK_SECTIONS, type Runbook } from './runbook.ts';

// Two releases of what it is about: commands and names of metrics have changed by then.
const REVIEW_DAYS_MAX = 180;

const DAY_MS = 86_400_000;

/** Stands where a new runbook waits for its author. */
export const UNWRITTEN = 'TO BE WRITTEN:';

/** In the order of the lines. `text` is what `runbook` was parsed from. */
export function remarksOn(
  text: string,
  runbook: Pick<Runbook, 'sections' | 'reviewed'>,
  nowMs: number,
): readonly RunbookFault[] {
  const { markdown, lineCount } = splitFrontMatter(withPlainLines(text)) ?? { markdown: '', lineCount: 0 };
  const remarks = [...ageOf(text, runbook, nowMs), ...textRemarks(markdown, lineCount)];
  for (const section of RUNBOOK_SECTIONS)
    if ((runbook.sections[section] ?? '') === '')
      remarks.push({
        line: lineOfHeading(markdown, section) + lineCount,
        column: 1,
        message: `section "${section}" is ${runbook.sections[section] === undefined ? 'missing' : 'empty'}`,
      });
  return remarks.sort((a, b) => a.line - b.line);
}

function ageOf(
  text: string,
  { reviewed }: Pick<Runbook, 'reviewed'>,
  nowMs: number,
): readonly RunbookFault[] {
  if (reviewed === undefined) return [];
  const days = Math.floor((nowMs - Date.parse(`${reviewed}T00:00:00Z`)) / DAY_MS);
  const line = text.split('\n').findIndex((one) => /^reviewed\s*:/.test(one)) + 1;
  const at = { line: Math.max(1, line), column: 1 };
  // A day ahead it may be elsewhere on earth.
  if (days < -1) return [{ ...at, message: `reviewed on ${reviewed}, which is yet to come` }];
  if (days <= REVIEW_DAYS_MAX) return [];
  return [
    {
      ...at,
      message: `reviewed ${days} days ago, more than ${REVIEW_DAYS_MAX}: see whether it is still true, then set reviewed:`,
    },
  ];
}

function textRemarks(markdown: string, lineOffset: number): readonly RunbookFault[] {
  const remarks: RunbookFault[] = [];
  let open: { readonly line: number; readonly isPromql: boolean; readonly lines: string[] } | undefined;
  for (const line of markdownLines(markdown)) {
    if (line.kind === 'text' && line.text.includes(UNWRITTEN))
      remarks.push({ line: line.line + lineOffset, column: 1, message: 'is still to be written' });
    if (line.kind === 'fence') open = { line: line.line, isPromql: line.language === 'promql', lines: [] };
    else if (line.kind === 'code') open?.lines.push(line.text);
    else if (line.kind === 'end' && open !== undefined) {
      const fault = open.isPromql ? promqlFault(open.lines.join('\n')) : undefined;
      if (fault !== undefined) remarks.push({ line: open.line + 1 + lineOffset, column: 1, message: fault });
      open = undefined;
    }
  }
  if (open !== undefined)
    remarks.push({
      line: open.line + lineOffset,
      column: 1,
      message: 'this code is not closed; it goes on to the end',
    });
  return remarks;
}

function promqlFault(query: string): string | undefined {
  try {
    parseExpr(query);
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return `PromQL: ${error.message}`;
    throw error;
  }
}

/** 1 where there is none. */
function lineOfHeading(markdown: string, section: string): number {
  const found = markdownLines(markdown).find(
    (line) =>
      line.kind === 'text' &&
      line.text.toLowerCase().trimEnd().replace(/:$/, '').trim() === `## ${section.toLowerCase()}`,
  );
  return found?.line ?? 1;
}
