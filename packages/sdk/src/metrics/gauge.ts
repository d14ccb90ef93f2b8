import { BoundSeries, Instrument, viewOf, type InstrumentDeps, type InstrumentParts } from './instrument.ts';
import type { FamilyView, Gauge, GaugeChild } from './instruments.ts';

export class GaugeInstrument extends Instrument<GaugeChild> implements Gauge {
  readonly view: FamilyView;

  constructor(deps: InstrumentDeps, parts: InstrumentParts) {
    const { table } = parts;
    super(deps, table);
    this.view = viewOf('gauge', parts, (series) => table.cells[series] ?? 0);
  }

  set(value: number, ...labelValues: string[]): void {
    const series = this.#seriesWithinLimit(labelValues);
    if (series >= 0) this.table.cells[series] = value;
  }

  inc(by = 1, ...labelValues: string[]): void {
    const series = this.#seriesWithinLimit(labelValues);
    if (series >= 0) this.table.cells[series] = (this.table.cells[series] ?? 0) + by;
  }

  child(...labelValues: string[]): GaugeChild {
    return new BoundGauge(this, labelValues);
  }

  protected forget(): void {
    // Everything lies in the table's cells.
  }

  #seriesWithinLimit(labelValues: readonly string[]): number {
    const series = this.table.seriesOf(labelValues);
    if (series < 0) this.deps.accounts.overflow(this.table.name);
    return series;
  }
}

class BoundGauge implements GaugeChild {
  readonly #gauge: GaugeInstrument;
  readonly #series: BoundSeries;

  constructor(gauge: GaugeInstrument, labelValues: readonly string[]) {
    this.#gauge = gauge;
    this.#series = new BoundSeries(gauge, labelValues);
  }

  set(value: number): void {
    const series = this.#series.getWithinLimit();
    if (series >= 0) this.#gauge.table.cells[series] = value;
  }

  inc(by = 1): void {
    const series = this.#series.getWithinLimit();
    if (series < 0) return;
    const { cells } = this.#gauge.table;
    cells[series] = (cells[series] ?? 0) + by;
  }
}
