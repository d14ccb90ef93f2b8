import type { SampleIdentity } from './instruments.ts';

// 2,000 series of one instrument are a busy HTTP API (50 routes, 5 methods, 8 statuses). Beyond it a
// label nearly always holds an id, and every further series costs each reader of it, too.
export const SERIES_PER_INSTRUMENT_MAX = 2000;

/** The value of every label of the series that takes what comes beyond the limit. */
const OVERFLOW = '_overflow';

type Branch = Map<string, Branch | number>;

/** The parts of a sample's name and labels that belong to its place in the series: bucket 3, sum, count. */
export interface SamplePlace {
  readonly suffix: string;
  /** Value of `le`; absent on all but buckets. */
  readonly le?: string;
}

/**
 * The series of one instrument: label values → series number, by a Map per label (no joined key, no
 * hash of the whole set), and `stride` numbers per series in one `Float64Array`. A number is never
 * given back, so readers may work through the table in slices while it grows.
 */
export class SeriesTable {
  /** Series `i` owns `[i * stride, (i + 1) * stride)`. Replaced when it grows: do not keep it. */
  cells: Float64Array;
  readonly #name: string;
  readonly #labelNames: readonly string[];
  readonly #places: readonly SamplePlace[];
  readonly #stride: number;
  readonly #seriesMax: number;
  readonly #root: Branch = new Map();
  readonly #labelValues: (readonly string[])[] = [];
  /** Made when first asked for: a series that is never read costs its numbers alone. */
  readonly #identities: (SampleIdentity | undefined)[] = [];
  #overflowSeries: number | undefined;

  constructor(options: {
    readonly name: string;
    readonly labelNames: readonly string[];
    readonly places: readonly SamplePlace[];
    readonly stride: number;
    readonly seriesMax: number;
  }) {
    this.#name = options.name;
    this.#labelNames = options.labelNames;
    this.#places = options.places;
    this.#stride = options.stride;
    this.#seriesMax = options.seriesMax;
    this.cells = new Float64Array(options.stride * (options.labelNames.length === 0 ? 1 : 8));
    // Without labels there is one series, and it exists from the start: 0 is worth knowing.
    if (options.labelNames.length === 0) this.#labelValues.push([]);
  }

  get seriesCount(): number {
    return this.#labelValues.length;
  }

  /** The series of these label values, made on first sight; -1 when that would pass the limit. */
  seriesOf(labelValues: readonly string[]): number {
    const depth = this.#labelNames.length;
    if (labelValues.length !== depth)
      throw new Error(`cannot count "${this.#name}": got ${labelValues.length} label values, want ${depth}`);
    if (depth === 0) return 0;
    let branch = this.#root;
    for (let i = 0; i < depth - 1; i++) {
      const value = labelValues[i] ?? '';
      let next = branch.get(value);
      if (typeof next !== 'object') {
        if (this.seriesCount >= this.#seriesMax) return -1;
        next = new Map();
        branch.set(value, next);
      }
      branch = next;
    }
    const last = labelValues[depth - 1] ?? '';
    const known = branch.get(last);
    if (typeof known === 'number') return known;
    if (this.seriesCount >= this.#seriesMax) return -1;
    const series = this.#append(labelValues);
    branch.set(last, series);
    return series;
  }

  /** The one series beyond the limit, made when first needed. */
  overflowSeries(): number {
    this.#overflowSeries ??= this.#append(this.#labelNames.map(() => OVERFLOW));
    return this.#overflowSeries;
  }

  identityOf(series: number, sample: number): SampleIdentity {
    const at = series * this.#places.length + sample;
    const known = this.#identities[at];
    if (known !== undefined) return known;
    const made = this.#describe(series, sample);
    // Filled up to here first: an array with holes would turn into a hash table.
    while (this.#identities.length < at) this.#identities.push(undefined);
    this.#identities[at] = made;
    return made;
  }

  #append(labelValues: readonly string[]): number {
    const series = this.#labelValues.push([...labelValues]) - 1;
    if (this.cells.length < (series + 1) * this.#stride) {
      const larger = new Float64Array(this.cells.length * 2);
      larger.set(this.cells);
      this.cells = larger;
    }
    return series;
  }

  #describe(series: number, sample: number): SampleIdentity {
    const values = this.#labelValues[series];
    const place = this.#places[sample];
    if (values === undefined || place === undefined)
      throw new RangeError(`"${this.#name}" has no sample ${sample} in series ${series}`);
    const labels = this.#labelNames.flatMap((name, i) => [name, values[i] ?? '']);
    if (place.le !== undefined) labels.push('le', place.le);
    return identity(this.#name + place.suffix, labels);
  }
}

function identity(name: string, labels: readonly string[]): SampleIdentity {
  if (labels.length === 0) return { name, labels, text: name };
  // Joined, not concatenated: the text is kept, and a chain of concatenations would keep every link.
  const parts = [name];
  for (let i = 0; i < labels.length; i += 2)
    parts.push(i === 0 ? '{' : ',', labels[i] ?? '', '="', escapeLabelValue(labels[i + 1] ?? ''), '"');
  parts.push('}');
  return { name, labels, text: parts.join('') };
}

const NEEDS_ESCAPE = /[\\"\n]/;

function escapeLabelValue(value: string): string {
  if (!NEEDS_ESCAPE.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
