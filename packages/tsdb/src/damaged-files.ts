import type { Files } from '@vedette/model';

/** Files named in the sentence; an operator looks into the directory for more. */
const NAMED_MAX = 3;

/** What was set aside under a `.damaged` name, now or by an earlier process, until people take it away. */
export class DamagedFiles {
  readonly #files: Files;
  readonly #directories: readonly string[];
  #paths: readonly string[] = [];

  constructor(files: Files, directories: readonly string[]) {
    this.#files = files;
    this.#directories = directories;
  }

  /** A sentence for operators; `undefined` when there is none. */
  get problem(): string | undefined {
    const count = this.#paths.length;
    if (count === 0) return undefined;
    const named = this.#paths.slice(0, NAMED_MAX).join(', ');
    const files = count === 1 ? '1 damaged file was' : `${count} damaged files were`;
    return `${files} set aside, samples in there are missing from answers: ${named}${count > NAMED_MAX ? ', …' : ''}; restore from a backup, or remove them to end this message`;
  }

  /** Looks again. */
  async check(): Promise<void> {
    const paths: string[] = [];
    for (const directory of this.#directories)
      for (const { name } of await this.#files.list(directory))
        if (name.endsWith('.damaged')) paths.push(`${directory}/${name}`);
    this.#paths = paths;
  }
}
