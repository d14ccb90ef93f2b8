/**
 * The disk as the engine sees it: few verbs, each with a promise, so that a faulty one (torn writes,
 * lost fsync, full disk, short reads) can stand in its place. Paths are absolute or relative to the
 * working directory of the process; `/` separates. Errors are Node's own (`code` ENOENT, ENOSPC, …).
 */
export interface Files {
  /** Creates the directory and its parents; an existing one is fine. */
  makeDirectory(path: string): Promise<void>;
  /** Names (not paths) of the entries, sorted by bytes. A missing directory is an empty one. */
  list(path: string): Promise<readonly FileEntry[]>;
  /** The absolute path to the same place without any symbolic link in it. A missing one is an error (ENOENT). */
  realPath(path: string): Promise<string>;
  /** The whole file. */
  read(path: string): Promise<Uint8Array>;
  /** Opens for positioned reads. */
  openReader(path: string): Promise<FileReader>;
  /** Opens for appending at the end; creates the file if missing. */
  openAppender(path: string): Promise<FileAppender>;
  /**
   * Replaces `path` as a whole: writes a temporary neighbour, fsyncs it, renames it, fsyncs the
   * directory. After a crash either the old or the new content is there, never a mixture.
   */
  writeAtomic(path: string, bytes: Uint8Array): Promise<void>;
  /** Cuts the file to `sizeBytes` and fsyncs it. */
  truncate(path: string, sizeBytes: number): Promise<void>;
  /**
   * Gives a file that never changes again a second path, of its own life: a hard link where the file system has
   * them, else a copy. The content is durable when it was before; the entry is not until its directory is synced.
   * A path that is taken is an error (EEXIST).
   */
  link(existing: string, path: string): Promise<void>;
  /** Renames a file or a directory and fsyncs the target's directory. Replaces an existing file, fails on a non-empty directory. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a directory tree; a missing one is fine. */
  remove(path: string): Promise<void>;
  /** Makes the entries of the directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** Space on the file system that holds `path`, in bytes. */
  space(path: string): Promise<{ freeBytes: number; totalBytes: number }>;
}

export interface FileEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'other';
  readonly sizeBytes: number;
  /** A symbolic link: `kind` and `sizeBytes` are those of what it leads to, which may lie anywhere. */
  readonly isLink?: boolean;
}

export interface FileReader {
  readonly sizeBytes: number;
  /** Reads exactly `lengthBytes` from `offset`; fewer are an error (EIO) that names the file and both numbers. */
  read(offset: number, lengthBytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface FileAppender {
  /** Size after the last accepted append. */
  readonly sizeBytes: number;
  /** Appends all of `bytes` in one piece or throws. After a throw the tail of the file is undefined: truncate it. */
  append(bytes: Uint8Array): Promise<void>;
  /** Makes everything appended so far durable. */
  sync(): Promise<void>;
  /** Closing twice is safe. Does not sync. */
  close(): Promise<void>;
}
