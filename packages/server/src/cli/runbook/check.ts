/** `vedette check runbooks`: all faults of all files at once, and what is worth a look. */
import * as path from 'node:path';
import { InputError } from '@vedette/model';
import { DiskFiles } from '../../lib/disk-files.ts';
import { PROJECT_ROOT } from '../../lib/project-root.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import type { Runbook } from '../../respond/index.ts';
import {
  formatRunbookFault,
  parseRunbook,
  readRunbookText,
  remarksOn,
  RunbookError,
  runbookFilesOf,
  runbookLinksOf,
} from '../../respond/runbook/index.ts';
import type { CliIo } from '../command.ts';

/**
 * Checks one argument after the other: a file, or a folder with what lies below it. No two files of all arguments may
 * have one id. Rejects with `InputError` when there are faults.
 */
export function createRunbookCheck(
  given: readonly string[],
  { workingDirectory }: CliIo,
): (one: string) => Promise<string> {
  const check = new RunbookCheck(given, workingDirectory);
  return async (one) => await check.report(one);
}

/** A file that was read. */
interface ReadFile {
  readonly shown: string;
  readonly absolute: string;
  readonly text: string;
  readonly runbook: Runbook;
}

class RunbookCheck {
  readonly #files = new DiskFiles();
  readonly #nowMs = new SystemClock().nowMs();
  readonly #given: readonly string[];
  readonly #directory: string;
  /** Files that were reported, by their id in small letters. */
  readonly #byId = new Map<string, ReadFile>();
  /** Ids that a link may lead to, in small letters: the shipped ones, and those of all arguments. */
  #known: Promise<ReadonlySet<string>> | undefined;

  constructor(given: readonly string[], directory: string) {
    this.#given = given;
    this.#directory = directory;
  }

  async report(given: string): Promise<string> {
    const { read, faults } = await this.#read(given);
    if (read.length + faults.length === 0)
      throw new InputError('VED_RUNBOOK_INVALID', `cannot check "${given}": no Markdown is there`);
    const warnings: string[] = [];
    for (const file of read) {
      const { shown, text, runbook } = file;
      const fault = this.#take(file);
      if (fault !== undefined) faults.push(fault);
      const remarks = [...remarksOn(text, runbook, this.#nowMs), ...(await this.#deadLinks(file))];
      for (const remark of remarks.toSorted((a, b) => a.line - b.line))
        warnings.push(`warning: ${formatRunbookFault(shown, remark)}`);
    }
    if (faults.length > 0) throw new InputError('VED_RUNBOOK_INVALID', [...faults, ...warnings].join('\n'));
    return [
      `${countOf(read.length, 'runbook')}, ${warnings.length === 0 ? 'nothing to say' : countOf(warnings.length, 'warning')}`,
      ...warnings,
    ].join('\n');
  }

  async #read(given: string): Promise<{ readonly read: readonly ReadFile[]; readonly faults: string[] }> {
    const top = path.resolve(this.#directory, given);
    const read: ReadFile[] = [];
    const faults: string[] = [];
    for (const found of await runbookFilesOf(this.#files, top)) {
      const shown = path.join(given, path.relative(top, found.file));
      try {
        const text = await readRunbookText(this.#files, found);
        const runbook = parseRunbook(text, { file: shown, origin: 'own' });
        read.push({ shown, absolute: found.file, text, runbook });
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        faults.push(error instanceof RunbookError ? error.message : `${shown}: ${error.message}`);
      }
    }
    return { read, faults };
  }

  /** A fault where another file has its id; one that is named twice is one file. */
  #take(file: ReadFile): string | undefined {
    const { shown, absolute, runbook } = file;
    const key = runbook.id.toLowerCase();
    const other = this.#byId.get(key);
    if (other === undefined) this.#byId.set(key, file);
    if (other === undefined || other.absolute === absolute) return undefined;
    const message = `"${other.shown}" has its id, "${runbook.id}"`;
    return formatRunbookFault(shown, { line: 1, column: 1, message });
  }

  /** Links to runbooks that are neither shipped nor among the files, nor beside this one. */
  async #deadLinks({ absolute, text }: ReadFile): Promise<readonly DeadLink[]> {
    const dead: DeadLink[] = [];
    for (const { id, path: linked, line } of runbookLinksOf(text)) {
      const known = await (this.#known ??= this.#knownIds());
      if (known.has(id.toLowerCase())) continue;
      const own = await this.#idOf(path.resolve(path.dirname(absolute), linked));
      if (own?.toLowerCase() === id.toLowerCase()) continue;
      const why =
        own === undefined
          ? `no runbook has the id "${id}", and no file is there`
          : `a link names the id of a runbook, and this one has the id "${own}"; write ${own}.md`;
      dead.push({ line, column: 1, message: `the link to ${linked} leads nowhere: ${why}` });
    }
    return dead;
  }

  async #knownIds(): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    for (const place of [path.join(PROJECT_ROOT, 'runbooks'), ...this.#given])
      for (const { runbook } of (await this.#read(place)).read) ids.add(runbook.id.toLowerCase());
    return ids;
  }

  async #idOf(file: string): Promise<string | undefined> {
    const { read } = await this.#read(file).catch(() => ({ read: [] }));
    return read[0]?.runbook.id;
  }
}

interface DeadLink {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
