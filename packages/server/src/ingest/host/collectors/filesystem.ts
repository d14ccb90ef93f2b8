/**
 * Space and files of each mounted file system. `statfs` on a network mount whose server is gone never
 * returns, and it holds one of the four threads that do all file work of this process. So:
 *
 * 1. Mounts are asked one after the other, each with a deadline.
 * 2. One that passed its deadline is `stuck`: it reports `node_filesystem_device_error` 1 and is not
 *    asked again until the old question comes back.
 * 3. At `STUCK_MAX` stuck questions no other mount is asked; they report the error, too. Losing those
 *    figures is better than losing the threads that write the log.
 */
import { required, type CollectorDefinition, type CollectorContext } from '../collector.ts';
import type { FileSystemStats } from '../host-files.ts';

/** A local disk answers in microseconds, a network one in milliseconds. */
const STATFS_MS_MAX = 2000;

/** libuv has four threads; two are left to work with. */
const STUCK_MAX = 2;

interface Mount {
  readonly device: string;
  readonly mountPoint: string;
  readonly fsType: string;
  readonly isReadOnly: boolean;
}

export const filesystem: CollectorDefinition = {
  name: 'filesystem',
  pace: 'background',
  create: (context) => {
    const { files, options } = context;
    const add = createFamilies(context);
    const stuck = new Set<string>();
    return async () => {
      // The mounts of process 1 are the machine's, also from inside a mount namespace of our own.
      const text = required(files.read('/proc/1/mounts') ?? files.read('/proc/mounts'), '/proc/mounts');
      for (const mount of parseMounts(text)) {
        if (options.mountPointsExclude.test(mount.mountPoint) || options.fsTypesExclude.test(mount.fsType))
          continue;
        add(mount, await statMount(context, stuck, mount.mountPoint));
      }
    };
  },
};

async function statMount(
  { files, withDeadline }: CollectorContext,
  stuck: Set<string>,
  mountPoint: string,
): Promise<FileSystemStats | undefined> {
  if (stuck.has(mountPoint) || stuck.size >= STUCK_MAX) return undefined;
  stuck.add(mountPoint);
  const question = files
    .statFileSystem(mountPoint)
    .catch(() => undefined)
    .finally(() => stuck.delete(mountPoint));
  return await withDeadline(STATFS_MS_MAX, question);
}

function createFamilies({
  families,
}: CollectorContext): (mount: Mount, stats: FileSystemStats | undefined) => void {
  const gauge = (name: string, help: string): ReturnType<typeof families> =>
    families('gauge', `node_filesystem_${name}`, help, ['device', 'fstype', 'mountpoint']);
  const error = gauge('device_error', 'Whether the file system could not be asked.');
  const readOnly = gauge('readonly', 'Whether the file system is mounted read-only.');
  const size = gauge('size_bytes', 'Size of the file system.');
  const free = gauge('free_bytes', 'Free space, the part reserved for root included.');
  const available = gauge('avail_bytes', 'Free space for users other than root.');
  const fileCount = gauge('files', 'Inodes of the file system.');
  const filesFree = gauge('files_free', 'Free inodes of the file system.');
  return (mount, stats) => {
    const labels = [mount.device, mount.fsType, mount.mountPoint] as const;
    error.add(stats === undefined ? 1 : 0, ...labels);
    readOnly.add(mount.isReadOnly ? 1 : 0, ...labels);
    if (stats === undefined) return;
    size.add(stats.blocks * stats.blockBytes, ...labels);
    free.add(stats.blocksFree * stats.blockBytes, ...labels);
    available.add(stats.blocksAvailable * stats.blockBytes, ...labels);
    fileCount.add(stats.files, ...labels);
    filesFree.add(stats.filesFree, ...labels);
  };
}

function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [device = '', mountPoint = '', fsType = '', flags = ''] = line.split(' ');
    if (fsType === '') continue;
    const isReadOnly = flags.split(',').includes('ro');
    mounts.push({ device, mountPoint: unescapeMount(mountPoint), fsType, isReadOnly });
  }
  return mounts;
}

/** The kernel writes space and tab as octal escapes; node_exporter undoes these two alone, and so do we. */
function unescapeMount(text: string): string {
  return text.includes('\\') ? text.replaceAll('\\040', ' ').replaceAll('\\011', '\t') : text;
}
