import { required, type CollectorDefinition } from '../collector.ts';

/** Lines of /proc/stat with one number; the first number of `intr` is the sum of the others. */
const FIELDS = [
  ['intr', 'counter', 'node_intr_total', 'Interrupts serviced.'],
  ['ctxt', 'counter', 'node_context_switches_total', 'Context switches.'],
  ['processes', 'counter', 'node_forks_total', 'Processes and threads created.'],
  ['btime', 'gauge', 'node_boot_time_seconds', 'Time of the boot, in seconds since 1970.'],
  ['procs_running', 'gauge', 'node_procs_running', 'Processes that run or could.'],
  ['procs_blocked', 'gauge', 'node_procs_blocked', 'Processes that wait for a disk.'],
] as const;

/** Counts of the kernel's scheduler, and when it booted. */
export const stat: CollectorDefinition = {
  name: 'stat',
  pace: 'tick',
  create: ({ files, families }) => {
    const fields = new Map(
      FIELDS.map(([field, type, name, help]) => [field as string, families(type, name, help)]),
    );
    return () => {
      for (const line of required(files.read('/proc/stat'), '/proc/stat').split('\n')) {
        const space = line.indexOf(' ');
        const field = fields.get(line.slice(0, Math.max(0, space)));
        if (field === undefined) continue;
        const end = line.indexOf(' ', space + 1);
        field.add(Number(line.slice(space + 1, end < 0 ? undefined : end)));
      }
    };
  },
};
