import { z } from 'zod';
import { durationMs } from '../../lib/schema.ts';
import { LINUX_COLLECTORS } from './collectors/list.ts';
import type { HostCollectorOptions } from './host-collector.ts';

const COLLECTOR_NAMES = LINUX_COLLECTORS.map((collector) => collector.name);

/** A regular expression as a string; an invalid one is an error with the engine's words. */
const pattern = z.string().transform((text, context) => {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.addIssue({ code: 'custom', message: `must be a regular expression: ${reason}` });
    return z.NEVER;
  }
});

// The four defaults are node_exporter 1.5's, so that the same machine has the same series.
const MOUNT_POINTS_EXCLUDE =
  '^/(dev|proc|run|sys|mnt|media|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)';
const FS_TYPES_EXCLUDE =
  '^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)$';
const DISK_DEVICES_EXCLUDE = String.raw`^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$`;
const NET_DEVICES_EXCLUDE = '^lo$';

// 2 s: charts move while one looks, and about 400 series cost 200 samples/s, 35 MB a day before compression.
const INTERVAL = '2s';

/** The key `host` of the configuration. */
export const hostConfig = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether this machine is watched.'),
    interval: durationMs
      .prefault(INTERVAL)
      .refine((ms) => ms >= 1000, { message: 'must be at least 1s' })
      .describe('Time between two readings; at least 1s.'),
    collectors: z
      .partialRecord(z.enum(COLLECTOR_NAMES), z.boolean())
      .prefault({})
      .describe('Collectors by name, true or false; all are on unless switched off here.'),
    mount_points_exclude: pattern
      .prefault(MOUNT_POINTS_EXCLUDE)
      .describe('File systems mounted at matching paths are left out.'),
    fs_types_exclude: pattern
      .prefault(FS_TYPES_EXCLUDE)
      .describe('File systems of matching types are left out.'),
    disk_devices_exclude: pattern
      .prefault(DISK_DEVICES_EXCLUDE)
      .describe('Matching block devices are left out.'),
    net_devices_exclude: pattern
      .prefault(NET_DEVICES_EXCLUDE)
      .describe('Traffic of matching network devices is left out.'),
  })
  .prefault({});

type HostConfig = z.infer<typeof hostConfig>;

/** The options of the collector, all but `instance`. */
export function hostOptionsOf(config: HostConfig): Omit<HostCollectorOptions, 'instance'> {
  const names = Object.entries(config.collectors).filter(([, isOn]) => !isOn);
  return {
    intervalMs: config.interval,
    disabled: new Set(names.map(([name]) => name)),
    mountPointsExclude: config.mount_points_exclude,
    fsTypesExclude: config.fs_types_exclude,
    diskDevicesExclude: config.disk_devices_exclude,
    netDevicesExclude: config.net_devices_exclude,
  };
}
