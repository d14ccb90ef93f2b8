/**
 * Watches the containers of this machine through cgroup v2, in the words of cAdvisor: same names, labels and
 * units, so that its dashboards and rules work unchanged. It stands beside the host collector, and not among
 * its collectors, since it is a source of its own (`job="containers"`): its series have other labels, their
 * number has another limit, it beats more slowly, and one can have either without the other.
 *
 * A round, every 5 s:
 * 1. Walk the control groups for containers (discovery.ts, cgroup-identity.ts): their paths tell.
 * 2. Ask the engine's socket for the names of new ones (names/), for half a second at most; an answer that comes
 *    later counts from the next round on.
 * 3. Each reader of `readers/` adds its rows of each container. A container that ended since step 1 has none.
 * 4. All rows go to the writer as one batch. Series that were in the last round and are not in this one get
 *    staleness markers, those of a container that ended or got another name among them.
 *
 * Differences from cAdvisor: only containers (and services, if wanted) have series, not every slice nor the
 * machine (`id="/"`; that is node_*); traffic that containers share is written once; numbers of one file
 * system (container_fs_usage_bytes) would take mounts of others and are not there. Out-of-memory kills are the
 * kernel's own count for the group, which starts with it. Where the kernel gives no number per processor,
 * the label is `cpu="total"`, there as here.
 *
 * Rejected: asking the engine for its stats (`/containers/ID/stats`): one request takes it a second of
 * measuring, and it needs the socket, which is as good as root.
 *
 * Cost: 25 files and 50 rows a container and round, 0.4 ms of CPU (container-collector.bench.ts).
 */
import type { Clock, MetricsWriter, Slicer } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import type { Log } from '../../telemetry/log.ts';
import { withDeadline } from '../host/collector-run.ts';
import { IntervalLoop } from '../self/interval-loop.ts';
import { SourceSeries } from '../self/source-series.ts';
import { SourceWriter } from '../self/source-writer.ts';
import { ContainerRound } from './container-round.ts';
import { createContainerFiles, type ContainerFiles } from './container-files.ts';
import { CGROUP_ROOT, findContainers, hasCgroups } from './discovery.ts';
import { ContainerNames } from './names/container-names.ts';
import { createEngine, type Engine } from './names/engine-socket.ts';
import { PodNames } from './names/pod-names.ts';
import { engineLabels, WatchedContainers } from './watched-containers.ts';

// A round with a new container waits this long for its name, so that its series begin under it.
const NAMES_WAIT_MS = 500;

interface ContainerCollectorDeps {
  readonly clock: Clock;
  readonly writer: MetricsWriter;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  /** Default: the machine's own. */
  readonly files?: ContainerFiles;
}

export interface ContainerCollectorOptions {
  readonly intervalMs: number;
  /** Value of the label `instance`: the host name. */
  readonly instance: string;
  /** Writes nothing at all until the first container is seen. */
  readonly waitsForContainer: boolean;
  /** `auto`, `none`, or the path of the engine's socket. */
  readonly socket: string;
  readonly withServices: boolean;
  /** Labels of the engine to take over. */
  readonly labelNames: readonly string[];
  readonly containersMax: number;
  readonly seriesMax: number;
  /** Default: `/sys/fs/cgroup`. */
  readonly cgroupRoot?: string;
}

export interface ContainerCollector {
  /** Looks at once, then every `intervalMs`. Starting twice is safe; starting again after a stop is not. */
  start(): void;
  /** Resolves when the running round has ended. */
  stop(): Promise<void>;
}

export function createContainerCollector(
  deps: ContainerCollectorDeps,
  options: ContainerCollectorOptions,
): ContainerCollector {
  const { clock, log } = deps;
  const { root, files, slicer, counts, names, watched, source, round } = createParts(deps, options);
  const writer = new SourceWriter(deps, { name: 'containers', source });
  let isWaiting = options.waitsForContainer;
  let isToldOfV1 = false;
  const look = async (timestampMs: number): Promise<void> => {
    if (!hasCgroups(files, root)) {
      if (!isToldOfV1) log.info('containers are not watched: this machine has no cgroup v2', { root });
      isToldOfV1 = true;
      return;
    }
    const startedMs = clock.monotonicMs();
    const onDrop = (): void => counts.leftOut.inc(1, 'container');
    const found = await findContainers({ files, slicer, root }, { ...options, onDrop });
    isWaiting &&= found.length === 0;
    if (isWaiting) return;
    const hasNew = watched.update(found);
    const naming = names.refresh(watched.identities);
    if (hasNew) await withDeadline(clock, NAMES_WAIT_MS, naming);
    const { rows, livingCount } = await round.run(watched.named((identity) => names.find(identity)));
    counts.watched.set(livingCount);
    await writer.write({ timestampMs, startedMs, sets: [rows] });
  };
  const task = (timestampMs: number): Promise<void> =>
    look(timestampMs).catch((error: unknown) => log.warn('cannot look for containers', { error }));
  const loop = new IntervalLoop(
    { clock },
    { intervalMs: options.intervalMs, task, onSkip: () => counts.skipped.inc() },
  );
  return {
    start: () => loop.start(),
    stop: () => {
      names.stop();
      return loop.stop();
    },
  };
}

interface Parts {
  readonly root: string;
  readonly files: ContainerFiles;
  readonly slicer: Slicer;
  readonly counts: ReturnType<typeof registerCounts>;
  readonly names: ContainerNames;
  readonly watched: WatchedContainers;
  readonly source: SourceSeries;
  readonly round: ContainerRound;
}

function createParts(deps: ContainerCollectorDeps, options: ContainerCollectorOptions): Parts {
  const { clock, log, metrics } = deps;
  const root = options.cgroupRoot ?? CGROUP_ROOT;
  const files = deps.files ?? createContainerFiles();
  const slicer = new TimeSlicer(clock);
  const counts = registerCounts(metrics);
  const source = new SourceSeries({
    sourceLabels: { job: 'containers', instance: options.instance },
    seriesMax: options.seriesMax,
    onDrop: () => counts.leftOut.inc(1, 'series'),
  });
  const labels = engineLabels(options.labelNames);
  const engines = enginesOf(options.socket, [...labels.values()]);
  const names = new ContainerNames({
    clock,
    log,
    engines,
    pods: new PodNames(files),
    failures: counts.engineFailures,
  });
  const watched = new WatchedContainers({ root, engineLabels: [...labels.values()] });
  const round = new ContainerRound({ clock, log, files, source, slicer, leftOut: counts.leftOut }, [
    ...labels.keys(),
  ]);
  return { root, files, slicer, counts, names, watched, source, round };
}

function registerCounts(metrics: MetricsRegistry) {
  return {
    skipped: metrics.counter({
      name: 'vedette_containers_skipped_ticks_total',
      help: 'Rounds left out because the one before still ran.',
    }),
    leftOut: metrics.counter({
      name: 'vedette_containers_left_out_total',
      help: 'What was left out at a limit, by kind: container, series, device, interface, process.',
      labelNames: ['kind'],
    }),
    engineFailures: metrics.counter({
      name: 'vedette_containers_engine_failures_total',
      help: 'Questions for names that a container engine did not answer.',
    }),
    watched: metrics.gauge({
      name: 'vedette_containers_watched',
      help: 'Containers in the last round.',
    }),
  };
}

function enginesOf(socket: string, labelNames: readonly string[]): readonly Engine[] {
  if (socket === 'none') return [];
  if (socket !== 'auto') return [createEngine({ socketPath: socket, isOptional: false, labelNames })];
  const own = process.getuid?.() ?? 0;
  const paths = ['/var/run/docker.sock', '/run/podman/podman.sock', `/run/user/${own}/podman/podman.sock`];
  return paths.map((socketPath) => createEngine({ socketPath, isOptional: true, labelNames }));
}
