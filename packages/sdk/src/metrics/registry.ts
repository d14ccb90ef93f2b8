/**
 * The registry of one application (or one server; there is no global one).
 *
 * 1. An instrument owns a `SeriesTable`: label values lead through one Map per label to a series
 *    number, and its numbers lie in one `Float64Array`. Counting is one to three Map look-ups and an
 *    addition; nothing is allocated after the first time.
 * 2. A histogram counts each observation in its one bucket; cumulation happens when it is read.
 * 3. Names and labels of a sample are turned into text once, when first exposed.
 * 4. Cardinality is bounded per instrument. Beyond the limit counters and histograms go into one
 *    series `_overflow`, since a sum that misses its busiest part misleads; a gauge has no sum that
 *    would mean anything, so its value is dropped. Both are counted.
 *
 * Rejected: a global default registry (two libraries, two copies, half of the metrics lost), children
 * to be cached by the caller (the look-up is fast enough to need none).
 */
import type {
  Counter,
  FamilySample,
  FamilyView,
  Gauge,
  Histogram,
  HistogramOptions,
  InstrumentOptions,
  MetricFamily,
  MetricsRegistry,
} from './instruments.ts';
import { sampleNamesOf, validateNames } from './names.ts';
import { SERIES_PER_INSTRUMENT_MAX, SeriesTable, type SamplePlace } from './series-table.ts';

/** Creates a registry that holds nothing but its own two counters. */
export function createMetricsRegistry(): MetricsRegistry {
  return new Registry();
}

const SINGLE: readonly SamplePlace[] = [{ suffix: '' }];

class Registry implements MetricsRegistry {
  readonly #families: FamilyView[] = [];
  readonly #takenNames = new Set<string>();
  readonly #readers: (() => void)[] = [];
  readonly #overflows: Counter;
  readonly #readFailures: Counter;

  constructor() {
    this.#overflows = this.counter({
      name: 'sdk_metrics_overflows_total',
      help: 'Values that met the limit of series of their instrument.',
      labelNames: ['metric'],
      seriesMax: Infinity,
    });
    this.#readFailures = this.counter({
      name: 'sdk_metrics_read_failures_total',
      help: 'Readers of gauges that threw.',
    });
  }

  counter(options: InstrumentOptions): Counter {
    const table = this.#register('counter', options, SINGLE, 1);
    return {
      inc: (by = 1, ...labelValues) => {
        if (!(by >= 0)) throw new RangeError(`cannot count "${options.name}" by ${by}: a counter only grows`);
        const series = this.#seriesOrOverflow(options.name, table, labelValues);
        table.cells[series] = (table.cells[series] ?? 0) + by;
      },
    };
  }

  gauge(options: InstrumentOptions): Gauge {
    const table = this.#register('gauge', options, SINGLE, 1);
    const seriesOf = (labelValues: readonly string[]): number => {
      const series = table.seriesOf(labelValues);
      if (series < 0) this.#overflows.inc(1, options.name);
      return series;
    };
    return {
      set: (value, ...labelValues) => {
        const series = seriesOf(labelValues);
        if (series >= 0) table.cells[series] = value;
      },
      inc: (by = 1, ...labelValues) => {
        const series = seriesOf(labelValues);
        if (series >= 0) table.cells[series] = (table.cells[series] ?? 0) + by;
      },
    };
  }

  histogram(options: HistogramOptions): Histogram {
    const bounds = boundsOf(options);
    const places: SamplePlace[] = [...bounds, Infinity].map((bound) => ({
      suffix: '_bucket',
      le: formatBound(bound),
    }));
    places.push({ suffix: '_sum' }, { suffix: '_count' });
    // Per series: one count per bucket, the one for +Inf, the sum.
    const stride = bounds.length + 2;
    const table = this.#register('histogram', options, places, stride);
    return {
      observe: (value, ...labelValues) => {
        // NaN would turn the sum into NaN for good, and belongs to no bucket.
        if (Number.isNaN(value)) throw new RangeError(`cannot observe NaN in "${options.name}"`);
        const at = this.#seriesOrOverflow(options.name, table, labelValues) * stride;
        const bucket = at + bucketOf(bounds, value);
        table.cells[bucket] = (table.cells[bucket] ?? 0) + 1;
        const sum = at + stride - 1;
        table.cells[sum] = (table.cells[sum] ?? 0) + value;
      },
    };
  }

  onCollect(read: () => void): void {
    this.#readers.push(read);
  }

  read(): readonly FamilyView[] {
    for (const read of this.#readers) {
      try {
        read();
      } catch {
        this.#readFailures.inc();
      }
    }
    return this.#families.filter((family) => family.seriesCount > 0);
  }

  collect(): readonly MetricFamily[] {
    return this.read().map((family) => ({
      name: family.name,
      help: family.help,
      type: family.type,
      samples: samplesOf(family),
    }));
  }

  #register(
    type: MetricFamily['type'],
    options: InstrumentOptions,
    places: readonly SamplePlace[],
    stride: number,
  ): SeriesTable {
    const { name, help, labelNames = [], seriesMax = SERIES_PER_INSTRUMENT_MAX } = options;
    validateNames(type, options);
    const names = sampleNamesOf(type, name);
    const taken = names.find((own) => this.#takenNames.has(own));
    if (taken !== undefined) throw new Error(`cannot create metric "${name}": the name "${taken}" is taken`);
    for (const own of names) this.#takenNames.add(own);
    const table = new SeriesTable({ name, labelNames, places, stride, seriesMax });
    this.#families.push({
      name,
      help,
      type,
      samplesPerSeries: places.length,
      get seriesCount() {
        return table.seriesCount;
      },
      identityOf: (series, sample) => table.identityOf(series, sample),
      valueOf:
        type === 'histogram'
          ? (series, sample) => histogramValueOf(table.cells, series * stride, stride, sample)
          : (series) => table.cells[series] ?? 0,
    });
    return table;
  }

  #seriesOrOverflow(name: string, table: SeriesTable, labelValues: readonly string[]): number {
    const series = table.seriesOf(labelValues);
    if (series >= 0) return series;
    this.#overflows.inc(1, name);
    return table.overflowSeries();
  }
}

/** Sample `sample` of the histogram at `at`: cumulative buckets, then sum, then count. */
function histogramValueOf(cells: Float64Array, at: number, stride: number, sample: number): number {
  const bucketCount = stride - 1;
  if (sample === bucketCount) return cells[at + bucketCount] ?? 0;
  const last = Math.min(sample, bucketCount - 1);
  let count = 0;
  for (let i = 0; i <= last; i++) count += cells[at + i] ?? 0;
  return count;
}

function samplesOf(family: FamilyView): FamilySample[] {
  const samples: FamilySample[] = [];
  for (let series = 0; series < family.seriesCount; series++) {
    for (let sample = 0; sample < family.samplesPerSeries; sample++) {
      const { name, labels } = family.identityOf(series, sample);
      samples.push({ name, labels, value: family.valueOf(series, sample) });
    }
  }
  return samples;
}

/** The first bucket whose bound is not below `value`; the one behind the last bound is +Inf. */
function bucketOf(bounds: readonly number[], value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value <= (bounds[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function boundsOf({ name, buckets }: HistogramOptions): readonly number[] {
  for (const [i, bound] of buckets.entries()) {
    if (!Number.isFinite(bound) || bound <= (buckets[i - 1] ?? -Infinity))
      throw new Error(
        `cannot create histogram "${name}": bounds must be finite and increase; got ${buckets.join(', ')}`,
      );
  }
  return [...buckets];
}

/** `1` as `1.0`, as OpenMetrics wants it and Prometheus 3 stores it; the same in both formats, so that a series keeps its labels whichever is asked for. */
function formatBound(bound: number): string {
  if (bound === Infinity) return '+Inf';
  const text = String(bound);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
