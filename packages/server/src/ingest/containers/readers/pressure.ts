import { findPressureSeconds } from '../cgroup-text.ts';
import type { ContainerReader } from '../container.ts';

const RESOURCES = [
  ['cpu', 'a processor'],
  ['memory', 'memory'],
  ['io', 'a disk'],
] as const;

/** Time lost for want of processors, memory and disks (PSI; Linux 4.20 and later). */
export const pressure: ContainerReader = {
  create: ({ files, families }) => {
    const resources = RESOURCES.map(([resource, what]) => ({
      file: `${resource}.pressure`,
      waiting: families(
        'counter',
        `container_pressure_${resource}_waiting_seconds_total`,
        `Time in which some process of the container waited for ${what}.`,
      ),
      stalled: families(
        'counter',
        `container_pressure_${resource}_stalled_seconds_total`,
        `Time in which every process of the container waited for ${what}.`,
      ),
    }));
    return {
      read: (container) => {
        for (const { file, waiting, stalled } of resources) {
          const text = files.read(`${container.directory}/${file}`);
          waiting.add(container, findPressureSeconds(text, 'some'));
          stalled.add(container, findPressureSeconds(text, 'full'));
        }
      },
    };
  },
};
