import { required, type CollectorDefinition } from '../collector.ts';

/** File handles of the whole machine. */
export const filefd: CollectorDefinition = {
  name: 'filefd',
  pace: 'tick',
  create: ({ files, families }) => {
    const allocated = families('gauge', 'node_filefd_allocated', 'File handles in use.');
    const maximum = families('gauge', 'node_filefd_maximum', 'Most file handles the kernel gives out.');
    const path = '/proc/sys/fs/file-nr';
    return () => {
      // The number in the middle, free handles, has been 0 since Linux 2.6.
      const [used, , limit] = required(files.read(path), path).trim().split('\t');
      allocated.add(Number(used));
      maximum.add(Number(limit));
    };
  },
};
