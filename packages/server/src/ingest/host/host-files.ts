/**
 * The files of the kernel. `/proc` and most of `/sys` are made up from memory at the moment of the
 * read, so they are read at once: 10 to 20 µs a file, where a promise through the thread pool costs ten
 * times that in CPU. What may touch a disk, a driver or a network is asked for asynchronously.
 */
import { closeSync, constants, openSync, readdirSync, readSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';

// /proc/mounts of a host with 2,000 containers is about 1 MiB; a file beyond this is none of ours.
export const HOST_FILE_BYTES_MAX = 8 * 1024 * 1024;

export interface HostFiles {
  /**
   * Text of a file, such as `/proc/stat`; `undefined` when there is none or the kernel has no value
   * for it (a carrier of a device that is down). Blocks the loop: for files made up from memory only.
   */
  read(path: string): string | undefined;
  /** Like `read`, in the thread pool: for attributes that ask a driver. */
  readSlow(path: string): Promise<string | undefined>;
  /** Names in a directory, sorted; none when it is missing. */
  list(path: string): readonly string[];
  /** What `statfs` says. May never settle (a hung NFS server); the caller sets the deadline. */
  statFileSystem(path: string): Promise<FileSystemStats>;
}

export interface FileSystemStats {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly blocksFree: number;
  /** Free for users other than root. */
  readonly blocksAvailable: number;
  readonly files: number;
  readonly filesFree: number;
}

/** Errors that mean "no value here", not "something is wrong". */
const ABSENT = new Set([
  'ENOENT',
  'ENOTDIR',
  'EINVAL',
  'ENODEV',
  'ENXIO',
  'EOPNOTSUPP',
  'EACCES',
  'EPERM',
  'ESRCH', // the process whose file it is ended meanwhile
]);

/** Opens the machine's own files; the roots let a container look at its host's `/proc` and `/sys`. */
export function createHostFiles(
  roots: { procRoot?: string; sysRoot?: string; root?: string } = {},
): HostFiles {
  const locate = (path: string): string => {
    if (roots.procRoot !== undefined && path.startsWith('/proc/')) return join(roots.procRoot, path.slice(6));
    if (roots.sysRoot !== undefined && path.startsWith('/sys/')) return join(roots.sysRoot, path.slice(5));
    return roots.root === undefined ? path : join(roots.root, path);
  };
  let buffer: Buffer<ArrayBuffer> = Buffer.allocUnsafe(16 * 1024);
  return {
    read: (path) => {
      const descriptor = openIfPresent(locate(path));
      if (descriptor === undefined) return undefined;
      try {
        let length = 0;
        for (;;) {
          const got = readSync(descriptor, buffer, length, buffer.length - length, null);
          length += got;
          if (got === 0) return buffer.toString('utf8', 0, length);
          if (length === buffer.length) buffer = grown(buffer, path);
        }
      } catch (error) {
        return undefinedIfAbsent(error);
      } finally {
        closeSync(descriptor);
      }
    },
    readSlow: (path) => readFile(locate(path), 'utf8').catch(undefinedIfAbsent),
    list: (path) => {
      try {
        return readdirSync(locate(path)).sort();
      } catch (error) {
        return undefinedIfAbsent(error) ?? [];
      }
    },
    statFileSystem: async (path) => {
      const stats = await statfs(roots.root === undefined ? path : join(roots.root, path));
      return {
        blockBytes: stats.bsize,
        blocks: stats.blocks,
        blocksFree: stats.bfree,
        blocksAvailable: stats.bavail,
        files: stats.files,
        filesFree: stats.ffree,
      };
    },
  };
}

function openIfPresent(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY);
  } catch (error) {
    return undefinedIfAbsent(error);
  }
}

function grown(buffer: Buffer<ArrayBuffer>, path: string): Buffer<ArrayBuffer> {
  if (buffer.length * 2 > HOST_FILE_BYTES_MAX)
    throw new Error(`cannot read "${path}": it reaches HOST_FILE_BYTES_MAX, ${HOST_FILE_BYTES_MAX} bytes`);
  const larger = Buffer.allocUnsafe(buffer.length * 2);
  buffer.copy(larger);
  return larger;
}

/** For `catch`: passes over errors that mean "no value here", throws the others again. */
export function undefinedIfAbsent(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && ABSENT.has(code)) return undefined;
  throw error;
}
