import { parseCount, parseFlat, parseLimit } from '../cgroup-text.ts';
import type { ContainerReader } from '../container.ts';

/** Gauges straight from memory.stat. */
const STATS = [
  ['anon', 'container_memory_rss', 'Bytes of anonymous memory: heaps and stacks.'],
  ['file', 'container_memory_cache', 'Bytes of page cache, memory file systems included.'],
  ['file_mapped', 'container_memory_mapped_file', 'Bytes of files that are mapped into processes.'],
  ['kernel', 'container_memory_kernel_usage', 'Bytes the kernel uses for the container.'],
] as const;

/** Gauges from a file each. */
const SIZES = [
  ['memory.peak', 'container_memory_max_usage_bytes', 'Most memory ever used, in bytes.'],
  ['memory.swap.current', 'container_memory_swap', 'Bytes swapped out.'],
] as const;

/** Limits; 0 means none. */
const LIMITS = [
  ['memory.max', 'container_spec_memory_limit_bytes', 'Limit of memory in bytes; 0: none.'],
  [
    'memory.min',
    'container_spec_memory_reservation_limit_bytes',
    'Memory that is never reclaimed, in bytes.',
  ],
  ['memory.swap.max', 'container_spec_memory_swap_limit_bytes', 'Limit of swap in bytes; 0: none.'],
] as const;

/** Memory, its limits, and what happened at them. */
export const memory: ContainerReader = {
  create: ({ files, families }) => {
    const usage = families(
      'gauge',
      'container_memory_usage_bytes',
      'Memory used in bytes, page cache included.',
    );
    const workingSet = families(
      'gauge',
      'container_memory_working_set_bytes',
      'Memory used in bytes, without cache that was not touched for long.',
    );
    const stats = STATS.map(([key, name, help]) => ({ key, family: families('gauge', name, help) }));
    const sizes = SIZES.map(([file, name, help]) => ({ file, family: families('gauge', name, help) }));
    const limits = LIMITS.map(([file, name, help]) => ({ file, family: families('gauge', name, help) }));
    const failcnt = families(
      'counter',
      'container_memory_failcnt',
      'How often memory was about to pass its limit.',
    );
    const oom = families('counter', 'container_oom_events_total', 'Processes killed because memory was out.');
    const failures = families('counter', 'container_memory_failures_total', 'Page faults.', [
      'failure_type',
      'scope',
    ]);
    return {
      read: (container) => {
        const read = (file: string): string | undefined => files.read(`${container.directory}/${file}`);
        const stat = parseFlat(read('memory.stat'));
        const usageBytes = parseCount(read('memory.current'));
        usage.add(container, usageBytes);
        if (usageBytes !== undefined)
          workingSet.add(container, Math.max(0, usageBytes - (stat.get('inactive_file') ?? 0)));
        for (const { key, family } of stats) family.add(container, stat.get(key));
        for (const { file, family } of sizes) family.add(container, parseCount(read(file)));
        for (const { file, family } of limits) family.add(container, parseLimit(read(file)));
        const events = parseFlat(read('memory.events'));
        failcnt.add(container, events.get('max'));
        oom.add(container, events.get('oom_kill'));
        for (const type of ['pgfault', 'pgmajfault']) {
          // cgroup v2 counts the whole tree alone; cAdvisor writes the number under both scopes.
          failures.add(container, stat.get(type), type, 'container');
          failures.add(container, stat.get(type), type, 'hierarchy');
        }
      },
    };
  },
};
