import { InputError } from '@vedette/model';
import { printable } from '../../lib/printable.ts';

/** One thing that is wrong in a runbook, at its place. */
export interface RunbookFault {
  /** Both from 1; the column in UTF-16 units. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

// More than fit on a screen: then it is no runbook.
const FAULTS_SHOWN_MAX = 20;

/** All faults of one file, a line each: `runbooks/A.md:3:1: unknown key "sevrity"; did you mean "severity"?`. */
export class RunbookError extends InputError {
  readonly file: string;
  /** In the order of their places. */
  readonly faults: readonly RunbookFault[];

  constructor(file: string, faults: readonly RunbookFault[]) {
    const sorted = [...faults].sort((a, b) => a.line - b.line || a.column - b.column);
    const lines = sorted.slice(0, FAULTS_SHOWN_MAX).map((fault) => formatRunbookFault(file, fault));
    if (faults.length > lines.length) lines.push(`… and ${faults.length - lines.length} more`);
    super('VED_RUNBOOK_INVALID', lines.join('\n'));
    this.file = file;
    this.faults = sorted;
  }
}

export function formatRunbookFault(file: string, { line, column, message }: RunbookFault): string {
  // Names of files and texts of YAML may hold line ends, which would look like further faults.
  return printable(`${file}:${line}:${column}: ${message}`).replaceAll('\n', ' ');
}
