/**
 * Reads all runbooks: those that ship in `runbooks/`, and those of the folders that `agent.runbooks` names.
 *
 * 1. Folders are read with what lies below them, since collections sort theirs by subject. Names that begin with `_` or `.`, and
 *    README.md, are about the folder and no runbooks. Links to folders are not followed: they can lead in a circle. Links
 *    to files are, within the folder that is configured: a collection must not publish what else lies on the machine.
 * 2. An own runbook stands in the place of a shipped one of its id. Of two own ones with one id the first counts: folders in
 *    their order, files by name.
 * 3. A file that cannot be used is left out and told as a problem; the others are there.
 */
import * as path from 'node:path';
import { InputError, quotePattern, type Files } from '@vedette/model';
import type { LoadedRunbooks } from './library.ts';
import { indexRunbook, type IndexedRunbook } from './match-runbook.ts';
import { parseRunbook } from './parse-runbook.ts';
import { RunbookError } from './runbook-error.ts';
import type { Runbook } from './runbook.ts';

// The largest public collection has 108; each alert asks all of them.
const FILES_MAX = 2000;

// The parser takes as many characters; the longest shipped one has 3 kB.
const FILE_BYTES_MAX = 262_144;

// They are kept twice, once to show and once to search: 2,000 of usual length have half of it.
const TOTAL_BYTES_MAX = 8 * 1024 * 1024;

// A folder by subject, one by team above it, and room for the site that shows them.
const DEPTH_MAX = 5;

// They are shown in a row of a page; a faulty folder must not fill it.
const PROBLEMS_SHOWN_MAX = 10;

export interface RunbookFolders {
  /** Of the shipped ones; a missing one is an empty one. */
  readonly shippedDirectory: string;
  /** `agent.runbooks`: folders, files, or names with `*` in the last part. */
  readonly patterns: readonly string[];
  /** Where relative ones start. */
  readonly directory: string;
}

/** Never rejects: what cannot be read is a problem. */
export async function loadRunbooks(
  deps: { readonly files: Files },
  { shippedDirectory, patterns, directory }: RunbookFolders,
): Promise<LoadedRunbooks> {
  const load = new RunbookLoad(deps.files);
  for (const pattern of patterns) await load.readOwn(path.resolve(directory, pattern), pattern);
  await load.readShipped(shippedDirectory);
  return load.result();
}

/** A file that may be a runbook. */
export interface RunbookFile {
  readonly file: string;
  /** Of a link: the folder that it must not lead out of. */
  readonly within: string | undefined;
}

/** The text of a file; rejects with `InputError` when it is too large, no text, or elsewhere. */
export async function readRunbookText(files: Files, { file, within }: RunbookFile): Promise<string> {
  if (within !== undefined && !(await isWithin(files, file, within)))
    throw new InputError(
      'VED_RUNBOOK_INVALID',
      'it is a link that leads out of its folder; put the file there, or name it in full in agent.runbooks',
    );
  const reader = await files.openReader(file);
  try {
    if (reader.sizeBytes > FILE_BYTES_MAX)
      throw new InputError(
        'VED_RUNBOOK_INVALID',
        `it is too large; got ${reader.sizeBytes} bytes, want at most ${FILE_BYTES_MAX}; move details to pages of their own`,
      );
    return decoded(await reader.read(0, reader.sizeBytes));
  } finally {
    await reader.close();
  }
}

async function isWithin(files: Files, file: string, folder: string): Promise<boolean> {
  const relative = path.relative(await files.realPath(folder), await files.realPath(file));
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** Markdown files of a folder and of those below it, sorted by path within each; or the file itself. */
export async function runbookFilesOf(files: Files, pattern: string): Promise<readonly RunbookFile[]> {
  const last = path.basename(pattern);
  const parent = path.dirname(pattern);
  const isFor = nameMatcher(last);
  const found: RunbookFile[] = [];
  for (const { name, kind, isLink } of await files.list(parent)) {
    const file = path.join(parent, name);
    if (!isFor(name)) continue;
    // What is named in full may be a link, as folders that are mounted or switched often are.
    if (kind === 'directory' && (isLink !== true || name === last))
      await walk({ files, top: file, found }, file, 1);
    else if (kind === 'file' && isMarkdown(name))
      found.push({ file, within: isLink === true && name !== last ? parent : undefined });
  }
  return found;
}

interface Walk {
  readonly files: Files;
  /** Where it began. */
  readonly top: string;
  readonly found: RunbookFile[];
}

async function walk(begun: Walk, folder: string, depth: number): Promise<void> {
  const { files, top, found } = begun;
  for (const { name, kind, isLink } of await files.list(folder)) {
    if (found.length > FILES_MAX) return;
    if (/^[._]|^node_modules$|^readme\.md$/i.test(name)) continue;
    const file = path.join(folder, name);
    if (kind === 'file' && isMarkdown(name)) found.push({ file, within: isLink === true ? top : undefined });
    else if (kind === 'directory' && isLink !== true && depth < DEPTH_MAX) await walk(begun, file, depth + 1);
  }
}

function isMarkdown(name: string): boolean {
  return /\.md$/i.test(name);
}

/** `*` stands for any characters. */
function nameMatcher(pattern: string): (name: string) => boolean {
  if (!pattern.includes('*')) return (name) => name === pattern;
  const source = pattern.split('*').map(quotePattern);
  const regex = new RegExp(`^${source.join('.*')}$`);
  return (name) => regex.test(name);
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new InputError('VED_RUNBOOK_INVALID', 'it is not text in UTF-8', { cause: error });
  }
}

/** What one load has read so far. */
class RunbookLoad {
  readonly #files: Files;
  readonly #byId = new Map<string, IndexedRunbook>();
  readonly #problems: string[] = [];
  #fileCount = 0;
  #totalCharacters = 0;
  #isFull = false;

  constructor(files: Files) {
    this.#files = files;
  }

  async readOwn(absolute: string, written: string): Promise<void> {
    try {
      const found = await runbookFilesOf(this.#files, absolute);
      if (found.length === 0) this.#problems.push(`agent.runbooks: no file matches "${written}"`);
      for (const file of found) await this.#read(file, 'own');
    } catch (error) {
      this.#problems.push(`agent.runbooks: "${written}" cannot be read: ${reasonOf(error)}`);
    }
  }

  async readShipped(directory: string): Promise<void> {
    const entries = await this.#files.list(directory).catch(() => []);
    for (const { name, kind } of entries)
      if (kind === 'file' && isMarkdown(name))
        await this.#read({ file: path.join(directory, name), within: undefined }, 'shipped');
  }

  result(): LoadedRunbooks {
    const runbooks = [...this.#byId.values()].sort((a, b) => (a.runbook.id < b.runbook.id ? -1 : 1));
    return { runbooks, problems: shortened(this.#problems) };
  }

  async #read(found: RunbookFile, origin: Runbook['origin']): Promise<void> {
    if (this.#isFull && origin === 'own') return;
    const { file } = found;
    try {
      const text = await readRunbookText(this.#files, found);
      if (origin === 'own' && this.#fills(text)) return;
      this.#take(parseRunbook(text, { file, origin }));
    } catch (error) {
      this.#problems.push(`runbook "${file}" is left out: ${reasonOf(error)}`);
    }
  }

  /** Whether the limits leave no room for it; told once. */
  #fills(text: string): boolean {
    this.#fileCount++;
    this.#totalCharacters += text.length;
    this.#isFull = this.#fileCount > FILES_MAX || this.#totalCharacters > TOTAL_BYTES_MAX;
    if (this.#isFull)
      this.#problems.unshift(
        `agent.runbooks: more than ${FILES_MAX} files or ${TOTAL_BYTES_MAX} characters; the rest is left out`,
      );
    return this.#isFull;
  }

  #take(runbook: Runbook): void {
    const key = runbook.id.toLowerCase();
    const other = this.#byId.get(key)?.runbook;
    if (other === undefined) this.#byId.set(key, indexRunbook(runbook));
    else if (runbook.origin === 'own')
      this.#problems.push(`runbook "${runbook.file}" is left out: "${other.file}" has its id, "${other.id}"`);
  }
}

/** The first fault of a file is enough to find it; `vedette check runbooks` has all of them. */
function reasonOf(error: unknown): string {
  if (error instanceof RunbookError) {
    const [first] = error.faults;
    const rest = error.faults.length - 1;
    return `${first === undefined ? '' : `${first.line}:${first.column}: ${first.message}`}${rest > 0 ? `, and ${rest} more ${rest === 1 ? 'fault' : 'faults'}` : ''}`;
  }
  return error instanceof Error ? error.message : String(error);
}

function shortened(problems: readonly string[]): readonly string[] {
  const rest = problems.length - PROBLEMS_SHOWN_MAX;
  if (rest <= 0) return problems;
  return [...problems.slice(0, PROBLEMS_SHOWN_MAX), `${rest} more runbooks are left out`];
}
