import type { Clock } from './clock.ts';
import type { FileAppender, FileEntry, FileReader, Files } from './files.ts';
import type { Random } from './random.ts';

/**
 * Puts faults between a program and its disk, whichever that is: `MemoryFiles` in tests and simulations, the real
 * one in a real process.
 *
 * 1. A rule says what happens to which operations on which paths, and to what share of them. Which ones these
 *    are is drawn from `random`: a seed reproduces a run.
 * 2. Rules may change at any time; those that stand when an operation begins count. The first error that is
 *    drawn is thrown; delays add up before it.
 * 3. What happened is counted by kind, so that a run can say what it has tried.
 *
 * What a power loss takes is not in here: only the disk itself knows what was written (`MemoryFiles.restart`).
 */
export class FaultyFiles implements Files {
  rules: readonly FaultRule[];
  /** Files that are open. */
  openCount = 0;
  /** How often each kind of effect took place. */
  readonly injected = new Map<FaultEffect['kind'], number>();
  readonly #files: Files;
  readonly #deps: { readonly clock: Pick<Clock, 'sleep'>; readonly random: Pick<Random, 'float'> };

  constructor(
    deps: { readonly clock: Pick<Clock, 'sleep'>; readonly random: Pick<Random, 'float'> },
    files: Files,
    rules: readonly FaultRule[] = [],
  ) {
    this.#deps = deps;
    this.#files = files;
    this.rules = rules;
  }

  makeDirectory = (path: string): Promise<void> => this.#run('change', path, (f) => f.makeDirectory(path));
  list = (path: string): Promise<readonly FileEntry[]> => this.#run('list', path, (f) => f.list(path));
  realPath = (path: string): Promise<string> => this.#run('list', path, (f) => f.realPath(path));
  truncate = (path: string, size: number): Promise<void> =>
    this.#run('change', path, (f) => f.truncate(path, size));
  link = (from: string, to: string): Promise<void> => this.#run('change', to, (f) => f.link(from, to));
  rename = (from: string, to: string): Promise<void> => this.#run('change', to, (f) => f.rename(from, to));
  remove = (path: string): Promise<void> => this.#run('change', path, (f) => f.remove(path));
  syncDirectory = (path: string): Promise<void> => this.#run('sync', path, (f) => f.syncDirectory(path));
  space = (path: string): Promise<{ freeBytes: number; totalBytes: number }> =>
    this.#run('list', path, (f) => f.space(path));
  writeAtomic = (path: string, bytes: Uint8Array): Promise<void> =>
    this.#run('change', path, (f) => f.writeAtomic(path, bytes));

  async read(path: string): Promise<Uint8Array> {
    const effects = await this.#begin('read', path);
    return this.#flipped(effects, await this.#files.read(path));
  }

  async openReader(path: string): Promise<FileReader> {
    const reader = await this.#run('open', path, (files) => files.openReader(path));
    this.openCount++;
    return {
      sizeBytes: reader.sizeBytes,
      read: async (offset, lengthBytes) => {
        const effects = await this.#begin('read', path);
        return this.#flipped(effects, await reader.read(offset, lengthBytes));
      },
      close: this.#closerOf(reader),
    };
  }

  async openAppender(path: string): Promise<FileAppender> {
    const appender = await this.#run('open', path, (files) => files.openAppender(path));
    this.openCount++;
    return {
      get sizeBytes() {
        return appender.sizeBytes;
      },
      append: (bytes) => this.#append(path, appender, bytes),
      sync: async () => {
        const effects = await this.#begin('sync', path);
        if (!effects.some(({ kind }) => kind === 'lost-sync')) await appender.sync();
      },
      close: this.#closerOf(appender),
    };
  }

  async #append(path: string, appender: FileAppender, bytes: Uint8Array): Promise<void> {
    const effects = await this.#begin('append', path);
    const torn = effects.find((effect) => effect.kind === 'torn-append');
    if (torn === undefined) return await appender.append(bytes);
    await appender.append(bytes.subarray(0, Math.floor(this.#deps.random.float() * bytes.length)));
    throw errorOf(torn.code, 'append', path);
  }

  async #run<T>(operation: FaultyVerb, path: string, task: (files: Files) => Promise<T>): Promise<T> {
    await this.#begin(operation, path);
    return await task(this.#files);
  }

  /** Draws, delays, throws; what is left of the effects is the caller's. */
  async #begin(operation: FaultyVerb, path: string): Promise<readonly FaultEffect[]> {
    const drawn = this.rules.filter(
      (rule) =>
        rule.operations.includes(operation) &&
        rule.path.test(path) &&
        (rule.share === undefined || this.#deps.random.float() < rule.share),
    );
    for (const { effect } of drawn) {
      this.injected.set(effect.kind, (this.injected.get(effect.kind) ?? 0) + 1);
      if (effect.kind === 'delay') await this.#deps.clock.sleep(effect.delayMs);
      if (effect.kind === 'error') throw errorOf(effect.code, operation, path);
      if (effect.kind === 'short-read')
        throw Object.assign(new Error(`cannot read "${path}": got fewer bytes than were asked for`), {
          code: 'EIO',
        });
    }
    return drawn.map(({ effect }) => effect);
  }

  #flipped(effects: readonly FaultEffect[], bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0 || !effects.some(({ kind }) => kind === 'flipped-bit')) return bytes;
    const flipped = bytes.slice();
    const at = Math.floor(this.#deps.random.float() * bytes.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(this.#deps.random.float() * 8));
    return flipped;
  }

  #closerOf(file: { close(): Promise<void> }): () => Promise<void> {
    let isClosed = false;
    return async () => {
      if (!isClosed) this.openCount--;
      isClosed = true;
      await file.close();
    };
  }
}

/** What a rule is about: `change` is every change of names and sizes, `list` looks at names and free space. */
export type FaultyVerb = 'append' | 'sync' | 'read' | 'open' | 'change' | 'list';

export interface FaultRule {
  readonly path: RegExp;
  readonly operations: readonly FaultyVerb[];
  /** Of how many operations, 0 to 1; all without it. */
  readonly share?: number;
  readonly effect: FaultEffect;
}

export type FaultEffect =
  /** The operation begins so much later. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** It fails with this code and does nothing. */
  | { readonly kind: 'error'; readonly code: string }
  /** An append writes a part and fails with this code. */
  | { readonly kind: 'torn-append'; readonly code: string }
  /** A sync of a file says that it was done. */
  | { readonly kind: 'lost-sync' }
  /** A read ends early, which `FileReader` makes an error. */
  | { readonly kind: 'short-read' }
  /** What is read has one wrong bit; on the disk it is right. */
  | { readonly kind: 'flipped-bit' };

function errorOf(code: string, operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${operation} '${path}'`), { code });
}
