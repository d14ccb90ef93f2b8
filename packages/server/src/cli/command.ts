import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { findNearest } from '../lib/nearest.ts';

/** What a command may touch of the process. */
export interface CliIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** Shows a question and resolves with whether the person said yes. Absent: nobody is there to ask. */
  readonly confirm?: (question: string) => Promise<boolean>;
}

/** One file of this folder exports one of these; `run` resolves with the exit code. */
export interface Command {
  /** At most 40 lines: usage, options, examples. */
  readonly help: string;
  run(args: readonly string[], io: CliIo): Promise<number>;
}

/** Exit codes of every command; scripts rely on them. */
export const EXIT = { ok: 0, checkFailed: 1, usage: 2, unreachable: 3, environment: 4 } as const;

/** The command line cannot be understood; printed with a pointer to `--help`, exit code 2. */
export class UsageError extends Error {}

/** `parseArgs` with errors in our words. Every command knows `--help` (handled by the caller) and `--json`. */
export function parseOptions<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(explain(error, Object.keys(options)), { cause: error });
  }
}

/** For commands that take options alone. */
export function assertNoArguments(positionals: readonly string[]): void {
  if (positionals[0] !== undefined) throw new UsageError(`unexpected argument "${positionals[0]}"`);
}

function explain(error: unknown, names: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error);
  const unknown = /Unknown option '(--?[^']+)'/.exec(message)?.[1];
  if (unknown === undefined) return message.charAt(0).toLowerCase() + message.slice(1);
  const nearest = findNearest(unknown.replace(/^-+/, ''), names);
  return `unknown option "${unknown}"${nearest === undefined ? '' : `; did you mean "--${nearest}"?`}`;
}
