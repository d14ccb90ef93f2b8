import type { SdkClock, SdkRandom } from '../system/system.ts';
import type { Exemplars } from './exemplars.ts';
import type { ExemplarLabels, FamilyView, LabelSets, MetricType } from './instruments.ts';
import type { SeriesTable } from './series-table.ts';

/** What an instrument reports about values that it could not take as they came, by the name of the metric. */
export interface Accounts {
  overflow(metric: string): void;
  cutLabelValue(metric: string): void;
  refusedExemplar(metric: string): void;
}

export interface InstrumentDeps {
  readonly accounts: Accounts;
  readonly clock: Pick<SdkClock, 'nowMs' | 'monotonicMs'>;
  readonly random: Pick<SdkRandom, 'float'>;
}

export interface InstrumentParts {
  readonly table: SeriesTable;
  readonly help: string;
  readonly samplesPerSeries: number;
}

/** What instruments of every kind share: finding the series of a value, forgetting it, showing it. */
export abstract class Instrument<Child> implements LabelSets<Child> {
  readonly table: SeriesTable;
  readonly deps: InstrumentDeps;

  constructor(deps: InstrumentDeps, table: SeriesTable) {
    this.deps = deps;
    this.table = table;
  }

  abstract child(...labelValues: string[]): Child;

  remove(...labelValues: string[]): boolean {
    this.settle();
    const series = this.table.remove(labelValues);
    if (series >= 0) this.forget(series);
    return series >= 0;
  }

  clear(): void {
    this.settle();
    const { seriesCount } = this.table;
    this.table.clear();
    for (let series = 0; series < seriesCount; series++) this.forget(series);
  }

  /** Brings what waits into the table; before a reading and before a series is forgotten. */
  settle(): void {
    // Most instruments let nothing wait.
  }

  /** The series of these values, made if need be, or the one beyond the limit. */
  seriesFor(labelValues: readonly string[]): number {
    const series = this.table.seriesOf(labelValues);
    if (series >= 0) return series;
    this.deps.accounts.overflow(this.table.name);
    return this.table.overflowSeries();
  }

  /** Forgets what is kept of a series beside its cells. */
  protected abstract forget(series: number): void;
}

/** The parts of a view that do not depend on the kind of instrument. */
export function viewOf(
  type: MetricType,
  { table, help, samplesPerSeries }: InstrumentParts,
  valueOf: (series: number, sample: number) => number,
): FamilyView {
  return {
    name: table.name,
    help,
    type,
    samplesPerSeries,
    get seriesCount() {
      return table.seriesCount;
    },
    isLive: (series) => table.isLive(series),
    identityOf: (series, sample) => table.identityOf(series, sample),
    textOf: (series, sample) => table.textOf(series, sample),
    valueOf,
  };
}

/** Keeps a child's series number as long as it is good. */
export class BoundSeries {
  readonly #instrument: Instrument<unknown>;
  /** The instrument's: instruments differ in shape, and a look through them costs more than the addition. */
  readonly #table: SeriesTable;
  readonly #labelValues: readonly string[];
  #series = -1;
  #removalCount = -1;

  constructor(instrument: Instrument<unknown>, labelValues: readonly string[]) {
    this.#instrument = instrument;
    this.#table = instrument.table;
    this.#labelValues = [...labelValues];
    // Makes the series, so that it is there with 0; one beyond the limit is not counted before it has a value.
    instrument.table.seriesOf(labelValues);
  }

  /** The number for the next value. */
  get(): number {
    return this.#removalCount === this.#table.removalCount ? this.#series : this.#resolve();
  }

  /** As `get`, but -1 beyond the limit, where a gauge has no place. */
  getWithinLimit(): number {
    if (this.#removalCount === this.#table.removalCount) return this.#series;
    const series = this.#table.seriesOf(this.#labelValues);
    if (series < 0) this.#instrument.deps.accounts.overflow(this.#table.name);
    else this.#keep(series);
    return series;
  }

  #resolve(): number {
    const series = this.#table.seriesOf(this.#labelValues);
    // What is beyond the limit is counted each time, and may find room after a removal.
    if (series < 0) return this.#instrument.seriesFor(this.#labelValues);
    this.#keep(series);
    return series;
  }

  #keep(series: number): void {
    this.#series = series;
    this.#removalCount = this.#table.removalCount;
  }
}

/** Keeps an exemplar, or counts that it broke a rule. */
export function keepExemplar(
  exemplars: Exemplars,
  { table, deps }: Instrument<unknown>,
  seen: { series: number; sample: number; value: number; labels: ExemplarLabels },
): void {
  const { series, sample, value, labels } = seen;
  const isKept = exemplars.set({ series, sample }, labels, { value, timestampMs: deps.clock.nowMs() });
  if (!isKept) deps.accounts.refusedExemplar(table.name);
}
