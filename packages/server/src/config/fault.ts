import { InputError } from '@vedette/model';
import { printable } from '../lib/printable.ts';

/** One thing that is wrong in a configuration file, at its place. */
export interface ConfigFault {
  readonly file: string;
  /** From 1; 0 when the fault belongs to the file as a whole. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** Width of the mark under the line. */
  readonly width: number;
  /** Where in the document: `alertmanager.route`. Empty at the top. */
  readonly path: string;
  readonly message: string;
  readonly help: string | undefined;
}

// More than fit on a screen or two: then it is the wrong file, or one fault that broke all that follows.
const FAULTS_SHOWN_MAX = 50;

// Of a longer line only the part around the fault is shown: 100 columns after it fit beside the line number.
const LINE_COLUMNS_BEFORE = 40;
const LINE_COLUMNS_MAX = 140;

// On either side of a fault secrets are looked for: the time grows with the square, and no secret is as long.
const SEARCHED_COLUMNS = 5000;

/** All faults of one load, at once. The message is what the operator reads. */
export class ConfigError extends InputError {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[], textOf: (file: string) => string | undefined) {
    const shown = faults.slice(0, FAULTS_SHOWN_MAX).map((fault) => formatFault(fault, textOf(fault.file)));
    if (faults.length > shown.length) shown.push(`… and ${faults.length - shown.length} more`);
    super('VED_CONFIG_INVALID', shown.join('\n'));
    this.faults = faults;
  }
}

/**
 * As compilers do it:
 *
 *     error: unknown key "repeat_intervall"
 *       --> vedette.yml:7:5 (alertmanager.route)
 *      7 |     repeat_intervall: 4h
 *        |     ^^^^^^^^^^^^^^^^
 *        = help: did you mean "repeat_interval"?
 */
export function formatFault(fault: ConfigFault, text: string | undefined): string {
  const where = fault.path === '' ? '' : ` (${fault.path})`;
  const place = fault.line === 0 ? fault.file : `${fault.file}:${fault.line}:${fault.column}`;
  const lines = [`error: ${printable(fault.message)}`, `  --> ${place}${printable(where)}`];
  const source = fault.line === 0 ? undefined : text?.split('\n')[fault.line - 1];
  const gutter = ' '.repeat(String(fault.line).length);
  if (source !== undefined) {
    const from = Math.max(0, fault.column - 1 - SEARCHED_COLUMNS);
    const near = source.slice(from, fault.column - 1 + SEARCHED_COLUMNS);
    const { part, start } = partAround(withoutSecrets(near, fault, from), fault.column - 1 - from);
    const width = Math.max(1, Math.min(fault.width, part.length - start));
    lines.push(
      ` ${fault.line} | ${printable(part.trimEnd())}`,
      ` ${gutter} | ${padTo(part, start)}${'^'.repeat(width)}`,
    );
  }
  if (fault.help !== undefined) lines.push(` ${gutter} = help: ${fault.help}`);
  return lines.join('\n');
}

/** The piece of a long line in which a column lies, and where in it. */
function partAround(source: string, column: number): { part: string; start: number } {
  if (source.length <= LINE_COLUMNS_MAX) return { part: source, start: column };
  const from = Math.max(0, column - LINE_COLUMNS_BEFORE);
  const head = from === 0 ? '' : '…';
  const tail = source.length > from + LINE_COLUMNS_MAX ? '…' : '';
  return {
    part: `${head}${source.slice(from, from + LINE_COLUMNS_MAX)}${tail}`,
    start: column - from + head.length,
  };
}

/** Blanks up to a column, keeping tabs so that the mark stands under its text. */
function padTo(source: string, column: number): string {
  return source.slice(0, column).replace(/[^\t]/g, ' ');
}

/** Keys whose values are secrets in the formats we read, lists of them too; `…_file` names a file and is none. */
const SECRET_VALUE =
  /(?<=(?:password|passphrase|secret|secrets|token|credentials|_key|\bkey)["']? *: *)(?:"[^"]*"?|'[^']*'?|\[[^\]]*\]?|[^\s,}][^,}]*)/gi;
/** The path of an element of such a list. */
const SECRET_ELEMENT = /(?:secrets|tokens|credentials)\[\d+\]$/;
/** Of an address what follows the host: those of incoming webhooks are secrets there, and others may be. */
const URL_REST = /(?<=url["']? *: *["']?(?:[^"'/,}]*:\/\/|(?![^"'/,}]*:\/\/))[^\s"'/?#,}]*[/?#])[^\s"',}]+/gi;
const URL_PASSWORD = /(?<=\/\/[^\s/?#:@]*:)[^\s/?#@]+(?=@)/g;

/**
 * The line with stars for what may be a secret: it goes to the log and to whoever asked for a reload. As
 * many stars as characters, so that the mark stands where it stood.
 */
function withoutSecrets(line: string, { path, column }: ConfigFault, from: number): string {
  const stars = (text: string): string => '*'.repeat(text.length);
  const start = SECRET_ELEMENT.test(path) ? column - 1 - from : line.length;
  return (line.slice(0, start) + stars(line.slice(start)))
    .replace(SECRET_VALUE, stars)
    .replace(URL_PASSWORD, stars)
    .replace(URL_REST, stars);
}
