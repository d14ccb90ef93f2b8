import { refuseNaN } from './histogram.ts';
import { BoundSeries, Instrument, viewOf, type InstrumentDeps, type InstrumentParts } from './instrument.ts';
import type { FamilyView, ObserverChild, Summary } from './instruments.ts';
import { ObservationSampler, SAMPLER_CELLS } from './observation-sampler.ts';
import { QuantileWindow } from './quantile-window.ts';
import type { SamplePlace } from './series-table.ts';

export interface SummaryShape {
  readonly quantiles: readonly number[];
  readonly windowMs: number;
  readonly sampleOneIn: number;
}

/** Numbers per series: sum and count of all time, and what the sampler needs. */
export function summaryStrideOf({ sampleOneIn }: SummaryShape): number {
  return 2 + (sampleOneIn > 1 ? SAMPLER_CELLS : 0);
}

/** Samples of a series: quantiles, sum, count. */
export function summaryPlacesOf({ quantiles }: SummaryShape): readonly SamplePlace[] {
  const places = quantiles.map((quantile): SamplePlace => ({
    suffix: '',
    label: ['quantile', String(quantile)],
  }));
  return [...places, { suffix: '_sum' }, { suffix: '_count' }];
}

/** Quantiles of the last while (see `QuantileWindow`), sum and count of all time. */
export class SummaryInstrument extends Instrument<ObserverChild> implements Summary {
  readonly view: FamilyView;
  readonly #shape: SummaryShape;
  readonly #stride: number;
  readonly #sampler: ObservationSampler | undefined;
  /** By series; made with its first observation. */
  readonly #windows: (QuantileWindow | undefined)[] = [];

  constructor(deps: InstrumentDeps, parts: InstrumentParts, shape: SummaryShape) {
    super(deps, parts.table);
    this.#shape = shape;
    this.#stride = summaryStrideOf(shape);
    this.#sampler =
      shape.sampleOneIn > 1 ? new ObservationSampler(deps.random, shape.sampleOneIn) : undefined;
    this.view = viewOf('summary', parts, (series, sample) => this.#valueOf(series, sample));
  }

  observe(value: number, ...labelValues: string[]): void {
    const { table } = this;
    if (Number.isNaN(value)) refuseNaN(table.name);
    let series = table.find(labelValues);
    if (series < 0) series = this.seriesFor(labelValues);
    this.record(series, value);
  }

  child(...labelValues: string[]): ObserverChild {
    return new BoundSummary(this, labelValues);
  }

  record(series: number, value: number): void {
    const { cells } = this.table;
    const at = series * this.#stride;
    let weight = 1;
    let sum = value;
    if (this.#sampler !== undefined) {
      weight = this.#sampler.weightOf(cells, at + 2, value);
      if (weight === 0) return;
      sum = this.#sampler.takenSum;
    }
    cells[at] = (cells[at] ?? 0) + sum;
    cells[at + 1] = (cells[at + 1] ?? 0) + weight;
    this.#windowFor(series).observe(value, weight, this.deps.clock.monotonicMs());
  }

  protected forget(series: number): void {
    if (series < this.#windows.length) this.#windows[series] = undefined;
  }

  #windowFor(series: number): QuantileWindow {
    const known = this.#windows[series];
    if (known !== undefined) return known;
    // Filled up to here first: an array with holes would turn into a hash table.
    while (this.#windows.length < series) this.#windows.push(undefined);
    return (this.#windows[series] = new QuantileWindow(this.#shape));
  }

  #valueOf(series: number, sample: number): number {
    const quantileCount = this.#shape.quantiles.length;
    if (sample >= quantileCount) return this.table.cells[series * this.#stride + sample - quantileCount] ?? 0;
    return this.#windows[series]?.valuesAt(this.deps.clock.monotonicMs())[sample] ?? Number.NaN;
  }
}

class BoundSummary implements ObserverChild {
  readonly #summary: SummaryInstrument;
  readonly #series: BoundSeries;

  constructor(summary: SummaryInstrument, labelValues: readonly string[]) {
    this.#summary = summary;
    this.#series = new BoundSeries(summary, labelValues);
  }

  observe(value: number): void {
    if (Number.isNaN(value)) refuseNaN(this.#summary.table.name);
    this.#summary.record(this.#series.get(), value);
  }
}
