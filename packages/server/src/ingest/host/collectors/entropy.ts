import { required, type CollectorDefinition } from '../collector.ts';

/** Bits in the kernel's pool of entropy. */
export const entropy: CollectorDefinition = {
  name: 'entropy',
  pace: 'tick',
  create: ({ files, families }) => {
    const available = families('gauge', 'node_entropy_available_bits', 'Bits of entropy in the pool.');
    const size = families('gauge', 'node_entropy_pool_size_bits', 'Bits of entropy the pool can hold.');
    const read = (file: string): number => {
      const path = `/proc/sys/kernel/random/${file}`;
      return Number(required(files.read(path), path));
    };
    return () => {
      available.add(read('entropy_avail'));
      size.add(read('poolsize'));
    };
  },
};
