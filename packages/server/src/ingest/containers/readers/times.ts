import { parseCount } from '../cgroup-text.ts';
import type { Container, ContainerReader } from '../container.ts';
import type { ContainerFiles } from '../container-files.ts';

/** Linux counts times of processes in hundredths of a second, on every machine. */
const TICKS_PER_SECOND = 100;

// The first process is among the first of the list, except in containers that run for months.
const PROCESSES_COMPARED_MAX = 64;

interface Start {
  readonly pid: number;
  readonly seconds: number;
}

/** When the container began, and when it was seen. */
export const times: ContainerReader = {
  create: ({ files, families, nowMs }) => {
    const seen = families(
      'gauge',
      'container_last_seen',
      'When the container was read last, in Unix seconds.',
    );
    const started = families(
      'gauge',
      'container_start_time_seconds',
      'When the container began, in Unix seconds.',
    );
    const starts = new WeakMap<Container, Start>();
    return {
      read: (container) => {
        seen.add(container, Math.floor(nowMs() / 1000));
        let start = starts.get(container);
        // Its first process lives as long as the container: when it is gone, this is the same one begun again.
        if (start === undefined || !container.pids.includes(start.pid)) {
          start = findStart(files, container.pids);
          if (start !== undefined) starts.set(container, start);
        }
        started.add(container, start?.seconds);
      },
    };
  },
};

/** The process that began first. */
function findStart(files: ContainerFiles, pids: readonly number[]): Start | undefined {
  const bootSeconds = parseCount(/^btime (\d+)$/m.exec(files.read('/proc/stat') ?? '')?.[1]);
  if (bootSeconds === undefined) return undefined;
  let first: Start | undefined;
  for (const pid of pids.slice(0, PROCESSES_COMPARED_MAX)) {
    const stat = files.read(`/proc/${pid}/stat`) ?? '';
    // The name in brackets may have spaces and brackets itself; the start is the 20th number behind it.
    const ticks = parseCount(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    if (ticks === undefined) continue;
    const seconds = Math.floor(bootSeconds + ticks / TICKS_PER_SECOND);
    if (first === undefined || seconds < first.seconds) first = { pid, seconds };
  }
  return first;
}
