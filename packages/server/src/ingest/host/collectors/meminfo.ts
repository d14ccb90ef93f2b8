import { required, type CollectorDefinition, type HostFamily } from '../collector.ts';

/** Every line of /proc/meminfo; a line with a unit is in kB there and in bytes here. */
export const meminfo: CollectorDefinition = {
  name: 'meminfo',
  pace: 'tick',
  create: ({ files, families }) => {
    const byKey = new Map<string, HostFamily>();
    const familyOf = (key: string, isKilobytes: boolean): HostFamily => {
      // `Active(anon)` is `Active_anon`; counts of pages have no unit.
      const name = `node_memory_${key.replace('(', '_').replace(')', '')}${isKilobytes ? '_bytes' : ''}`;
      const help = `Field ${key} of /proc/meminfo${isKilobytes ? ' in bytes' : ''}.`;
      const made = families('gauge', name, help);
      byKey.set(key, made);
      return made;
    };
    return () => {
      for (const line of required(files.read('/proc/meminfo'), '/proc/meminfo').split('\n')) {
        const colon = line.indexOf(':');
        if (colon < 0) continue;
        const key = line.slice(0, colon);
        const isKilobytes = line.endsWith(' kB');
        const value = Number(isKilobytes ? line.slice(colon + 1, -3) : line.slice(colon + 1));
        (byKey.get(key) ?? familyOf(key, isKilobytes)).add(isKilobytes ? value * 1024 : value);
      }
    };
  },
};
