import type { SampleIdentity } from './instruments.ts';
import { boundedLabelValue, escapeLabelValue, LABEL_VALUE_CHARS_MAX } from './label-values.ts';

// 2,000 series of one instrument are a busy HTTP API (50 routes, 5 methods, 8 statuses). Beyond it a
// label nearly always holds an id, and every further series costs each reader of it, too.
export const SERIES_PER_INSTRUMENT_MAX = 2000;

/** The value of every label of the series that takes what comes beyond the limit. */
const OVERFLOW = '_overflow';

type Branch = Map<string, Branch | number>;

/** The parts of a sample's name and labels that belong to its place in the series: bucket 3, sum, count. */
export interface SamplePlace {
  readonly suffix: string;
  /** `le` or `quantile` and its value; absent on the others. */
  readonly label?: readonly [name: string, value: string];
}

export interface SeriesTableOptions {
  readonly name: string;
  readonly labelNames: readonly string[];
  /** Flat `[name, value, …]`, on every series. */
  readonly constantLabels: readonly string[];
  readonly places: readonly SamplePlace[];
  readonly stride: number;
  readonly seriesMax: number;
  /** Told of each label value that was longer than `LABEL_VALUE_CHARS_MAX`. */
  readonly onCut: () => void;
}

/**
 * The series of one instrument: label values → series number, by a Map per label (no joined key, no
 * hash of the whole set), and `stride` numbers per series in one `Float64Array`. Series keep their number until they
 * are removed, so readers may work through the table in slices while it grows; a number that came free goes to
 * the next new series, so that label sets which come and go do not grow the table.
 */
export class SeriesTable {
  /** Series `i` owns `[i * stride, (i + 1) * stride)`. Replaced when it grows: do not keep it. */
  cells: Float64Array;
  /** Grows with every removal: who remembers a series number must look it up again when this has changed. */
  removalCount = 0;
  readonly name: string;
  readonly #labelNames: readonly string[];
  readonly #constantLabels: readonly string[];
  readonly #places: readonly SamplePlace[];
  readonly #stride: number;
  readonly #seriesMax: number;
  readonly #onCut: () => void;
  #root: Branch = new Map();
  /** By series; `undefined` where it was removed. */
  readonly #labelValues: (readonly string[] | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  /** Made when first asked for: a series that is never read costs its numbers alone. */
  readonly #identities: (SampleIdentity | undefined)[] = [];
  /** `a="b",c="d"` of each series; made when first asked for, and shared by its samples. */
  readonly #labelTexts: (string | undefined)[] = [];
  #overflowSeries = -1;

  constructor(options: SeriesTableOptions) {
    this.name = options.name;
    this.#labelNames = options.labelNames;
    this.#constantLabels = options.constantLabels;
    this.#places = options.places;
    this.#stride = options.stride;
    this.#seriesMax = options.seriesMax;
    this.#onCut = options.onCut;
    this.cells = new Float64Array(options.stride * (options.labelNames.length === 0 ? 1 : 8));
    // Without labels there is one series, and it exists from the start: 0 is worth knowing.
    if (options.labelNames.length === 0) this.#labelValues.push([]);
  }

  /** Numbers given out, those of removed series among them. */
  get seriesCount(): number {
    return this.#labelValues.length;
  }

  /** The one beyond the limit not counted. */
  get liveCount(): number {
    return this.#labelValues.length - this.#freeNumbers.length - (this.#overflowSeries < 0 ? 0 : 1);
  }

  get hasSeries(): boolean {
    return this.#labelValues.length > this.#freeNumbers.length;
  }

  isLive(series: number): boolean {
    return this.#labelValues[series] !== undefined;
  }

  /** The series of these label values, made on first sight; -1 when that would pass the limit. */
  seriesOf(labelValues: readonly string[]): number {
    const found = this.find(labelValues);
    return found >= 0 ? found : this.#create(labelValues);
  }

  /** The series of these very label values; -1 when it does not exist. Throws on a wrong number of them. */
  find(labelValues: readonly string[]): number {
    const depth = this.#labelNames.length;
    if (labelValues.length !== depth) this.#refuseCount(labelValues.length);
    // Written out for the common depths: a loop over the values took half as long again (metrics.bench.ts).
    if (depth === 3) return find3(this.#root, labelValues[0], labelValues[1], labelValues[2]);
    if (depth === 2) return find2(this.#root, labelValues[0], labelValues[1]);
    if (depth === 0) return 0;
    return findDeep(this.#root, labelValues);
  }

  /** The one series beyond the limit, made when first needed. */
  overflowSeries(): number {
    if (this.#overflowSeries < 0) this.#overflowSeries = this.#append(this.#labelNames.map(() => OVERFLOW));
    return this.#overflowSeries;
  }

  /** Returns the number that is free now; -1 when there was no such series. The one of an instrument without labels begins at 0 again. */
  remove(labelValues: readonly string[]): number {
    let series = this.find(labelValues);
    const bounded = labelValues.map(boundedLabelValue);
    if (series < 0) series = this.find(bounded);
    if (series < 0) return -1;
    if (this.#labelNames.length > 0) {
      prune(this.#root, bounded, 0);
      this.#free(series);
    }
    this.#forget(series);
    return series;
  }

  /** Removes every series. */
  clear(): void {
    this.#root = new Map();
    this.#overflowSeries = -1;
    for (let series = 0; series < this.seriesCount; series++) {
      if (!this.isLive(series)) continue;
      if (this.#labelNames.length > 0) this.#free(series);
      this.#forget(series);
    }
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

  textOf(series: number, sample: number): string {
    const place = this.#places[sample];
    const labels = (this.#labelTexts[series] ??= this.#labelTextOf(series));
    const own = place?.label === undefined ? '' : `${place.label[0]}="${place.label[1]}"`;
    const name = `${this.name}${place?.suffix ?? ''}`;
    if (labels === '' || own === '') return labels + own === '' ? name : `${name}{${labels}${own}}`;
    return `${name}{${labels},${own}}`;
  }

  #labelTextOf(series: number): string {
    const values = this.#labelValues[series] ?? [];
    const labels = [
      ...this.#labelNames.flatMap((name, i) => [name, values[i] ?? '']),
      ...this.#constantLabels,
    ];
    // Filled up to here first: an array with holes would turn into a hash table.
    while (this.#labelTexts.length < series) this.#labelTexts.push(undefined);
    return pairsTextOf(labels);
  }

  #create(labelValues: readonly string[]): number {
    // What a page will show decides: two values that look alike there are one series.
    const bounded = labelValues.map(boundedLabelValue);
    for (const value of labelValues) if (value?.length > LABEL_VALUE_CHARS_MAX) this.#onCut();
    const known = this.find(bounded);
    // Whoever uses our word gets our series: two of one name would make the page invalid.
    if (bounded.every((value) => value === OVERFLOW)) return this.overflowSeries();
    if (known >= 0 || this.liveCount >= this.#seriesMax) return known;
    let branch = this.#root;
    for (const value of bounded.slice(0, -1)) {
      const next = branch.get(value);
      if (typeof next === 'object') {
        branch = next;
        continue;
      }
      const made: Branch = new Map();
      branch.set(value, made);
      branch = made;
    }
    const series = this.#append(bounded);
    branch.set(bounded.at(-1) ?? '', series);
    return series;
  }

  #append(labelValues: readonly string[]): number {
    const free = this.#freeNumbers.pop();
    if (free !== undefined) {
      this.#labelValues[free] = labelValues;
      return free;
    }
    const series = this.#labelValues.push(labelValues) - 1;
    if (this.cells.length < (series + 1) * this.#stride) {
      const larger = new Float64Array(this.cells.length * 2);
      larger.set(this.cells);
      this.cells = larger;
    }
    return series;
  }

  #free(series: number): void {
    this.#labelValues[series] = undefined;
    this.#freeNumbers.push(series);
    if (series < this.#labelTexts.length) this.#labelTexts[series] = undefined;
    const at = series * this.#places.length;
    for (let i = at; i < Math.min(at + this.#places.length, this.#identities.length); i++)
      this.#identities[i] = undefined;
  }

  #forget(series: number): void {
    this.cells.fill(0, series * this.#stride, (series + 1) * this.#stride);
    this.removalCount++;
  }

  #describe(series: number, sample: number): SampleIdentity {
    const values = this.#labelValues[series];
    const place = this.#places[sample];
    if (values === undefined || place === undefined)
      throw new RangeError(`"${this.name}" has no sample ${sample} in series ${series}`);
    const labels = this.#labelNames.flatMap((name, i) => [name, values[i] ?? '']);
    labels.push(...this.#constantLabels);
    if (place.label !== undefined) labels.push(...place.label);
    return identityOf(this.name + place.suffix, labels);
  }

  #refuseCount(got: number): never {
    throw new Error(`cannot count "${this.name}": got ${got} label values, want ${this.#labelNames.length}`);
  }
}

function find3(root: Branch, a: string | undefined, b: string | undefined, c: string | undefined): number {
  const branch = root.get(a as string);
  return typeof branch === 'object' ? find2(branch, b, c) : -1;
}

function find2(root: Branch, a: string | undefined, b: string | undefined): number {
  const branch = root.get(a as string);
  if (typeof branch !== 'object') return -1;
  const series = branch.get(b as string);
  return typeof series === 'number' ? series : -1;
}

function findDeep(root: Branch, labelValues: readonly string[]): number {
  let branch: Branch | number | undefined = root;
  for (let i = 0; i < labelValues.length && typeof branch === 'object'; i++)
    branch = branch.get(labelValues[i] as string);
  return typeof branch === 'number' ? branch : -1;
}

/** Takes a path out of the tree, and the branches that it leaves empty. */
function prune(branch: Branch, labelValues: readonly string[], depth: number): void {
  const value = labelValues[depth] ?? '';
  const next = branch.get(value);
  if (typeof next === 'object') {
    prune(next, labelValues, depth + 1);
    if (next.size > 0) return;
  }
  branch.delete(value);
}

/** A sample's name and labels with the text that both text formats show of them. */
export function identityOf(name: string, labels: readonly string[]): SampleIdentity {
  const text = labels.length === 0 ? name : [name, '{', pairsTextOf(labels), '}'].join('');
  return { name, labels, text };
}

/** `a="b",c="d"` of flat labels. */
function pairsTextOf(labels: readonly string[]): string {
  // Joined, not concatenated: the text is kept, and a chain of concatenations would keep every link.
  const parts: string[] = [];
  for (let i = 0; i < labels.length; i += 2)
    parts.push(i === 0 ? '' : ',', labels[i] ?? '', '="', escapeLabelValue(labels[i + 1] ?? ''), '"');
  return parts.join('');
}
