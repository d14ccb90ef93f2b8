/**
 * The process and its Node in the words of Node's Prometheus clients (`process_*`, `nodejs_*`), so that the dashboards
 * people have for them work. The names are bare: a registry's prefix is not put before them.
 *
 * Everything is read when the registry is read, at most once in `READ_MS_MIN` (several readers, or one that asks too
 * often, see the figures of the last reading; windows of the event loop keep enough samples for a percentile). Between
 * readings run V8's observer of garbage collections and the timer of the event-loop histogram, 50 times a second:
 * 0.35 % of a core, against 0.6 % at the 10 ms that others take.
 *
 * Differs from prom-client: the lag of the event loop does not contain the distance of the timers it is measured by
 * (theirs is never below 10 ms), all of its figures are of one window, `nodejs_eventloop_utilization_ratio` is added,
 * and `nodejs_active_resources_total` and its like are left out: gauges with the suffix of counters, the sum of
 * `nodejs_active_resources`.
 */
import type { Counter, MetricsRegistry } from '../metrics/instruments.ts';
import { systemClock, type SdkClock } from '../system/system.ts';
import { startDelayHistogram, watchEventLoop } from './event-loop.ts';
import { watchGarbageCollection } from './garbage-collection.ts';
import { watchHeap } from './heap.ts';
import { readOpenFilesMax, readProcessFigures } from './process-files.ts';

// A scraper asks every 5 s or less often; a window of a second has 50 samples of the event loop.
const READ_MS_MIN = 1000;

export interface RuntimeSummary {
  readonly residentBytes: number;
  /** Cores used between the last two readings; 1 is one core. */
  readonly cpuRatio: number;
  readonly lagSecondsP99: number;
}

export interface RuntimeWatch {
  /** As of the last reading of the registry. */
  latest(): RuntimeSummary;
  /** Ends the observers; the metrics keep their last values. Calling it twice is safe. */
  stop(): void;
}

/** Registers the metrics of this process with `registry`; once for each registry. `clock`: default the machine's. */
export function watchRuntime(
  registry: MetricsRegistry,
  { clock = systemClock }: { readonly clock?: Pick<SdkClock, 'nowMs' | 'monotonicMs'> } = {},
): RuntimeWatch {
  const eventLoop = startDelayHistogram();
  const garbageCollection = watchGarbageCollection(registry);
  const setConstants = constantsOf(registry, clock);
  const readCpu = watchCpu(registry, clock);
  const readFiles = watchFiles(registry);
  const readHeap = watchHeap(registry);
  const readEventLoop = watchEventLoop(registry, eventLoop.histogram);
  let summary: RuntimeSummary = { residentBytes: 0, cpuRatio: 0, lagSecondsP99: 0 };
  let readMs = -Infinity;
  let isStopped = false;
  registry.onCollect(() => {
    const nowMs = clock.monotonicMs();
    if (isStopped || nowMs - readMs < READ_MS_MIN) return;
    readMs = nowMs;
    setConstants();
    readFiles();
    summary = { residentBytes: readHeap(), cpuRatio: readCpu(), lagSecondsP99: readEventLoop() };
  });
  return {
    latest: () => summary,
    stop: () => {
      isStopped = true;
      eventLoop.stop();
      garbageCollection.stop();
    },
  };
}

/** Set at each reading: a registry that was cleared has them again. */
function constantsOf(registry: MetricsRegistry, clock: Pick<SdkClock, 'nowMs'>): () => void {
  const started = registry.gauge({
    name: 'process_start_time_seconds',
    help: 'Start of the process, in seconds since 1970.',
    bareName: true,
  });
  const startedSeconds = Math.round(clock.nowMs() - process.uptime() * 1000) / 1000;
  const node = registry.gauge({
    name: 'nodejs_version_info',
    help: 'Version of Node.js; always 1.',
    labelNames: ['version', 'major', 'minor', 'patch'],
    bareName: true,
  });
  const [major = '', minor = '', patch = ''] = process.versions.node.split('.');
  return () => {
    started.set(startedSeconds);
    node.set(1, process.version, major, minor, patch);
  };
}

/** Returns the reader, which answers with the cores used since its last call. */
function watchCpu(registry: MetricsRegistry, clock: Pick<SdkClock, 'monotonicMs'>): () => number {
  const counter = (name: string, help: string): Counter => registry.counter({ name, help, bareName: true });
  const user = counter('process_cpu_user_seconds_total', 'Processor time in user mode.');
  const system = counter('process_cpu_system_seconds_total', 'Processor time in the kernel.');
  const total = counter('process_cpu_seconds_total', 'Processor time, user and kernel.');
  let last: NodeJS.CpuUsage = { user: 0, system: 0 };
  let lastMs: number | undefined;
  let ratio = 0;
  return () => {
    const now = process.cpuUsage();
    const userSeconds = Math.max(0, now.user - last.user) / 1e6;
    const systemSeconds = Math.max(0, now.system - last.system) / 1e6;
    last = now;
    user.inc(userSeconds);
    system.inc(systemSeconds);
    total.inc(userSeconds + systemSeconds);
    const nowMs = clock.monotonicMs();
    if (lastMs !== undefined && nowMs > lastMs)
      ratio = ((userSeconds + systemSeconds) * 1000) / (nowMs - lastMs);
    lastMs = nowMs;
    return ratio;
  };
}

/** Only Linux tells these; elsewhere they are absent rather than 0. */
function watchFiles(registry: MetricsRegistry): () => void {
  if (readProcessFigures() === undefined) return () => {};
  const gauge = (name: string, help: string): ((value: number) => void) => {
    const made = registry.gauge({ name, help, bareName: true });
    return (value) => made.set(value);
  };
  const setVirtual = gauge('process_virtual_memory_bytes', 'Virtual memory.');
  const setData = gauge('process_heap_bytes', 'Data segment of the process.');
  const setOpen = gauge('process_open_fds', 'Open file descriptors.');
  const setMax = gauge('process_max_fds', 'Most file descriptors that the process may open.');
  const openFilesMax = readOpenFilesMax() ?? Infinity;
  return () => {
    setMax(openFilesMax);
    const figures = readProcessFigures();
    if (figures === undefined) return;
    setVirtual(figures.virtualBytes);
    setData(figures.dataBytes);
    setOpen(figures.openFileCount);
  };
}
