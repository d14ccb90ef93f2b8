import { NoDataError, type CollectorDefinition } from '../collector.ts';

/** Files below /proc/pressure and the lines taken of each. `full` of cpu is always 0 for the whole machine. */
const LINES = [
  ['cpu', 'some', 'waiting', 'Seconds in which some process waited for a processor.'],
  ['io', 'some', 'waiting', 'Seconds in which some process waited for a disk.'],
  ['io', 'full', 'stalled', 'Seconds in which every process waited for a disk.'],
  ['memory', 'some', 'waiting', 'Seconds in which some process waited for memory.'],
  ['memory', 'full', 'stalled', 'Seconds in which every process waited for memory.'],
] as const;

/** Time lost for want of processors, disks and memory (PSI; Linux 4.20 and later). */
export const pressure: CollectorDefinition = {
  name: 'pressure',
  pace: 'tick',
  create: ({ files, families }) => {
    const lines = LINES.map(([resource, line, word, help]) => ({
      path: `/proc/pressure/${resource}`,
      pattern: new RegExp(`^${line} .*total=(\\d+)`, 'm'),
      family: families('counter', `node_pressure_${resource}_${word}_seconds_total`, help),
    }));
    return () => {
      let found = 0;
      for (const { path, pattern, family } of lines) {
        const microseconds = pattern.exec(files.read(path) ?? '')?.[1];
        if (microseconds === undefined) continue;
        family.add(Number(microseconds) / 1e6);
        found++;
      }
      if (found === 0) throw new NoDataError('/proc/pressure');
    };
  },
};
