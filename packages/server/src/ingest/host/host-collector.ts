/**
 * Watches the machine that this process runs on, in the words of node_exporter: same names, labels
 * and types, so that its dashboards and rules work unchanged.
 *
 * 1. Every tick (2 s) the collectors of pace `tick` run one after the other; those of pace
 *    `background` are started when due and leave their rows when they end.
 * 2. All rows, the old ones of background collectors included, go to the writer as one batch.
 * 3. A collector that fails loses its rows (they get staleness markers) and reports
 *    `node_scrape_collector_success` 0; the others go on.
 *
 * Not there: `node_timex_*` needs the system call adjtimex, which Node does not have.
 */
import type { Clock, MetricsWriter } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { SLICE_MS_MAX } from '../../lib/time-slicer.ts';
import type { Log } from '../../telemetry/log.ts';
import { IntervalLoop } from '../self/interval-loop.ts';
import { Rows, SourceSeries, type SourceFamily } from '../self/source-series.ts';
import { SourceWriter } from '../self/source-writer.ts';
import { CollectorRun, withDeadline } from './collector-run.ts';
import type { CollectorDefinition, CollectorOptions } from './collector.ts';
import { LINUX_COLLECTORS, PORTABLE_COLLECTORS } from './collectors/list.ts';
import { createHostFiles, type HostFiles } from './host-files.ts';
import { createMachine, type Machine } from './machine.ts';

// The first tick waits this long for the background collectors, so that the first picture is whole.
const FIRST_TICK_WAIT_MS = 500;

interface HostCollectorDeps {
  readonly clock: Clock;
  readonly writer: MetricsWriter;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  /** Default: the machine's own, below the roots of the options. */
  readonly files?: HostFiles;
  /** Default: this machine. */
  readonly machine?: Machine;
}

export interface HostCollectorOptions extends CollectorOptions {
  readonly intervalMs: number;
  /** Value of the label `instance`: the host name. */
  readonly instance: string;
  /** Names of collectors that do not run. */
  readonly disabled?: ReadonlySet<string>;
  readonly procRoot?: string;
  readonly sysRoot?: string;
}

export interface HostCollector {
  /** Collects at once, then every `intervalMs`. Starting twice is safe. */
  start(): void;
  /** Resolves when the running tick has ended; a hung file system is not waited for. */
  stop(): Promise<void>;
}

export function createHostCollector(deps: HostCollectorDeps, options: HostCollectorOptions): HostCollector {
  const { clock, log, metrics } = deps;
  const skipped = metrics.counter({
    name: 'vedette_host_skipped_ticks_total',
    help: 'Ticks left out because the one before still ran.',
  });
  const dropped = metrics.counter({
    name: 'vedette_host_dropped_rows_total',
    help: 'Rows left out because the source had SOURCE_SERIES_MAX series.',
  });
  const sourceLabels = { job: 'node', instance: options.instance };
  const source = new SourceSeries({ sourceLabels, onDrop: () => dropped.inc() });
  const files = deps.files ?? createHostFiles(options);
  const machine = deps.machine ?? createMachine();
  const runs = collectorsOf(machine, log, options).map(
    (definition) => new CollectorRun({ clock, log, files, machine, source }, definition, options),
  );
  const report = createReport(source, runs);
  const writer = new SourceWriter(deps, { name: 'host', source });
  const sets = (): Rows[] => [...runs.map((run) => run.rows), report()];
  let isFirst = true;
  const task = async (timestampMs: number): Promise<void> => {
    const startedMs = clock.monotonicMs();
    const background: Promise<void>[] = [];
    let sliceStartMs = startedMs;
    for (const run of runs) {
      const running = run.runIfDue();
      if (running !== undefined) background.push(running);
      // On a machine with hundreds of devices a tick takes longer than the loop may be held.
      if (clock.monotonicMs() - sliceStartMs < SLICE_MS_MAX) continue;
      await clock.yield();
      sliceStartMs = clock.monotonicMs();
    }
    if (isFirst) await withDeadline(clock, FIRST_TICK_WAIT_MS, Promise.all(background));
    isFirst = false;
    await writer.write({ timestampMs, startedMs, sets: sets() });
  };
  const loop = new IntervalLoop(
    { clock },
    { intervalMs: options.intervalMs, task, onSkip: () => skipped.inc() },
  );
  return { start: () => loop.start(), stop: () => loop.stop() };
}

function collectorsOf(
  { platform }: Machine,
  log: Log,
  { disabled }: HostCollectorOptions,
): readonly CollectorDefinition[] {
  if (platform === 'linux') return LINUX_COLLECTORS.filter(({ name }) => disabled?.has(name) !== true);
  log.warn('only processors, load and memory are watched on this system; the rest needs Linux', { platform });
  return PORTABLE_COLLECTORS;
}

/** `node_scrape_collector_*` of every collector that has ended a run. */
function createReport(source: SourceSeries, runs: readonly CollectorRun[]): () => Rows {
  const family = (name: string, help: string): SourceFamily =>
    source.family({ name, help, type: 'gauge', labelNames: ['collector'] });
  const success = family('node_scrape_collector_success', 'Whether the collector found what it reads.');
  const duration = family('node_scrape_collector_duration_seconds', 'Time of the last run of the collector.');
  const rows = new Rows();
  const add = (of: SourceFamily, collector: string, value: number): void => {
    const row = source.rowOf(of, [collector]);
    if (row !== undefined) rows.add(row, value);
  };
  return () => {
    rows.clear();
    for (const { name, outcome } of runs) {
      if (outcome === undefined) continue;
      add(success, name, outcome.isSuccess ? 1 : 0);
      add(duration, name, outcome.seconds);
    }
    return rows;
  };
}
