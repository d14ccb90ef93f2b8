import { required, type CollectorDefinition, type HostFamily } from '../collector.ts';

/** `MemTotal`, `Active(anon)`, `HugePages_Total`. */
const KEY = /^(\w+)(?:\((\w+)\))?$/;

/** Every line of /proc/meminfo; a line with a unit is in kB there and in bytes here. */
export const meminfo: CollectorDefinition = {
  name: 'meminfo',
  pace: 'tick',
  create: ({ files, families }) => {
    // By everything but the number; `undefined`: seen, and not understood.
    const byLine = new Map<string, HostFamily | undefined>();
    const declare = (key: string, isKilobytes: boolean): HostFamily | undefined => {
      const match = KEY.exec(key);
      if (match === null) return undefined;
      const name = `${match[1]}${match[2] === undefined ? '' : `_${match[2]}`}${isKilobytes ? '_bytes' : ''}`;
      const help = `Field ${key} of /proc/meminfo${isKilobytes ? ' in bytes' : ''}.`;
      return families('gauge', `node_memory_${name}`, help);
    };
    return () => {
      for (const line of required(files.read('/proc/meminfo'), '/proc/meminfo').split('\n')) {
        const colon = line.indexOf(':');
        if (colon < 0) continue;
        const key = line.slice(0, colon);
        const isKilobytes = line.endsWith(' kB');
        const value = Number(isKilobytes ? line.slice(colon + 1, -3) : line.slice(colon + 1));
        const id = isKilobytes ? line.slice(0, colon + 1) : key;
        if (!byLine.has(id)) byLine.set(id, declare(key, isKilobytes));
        byLine.get(id)?.add(isKilobytes ? value * 1024 : value);
      }
    };
  },
};
