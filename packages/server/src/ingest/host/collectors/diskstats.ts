import type { MetricType } from '@vedette/model';
import { required, type CollectorDefinition, type HostFamily } from '../collector.ts';
import { createDiskInfo } from './disk-info.ts';

/** The unit of the sector columns, whatever the device's own sector is. */
const SECTOR_BYTES = 512;

/** Columns of /proc/diskstats behind the device name; older kernels have fewer. */
const COLUMNS: readonly (readonly [type: MetricType, name: string, scale: number, help: string])[] = [
  ['counter', 'reads_completed_total', 1, 'Reads completed.'],
  ['counter', 'reads_merged_total', 1, 'Reads merged with a neighbour before they were queued.'],
  ['counter', 'read_bytes_total', SECTOR_BYTES, 'Bytes read.'],
  ['counter', 'read_time_seconds_total', 0.001, 'Seconds spent by all reads.'],
  ['counter', 'writes_completed_total', 1, 'Writes completed.'],
  ['counter', 'writes_merged_total', 1, 'Writes merged with a neighbour before they were queued.'],
  ['counter', 'written_bytes_total', SECTOR_BYTES, 'Bytes written.'],
  ['counter', 'write_time_seconds_total', 0.001, 'Seconds spent by all writes.'],
  ['gauge', 'io_now', 1, 'Reads and writes in flight.'],
  ['counter', 'io_time_seconds_total', 0.001, 'Seconds in which something was in flight.'],
  [
    'counter',
    'io_time_weighted_seconds_total',
    0.001,
    'Seconds in flight, summed over everything in flight.',
  ],
  ['counter', 'discards_completed_total', 1, 'Discards completed.'],
  ['counter', 'discards_merged_total', 1, 'Discards merged with a neighbour before they were queued.'],
  ['counter', 'discarded_sectors_total', 1, 'Sectors discarded.'],
  ['counter', 'discard_time_seconds_total', 0.001, 'Seconds spent by all discards.'],
  ['counter', 'flush_requests_total', 1, 'Flush requests completed.'],
  ['counter', 'flush_requests_time_seconds_total', 0.001, 'Seconds spent by all flush requests.'],
];

/** Work of each block device, and what udev knows about it. */
export const diskstats: CollectorDefinition = {
  name: 'diskstats',
  pace: 'tick',
  create: (context) => {
    const { files, families, options } = context;
    const columns = COLUMNS.map(([type, name, scale, help]) => ({
      family: families(type, `node_disk_${name}`, help, ['device']),
      scale,
    }));
    const addInfo = createDiskInfo(context);
    return () => {
      for (const line of required(files.read('/proc/diskstats'), '/proc/diskstats').split('\n')) {
        const [major = '', minor = '', device = '', ...values] = line.trim().split(/ +/);
        if (device === '' || options.diskDevicesExclude.test(device)) continue;
        addInfo({ device, major, minor });
        addValues(columns, device, values);
      }
    };
  },
};

function addValues(
  columns: readonly { family: HostFamily; scale: number }[],
  device: string,
  values: readonly string[],
): void {
  for (const [i, value] of values.entries()) {
    const column = columns[i];
    // Dividing keeps decimals exact where multiplying by 0.001 would not: chunks store them smaller.
    if (column !== undefined)
      column.family.add(column.scale < 1 ? Number(value) / 1000 : Number(value) * column.scale, device);
  }
}
