import type { MetricType } from '@vedette/model';
import type { HostFiles } from './host-files.ts';
import type { Machine } from './machine.ts';

/**
 * A collector turns files of the kernel into rows of families. To add one: write a file under
 * `collectors/` that exports a `CollectorDefinition`, and add its line to `collectors/list.ts`.
 */
export interface CollectorDefinition {
  /** node_exporter's name of the same collector: the value of the label `collector`, and the key in the configuration. */
  readonly name: string;
  /**
   * `tick`: runs inside every tick, synchronously, over files that the kernel makes up from memory.
   * `background`: reads what may be slow (disks, drivers) or many files; runs beside the ticks every
   * `BACKGROUND_MS`, and every tick writes again what it found last.
   */
  readonly pace: 'tick' | 'background';
  /** Declares the families and keeps what must be remembered between runs. */
  create(context: CollectorContext): Collect;
}

/** One run. A throw means: nothing of this run counts; `NoDataError` says that the machine has no such thing. */
export type Collect = () => void | Promise<void>;

export interface CollectorContext {
  readonly files: HostFiles;
  readonly machine: Machine;
  readonly families: FamilyFactory;
  readonly options: CollectorOptions;
  /** Wall clock in ms. */
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** `work`, or `undefined` after `deadlineMs`; the work itself goes on. */
  readonly withDeadline: <T>(deadlineMs: number, work: Promise<T>) => Promise<T | undefined>;
}

/** What people may change about single collectors; see `config.ts`. */
export interface CollectorOptions {
  readonly mountPointsExclude: RegExp;
  readonly fsTypesExclude: RegExp;
  readonly diskDevicesExclude: RegExp;
  readonly netDevicesExclude: RegExp;
}

export interface FamilyFactory {
  /** Declares a family; a second call of one collector for the same name gives the same family. */
  (type: MetricType, name: string, help: string, labelNames?: readonly string[]): HostFamily;
}

export interface HostFamily {
  /** Adds the row of these label values, given in the order of the label names. */
  add(value: number, ...labelValues: string[]): void;
}

/** The machine has nothing of what the collector reads: success 0, and no word in the log. */
export class NoDataError extends Error {
  constructor(what: string) {
    super(`cannot collect: this machine has no ${what}`);
    this.name = 'NoDataError';
  }
}

/** The text, or `NoDataError` naming the file. */
export function required(text: string | undefined, path: string): string {
  if (text === undefined) throw new NoDataError(path);
  return text;
}
