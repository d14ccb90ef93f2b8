/**
 * Dashboards that are files: those that ship in `dashboards/`, and those of the folders that `ui.dashboards` names.
 *
 * 1. Nothing is read until somebody asks, except where folders are configured: their faults must be known at the
 *    start. A reload of the configuration reads all of them again.
 * 2. Of each file only what lists show is kept, and its path: the JSON is read when the dashboard is opened.
 * 3. A file that cannot be used is left out and told as a problem; the others are shown.
 * 4. Of two files with one uid the first counts: shipped ones before configured ones, folders in their order,
 *    files by name.
 */
import * as path from 'node:path';
import { type Files, InputError, quotePattern } from '@vedette/model';
import { dashboardTextOf, summaryOf, type FileSummary } from './dashboard-text.ts';

// As many as can be stored; lists show both.
const FILES_MAX = 1000;

// Written with spaces, the largest of 94 public dashboards has 600 kB.
const FILE_BYTES_MAX = 4 * 1024 * 1024;

/** A page shows them in a row of its own; a faulty folder must not fill it. */
const PROBLEMS_SHOWN_MAX = 10;

export interface DashboardFile extends FileSummary {
  readonly file: string;
}

export interface DashboardFilesOptions {
  /** Of the shipped ones; a missing one is an empty one. */
  readonly shippedDirectory: string;
  /** `ui.dashboards`: folders, or names with `*` in the last part. */
  readonly patterns: readonly string[];
  /** Where relative ones start. */
  readonly directory: string;
}

export class DashboardFiles {
  readonly #files: Files;
  #options: DashboardFilesOptions;
  #loading: Promise<Map<string, DashboardFile>> | undefined;
  #problems: readonly string[] = [];

  constructor(deps: { readonly files: Files }, options: DashboardFilesOptions) {
    this.#files = deps.files;
    this.#options = options;
  }

  /** Forgets what was read; reads at once where folders are configured. Never rejects. */
  async apply(change: Pick<DashboardFilesOptions, 'patterns' | 'directory'>): Promise<void> {
    this.#options = { ...this.#options, ...change };
    this.#problems = [];
    this.#loading = undefined;
    if (change.patterns.length > 0) await this.list();
  }

  /** By uid, in the order of reading. */
  async list(): Promise<ReadonlyMap<string, DashboardFile>> {
    this.#loading ??= this.#load(this.#options);
    return await this.#loading;
  }

  /** The JSON of one; rejects with `InputError` when the file cannot be read any more. */
  async read(uid: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const found = (await this.list()).get(uid);
    return found === undefined ? undefined : await this.#readFile(found.file);
  }

  /** Files that were left out, and why. */
  problems(): readonly string[] {
    return this.#problems;
  }

  async #load(options: DashboardFilesOptions): Promise<Map<string, DashboardFile>> {
    const found = new Map<string, DashboardFile>();
    const problems: string[] = [];
    for (const file of await this.#filesOf(options, problems)) {
      try {
        const summary = summaryOf(await this.#readFile(file));
        const other = found.get(summary.uid);
        if (other === undefined) found.set(summary.uid, { ...summary, file });
        else problems.push(`dashboard "${file}" is left out: "${other.file}" has its uid, "${summary.uid}"`);
      } catch (error) {
        problems.push(`dashboard "${file}" is left out: ${reasonOf(error)}`);
      }
    }
    // A later `apply` has its own problems.
    if (options === this.#options) this.#problems = shortened(problems);
    return found;
  }

  async #filesOf(
    { shippedDirectory, patterns, directory }: DashboardFilesOptions,
    problems: string[],
  ): Promise<readonly string[]> {
    const files = await this.#filesIn(shippedDirectory, /\.json$/);
    for (const pattern of patterns) {
      const { folder, name } = folderOf(path.resolve(directory, pattern));
      const some = await this.#filesIn(folder, name).catch((error: unknown) => {
        problems.push(`ui.dashboards: "${pattern}" cannot be read: ${reasonOf(error)}`);
        return undefined;
      });
      if (some === undefined) continue;
      if (some.length === 0) problems.push(`ui.dashboards: no file matches "${pattern}"`);
      files.push(...some);
    }
    if (files.length > FILES_MAX)
      problems.push(`ui.dashboards: ${files.length} files, limit is ${FILES_MAX}; the rest is left out`);
    return files.slice(0, FILES_MAX);
  }

  async #filesIn(folder: string, name: RegExp): Promise<string[]> {
    const entries = await this.#files.list(folder);
    return entries
      .filter((entry) => entry.kind === 'file' && name.test(entry.name))
      .map((entry) => path.join(folder, entry.name));
  }

  async #readFile(file: string): Promise<Readonly<Record<string, unknown>>> {
    const reader = await this.#files.openReader(file);
    try {
      if (reader.sizeBytes > FILE_BYTES_MAX)
        throw new InputError(
          'VED_DASHBOARD_TOO_LARGE',
          `it has ${reader.sizeBytes} bytes, limit is ${FILE_BYTES_MAX}`,
        );
      return dashboardTextOf(await reader.read(0, reader.sizeBytes));
    } finally {
      await reader.close();
    }
  }
}

/** `*` in the last part stands for any characters; a name without one is a folder, or one file. */
function folderOf(pattern: string): { readonly folder: string; readonly name: RegExp } {
  const last = path.basename(pattern);
  if (!last.includes('*') && !last.endsWith('.json')) return { folder: pattern, name: /\.json$/ };
  const source = last.split('*').map(quotePattern);
  return { folder: path.dirname(pattern), name: new RegExp(`^${source.join('.*')}$`) };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function shortened(problems: readonly string[]): readonly string[] {
  const rest = problems.length - PROBLEMS_SHOWN_MAX;
  if (rest <= 0) return problems;
  return [...problems.slice(0, PROBLEMS_SHOWN_MAX), `${rest} more dashboards are left out`];
}
