import { Exemplars } from './exemplars.ts';
import {
  BoundSeries,
  Instrument,
  keepExemplar,
  viewOf,
  type InstrumentDeps,
  type InstrumentParts,
} from './instrument.ts';
import type {
  ExemplarLabels,
  FamilyView,
  Histogram,
  NativeHistogramView,
  ObserverChild,
} from './instruments.ts';
import { LogBuckets, spansOf, type LogBucketsOptions } from './log-buckets.ts';
import { ObservationSampler, SAMPLER_CELLS } from './observation-sampler.ts';
import type { SamplePlace } from './series-table.ts';

export interface HistogramShape {
  readonly bounds: Float64Array;
  readonly native: LogBucketsOptions | undefined;
  readonly sampleOneIn: number;
  readonly bufferObservationsMax: number;
}

/** Numbers per series: one count per bucket, the one for +Inf, the sum, and what the sampler needs. */
export function strideOf({ bounds, sampleOneIn }: HistogramShape): number {
  return bounds.length + 2 + (sampleOneIn > 1 ? SAMPLER_CELLS : 0);
}

/** Samples of a series: cumulative buckets, sum, count. */
export function placesOf({ bounds }: HistogramShape): readonly SamplePlace[] {
  const buckets = [...bounds, Infinity].map((bound): SamplePlace => ({
    suffix: '_bucket',
    label: ['le', formatBound(bound)],
  }));
  return [...buckets, { suffix: '_sum' }, { suffix: '_count' }];
}

/** Each observation is counted in its one bucket, and in its one exponential bucket; cumulation happens at the reading. */
export class HistogramInstrument extends Instrument<ObserverChild> implements Histogram {
  readonly view: FamilyView;
  readonly exemplars: Exemplars;
  readonly bounds: Float64Array;
  readonly #stride: number;
  readonly #nativeOptions: LogBucketsOptions | undefined;
  /** By series; made with its first observation. */
  readonly #natives: (LogBuckets | undefined)[] = [];
  readonly #sampler: ObservationSampler | undefined;
  /** Neither native nor sampled nor buffered: two additions are all. */
  readonly #isPlain: boolean;
  /** Observations that wait, and their series. */
  readonly #waitingValues: Float64Array;
  readonly #waitingSeries: Uint32Array;
  #waitingCount = 0;

  constructor(deps: InstrumentDeps, parts: InstrumentParts, shape: HistogramShape) {
    const { table } = parts;
    super(deps, table);
    this.bounds = shape.bounds;
    this.exemplars = new Exemplars(parts.samplesPerSeries);
    this.#stride = strideOf(shape);
    this.#nativeOptions = shape.native;
    this.#sampler =
      shape.sampleOneIn > 1 ? new ObservationSampler(deps.random, shape.sampleOneIn) : undefined;
    this.#isPlain =
      shape.native === undefined && shape.sampleOneIn === 1 && shape.bufferObservationsMax === 0;
    this.#waitingValues = new Float64Array(shape.bufferObservationsMax);
    this.#waitingSeries = new Uint32Array(shape.bufferObservationsMax);
    const bucketCount = shape.bounds.length + 1;
    const valueOf = (series: number, sample: number): number =>
      cumulatedValueOf(table.cells, series * this.#stride, bucketCount, sample);
    this.view = {
      ...viewOf('histogram', parts, valueOf),
      exemplarOf: (series, sample) => this.exemplars.get(series, sample),
      ...(shape.native !== undefined && { nativeOf: (series) => this.#nativeOf(series) }),
      // A spread would read the getter once.
      get seriesCount() {
        return table.seriesCount;
      },
    };
  }

  observe(value: number, ...labelValues: string[]): void {
    const { table } = this;
    if (Number.isNaN(value)) refuseNaN(table.name);
    let series = table.find(labelValues);
    if (series < 0) series = this.seriesFor(labelValues);
    this.record(series, value);
  }

  child(...labelValues: string[]): ObserverChild {
    return new BoundHistogram(this, labelValues);
  }

  record(series: number, value: number): void {
    if (this.#isPlain) {
      const { cells } = this.table;
      const at = series * this.#stride;
      const bucket = at + bucketOf(this.bounds, value);
      const sumAt = at + this.#stride - 1;
      cells[bucket] = (cells[bucket] ?? 0) + 1;
      cells[sumAt] = (cells[sumAt] ?? 0) + value;
      return;
    }
    const capacity = this.#waitingValues.length;
    if (capacity === 0) {
      this.#count(series, value);
      return;
    }
    this.#waitingValues[this.#waitingCount] = value;
    this.#waitingSeries[this.#waitingCount] = series;
    if (++this.#waitingCount === capacity) this.settle();
  }

  override settle(): void {
    for (let i = 0; i < this.#waitingCount; i++)
      this.#count(this.#waitingSeries[i] ?? 0, this.#waitingValues[i] ?? 0);
    this.#waitingCount = 0;
  }

  protected forget(series: number): void {
    this.exemplars.remove(series);
    if (series < this.#natives.length) this.#natives[series] = undefined;
  }

  #count(series: number, value: number): void {
    const { cells } = this.table;
    const at = series * this.#stride;
    const sumAt = at + this.bounds.length + 1;
    let weight = 1;
    let sum = value;
    if (this.#sampler !== undefined) {
      weight = this.#sampler.weightOf(cells, sumAt + 1, value);
      if (weight === 0) return;
      sum = this.#sampler.takenSum;
    }
    const bucket = at + bucketOf(this.bounds, value);
    cells[bucket] = (cells[bucket] ?? 0) + weight;
    cells[sumAt] = (cells[sumAt] ?? 0) + sum;
    if (this.#nativeOptions !== undefined) this.#nativeFor(series, this.#nativeOptions).add(value, weight);
  }

  #nativeFor(series: number, options: LogBucketsOptions): LogBuckets {
    const known = this.#natives[series];
    if (known !== undefined) return known;
    // Filled up to here first: an array with holes would turn into a hash table.
    while (this.#natives.length < series) this.#natives.push(undefined);
    return (this.#natives[series] = new LogBuckets(options));
  }

  #nativeOf(series: number): NativeHistogramView | undefined {
    if (this.#nativeOptions === undefined || !this.table.isLive(series)) return undefined;
    const buckets = this.#natives[series] ?? new LogBuckets(this.#nativeOptions);
    const bucketCount = this.bounds.length + 1;
    const { schema, zeroThreshold, zeroCount } = buckets;
    return {
      schema,
      zeroThreshold,
      zeroCount,
      sum: this.view.valueOf(series, bucketCount),
      count: this.view.valueOf(series, bucketCount + 1),
      positive: spansOf(buckets.sorted('positive')),
      negative: spansOf(buckets.sorted('negative')),
    };
  }
}

class BoundHistogram implements ObserverChild {
  readonly #histogram: HistogramInstrument;
  readonly #series: BoundSeries;

  constructor(histogram: HistogramInstrument, labelValues: readonly string[]) {
    this.#histogram = histogram;
    this.#series = new BoundSeries(histogram, labelValues);
  }

  observe(value: number, exemplar?: ExemplarLabels): void {
    const histogram = this.#histogram;
    if (Number.isNaN(value)) refuseNaN(histogram.table.name);
    const series = this.#series.get();
    histogram.record(series, value);
    if (exemplar === undefined) return;
    const sample = bucketOf(histogram.bounds, value);
    keepExemplar(histogram.exemplars, histogram, { series, sample, value, labels: exemplar });
  }
}

/** NaN would turn the sum into NaN for good, and belongs to no bucket. */
export function refuseNaN(name: string): never {
  throw new RangeError(`cannot observe NaN in "${name}"`);
}

/** Sample `sample` of the histogram at `at`: cumulative buckets, then sum, then count. */
function cumulatedValueOf(cells: Float64Array, at: number, bucketCount: number, sample: number): number {
  if (sample === bucketCount) return cells[at + bucketCount] ?? 0;
  const last = Math.min(sample, bucketCount - 1);
  let count = 0;
  for (let i = 0; i <= last; i++) count += cells[at + i] ?? 0;
  return count;
}

// Up to here a walk is no slower than halving, whose turns the processor cannot predict (11 bounds: 18 ns and 18 to 35).
const WALKED_BOUNDS_MAX = 16;

/** The first bucket whose bound is not below `value`; the one behind the last bound is +Inf. */
function bucketOf(bounds: Float64Array, value: number): number {
  let low = 0;
  let high = bounds.length;
  if (high <= WALKED_BOUNDS_MAX) {
    while (low < high && value > (bounds[low] ?? Infinity)) low++;
    return low;
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value <= (bounds[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** `1` as `1.0`, as OpenMetrics wants it and Prometheus 3 stores it; the same in both formats, so that a series keeps its labels whichever is asked for. */
export function formatBound(bound: number): string {
  if (bound === Infinity) return '+Inf';
  const text = String(bound);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
