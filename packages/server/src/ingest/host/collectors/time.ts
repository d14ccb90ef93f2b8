import type { CollectorDefinition } from '../collector.ts';

/** The machine's clock. How far it is off is node_timex, which needs a system call that Node does not have. */
export const time: CollectorDefinition = {
  name: 'time',
  pace: 'tick',
  create: ({ files, families, nowMs, machine }) => {
    const now = families('gauge', 'node_time_seconds', 'Time of the machine, in seconds since 1970.');
    const offset = families('gauge', 'node_time_zone_offset_seconds', 'Offset of the time zone from UTC.', [
      'time_zone',
    ]);
    const labelNames = ['device', 'clocksource'];
    const available = families(
      'gauge',
      'node_time_clocksource_available_info',
      'Sources the kernel could take the time from; always 1.',
      labelNames,
    );
    const current = families(
      'gauge',
      'node_time_clocksource_current_info',
      'The source the kernel takes the time from; always 1.',
      labelNames,
    );
    const directory = '/sys/devices/system/clocksource/clocksource0';
    return () => {
      const timestampMs = nowMs();
      now.add(timestampMs / 1000);
      const zone = machine.timeZoneAt(timestampMs);
      offset.add(zone.offsetSeconds, zone.name);
      const inUse = files.read(`${directory}/current_clocksource`)?.trim();
      if (inUse === undefined) return;
      current.add(1, '0', inUse);
      const sources = files.read(`${directory}/available_clocksource`)?.trim() ?? '';
      for (const source of sources.split(/\s+/)) available.add(1, '0', source);
    };
  },
};
