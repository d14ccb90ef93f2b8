/** One container, from the round that finds it first until the round that finds it no more. */
import type { MetricType, Slicer } from '@vedette/model';
import type { CgroupIdentity } from './cgroup-identity.ts';
import type { ContainerFiles } from './container-files.ts';

export interface Container {
  /** Of its control group, below the root: the label `id`. */
  readonly path: string;
  /** Where the files of its control group are. */
  readonly directory: string;
  readonly identity: CgroupIdentity;
  /** In the order of `baseLabelNames`. Renewed by the collector when somebody gave it a name. */
  labelValues: readonly string[];
  /** Numbers of its processes as of this round, without those that another pid namespace hides. */
  pids: readonly number[];
  /** Processes as of this round, hidden ones included. */
  processCount: number;
}

/** Labels of every series of containers, cAdvisor's and the kubelet's; an empty one is none. */
export const BASE_LABEL_NAMES = ['id', 'name', 'image', 'pod', 'namespace', 'container'] as const;

/**
 * Turns files of one container into rows. To add one: write a file under `readers/`, and add its line to
 * `readers/list.ts`.
 */
export interface ContainerReader {
  /** Declares the families and keeps what must be remembered between rounds. */
  create(context: ReaderContext): ReaderRun;
}

export interface ReaderRun {
  /** Called once before the containers of a round. */
  begin?(): void;
  /**
   * Adds the rows of one container. What is missing (a controller that is off, a container that ended a moment
   * ago) adds no row and is no fault. Longer work asks `slicer`.
   */
  read(container: Container): void | Promise<void>;
}

export interface ReaderContext {
  readonly files: ContainerFiles;
  readonly families: ContainerFamilyFactory;
  readonly slicer: Slicer;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** Counts what a limit leaves out. */
  readonly onDrop: (what: 'device' | 'interface' | 'process') => void;
}

export interface ContainerFamilyFactory {
  /** Declares a family with the labels of the container and `labelNames`. */
  (type: MetricType, name: string, help: string, labelNames?: readonly string[]): ContainerFamily;
}

export interface ContainerFamily {
  /** Adds the row of one container; none when there is no value. */
  add(container: Container, value: number | undefined, ...labelValues: string[]): void;
}
