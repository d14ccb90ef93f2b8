import type { Slicer } from '@vedette/model';
import { parseCount, parseLimit } from '../cgroup-text.ts';
import type { Container, ContainerReader } from '../container.ts';
import type { ContainerFiles } from '../container-files.ts';

// Descriptors cost a directory for each process and a link for each descriptor, 2 to 3 µs a piece: every 30 s
// still shows a leak hours before its limit.
export const DESCRIPTORS_PERIOD_MS = 30_000;

// What a container may cost each time: 256 directories and 4,096 links are about 15 ms, in slices. Beyond, the
// container has no series of descriptors and sockets: half a count is worse than none.
export const PROCESSES_READ_MAX = 256;
export const DESCRIPTORS_READ_MAX = 4096;

interface Descriptors {
  readonly descriptorCount: number;
  readonly socketCount: number;
}

/** Processes, threads, and what they have open. */
export const processes: ContainerReader = {
  create: ({ files, families, slicer, monotonicMs, onDrop }) => {
    const count = families('gauge', 'container_processes', 'Processes in the container.');
    const threads = families('gauge', 'container_threads', 'Threads in the container.');
    const threadsMax = families('gauge', 'container_threads_max', 'Limit of threads; 0: none.');
    const descriptors = families('gauge', 'container_file_descriptors', 'Files open in the container.');
    const sockets = families('gauge', 'container_sockets', 'Sockets open in the container.');
    const last = new WeakMap<Container, { readonly atMs: number; readonly found: Descriptors | undefined }>();
    const findDescriptors = async (container: Container): Promise<Descriptors | undefined> => {
      const nowMs = monotonicMs();
      const known = last.get(container);
      if (known !== undefined && nowMs - known.atMs < DESCRIPTORS_PERIOD_MS) return known.found;
      const found = await countDescriptors({ files, slicer }, container, () => onDrop('process'));
      last.set(container, { atMs: nowMs, found });
      return found;
    };
    return {
      read: async (container) => {
        count.add(container, container.processCount);
        threads.add(container, parseCount(files.read(`${container.directory}/pids.current`)));
        threadsMax.add(container, parseLimit(files.read(`${container.directory}/pids.max`)));
        const found = await findDescriptors(container);
        descriptors.add(container, found?.descriptorCount);
        sockets.add(container, found?.socketCount);
      },
    };
  },
};

/** `undefined` when we may not look at a process, cannot see all of them, or a limit is reached. */
async function countDescriptors(
  { files, slicer }: { readonly files: ContainerFiles; readonly slicer: Slicer },
  { pids, processCount }: Container,
  onDrop: () => void,
): Promise<Descriptors | undefined> {
  if (pids.length === 0 || pids.length < processCount) return undefined;
  let descriptorCount = 0;
  let socketCount = 0;
  for (const [i, pid] of pids.entries()) {
    const names = files.names(`/proc/${pid}/fd`, DESCRIPTORS_READ_MAX - descriptorCount + 1);
    // One that ended meanwhile has no directory any more; one that we may not look at has.
    if (names === undefined && files.read(`/proc/${pid}/stat`) !== undefined) return undefined;
    descriptorCount += names?.length ?? 0;
    if (i >= PROCESSES_READ_MAX || descriptorCount > DESCRIPTORS_READ_MAX) {
      onDrop();
      return undefined;
    }
    for (const name of names ?? []) {
      if (files.link(`/proc/${pid}/fd/${name}`)?.startsWith('socket:') === true) socketCount++;
      if (slicer.shouldYield()) await slicer.yield();
    }
  }
  return { descriptorCount, socketCount };
}
