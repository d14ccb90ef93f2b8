import type {
  Counter,
  FamilySample,
  Gauge,
  Histogram,
  HistogramOptions,
  InstrumentOptions,
  MetricFamily,
  MetricsRegistry,
} from './instruments.ts';

/** Creates an empty registry. */
export function createMetricsRegistry(): MetricsRegistry {
  const families = new Map<
    string,
    { options: InstrumentOptions; type: MetricFamily['type']; samples: () => FamilySample[] }
  >();
  const readers: (() => void)[] = [];
  const register = (
    options: InstrumentOptions,
    type: MetricFamily['type'],
    samples: () => FamilySample[],
  ): void => {
    if (families.has(options.name))
      throw new Error(`cannot create metric "${options.name}": the name is taken`);
    families.set(options.name, { options, type, samples });
  };
  return {
    counter: (options): Counter => {
      const cells = new Cells(options);
      register(options, 'counter', () => cells.samples(options.name));
      return { inc: (by = 1, ...labelValues) => cells.add(labelValues, by) };
    },
    gauge: (options): Gauge => {
      const cells = new Cells(options);
      register(options, 'gauge', () => cells.samples(options.name));
      return {
        set: (value, ...labelValues) => cells.set(labelValues, value),
        inc: (by = 1, ...labelValues) => cells.add(labelValues, by),
      };
    },
    histogram: (options): Histogram => createHistogram(options, register),
    onCollect: (read) => void readers.push(read),
    collect: () => {
      for (const read of readers) read();
      return [...families.values()].map(({ options, type, samples }) => ({
        name: options.name,
        help: options.help,
        type,
        samples: samples(),
      }));
    },
  };
}

/** One number per combination of label values. */
class Cells {
  readonly #labelNames: readonly string[];
  readonly #name: string;
  readonly #values = new Map<string, { labels: readonly string[]; value: number }>();

  constructor(options: InstrumentOptions) {
    this.#name = options.name;
    this.#labelNames = options.labelNames ?? [];
    if (this.#labelNames.length === 0) this.add([], 0);
  }

  add(labelValues: readonly string[], by: number): void {
    this.#cellOf(labelValues).value += by;
  }

  set(labelValues: readonly string[], value: number): void {
    this.#cellOf(labelValues).value = value;
  }

  samples(name: string, extra: readonly string[] = []): FamilySample[] {
    return [...this.#values.values()].map(({ labels, value }) => ({
      name,
      labels: [...labels, ...extra],
      value,
    }));
  }

  #cellOf(labelValues: readonly string[]): { value: number } {
    const key = labelValues.join('\uffff');
    let cell = this.#values.get(key);
    if (cell === undefined) {
      if (labelValues.length !== this.#labelNames.length) {
        throw new Error(
          `cannot count "${this.#name}": got ${labelValues.length} label values, want ${this.#labelNames.length}`,
        );
      }
      cell = { labels: this.#labelNames.flatMap((name, i) => [name, labelValues[i] ?? '']), value: 0 };
      this.#values.set(key, cell);
    }
    return cell;
  }
}

type Register = (
  options: InstrumentOptions,
  type: MetricFamily['type'],
  samples: () => FamilySample[],
) => void;

function createHistogram(options: HistogramOptions, register: Register): Histogram {
  const bounds = [...options.buckets, Infinity];
  const buckets = bounds.map(() => new Cells(options));
  const sums = new Cells(options);
  register(options, 'histogram', () => [
    ...bounds.flatMap(
      (bound, i) =>
        buckets[i]?.samples(`${options.name}_bucket`, ['le', bound === Infinity ? '+Inf' : String(bound)]) ??
        [],
    ),
    ...sums.samples(`${options.name}_sum`),
    ...(buckets.at(-1)?.samples(`${options.name}_count`) ?? []),
  ]);
  return {
    observe: (value, ...labelValues) => {
      for (const [i, bound] of bounds.entries()) buckets[i]?.add(labelValues, value <= bound ? 1 : 0);
      sums.add(labelValues, value);
    },
  };
}
