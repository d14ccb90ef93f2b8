import { required, type CollectorDefinition } from '../collector.ts';

/** Columns of /proc/net/stat/nf_conntrack that node_exporter shows. */
const STATS = [
  ['found', 'Look-ups that found an entry.'],
  ['invalid', 'Packets that cannot be tracked.'],
  ['ignore', 'Packets that are connected to an entry already.'],
  ['insert', 'Entries inserted.'],
  ['insert_failed', 'Entries that could not be inserted.'],
  ['drop', 'Packets dropped because tracking failed.'],
  ['early_drop', 'Entries dropped to make room for new ones.'],
  ['search_restart', 'Look-ups begun anew because the table was resized.'],
] as const;

/** The table of tracked connections; absent where the kernel's module is not loaded. */
export const conntrack: CollectorDefinition = {
  name: 'conntrack',
  pace: 'tick',
  create: ({ files, families }) => {
    const entries = families('gauge', 'node_nf_conntrack_entries', 'Connections tracked.');
    const limit = families(
      'gauge',
      'node_nf_conntrack_entries_limit',
      'Most connections that can be tracked.',
    );
    const stats = STATS.map(([column, help]) => ({
      column,
      family: families('gauge', `node_nf_conntrack_stat_${column}`, help),
    }));
    const read = (file: string): number => {
      const path = `/proc/sys/net/netfilter/${file}`;
      return Number(required(files.read(path), path));
    };
    return () => {
      entries.add(read('nf_conntrack_count'));
      limit.add(read('nf_conntrack_max'));
      const path = '/proc/net/stat/nf_conntrack';
      const [header = '', ...rows] = required(files.read(path), path).trim().split('\n');
      const columns = header.trim().split(/ +/);
      for (const { column, family } of stats) {
        const index = columns.indexOf(column);
        if (index >= 0) family.add(sumOf(rows, index));
      }
    };
  },
};

/** One row per processor, numbers in hexadecimal. */
function sumOf(rows: readonly string[], index: number): number {
  let sum = 0;
  for (const row of rows) sum += Number.parseInt(row.trim().split(/ +/)[index] ?? '0', 16);
  return sum;
}
