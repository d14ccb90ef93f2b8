import { required, type CollectorDefinition } from '../collector.ts';

/** Columns of /proc/net/dev, which has eight for each direction. */
const COLUMNS = [
  ...['bytes', 'packets', 'errs', 'drop', 'fifo', 'frame', 'compressed', 'multicast'].map(
    (c) => `receive_${c}`,
  ),
  ...['bytes', 'packets', 'errs', 'drop', 'fifo', 'colls', 'carrier', 'compressed'].map(
    (c) => `transmit_${c}`,
  ),
];

/** Traffic and faults of each network device. */
export const netdev: CollectorDefinition = {
  name: 'netdev',
  pace: 'tick',
  create: ({ files, families, options }) => {
    const counters = COLUMNS.map((column) =>
      families('counter', `node_network_${column}_total`, `Network device statistic ${column}.`, ['device']),
    );
    return () => {
      for (const line of required(files.read('/proc/net/dev'), '/proc/net/dev').split('\n')) {
        const colon = line.indexOf(':');
        const device = line.slice(0, Math.max(0, colon)).trim();
        if (device === '' || options.netDevicesExclude.test(device)) continue;
        const columns = line
          .slice(colon + 1)
          .trim()
          .split(/ +/);
        for (const [i, counter] of counters.entries()) counter.add(Number(columns[i]), device);
      }
    };
  },
};
