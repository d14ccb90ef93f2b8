/**
 * `fsync` without waiting for it: it runs on a thread of the pool, the event loop goes on meanwhile.
 *
 * The handles are kept until `close`. On POSIX systems closing any handle of a file gives up the locks that this
 * process has on it, and SQLite's are locks of the process: a handle of the database file must outlive its connection.
 */
import { open, type FileHandle } from 'node:fs/promises';

/** What the state store needs of a disk; a slow, failing or forgetful one can stand in its place. */
export interface FileSyncs {
  /** Resolves when content and size of the file, or the entries of the directory, as of the call, are durable. The path exists. */
  sync(path: string): Promise<void>;
  /** After the connection to SQLite is closed. Twice is safe. */
  close(): Promise<void>;
}

export class DiskSyncs implements FileSyncs {
  readonly #handles = new Map<string, Promise<FileHandle>>();

  async sync(path: string): Promise<void> {
    let handle = this.#handles.get(path);
    if (handle === undefined) {
      handle = openForSync(path);
      this.#handles.set(path, handle);
    }
    // On macOS Node asks for F_FULLFSYNC, which empties the drive's own cache too.
    await (await handle).sync();
  }

  async close(): Promise<void> {
    const handles = [...this.#handles.values()];
    this.#handles.clear();
    for (const opened of await Promise.allSettled(handles))
      if (opened.status === 'fulfilled') await opened.value.close();
  }
}

/** Windows syncs only what may be written; directories open for reading alone. */
async function openForSync(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EISDIR') return await open(path, 'r');
    throw error;
  }
}
