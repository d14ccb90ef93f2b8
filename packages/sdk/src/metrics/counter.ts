import { Exemplars } from './exemplars.ts';
import {
  BoundSeries,
  Instrument,
  keepExemplar,
  viewOf,
  type InstrumentDeps,
  type InstrumentParts,
} from './instrument.ts';
import type { Counter, CounterChild, ExemplarLabels, FamilyView } from './instruments.ts';

export class CounterInstrument extends Instrument<CounterChild> implements Counter {
  readonly view: FamilyView;
  readonly exemplars = new Exemplars(1);

  constructor(deps: InstrumentDeps, parts: InstrumentParts) {
    const { table } = parts;
    super(deps, table);
    this.view = {
      ...viewOf('counter', parts, (series) => table.cells[series] ?? 0),
      exemplarOf: (series) => this.exemplars.get(series, 0),
      // A spread would read the getter once.
      get seriesCount() {
        return table.seriesCount;
      },
    };
  }

  inc(by = 1, ...labelValues: string[]): void {
    const { table } = this;
    if (!(by >= 0 && by < Infinity)) refuse(table.name, by);
    let series = table.find(labelValues);
    if (series < 0) series = this.seriesFor(labelValues);
    table.cells[series] = (table.cells[series] ?? 0) + by;
  }

  child(...labelValues: string[]): CounterChild {
    return new BoundCounter(this, labelValues);
  }

  protected forget(series: number): void {
    this.exemplars.remove(series);
  }
}

class BoundCounter implements CounterChild {
  readonly #counter: CounterInstrument;
  readonly #series: BoundSeries;

  constructor(counter: CounterInstrument, labelValues: readonly string[]) {
    this.#counter = counter;
    this.#series = new BoundSeries(counter, labelValues);
  }

  inc(by = 1, exemplar?: ExemplarLabels): void {
    const { table } = this.#counter;
    if (!(by >= 0 && by < Infinity)) refuse(table.name, by);
    const series = this.#series.get();
    table.cells[series] = (table.cells[series] ?? 0) + by;
    if (exemplar !== undefined)
      keepExemplar(this.#counter.exemplars, this.#counter, {
        series,
        sample: 0,
        value: by,
        labels: exemplar,
      });
  }
}

function refuse(name: string, by: number): never {
  throw new RangeError(`cannot count "${name}" by ${by}: a counter only grows, by finite numbers`);
}
