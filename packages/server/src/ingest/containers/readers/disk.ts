import { parseIoStat } from '../cgroup-text.ts';
import type { ContainerReader } from '../container.ts';

// A server with a full shelf of disks has some 60; a container reads from a few of them.
export const CONTAINER_DEVICES_MAX = 64;

const COUNTS = [
  ['rios', 'container_fs_reads_total', 'Reads completed.'],
  ['wios', 'container_fs_writes_total', 'Writes completed.'],
  ['rbytes', 'container_fs_reads_bytes_total', 'Bytes read.'],
  ['wbytes', 'container_fs_writes_bytes_total', 'Bytes written.'],
] as const;

/** Reads and writes of each block device. */
export const disk: ContainerReader = {
  create: ({ files, families, onDrop }) => {
    const counts = COUNTS.map(([key, name, help]) => ({
      key,
      family: families('counter', name, help, ['device']),
    }));
    /** Of this round: numbers go to other devices when disks are changed. */
    const names = new Map<string, string>();
    const nameOf = (device: string): string => {
      let name = names.get(device);
      if (name === undefined) {
        const uevent = files.read(`/sys/dev/block/${device}/uevent`) ?? '';
        const found = /^DEVNAME=(.+)$/m.exec(uevent)?.[1];
        name = found === undefined ? device : `/dev/${found}`;
        names.set(device, name);
      }
      return name;
    };
    return {
      begin: () => names.clear(),
      read: (container) => {
        const devices = parseIoStat(files.read(`${container.directory}/io.stat`));
        for (const { device, counts: values } of devices.slice(0, CONTAINER_DEVICES_MAX))
          for (const { key, family } of counts) family.add(container, values.get(key), nameOf(device));
        for (const _ of devices.slice(CONTAINER_DEVICES_MAX)) onDrop('device');
      },
    };
  },
};
