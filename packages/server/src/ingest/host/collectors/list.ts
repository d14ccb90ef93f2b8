import type { CollectorDefinition } from '../collector.ts';
import { conntrack } from './conntrack.ts';
import { cpu } from './cpu.ts';
import { diskstats } from './diskstats.ts';
import { dmi } from './dmi.ts';
import { entropy } from './entropy.ts';
import { filefd } from './filefd.ts';
import { filesystem } from './filesystem.ts';
import { loadavg } from './loadavg.ts';
import { meminfo } from './meminfo.ts';
import { netclass } from './netclass.ts';
import { netdev } from './netdev.ts';
import { osRelease } from './os-release.ts';
import { portable } from './portable.ts';
import { pressure } from './pressure.ts';
import { stat } from './stat.ts';
import { time } from './time.ts';
import { uname } from './uname.ts';
import { vmstat } from './vmstat.ts';

/** Every collector of Linux, in the order they run. A new one needs its file and its line here. */
export const LINUX_COLLECTORS: readonly CollectorDefinition[] = [
  conntrack,
  cpu,
  diskstats,
  dmi,
  entropy,
  filefd,
  filesystem,
  loadavg,
  meminfo,
  netclass,
  netdev,
  osRelease,
  pressure,
  stat,
  time,
  uname,
  vmstat,
];

/** What runs on other systems. */
export const PORTABLE_COLLECTORS: readonly CollectorDefinition[] = [portable];
