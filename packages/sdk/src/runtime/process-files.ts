import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel says about this process below /proc/self; `undefined` where there is no /proc. */
export interface ProcessFigures {
  readonly virtualBytes: number;
  /** The data segment, which Node's clients call the heap of the process. */
  readonly dataBytes: number;
  readonly openFileCount: number;
}

export function readProcessFigures(): ProcessFigures | undefined {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const bytesOf = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024;
    // One of them is the directory being read.
    const openFileCount = readdirSync('/proc/self/fd').length - 1;
    return { virtualBytes: bytesOf('VmSize'), dataBytes: bytesOf('VmData'), openFileCount };
  } catch {
    return undefined;
  }
}

/** The soft limit; `Infinity` when there is none. */
export function readOpenFilesMax(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
    return soft === undefined || soft === 'unlimited' ? Infinity : Number(soft);
  } catch {
    return undefined;
  }
}
