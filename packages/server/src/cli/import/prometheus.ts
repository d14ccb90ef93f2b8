import * as path from 'node:path';
import { parseDurationMs, type Clock, type Files, type TimeRange } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { parseMetricSelector } from '@vedette/promql/parser';
import { openMetrics } from '../../compose-metrics.ts';
import { loadStartSettings, type StartSettings } from '../../config/start-settings.ts';
import { openDirectorySource } from '../../ingest/prometheus-import/directory-source.ts';
import { ImportState } from '../../ingest/prometheus-import/import-state.ts';
import { runImport, type ImportTarget } from '../../ingest/prometheus-import/importer.ts';
import { createRemoteReadSource } from '../../ingest/prometheus-import/remote-read-source.ts';
import type { ImportSource, MatcherSets } from '../../ingest/prometheus-import/source.ts';
import { DiskFiles } from '../../lib/disk-files.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import { SystemRandom } from '../../lib/system-random.ts';
import { lockDataDirectory } from '../../store/data-directory.ts';
import type { EmbeddedMetrics } from '../../store/metrics/embedded.ts';
import { createLog } from '../../telemetry/create-log.ts';
import { UsageError, type CliIo } from '../command.ts';
import { StoppedError, withStopSignal } from '../stop-signal.ts';
import { readTokenFile } from '../token-file.ts';
import { ProgressLines } from './progress-lines.ts';
import { printSummary, summaryOf } from './summary.ts';

export interface ImportFlags {
  readonly data?: string | undefined;
  readonly config?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly match?: readonly string[] | undefined;
  readonly 'skip-damaged'?: boolean | undefined;
  readonly 'token-file'?: string | undefined;
  readonly 'dry-run'?: boolean | undefined;
  readonly json?: boolean | undefined;
}

interface Work {
  readonly clock: Clock;
  readonly files: Files;
  readonly io: CliIo;
  readonly flags: ImportFlags;
  readonly settings: StartSettings;
  readonly signal: AbortSignal;
}

/** Below the data directory: what runs have finished. */
const STATE_DIRECTORY = 'imports';

/** Resolves with whether every count adds up. */
export async function runPrometheusImport(from: string, flags: ImportFlags, io: CliIo): Promise<boolean> {
  const settings = await loadStartSettings({ data: flags.data, config: flags.config }, io);
  const clock = new SystemClock();
  try {
    return await withStopSignal(async (signal) => {
      const work = { clock, files: new DiskFiles(), io, flags, settings, signal };
      const range = rangeOf(flags, clock.nowMs());
      const source = await openSource(from, range, work);
      try {
        return await importFrom(source, range, work);
      } finally {
        await source.close();
      }
    });
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
    io.err('stopped; the same command goes on from here\n');
    return false;
  }
}

interface AskedRange {
  readonly fromMs: number | undefined;
  readonly untilMs: number;
}

function rangeOf(flags: ImportFlags, nowMs: number): AskedRange {
  const fromMs = flags.from === undefined ? undefined : timeOf('--from', flags.from, nowMs);
  const untilMs = flags.to === undefined ? nowMs : timeOf('--to', flags.to, nowMs);
  if (fromMs !== undefined && fromMs > untilMs)
    throw new UsageError(`--from must not be after --to; got ${isoOf(fromMs)} and ${isoOf(untilMs)}`);
  return { fromMs, untilMs };
}

function timeOf(option: string, text: string, nowMs: number): number {
  const agoMs = parseDurationMs(text);
  if (agoMs !== undefined && !/^\d+$/.test(text)) return nowMs - agoMs;
  const parsedMs = /^-?\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
  if (!Number.isFinite(parsedMs))
    throw new UsageError(
      `${option} must be RFC 3339 such as 2026-01-31T00:00:00Z, Unix seconds, or a duration such as 30d; got "${text}"`,
    );
  return parsedMs;
}

function isoOf(timestampMs: number): string {
  return new Date(timestampMs).toISOString();
}

async function openSource(from: string, range: AskedRange, work: Work): Promise<ImportSource> {
  const { clock, files, flags, settings, io } = work;
  const matcherSets = matcherSetsOf(flags.match ?? []);
  const { metrics } = settings.config.storage;
  if (metrics.engine !== 'embedded')
    throw new UsageError(
      'cannot import: storage.metrics.engine is prometheus; bring the samples there with the tools of that engine',
    );
  if (!/^https?:\/\//i.test(from)) {
    if (flags['token-file'] !== undefined) throw new UsageError('--token-file goes with an address');
    const directory = path.resolve(io.workingDirectory, from);
    return await openDirectorySource(files, {
      directory,
      matcherSets,
      isSkippingDamaged: flags['skip-damaged'] === true,
    });
  }
  if (!URL.canParse(from)) throw new UsageError(`"${from}" is not an address`);
  const tokenFile = flags['token-file'];
  const token =
    tokenFile === undefined
      ? undefined
      : (await readTokenFile(path.resolve(io.workingDirectory, tokenFile))).trim();
  const oldestMs = clock.nowMs() - metrics.retention;
  return createRemoteReadSource(
    { clock },
    {
      url: new URL(from),
      token,
      matcherSets,
      range: { fromMs: range.fromMs ?? oldestMs, untilMs: range.untilMs },
    },
  );
}

function matcherSetsOf(selectors: readonly string[]): MatcherSets {
  return selectors.map((text) => {
    try {
      return parseMetricSelector(text);
    } catch (error) {
      throw new UsageError(`--match: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  });
}

async function importFrom(source: ImportSource, asked: AskedRange, work: Work): Promise<boolean> {
  const { clock, files, io, flags, settings } = work;
  const lines = new ProgressLines({ clock, err: io.err }, { isTerminal: process.stderr.isTTY });
  const range = clip(source.range, asked);
  const options = { isSkippingDamaged: flags['skip-damaged'] === true };
  const startMs = clock.monotonicMs();
  const report = async (store: EmbeddedMetrics | undefined): Promise<boolean> => {
    const key = { source: source.name, selectors: flags.match ?? [] };
    const directory = path.join(settings.dataDirectory, STATE_DIRECTORY);
    const state = store === undefined ? undefined : await ImportState.open(files, directory, key);
    const target = store === undefined ? undefined : targetOf(store);
    const deps = { clock, source, target, state, progress: lines };
    const done =
      range === undefined
        ? { spans: [], spansBefore: 0 }
        : await runImport(deps, { range, ...options }, work.signal);
    lines.end();
    const summary = summaryOf(source, done, clock.monotonicMs() - startMs);
    if (flags.json === true) io.out(`${JSON.stringify(summary)}\n`);
    else io.out(printSummary(summary, { isDryRun: store === undefined }));
    return summary.faults.length === 0;
  };
  try {
    return flags['dry-run'] === true ? await report(undefined) : await withStore(work, report);
  } finally {
    lines.end();
  }
}

function clip(range: TimeRange | undefined, { fromMs, untilMs }: AskedRange): TimeRange | undefined {
  if (range === undefined) return undefined;
  const clipped = {
    fromMs: Math.max(range.fromMs, fromMs ?? -Infinity),
    untilMs: Math.min(range.untilMs, untilMs),
  };
  return clipped.fromMs <= clipped.untilMs ? clipped : undefined;
}

/** Opens the store of a stopped server, and closes it whatever happens. */
async function withStore<T>(
  { clock, files, settings }: Work,
  run: (store: EmbeddedMetrics) => Promise<T>,
): Promise<T> {
  const lock = lockDataDirectory(settings.dataDirectory);
  const registry = createMetricsRegistry();
  const { log, flush } = createLog(
    { clock, metrics: registry, stream: process.stderr },
    { format: settings.logFormat, level: 'warn' },
  );
  try {
    const deps = { clock, random: new SystemRandom(), files, log, registry };
    const store = await openMetrics(deps, settings);
    try {
      return await run(store);
    } finally {
      await store.close();
    }
  } finally {
    lock.release();
    flush();
  }
}

function targetOf(store: EmbeddedMetrics): ImportTarget {
  return {
    spanMsMax: store.importSpanMsMax,
    importBlock: (series, signal) => store.importBlock(series, signal),
    countSamples: async (range, signal) => {
      let count = 0;
      for await (const batch of store.reader.select([], range, signal))
        for (const { timestampsMs } of batch) count += timestampsMs.length;
      return count;
    },
  };
}
