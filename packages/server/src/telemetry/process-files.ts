import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel says about this process below /proc/self; `undefined` where there is no /proc. */

export interface ProcessMemory {
  readonly residentBytes: number;
  readonly virtualBytes: number | undefined;
  /** The data segment, which node's clients call the heap of the process. */
  readonly dataBytes: number | undefined;
}

export function readMemory(): ProcessMemory {
  const status = readOwn('status');
  const bytesOf = (field: string): number | undefined => {
    const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status ?? '')?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  };
  return {
    residentBytes: bytesOf('VmRSS') ?? process.memoryUsage.rss(),
    virtualBytes: bytesOf('VmSize'),
    dataBytes: bytesOf('VmData'),
  };
}

export function openFileCount(): number | undefined {
  try {
    // One of them is the directory being read.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}

/** The soft limit; `Infinity` when there is none. */
export function openFilesMax(): number | undefined {
  const soft = /^Max open files\s+(\S+)/m.exec(readOwn('limits') ?? '')?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Infinity : Number(soft);
}

function readOwn(file: string): string | undefined {
  try {
    return readFileSync(`/proc/self/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
