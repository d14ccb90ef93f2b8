import type { CollectorDefinition } from '../collector.ts';
import { cpu } from './cpu.ts';
import { diskstats } from './diskstats.ts';
import { filesystem } from './filesystem.ts';
import { loadavg } from './loadavg.ts';
import { meminfo } from './meminfo.ts';
import { netdev } from './netdev.ts';

/** Every collector, in the order they run. A new one needs its file and its line here. */
export const COLLECTORS: readonly CollectorDefinition[] = [
  cpu,
  diskstats,
  filesystem,
  loadavg,
  meminfo,
  netdev,
];
