import { required, type CollectorDefinition, type HostFamily } from '../collector.ts';

/** The fields that node_exporter takes by default: kills for want of memory, paging, swapping, faults. */
const FIELDS = /^(oom_kill|pgpg|pswp|pg\w*fault)\w*$/;

/** Selected lines of /proc/vmstat. */
export const vmstat: CollectorDefinition = {
  name: 'vmstat',
  pace: 'tick',
  create: ({ files, families }) => {
    // `undefined`: seen, and not one of ours.
    const byField = new Map<string, HostFamily | undefined>();
    return () => {
      for (const line of required(files.read('/proc/vmstat'), '/proc/vmstat').split('\n')) {
        const space = line.indexOf(' ');
        const field = line.slice(0, Math.max(0, space));
        if (!byField.has(field)) {
          const isTaken = FIELDS.test(field);
          byField.set(
            field,
            isTaken
              ? families('unknown', `node_vmstat_${field}`, `Field ${field} of /proc/vmstat.`)
              : undefined,
          );
        }
        byField.get(field)?.add(Number(line.slice(space + 1)));
      }
    };
  },
};
