import { required, type CollectorDefinition } from '../collector.ts';

/** What the kernel calls itself and the machine. */
export const uname: CollectorDefinition = {
  name: 'uname',
  pace: 'background',
  create: ({ files, families, machine }) => {
    const info = families('gauge', 'node_uname_info', 'Names of the kernel and the machine; always 1.', [
      'sysname',
      'release',
      'version',
      'machine',
      'nodename',
      'domainname',
    ]);
    const read = (file: string): string => {
      const path = `/proc/sys/kernel/${file}`;
      return required(files.read(path), path).trim();
    };
    return () => {
      const [sysname, release, version] = [read('ostype'), read('osrelease'), read('version')];
      info.add(1, sysname, release, version, machine.hardware, read('hostname'), read('domainname'));
    };
  },
};
