/** For tests: machines made of texts, with containers of every engine, and the collector over them. */
import { VirtualClock } from '@vedette/model';
import { createMetricsRegistry, type MetricsRegistry } from '@vedette/sdk';
import { SILENT_LOG, type Log } from '../../telemetry/log.ts';
import { RecordingWriter } from '../self/recording-writer.ts';
import { containersConfig, containerOptionsOf } from './config.ts';
import { createContainerCollector, type ContainerCollector } from './container-collector.ts';
import type { ContainerFiles } from './container-files.ts';

/** Content by path; may be changed between two rounds. Directories follow from files. */
export type Texts = Record<string, string>;

export const ID_A = 'a1b2c3d4e5f6'.padEnd(64, '0');
export const ID_B = 'b1b2c3d4e5f6'.padEnd(64, '0');
export const ID_C = 'c1b2c3d4e5f6'.padEnd(64, '0');
const POD_UID = '0a1b2c3d-0000-1111-2222-333344445555';

export const DOCKER = `/system.slice/docker-${ID_A}.scope`;
export const PODMAN = `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID_B}.scope`;
const POD_SLICE = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD_UID.replaceAll('-', '_')}.slice`;
export const KUBE = `${POD_SLICE}/cri-containerd-${ID_C}.scope`;
export const SANDBOX = `${POD_SLICE}/cri-containerd-${'d'.repeat(64)}.scope`;
export const NSPAWN = String.raw`/machine.slice/systemd-nspawn@my\x2dbox.service`;

const ROOT = '/sys/fs/cgroup';

/** Files of one group with one process, after admin-guide/cgroup-v2 of the kernel. */
export function cgroupTexts(path: string, pid: number): Texts {
  const files: Texts = {
    'cgroup.events': 'populated 1\nfrozen 0\n',
    'cgroup.procs': `${pid}\n`,
    'cpu.max': '50000 100000\n',
    'cpu.pressure':
      'some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=250000\n',
    'cpu.stat':
      'usage_usec 12500000\nuser_usec 10000000\nsystem_usec 2500000\nnr_periods 400\nnr_throttled 100\nthrottled_usec 3000000\n',
    'cpu.weight': '100\n',
    'io.pressure':
      'some avg10=0.00 avg60=0.00 avg300=0.00 total=7\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n',
    'io.stat': '8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n',
    'memory.current': '104857600\n',
    'memory.events': 'low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\noom_group_kill 0\n',
    'memory.max': '209715200\n',
    'memory.min': '0\n',
    'memory.peak': '157286400\n',
    'memory.pressure':
      'some avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n',
    'memory.stat':
      'anon 52428800\nfile 41943040\nkernel 10485760\nfile_mapped 20971520\ninactive_file 4857600\npgfault 1000\npgmajfault 10\n',
    'memory.swap.current': '0\n',
    'memory.swap.max': 'max\n',
    'pids.current': '5\n',
    'pids.max': 'max\n',
  };
  const entries = Object.entries(files).map(([name, text]) => [`${ROOT}${path}/${name}`, text]);
  return Object.fromEntries(entries) as Texts;
}

/** `/proc` of one process that began `startTicks` after the boot. */
export function processTexts(pid: number, startTicks = 1000): Texts {
  const stat = ['S', ...Array.from({ length: 18 }, () => '0'), String(startTicks), '0'].join(' ');
  return {
    [`/proc/${pid}/stat`]: `${pid} (my (odd) name) ${stat}\n`,
    [`/proc/${pid}/net/dev`]: [
      'Inter-|   Receive                                                |  Transmit',
      ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
      '    lo:   99      9    0    0    0     0          0         0       99       9    0    0    0     0       0          0',
      '  eth0: 1000     10    1    2    0     0          0         0     2000      20    3    4    0     0       0          0',
      '',
    ].join('\n'),
    [`/proc/${pid}/fd/0`]: '',
    [`/proc/${pid}/fd/1`]: '',
    [`/proc/${pid}/fd/2`]: '',
  };
}

/** What a machine has besides containers. */
export const MACHINE: Texts = {
  [`${ROOT}/cgroup.controllers`]: 'cpu io memory pids\n',
  [`${ROOT}/system.slice/nginx.service/cgroup.events`]: 'populated 0\n',
  '/proc/stat': 'cpu 1 2 3\nbtime 1700000000\n',
  '/sys/dev/block/8:0/uevent': 'MAJOR=8\nMINOR=0\nDEVNAME=sda\nDEVTYPE=disk\n',
};

/** A machine with one Docker container. */
export const ONE_CONTAINER: Texts = { ...MACHINE, ...cgroupTexts(DOCKER, 100), ...processTexts(100) };

export const KUBELET: Texts = {
  [`/var/log/containers/shop-7d_prod_api-${ID_C}.log`]: '',
  [`/var/log/pods/prod_shop-7d_${POD_UID}/api/0.log`]: '',
};

const NO_LINKS: Texts = {};

export function createFixtureFiles(texts: Texts, links: Texts = NO_LINKS): ContainerFiles {
  const below = (path: string): readonly string[] =>
    Object.keys(texts).flatMap((file) => (file.startsWith(`${path}/`) ? [file.slice(path.length + 1)] : []));
  const unique = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();
  return {
    read: (path) => texts[path],
    directories: (path) =>
      unique(below(path).flatMap((name) => (name.includes('/') ? [name.split('/')[0] ?? ''] : []))),
    link: (path) => links[path],
    names: (path, max) => {
      const names = unique(below(path).map((name) => name.split('/')[0] ?? ''));
      return names.length === 0 ? undefined : names.slice(0, max);
    },
  };
}

export interface ContainersFixture {
  readonly clock: VirtualClock;
  readonly writer: RecordingWriter;
  readonly metrics: MetricsRegistry;
  readonly words: string[];
  readonly collector: ContainerCollector;
  /** The value of an own counter or gauge, summed over its labels. */
  readonly ownValue: (name: string) => number;
}

export function createContainersFixture(
  files: ContainerFiles,
  config: Record<string, unknown> = {},
): ContainersFixture {
  const clock = new VirtualClock({ startMs: 1_700_000_100_000 });
  const writer = new RecordingWriter();
  const metrics = createMetricsRegistry();
  const words: string[] = [];
  const say = (message: string): void => void words.push(message);
  const log: Log = { ...SILENT_LOG, info: say, warn: say, error: say };
  const options = containerOptionsOf(containersConfig.parse({ socket: 'none', ...config }));
  const collector = createContainerCollector(
    { clock, writer, log, metrics, files },
    { ...options, instance: 'web-1' },
  );
  const ownValue = (name: string): number => {
    const samples = metrics.collect().find((family) => family.name === name)?.samples ?? [];
    return samples.reduce((sum, sample) => sum + sample.value, 0);
  };
  return { clock, writer, metrics, words, collector, ownValue };
}

/** The rows of one round over `texts`, without the collector's own: `name{labels}` without job and instance. */
export async function collectOnce(
  files: ContainerFiles,
  config: Record<string, unknown> = {},
): Promise<ReadonlyMap<string, number | 'stale'>> {
  const { clock, writer, collector } = createContainersFixture(files, config);
  collector.start();
  await clock.advance(0);
  await collector.stop();
  const rows = new Map<string, number | 'stale'>();
  for (const [series, value] of writer.batches.at(-1) ?? [])
    if (series.startsWith('container_'))
      rows.set(series.replace(', instance="web-1"', '').replace(', job="containers"', ''), value);
  return rows;
}
