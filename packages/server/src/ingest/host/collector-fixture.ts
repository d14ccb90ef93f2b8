/** For tests of collectors: a machine made of texts. */
import { formatLabels, labelsOfSeriesKey, VirtualClock } from '@vedette/model';
import { SILENT_LOG, type Log } from '../../telemetry/log.ts';
import { SourceSeries } from '../self/source-series.ts';
import { CollectorRun } from './collector-run.ts';
import type { CollectorDefinition, CollectorOptions } from './collector.ts';
import { hostConfig, hostOptionsOf } from './config.ts';
import type { FileSystemStats, HostFiles } from './host-files.ts';
import type { Machine } from './machine.ts';

/** Content by path; may be changed between two runs. Directories follow from files. */
export type FileTexts = Record<string, string>;

export function createFixtureFiles(
  texts: FileTexts,
  statFileSystem: HostFiles['statFileSystem'] = () => Promise.reject(new Error('no such mount')),
): HostFiles {
  return {
    read: (path) => texts[path],
    readSlow: (path) => Promise.resolve(texts[path]),
    list: (path) => {
      const below = Object.keys(texts).filter((file) => file.startsWith(`${path}/`));
      return [...new Set(below.map((file) => file.slice(path.length + 1).split('/')[0] ?? ''))].sort();
    },
    statFileSystem,
  };
}

export const FIXTURE_MACHINE: Machine = {
  platform: 'linux',
  hardware: 'x86_64',
  sysname: 'Linux',
  nodename: 'web-1',
  release: '6.1.0',
  version: '#1 SMP',
  cpuTimes: () => [{ user: 1000, nice: 0, sys: 2500, idle: 90_000, irq: 10 }],
  loadAverages: () => [0.5, 1, 1.5],
  memoryBytes: () => ({ total: 4096, free: 1024 }),
  uptimeSeconds: () => 100,
  timeZoneAt: () => ({ name: 'CET', offsetSeconds: 3600 }),
};

export const FIXTURE_STATS: FileSystemStats = {
  blockBytes: 4096,
  blocks: 1000,
  blocksFree: 500,
  blocksAvailable: 400,
  files: 200,
  filesFree: 150,
};

export interface Fixture {
  readonly clock: VirtualClock;
  readonly run: CollectorRun;
  /** Runs the collector and answers with its rows: `name{label="value"}` → value. */
  readonly collect: () => Promise<Record<string, number>>;
}

export function createFixture(
  definition: CollectorDefinition,
  files: HostFiles,
  overrides: { options?: Partial<CollectorOptions>; machine?: Partial<Machine>; log?: Log } = {},
): Fixture {
  const clock = new VirtualClock({ startMs: 1_700_000_000_500 });
  const source = new SourceSeries({ sourceLabels: {}, onDrop: () => undefined });
  const machine = { ...FIXTURE_MACHINE, ...overrides.machine };
  const options = { ...hostOptionsOf(hostConfig.parse(undefined)), ...overrides.options };
  const deps = { clock, files, machine, source, log: overrides.log ?? SILENT_LOG };
  const run = new CollectorRun(deps, definition, options);
  const collect = async (): Promise<Record<string, number>> => {
    await run.runIfDue();
    const values: Record<string, number> = {};
    for (let i = 0; i < run.rows.count; i++)
      values[formatLabels(labelsOfSeriesKey(run.rows.rowAt(i).key))] = run.rows.valueAt(i);
    return values;
  };
  return { clock, run, collect };
}

/** The rows of one run over `texts`. */
export async function collectOver(
  definition: CollectorDefinition,
  texts: FileTexts,
): Promise<Record<string, number>> {
  return await createFixture(definition, createFixtureFiles(texts)).collect();
}
