import { BugError, type Clock, type Slicer } from '@vedette/model';
import type { Counter } from '@vedette/sdk';
import type { Log } from '../../telemetry/log.ts';
import { Rows, type SourceFamily, type SourceSeries } from '../self/source-series.ts';
import { BASE_LABEL_NAMES, type Container, type ContainerFamily, type ReaderRun } from './container.ts';
import type { ContainerFiles } from './container-files.ts';
import { findProcesses } from './processes.ts';
import { CONTAINER_READERS } from './readers/list.ts';

interface RoundDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly files: ContainerFiles;
  readonly source: SourceSeries;
  readonly slicer: Slicer;
  readonly leftOut: Counter;
}

/** Runs every reader over every container, in slices. */
export class ContainerRound {
  readonly #deps: RoundDeps;
  readonly #runs: readonly ReaderRun[];
  readonly #labelNames: readonly string[];
  readonly #rows = new Rows();
  #isFailing = false;

  /** `engineLabelNames` come behind the base labels. */
  constructor(deps: RoundDeps, engineLabelNames: readonly string[]) {
    const { clock, files, source, slicer, leftOut } = deps;
    this.#deps = deps;
    this.#labelNames = [...BASE_LABEL_NAMES, ...engineLabelNames];
    this.#runs = CONTAINER_READERS.map((reader) =>
      reader.create({
        files,
        slicer,
        nowMs: () => clock.nowMs(),
        monotonicMs: () => clock.monotonicMs(),
        onDrop: (what) => leftOut.inc(1, what),
        families: (type, name, help, labelNames = []) =>
          this.#familyOf(
            source.family({ type, name, help, labelNames: [...this.#labelNames, ...labelNames] }),
          ),
      }),
    );
  }

  /**
   * The rows, valid until the next run, and how many containers still lived. Never rejects: what comes behind a
   * fault lacks in that container alone.
   */
  async run(
    containers: readonly Container[],
  ): Promise<{ readonly rows: Rows; readonly livingCount: number }> {
    this.#rows.clear();
    let fault: unknown;
    let livingCount = 0;
    for (const run of this.#runs) run.begin?.();
    for (const container of containers) {
      try {
        if (await this.#read(container)) livingCount++;
      } catch (error) {
        fault ??= error;
      }
    }
    this.#tell(fault);
    return { rows: this.#rows, livingCount };
  }

  /** Whether it still lives. */
  async #read(container: Container): Promise<boolean> {
    const { files, slicer } = this.#deps;
    const processes = findProcesses(files, container.directory);
    if (processes === undefined) return false;
    container.pids = processes.pids;
    container.processCount = processes.count;
    for (const run of this.#runs) {
      const running = run.read(container);
      if (running !== undefined) await running;
      if (slicer.shouldYield()) await slicer.yield();
    }
    return true;
  }

  #familyOf(family: SourceFamily): ContainerFamily {
    const { source } = this.#deps;
    return {
      add: (container, value, ...labelValues) => {
        if (value === undefined || Number.isNaN(value)) return;
        const row = source.rowOf(family, [...container.labelValues, ...labelValues]);
        if (row !== undefined) this.#rows.add(row, value);
      },
    };
  }

  #tell(fault: unknown): void {
    const { log } = this.#deps;
    if (fault === undefined) {
      if (this.#isFailing) log.info('containers can be read again');
    } else if (!this.#isFailing) {
      log[fault instanceof BugError ? 'error' : 'warn']('cannot read a container; it lacks series', {
        error: fault,
      });
    }
    this.#isFailing = fault !== undefined;
  }
}
