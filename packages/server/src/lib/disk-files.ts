import * as fs from 'node:fs/promises';
import { constants, type Dirent } from 'node:fs';
import * as path from 'node:path';
import type { FileAppender, FileEntry, FileReader, Files } from '@vedette/model';

/** The machine's disk. */
export class DiskFiles implements Files {
  async makeDirectory(directory: string): Promise<void> {
    await fs.mkdir(directory, { recursive: true });
  }

  async list(directory: string): Promise<readonly FileEntry[]> {
    const found = await fs.readdir(directory, { withFileTypes: true }).catch(ignoreMissing([]));
    found.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
    const entries = await Promise.all(found.map((one) => entryOf(directory, one)));
    return entries.filter((entry) => entry !== undefined);
  }

  async realPath(file: string): Promise<string> {
    return await fs.realpath(file);
  }

  async read(file: string): Promise<Uint8Array> {
    return await fs.readFile(file);
  }

  async openReader(file: string): Promise<FileReader> {
    const handle = await fs.open(file, 'r');
    return new DiskFileReader(file, handle, (await handle.stat()).size);
  }

  async openAppender(file: string): Promise<FileAppender> {
    const handle = await fs.open(file, constants.O_CREAT | constants.O_WRONLY | constants.O_APPEND);
    return new DiskFileAppender(handle, (await handle.stat()).size);
  }

  async writeAtomic(file: string, bytes: Uint8Array): Promise<void> {
    const temporary = `${file}.tmp`;
    const handle = await fs.open(temporary, 'w');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await this.rename(temporary, file);
  }

  async truncate(file: string, sizeBytes: number): Promise<void> {
    const handle = await fs.open(file, 'r+');
    try {
      await handle.truncate(sizeBytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async link(existing: string, target: string): Promise<void> {
    try {
      await fs.link(existing, target);
    } catch (error) {
      if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await fs.copyFile(existing, target, constants.COPYFILE_EXCL);
      await this.truncate(target, (await fs.stat(target)).size);
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await fs.rename(from, to);
    await this.syncDirectory(path.dirname(to));
  }

  async remove(target: string): Promise<void> {
    await fs.rm(target, { recursive: true, force: true });
  }

  async syncDirectory(directory: string): Promise<void> {
    // Windows refuses to open a directory, and needs no such call.
    if (process.platform === 'win32') return;
    const handle = await fs.open(directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async space(target: string): Promise<{ freeBytes: number; totalBytes: number }> {
    const stats = await fs.statfs(target);
    return { freeBytes: stats.bavail * stats.bsize, totalBytes: stats.blocks * stats.bsize };
  }
}

/** What file systems without hard links, between two of them, or with too many of one file, answer. */
const NO_LINKS: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EXDEV',
  'EMLINK',
]);

class DiskFileReader implements FileReader {
  readonly sizeBytes: number;
  readonly #file: string;
  readonly #handle: fs.FileHandle;

  constructor(file: string, handle: fs.FileHandle, sizeBytes: number) {
    this.#file = file;
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
  }

  async read(offset: number, lengthBytes: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(lengthBytes);
    let done = 0;
    while (done < lengthBytes) {
      const { bytesRead } = await this.#handle.read(bytes, done, lengthBytes - done, offset + done);
      if (bytesRead === 0)
        throw Object.assign(
          new Error(`cannot read "${this.#file}" at ${offset}: got ${done} bytes, want ${lengthBytes}`),
          { code: 'EIO' },
        );
      done += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

class DiskFileAppender implements FileAppender {
  #sizeBytes: number;
  #isClosed = false;
  readonly #handle: fs.FileHandle;

  constructor(handle: fs.FileHandle, sizeBytes: number) {
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) done += (await this.#handle.write(bytes, done)).bytesWritten;
    this.#sizeBytes += bytes.length;
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#handle.close();
  }
}

/** `undefined` for an entry that vanished between listing and looking, and for a link that leads nowhere or to itself. */
async function entryOf(directory: string, found: Dirent): Promise<FileEntry | undefined> {
  const { name } = found;
  const stats = await fs.stat(path.join(directory, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || (found.isSymbolicLink() && error.code === 'ELOOP')) return undefined;
    throw error;
  });
  if (stats === undefined) return undefined;
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  return { name, kind, sizeBytes: stats.size, ...(found.isSymbolicLink() ? { isLink: true } : {}) };
}

function ignoreMissing<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return instead;
    throw error;
  };
}
