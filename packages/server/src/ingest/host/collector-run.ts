import { BugError, type Clock } from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import { Rows, type SourceFamily, type SourceSeries } from '../self/source-series.ts';
import { secondsSince } from '../self/source-writer.ts';
import { NoDataError } from './collector.ts';
import type { Collect, CollectorDefinition, CollectorOptions, HostFamily } from './collector.ts';
import type { HostFiles } from './host-files.ts';
import type { Machine } from './machine.ts';

// Sizes of file systems and properties of devices change slowly, and reading them costs most: every
// 16 s is often enough for a prediction, and an alert `for: 1m` still sees four readings.
export const BACKGROUND_MS = 16_000;

interface RunDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly files: HostFiles;
  readonly machine: Machine;
  readonly source: SourceSeries;
}

/** One collector at work: runs it, keeps the rows of its last good run, remembers how it went. */
export class CollectorRun {
  readonly name: string;
  readonly #pace: CollectorDefinition['pace'];
  readonly #deps: RunDeps;
  readonly #collect: Collect;
  #pending = new Rows();
  #committed = new Rows();
  #startedMs: number | undefined;
  /** The first family of this run whose value was no number: such a row is left out. */
  #unreadable: string | undefined;
  #isRunning = false;
  #isFailing = false;
  #outcome: { isSuccess: boolean; seconds: number } | undefined;

  constructor(deps: RunDeps, definition: CollectorDefinition, options: CollectorOptions) {
    const { clock, files, machine, source } = deps;
    this.name = definition.name;
    this.#pace = definition.pace;
    this.#deps = deps;
    const families = new Map<string, HostFamily>();
    this.#collect = definition.create({
      files,
      machine,
      options,
      families: (type, name, help, labelNames = []): HostFamily => {
        let declared = families.get(name);
        if (declared === undefined) {
          const family = source.family({ type, name, help, labelNames });
          declared = { add: (value, ...labelValues) => this.#add(family, value, labelValues) };
          families.set(name, declared);
        }
        return declared;
      },
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      withDeadline: (deadlineMs, work) => withDeadline(clock, deadlineMs, work),
    });
  }

  /** Rows of the last run that succeeded; none after one that failed. */
  get rows(): Rows {
    return this.#committed;
  }

  /** `undefined` until a run has ended. */
  get outcome(): { readonly isSuccess: boolean; readonly seconds: number } | undefined {
    return this.#outcome;
  }

  /**
   * Runs the collector if it is due. Collectors of pace `tick` have ended when this returns; the
   * promise of the others settles with the run and never rejects.
   */
  runIfDue(): Promise<void> | undefined {
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#isRunning) return undefined;
    if (
      this.#pace === 'background' &&
      this.#startedMs !== undefined &&
      nowMs - this.#startedMs < BACKGROUND_MS
    )
      return undefined;
    this.#startedMs = nowMs;
    this.#unreadable = undefined;
    try {
      const running = this.#collect();
      if (running !== undefined) return this.#finishLater(running, nowMs);
      this.#commit(nowMs);
    } catch (error) {
      this.#fail(error, nowMs);
    }
    return undefined;
  }

  #add(family: SourceFamily, value: number, labelValues: readonly string[]): void {
    if (Number.isNaN(value)) {
      this.#unreadable ??= family.name;
      return;
    }
    const row = this.#deps.source.rowOf(family, labelValues);
    if (row !== undefined) this.#pending.add(row, value);
  }

  async #finishLater(running: Promise<void>, startedMs: number): Promise<void> {
    this.#isRunning = true;
    try {
      await running;
      this.#commit(startedMs);
    } catch (error) {
      this.#fail(error, startedMs);
    } finally {
      this.#isRunning = false;
    }
  }

  #commit(startedMs: number): void {
    [this.#committed, this.#pending] = [this.#pending, this.#committed];
    this.#pending.clear();
    this.#end(true, startedMs);
    if (this.#unreadable !== undefined)
      this.#deps.log.warn('collector left out values that are no numbers', {
        collector: this.name,
        family: this.#unreadable,
      });
    if (this.#isFailing) this.#deps.log.info('collector works again', { collector: this.name });
    this.#isFailing = false;
  }

  #fail(error: unknown, startedMs: number): void {
    this.#deps.source.discard(this.#pending);
    this.#deps.source.discard(this.#committed);
    this.#end(false, startedMs);
    if (error instanceof NoDataError || this.#isFailing) return;
    this.#isFailing = true;
    const level = error instanceof BugError ? 'error' : 'warn';
    this.#deps.log[level]('collector failed; its series end until it works again', {
      collector: this.name,
      error,
    });
  }

  #end(isSuccess: boolean, startedMs: number): void {
    this.#outcome = { isSuccess, seconds: secondsSince(this.#deps.clock, startedMs) };
  }
}

/** `work`, or `undefined` once `deadlineMs` have passed. */
export async function withDeadline<T>(
  clock: Clock,
  deadlineMs: number,
  work: Promise<T>,
): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = clock.setTimer(deadlineMs, () => resolve(undefined));
  try {
    return await Promise.race([work, promise]);
  } finally {
    timer.cancel();
  }
}
