import { bug } from './bug.ts';
import type { FileAppender, FileEntry, FileReader, Files } from './files.ts';
import type { Random } from './random.ts';
import { compareUtf8 } from './utf8.ts';

interface MemoryFile {
  bytes: Uint8Array;
  sizeBytes: number;
  /** What a power loss leaves at least. */
  syncedBytes: number;
  /** Whether the directory entry was made durable. */
  isEntrySynced: boolean;
  /** Pages that a failed sync gave up: a later sync says yes, and they are not on the disk all the same. */
  abandoned: { readonly from: number; readonly until: number }[];
}

/** What a disk writes as a whole or not at all. */
const SECTOR_BYTES = 512;

/** Changes that a lying disk has at most not written yet: its cache. */
const UNWRITTEN_MAX = 1000;

/**
 * A disk in memory for tests, with the faults that disks have:
 *
 * - `capacityBytes`: an append beyond it writes what fits and fails with ENOSPC.
 * - `failNext`: the next operation of a kind on a path fails with a code of your choice; an append has then
 *   written a part, and what a failed sync should have made durable never will be, as on Linux.
 * - `killAfter(n)`: the n-th next change takes effect in part, and neither it nor anything later
 *   ever settles: the process is dead.
 * - `restart` gives the disk to the next process as a new object; what the old one still does is without effect.
 *   `process` keeps whatever was written, as a kernel does for a killed process. `power` keeps of each file what
 *   was synced; of the rest a random part, or all of it with holes of whole sectors. Files come and go only for
 *   certain with a sync of their directory: one that was made may be missing, one that was removed may be back.
 * - `isLying`: a sync is answered at once and does nothing. The disk writes in order, but later: what `power` takes
 *   are the last changes of all files together, any number up to its cache.
 */
export class MemoryFiles implements Files {
  capacityBytes = Infinity;
  /** Settable before the first change. */
  isLying = false;
  /** How often each kind of fault took place, over all processes: a planned one counts when it is met. */
  readonly injected: Map<string, number>;
  readonly #random: Random;
  readonly #files: Map<string, MemoryFile>;
  readonly #directories: Set<string>;
  /** Removed, but the directory was not synced since. */
  readonly #ghosts: Map<string, MemoryFile>;
  /** How to take back each change that a lying disk has not written yet, oldest first. */
  readonly #unwritten: (() => void)[];
  readonly #faults: { operation: FaultyOperation; path: string; code: string }[] = [];
  /** Changes until the process dies; Infinity for never. */
  #lifeOperations = Infinity;
  #changeCount = 0;

  constructor(random: Random, predecessor?: MemoryFiles) {
    this.#random = random;
    this.#files = predecessor === undefined ? new Map<string, MemoryFile>() : predecessor.#files;
    this.#directories = predecessor === undefined ? new Set<string>() : predecessor.#directories;
    this.#ghosts = predecessor === undefined ? new Map<string, MemoryFile>() : predecessor.#ghosts;
    this.#unwritten = predecessor === undefined ? [] : predecessor.#unwritten;
    this.injected = predecessor === undefined ? new Map<string, number>() : predecessor.injected;
    this.isLying = predecessor?.isLying ?? false;
  }

  /** Changes made so far: to choose a point to kill at. */
  get changeCount(): number {
    return this.#changeCount;
  }

  get isKilled(): boolean {
    return this.#lifeOperations <= 0;
  }

  get usedBytes(): number {
    let used = 0;
    for (const file of this.#files.values()) used += file.sizeBytes;
    return used;
  }

  /** Paths of all files, sorted. */
  get paths(): readonly string[] {
    return [...this.#files.keys()].sort(compareUtf8);
  }

  killAfter(changes: number): void {
    this.#lifeOperations = changes;
  }

  failNext(operation: FaultyOperation, path: string, code: string): void {
    this.#faults.push({ operation, path, code });
  }

  /** Faults that were planned and did not come to pass never will. */
  forgetPlannedFaults(): void {
    this.#faults.length = 0;
  }

  /** Kills the process that uses this object; the next one uses what is returned. */
  restart(mode: 'process' | 'power'): MemoryFiles {
    this.#lifeOperations = 0;
    const next = new MemoryFiles(this.#random, this);
    next.capacityBytes = this.capacityBytes;
    if (mode === 'power') {
      this.#count('power loss');
      if (this.isLying) this.#loseCache();
      else this.#losePower();
    }
    return next;
  }

  #losePower(): void {
    for (const [path, file] of this.#files) {
      if (!file.isEntrySynced && this.#random.float() < 0.5) this.#files.delete(path);
      for (const { from, until } of file.abandoned) this.#punch(file, from, until);
      const unsynced = file.sizeBytes - file.syncedBytes;
      if (this.#random.float() < 0.25) this.#punch(file, file.syncedBytes, file.sizeBytes);
      else file.sizeBytes = file.syncedBytes + Math.floor(this.#random.float() * (unsynced + 1));
      settle(file);
    }
    for (const [path, file] of this.#ghosts)
      if (!this.#files.has(path) && this.#random.float() < 0.5) this.#files.set(path, file);
    this.#ghosts.clear();
  }

  /** Sectors that were not written are zeros. */
  #punch(file: MemoryFile, from: number, until: number): void {
    for (let at = from; at < until;) {
      const end = Math.min(until, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
      if (this.#random.float() < 0.5) file.bytes.fill(0, at, end);
      at = end;
    }
  }

  #loseCache(): void {
    const count = Math.floor(this.#random.float() * (this.#unwritten.length + 1));
    for (let i = 0; i < count; i++) this.#unwritten.pop()?.();
    this.#unwritten.length = 0;
    for (const file of this.#files.values()) settle(file);
  }

  /** Changes one bit of a file. */
  flipBit(path: string, offset: number): void {
    const file = this.#fileAt(path);
    this.#count('flipped bit');
    if (offset >= file.sizeBytes) bug(`cannot flip byte ${offset} of ${file.sizeBytes}`);
    file.bytes[offset] = (file.bytes[offset] ?? 0) ^ 0x10;
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#change('makeDirectory', path, () => {
      for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1))
        this.#directories.add(path.slice(0, end));
    });
  }

  async list(path: string): Promise<readonly FileEntry[]> {
    await this.#alive();
    const entries = new Map<string, FileEntry>();
    const prefix = `${path}/`;
    for (const directory of this.#directories)
      if (directory.startsWith(prefix)) {
        const name = directory.slice(prefix.length).split('/')[0] ?? '';
        entries.set(name, { name, kind: 'directory', sizeBytes: 0 });
      }
    for (const [file, { sizeBytes }] of this.#files) {
      const name = file.slice(prefix.length);
      if (file.startsWith(prefix) && !name.includes('/'))
        entries.set(name, { name, kind: 'file', sizeBytes });
    }
    return [...entries.values()].sort((a, b) => compareUtf8(a.name, b.name));
  }

  /** There are no links. */
  async realPath(path: string): Promise<string> {
    await this.#alive();
    return path;
  }

  async read(path: string): Promise<Uint8Array> {
    await this.#alive();
    const file = this.#fileAt(path);
    return file.bytes.slice(0, file.sizeBytes);
  }

  async openReader(path: string): Promise<FileReader> {
    await this.#alive();
    const file = this.#fileAt(path);
    const { sizeBytes } = file;
    return {
      sizeBytes,
      read: async (offset, lengthBytes) => {
        await this.#alive();
        if (offset + lengthBytes > file.sizeBytes)
          throw Object.assign(
            new Error(
              `cannot read "${path}" at ${offset}: got ${Math.max(0, file.sizeBytes - offset)} bytes, want ${lengthBytes}`,
            ),
            { code: 'EIO' },
          );
        return file.bytes.slice(offset, offset + lengthBytes);
      },
      close: () => Promise.resolve(),
    };
  }

  async openAppender(path: string): Promise<FileAppender> {
    let file = this.#files.get(path);
    if (file === undefined) {
      await this.#change('openAppender', path, () => this.#setEntry(path, emptyFile()));
      file = this.#fileAt(path);
    }
    return this.#appenderOf(path, file);
  }

  async writeAtomic(path: string, bytes: Uint8Array): Promise<void> {
    // What a killed process left of it is written over.
    if (this.#files.has(`${path}.tmp`)) await this.truncate(`${path}.tmp`, 0);
    const appender = await this.openAppender(`${path}.tmp`);
    await appender.append(bytes);
    await appender.sync();
    await this.rename(`${path}.tmp`, path);
  }

  async truncate(path: string, sizeBytes: number): Promise<void> {
    await this.#change('truncate', path, () => {
      const file = this.#fileAt(path);
      const before = { sizeBytes: file.sizeBytes, cut: file.bytes.slice(sizeBytes, file.sizeBytes) };
      this.#unwrite(() => {
        file.sizeBytes = before.sizeBytes;
        file.bytes.set(before.cut, sizeBytes);
      });
      file.sizeBytes = sizeBytes;
      file.syncedBytes = sizeBytes;
      file.abandoned = file.abandoned.filter(({ until }) => until <= sizeBytes);
    });
  }

  async link(existing: string, path: string): Promise<void> {
    await this.#change('link', path, () => {
      if (this.#files.has(path)) throw errorOf('EEXIST', 'link', path);
      // The content is one, the entries are two: each is durable when its directory was synced.
      this.#setEntry(path, { ...this.#fileAt(existing), isEntrySynced: false });
    });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#change('rename', to, () => {
      if (this.#directories.has(from)) return this.#renameDirectory(from, to);
      const file = this.#fileAt(from);
      this.#setEntry(from, undefined);
      this.#setEntry(to, file);
      this.#syncEntries(directoryOf(to));
    });
  }

  #renameDirectory(from: string, to: string): void {
    const moved = (path: string): string | undefined =>
      path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : undefined;
    if ([...this.#files.keys()].some((path) => path.startsWith(`${to}/`)))
      throw errorOf('ENOTEMPTY', 'rename', to);
    this.#unwriteDirectories();
    for (const directory of this.#directories) {
      const target = moved(directory);
      if (target === undefined) continue;
      this.#directories.delete(directory);
      this.#directories.add(target);
    }
    for (const [path, file] of this.#files) {
      const target = moved(path);
      if (target === undefined) continue;
      this.#setEntry(path, undefined);
      this.#setEntry(target, file);
    }
  }

  async remove(path: string): Promise<void> {
    await this.#change('remove', path, () => {
      const removed = this.#files.get(path);
      if (removed?.isEntrySynced === true) this.#ghosts.set(path, removed);
      this.#unwriteDirectories();
      for (const directory of this.#directories)
        if (directory === path || directory.startsWith(`${path}/`)) this.#directories.delete(directory);
      for (const file of this.#files.keys())
        if (file === path || file.startsWith(`${path}/`)) this.#setEntry(file, undefined);
    });
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#change('syncDirectory', path, () => this.#syncEntries(path));
  }

  #syncEntries(directory: string): void {
    for (const [path, file] of this.#files) if (directoryOf(path) === directory) file.isEntrySynced = true;
    for (const path of this.#ghosts.keys()) if (directoryOf(path) === directory) this.#ghosts.delete(path);
  }

  /** `undefined` takes the entry away. */
  #setEntry(path: string, file: MemoryFile | undefined): void {
    const before = this.#files.get(path);
    const set = (one: MemoryFile | undefined): void => {
      if (one === undefined) this.#files.delete(path);
      else this.#files.set(path, one);
    };
    this.#unwrite(() => set(before));
    set(file);
  }

  #unwriteDirectories(): void {
    if (!this.isLying) return;
    const before = [...this.#directories];
    this.#unwrite(() => {
      this.#directories.clear();
      for (const directory of before) this.#directories.add(directory);
    });
  }

  /** Remembers how to take a change back while the disk lies. */
  #unwrite(undo: () => void): void {
    if (!this.isLying) return;
    this.#unwritten.push(undo);
    if (this.#unwritten.length > 2 * UNWRITTEN_MAX)
      this.#unwritten.splice(0, this.#unwritten.length - UNWRITTEN_MAX);
  }

  async space(): Promise<{ freeBytes: number; totalBytes: number }> {
    await this.#alive();
    const freeBytes = Math.max(0, this.capacityBytes - this.usedBytes);
    return { freeBytes, totalBytes: this.capacityBytes };
  }

  #appenderOf(path: string, file: MemoryFile): FileAppender {
    let isClosed = false;
    return {
      get sizeBytes() {
        return file.sizeBytes;
      },
      append: async (bytes) => {
        if (isClosed) bug(`"${path}" is closed`);
        const partBytes = Math.floor(this.#random.float() * (bytes.length + 1));
        await this.#change(
          'append',
          path,
          () => this.#write(path, file, bytes),
          () => this.#append(file, bytes.subarray(0, partBytes)),
        );
      },
      sync: () =>
        this.#change(
          'sync',
          path,
          () => {
            file.syncedBytes = file.sizeBytes;
          },
          () => {
            if (file.syncedBytes < file.sizeBytes)
              file.abandoned.push({ from: file.syncedBytes, until: file.sizeBytes });
          },
        ),
      close: () => {
        isClosed = true;
        return Promise.resolve();
      },
    };
  }

  #write(path: string, file: MemoryFile, bytes: Uint8Array): void {
    const freeBytes = Math.max(0, this.capacityBytes - this.usedBytes);
    this.#append(file, bytes.subarray(0, freeBytes));
    if (bytes.length <= freeBytes) return;
    this.#count('append ENOSPC');
    throw errorOf('ENOSPC', 'append', path);
  }

  #append(file: MemoryFile, bytes: Uint8Array): void {
    const before = file.sizeBytes;
    this.#unwrite(() => {
      file.sizeBytes = before;
    });
    append(file, bytes);
  }

  /** Applies a change, or a part of it when a fault is due. */
  async #change(
    operation: FaultyOperation,
    path: string,
    whole: () => void,
    part: () => void = () => undefined,
  ): Promise<void> {
    await this.#alive();
    this.#changeCount++;
    if (--this.#lifeOperations <= 0) {
      this.#count('kill within a change');
      // A sync that nobody waits for any more gives nothing up.
      if (operation !== 'sync') part();
      return await neverSettled();
    }
    const fault = this.#faults.findIndex((one) => one.operation === operation && path.includes(one.path));
    if (fault >= 0) {
      const [{ code } = { code: 'EIO' }] = this.#faults.splice(fault, 1);
      part();
      this.#count(`${operation} ${code}`);
      throw errorOf(code, operation, path);
    }
    if (this.isLying && operation === 'sync') this.#count('sync that does nothing');
    whole();
  }

  #count(fault: string): void {
    this.injected.set(fault, (this.injected.get(fault) ?? 0) + 1);
  }

  /** Like a real disk, answers later; a dead process gets no answer. */
  async #alive(): Promise<void> {
    await Promise.resolve();
    if (this.isKilled) await neverSettled();
  }

  #fileAt(path: string): MemoryFile {
    const file = this.#files.get(path);
    if (file === undefined) throw errorOf('ENOENT', 'open', path);
    return file;
  }
}

type FaultyOperation =
  | 'append'
  | 'sync'
  | 'openAppender'
  | 'truncate'
  | 'link'
  | 'rename'
  | 'remove'
  | 'syncDirectory'
  | 'makeDirectory';

/** A new one each time: what waits for it must not be kept alive by it. */
function neverSettled(): Promise<never> {
  return new Promise(() => undefined);
}

function emptyFile(): MemoryFile {
  return { bytes: new Uint8Array(64), sizeBytes: 0, syncedBytes: 0, isEntrySynced: false, abandoned: [] };
}

/** What is there after a power loss is on the disk. */
function settle(file: MemoryFile): void {
  file.syncedBytes = file.sizeBytes;
  file.isEntrySynced = true;
  file.abandoned = [];
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function append(file: MemoryFile, bytes: Uint8Array): void {
  const sizeBytes = file.sizeBytes + bytes.length;
  if (sizeBytes > file.bytes.length) {
    const larger = new Uint8Array(Math.max(sizeBytes, file.bytes.length * 2));
    larger.set(file.bytes.subarray(0, file.sizeBytes));
    file.bytes = larger;
  }
  file.bytes.set(bytes, file.sizeBytes);
  file.sizeBytes = sizeBytes;
}

function errorOf(code: string, operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${operation} '${path}'`), { code });
}
