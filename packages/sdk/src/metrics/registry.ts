/**
 * The registry of one application (or one server; there is no global one).
 *
 * 1. An instrument owns a `SeriesTable`: label values lead through one Map per label to a series
 *    number, and its numbers lie in one `Float64Array`. Counting is one to three Map look-ups and an
 *    addition; nothing is allocated after the first time. A child (`counter.child(…)`) keeps the number
 *    and needs the addition alone.
 * 2. A histogram counts each observation in its one bucket; cumulation happens when it is read.
 * 3. Names and labels of a sample are turned into text once, when first exposed.
 * 4. Cardinality is bounded per instrument. Beyond the limit counters and histograms go into one
 *    series `_overflow`, since a sum that misses its busiest part misleads; a gauge has no sum that
 *    would mean anything, so its value is dropped. Both are counted. So are label values that were cut and exemplars
 *    that were refused.
 *
 * Rejected: a global default registry (two libraries, two copies, half of the metrics lost); label sets as objects (a
 * key must be built from them each time: what makes the other clients slow); a queue of increments for counters (an
 * increment is an addition already: noting it would cost as much).
 */
import { systemClock, systemRandom } from '../system/system.ts';
import { CounterInstrument } from './counter.ts';
import { GaugeInstrument } from './gauge.ts';
import { HistogramInstrument, placesOf, strideOf } from './histogram.ts';
import type { Accounts, Instrument, InstrumentDeps, InstrumentParts } from './instrument.ts';
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
  MetricType,
  RegistryOptions,
  Summary,
  SummaryOptions,
} from './instruments.ts';
import { boundedLabelValue } from './label-values.ts';
import { isMetricName, sampleNamesOf, validateNames } from './names.ts';
import { SERIES_PER_INSTRUMENT_MAX, SeriesTable, type SamplePlace } from './series-table.ts';
import { histogramShapeOf, summaryShapeOf } from './shapes.ts';
import { SummaryInstrument, summaryPlacesOf, summaryStrideOf } from './summary.ts';

/** Creates a registry that holds nothing but its own accounts (`sdk_metrics_…`). */
export function createMetricsRegistry(options: RegistryOptions = {}): MetricsRegistry {
  return new Registry(options);
}

const SINGLE: readonly SamplePlace[] = [{ suffix: '' }];

/** The families of an instrument and what the registry does with all of them alike. */
interface Registered {
  readonly instrument: Pick<Instrument<unknown>, 'table' | 'settle' | 'clear'>;
  readonly view: FamilyView;
}

class Registry implements MetricsRegistry {
  readonly #registered: Registered[] = [];
  readonly #takenNames = new Set<string>();
  readonly #readers: (() => unknown)[] = [];
  readonly #prefix: string;
  readonly #constantLabels: readonly string[];
  readonly #defaults: { readonly sampleOneIn: number; readonly bufferObservationsMax: number };
  readonly #deps: InstrumentDeps;
  readonly #readFailures: Counter;

  constructor(options: RegistryOptions) {
    const { prefix = '', constantLabels = {}, sampleOneIn = 1, bufferObservationsMax = 0 } = options;
    if (prefix !== '' && !isMetricName(prefix))
      throw new Error(`cannot create registry: prefix "${prefix}" must match [a-zA-Z_:][a-zA-Z0-9_:]*`);
    if (!Number.isInteger(bufferObservationsMax) || bufferObservationsMax < 0)
      throw new Error(
        `cannot create registry: bufferObservationsMax must be a whole number, 0 or more; got ${bufferObservationsMax}`,
      );
    this.#prefix = prefix;
    this.#constantLabels = Object.entries(constantLabels).flatMap(([name, value]) => [
      name,
      boundedLabelValue(value),
    ]);
    this.#defaults = { sampleOneIn, bufferObservationsMax };
    // Called only when a value comes, which is after the accounts are made; they have no limit themselves.
    const accounts: Accounts = {
      overflow: (metric) => overflows.inc(1, metric),
      cutLabelValue: (metric) => cuts.inc(1, metric),
      refusedExemplar: (metric) => refusals.inc(1, metric),
    };
    this.#deps = { accounts, clock: options.clock ?? systemClock, random: options.random ?? systemRandom };
    const overflows = this.#account('overflows', 'Values that met the limit of series of their instrument.');
    const cuts = this.#account('label_values_cut', 'Label values that were too long and were cut.');
    const refusals = this.#account('exemplars_refused', 'Exemplars whose labels broke a rule.');
    this.#readFailures = this.counter({
      name: 'sdk_metrics_read_failures_total',
      help: 'Readers of gauges that threw.',
      bareName: true,
    });
  }

  counter(options: InstrumentOptions): Counter {
    const parts = this.#partsOf('counter', options, { places: SINGLE, stride: 1 });
    return this.#add(new CounterInstrument(this.#deps, parts));
  }

  gauge(options: InstrumentOptions): Gauge {
    const parts = this.#partsOf('gauge', options, { places: SINGLE, stride: 1 });
    return this.#add(new GaugeInstrument(this.#deps, parts));
  }

  histogram(options: HistogramOptions): Histogram {
    const shape = histogramShapeOf(options, this.#defaults);
    const parts = this.#partsOf('histogram', options, { places: placesOf(shape), stride: strideOf(shape) });
    return this.#add(new HistogramInstrument(this.#deps, parts, shape));
  }

  summary(options: SummaryOptions): Summary {
    const shape = summaryShapeOf(options, this.#defaults);
    const cells = { places: summaryPlacesOf(shape), stride: summaryStrideOf(shape) };
    return this.#add(new SummaryInstrument(this.#deps, this.#partsOf('summary', options, cells), shape));
  }

  onCollect(read: () => void): void {
    this.#readers.push(read);
  }

  read(): readonly FamilyView[] {
    for (const read of this.#readers) {
      try {
        const late = read();
        // An asynchronous reader is too late for this page; were its failure nobody's, it would end the process.
        if (late instanceof Promise) late.catch(() => this.#readFailures.inc());
      } catch {
        this.#readFailures.inc();
      }
    }
    for (const { instrument } of this.#registered) instrument.settle();
    return this.#registered.filter(({ instrument }) => instrument.table.hasSeries).map(({ view }) => view);
  }

  collect(): readonly MetricFamily[] {
    return this.read().map((family) => ({
      name: family.name,
      help: family.help,
      type: family.type,
      samples: samplesOf(family),
    }));
  }

  clear(): void {
    for (const { instrument } of this.#registered) instrument.clear();
  }

  /** Of what the registry could not take as it came, by metric. */
  #account(name: string, help: string): Counter {
    const labelNames = ['metric'];
    return this.counter({
      name: `sdk_metrics_${name}_total`,
      help,
      labelNames,
      seriesMax: Infinity,
      bareName: true,
    });
  }

  #add<T extends Registered['instrument'] & { readonly view: FamilyView }>(instrument: T): T {
    this.#registered.push({ instrument, view: instrument.view });
    return instrument;
  }

  #partsOf(
    type: MetricType,
    options: InstrumentOptions,
    cells: { readonly places: readonly SamplePlace[]; readonly stride: number },
  ): InstrumentParts {
    const { help, labelNames = [], seriesMax = SERIES_PER_INSTRUMENT_MAX } = options;
    const name = options.bareName === true ? options.name : this.#prefix + options.name;
    const constantNames = this.#constantLabels.filter((_, i) => i % 2 === 0);
    validateNames(type, { name, labelNames: [...labelNames, ...constantNames] });
    const names = sampleNamesOf(type, name);
    const taken = names.find((own) => this.#takenNames.has(own));
    if (taken !== undefined) throw new Error(`cannot create metric "${name}": the name "${taken}" is taken`);
    for (const own of names) this.#takenNames.add(own);
    const constantLabels = this.#constantLabels;
    const onCut = (): void => this.#deps.accounts.cutLabelValue(name);
    const table = new SeriesTable({ name, labelNames, constantLabels, seriesMax, onCut, ...cells });
    return { table, help, samplesPerSeries: cells.places.length };
  }
}

function samplesOf(family: FamilyView): FamilySample[] {
  const samples: FamilySample[] = [];
  for (let series = 0; series < family.seriesCount; series++) {
    if (!family.isLive(series)) continue;
    for (let sample = 0; sample < family.samplesPerSeries; sample++) {
      const { name, labels } = family.identityOf(series, sample);
      samples.push({ name, labels, value: family.valueOf(series, sample) });
    }
  }
  return samples;
}
