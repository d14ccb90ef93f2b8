import { required, type CollectorDefinition } from '../collector.ts';

export const loadavg: CollectorDefinition = {
  name: 'loadavg',
  pace: 'tick',
  create: ({ files, families }) => {
    const loads = [1, 5, 15].map((minutes) =>
      families('gauge', `node_load${minutes}`, `Load average over ${minutes} min.`),
    );
    return () => {
      const columns = required(files.read('/proc/loadavg'), '/proc/loadavg').split(' ');
      for (const [i, load] of loads.entries()) load.add(Number(columns[i]));
    };
  },
};
