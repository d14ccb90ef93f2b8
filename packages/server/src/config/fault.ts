import { InputError } from '@vedette/model';

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

/** All faults of one load, at once. The message is what the operator reads. */
export class ConfigError extends InputError {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[], textOf: (file: string) => string | undefined) {
    super('VED_CONFIG_INVALID', faults.map((fault) => formatFault(fault, textOf(fault.file))).join('\n'));
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
  const lines = [`error: ${fault.message}`, `  --> ${place}${where}`];
  const source = fault.line === 0 ? undefined : text?.split('\n')[fault.line - 1];
  const gutter = ' '.repeat(String(fault.line).length);
  if (source !== undefined) {
    const start = fault.column - 1;
    const width = Math.max(1, Math.min(fault.width, source.length - start));
    lines.push(
      ` ${fault.line} | ${withoutSecrets(source.trimEnd())}`,
      ` ${gutter} | ${padTo(source, start)}${'^'.repeat(width)}`,
    );
  }
  if (fault.help !== undefined) lines.push(` ${gutter} = help: ${fault.help}`);
  return lines.join('\n');
}

/** Blanks up to a column, keeping tabs so that the mark stands under its text. */
function padTo(source: string, column: number): string {
  return source.slice(0, column).replace(/[^\t]/g, ' ');
}

/** Keys whose values are secrets in the formats we read; `…_file` names a file and is none. */
const SECRET_VALUE =
  /(?<=(?:password|passphrase|secret|secrets|token|credentials|api_key|\bkey)["']? *: *)(?:"[^"]*"?|'[^']*'?|[^\s,}][^,}]*)/gi;
const URL_PASSWORD = /(?<=\/\/[^\s/?#:@]*:)[^\s/?#@]+(?=@)/g;

/**
 * The line with stars for what may be a secret: it goes to the log and to whoever asked for a reload. As
 * many stars as characters, so that the mark stands where it stood.
 */
function withoutSecrets(line: string): string {
  const stars = (text: string): string => '*'.repeat(text.length);
  return line.replace(SECRET_VALUE, stars).replace(URL_PASSWORD, stars);
}
