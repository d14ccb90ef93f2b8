import {
  compareLabels,
  labelsEqual,
  labelsOfSeriesKey,
  labelValueOf,
  type Exemplar,
  type Labels,
  type Matcher,
  type SeriesExemplars,
  type Slicer,
  type TimeRange,
} from '@vedette/model';

/** What became of an exemplar. `known`: it repeats the newest of its series, which counts as stored. */
type Outcome = 'stored' | 'known' | 'refused' | 'off';

/** One place of the circle. */
interface Slot {
  exemplar: Exemplar;
  /** How many were stored before this one, in all. */
  number: number;
  series: SeriesSlots;
  /** Place of the next newer one of the series; -1 at its newest. */
  newer: number;
}

interface SeriesSlots {
  readonly key: Uint8Array;
  readonly name: string;
  readonly labels: Labels;
  oldest: number;
  newest: number;
}

/**
 * The newest exemplars of all series, in a circle of a fixed number of places: the next one overwrites the oldest,
 * whichever series it is of. Those of a series are chained from old to new, so that a query walks what it
 * asks for alone. A series that has left the head keeps its exemplars until they are overwritten.
 *
 * Within a series exemplars increase by time, then value, then labels: one that repeats the newest is
 * known, any other that is not greater is refused. Prometheus has the same rule (the last of the three by
 * a hash), since several of one moment belong to different buckets of a histogram.
 *
 * Batches become visible with `commit`. A query sees those committed when it began; what is overwritten
 * while it runs it may miss. A place takes about 300 bytes with labels of 40 characters and a series of 100.
 */
export class ExemplarBuffer {
  readonly #capacity: number;
  readonly #slots: Slot[] = [];
  readonly #series = new Map<string, SeriesSlots>();
  #storedTotal = 0;
  #committedTotal = 0;
  /** Stored before the last removal and not counted in `#storedTotal`, which numbers the places. */
  #forgottenTotal = 0;

  /** 0 stores none. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get count(): number {
    return this.#slots.length;
  }

  /** Stored since the start. */
  get storedTotal(): number {
    return this.#forgottenTotal + this.#storedTotal;
  }

  get isOff(): boolean {
    return this.#capacity === 0;
  }

  /** `key` is copied when the series is new here. Seen by queries after `commit`. */
  add(key: Uint8Array, exemplar: Exemplar): Outcome {
    if (this.#capacity === 0) return 'off';
    const name = nameOf(key);
    const known = this.#series.get(name);
    const newest = known === undefined ? undefined : this.#slots[known.newest]?.exemplar;
    const order = newest === undefined ? 1 : compareExemplars(exemplar, newest);
    if (order === 0) return 'known';
    if (order < 0) return 'refused';
    // The place may be the series' only one: then it begins anew.
    const at = this.#takePlace();
    const series = this.#series.get(name) ?? this.#addSeries(key, name);
    const slot: Slot = { exemplar, number: this.#storedTotal++, series, newer: -1 };
    const before = series.newest < 0 ? undefined : this.#slots[series.newest];
    if (before === undefined) series.oldest = at;
    else before.newer = at;
    series.newest = at;
    this.#slots[at] = slot;
    return 'stored';
  }

  /** Makes what was added visible. */
  commit(): void {
    this.#committedTotal = this.#storedTotal;
  }

  /** In the range, both ends included, of the series that satisfy every matcher of any set; sorted by label set. */
  async select(
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    { slicer, signal }: { slicer: Slicer; signal: AbortSignal },
  ): Promise<readonly SeriesExemplars[]> {
    const seenTotal = this.#committedTotal;
    const found: SeriesExemplars[] = [];
    // Series that come or go while this yields are met or not; the number seen keeps the answer whole.
    for (const series of this.#series.values()) {
      if (slicer.shouldYield()) {
        await slicer.yield();
        signal.throwIfAborted();
      }
      if (!matcherSets.some((set) => satisfies(series.labels, set))) continue;
      const exemplars = this.#within(series, range, seenTotal);
      if (exemplars.length > 0) found.push({ labels: series.labels, exemplars });
    }
    return found.sort((a, b) => compareLabels(a.labels, b.labels));
  }

  /** Forgets exemplars for which `isGone` says so; returns how many. The others keep their order. */
  remove(isGone: (series: Labels, exemplar: Exemplar) => boolean): number {
    const all = [...this.all()];
    const kept = all.filter(({ key, exemplar }) => !isGone(labelsOfSeriesKey(key), exemplar));
    if (kept.length === all.length) return 0;
    const wasCommitted = this.#committedTotal === this.#storedTotal;
    this.#forgottenTotal += this.#storedTotal;
    this.#slots.length = 0;
    this.#series.clear();
    this.#storedTotal = 0;
    for (const { key, exemplar } of kept) this.add(key, exemplar);
    this.#forgottenTotal -= this.#storedTotal;
    this.#committedTotal = 0;
    if (wasCommitted) this.commit();
    return all.length - kept.length;
  }

  /** Everything, in the order in which it was stored: added again in this order it gives the same buffer. */
  *all(): Iterable<{ readonly key: Uint8Array; readonly exemplar: Exemplar }> {
    const first = this.#slots.length < this.#capacity ? 0 : this.#storedTotal % this.#capacity;
    for (let i = 0; i < this.#slots.length; i++) {
      const slot = this.#slots[(first + i) % this.#slots.length];
      if (slot !== undefined) yield { key: slot.series.key, exemplar: slot.exemplar };
    }
  }

  #within(series: SeriesSlots, { fromMs, untilMs }: TimeRange, seenTotal: number): readonly Exemplar[] {
    const exemplars: Exemplar[] = [];
    for (let at = series.oldest; at >= 0; at = this.#slots[at]?.newer ?? -1) {
      const slot = this.#slots[at];
      if (slot === undefined || slot.number >= seenTotal || slot.exemplar.timestampMs > untilMs) break;
      if (slot.exemplar.timestampMs >= fromMs) exemplars.push(slot.exemplar);
    }
    return exemplars;
  }

  /** The next place; what it had is gone, and its series too when that was all. */
  #takePlace(): number {
    const at = this.#storedTotal % this.#capacity;
    const old = this.#slots[at];
    if (old === undefined) return at;
    const { series } = old;
    series.oldest = old.newer;
    if (old.newer >= 0) return at;
    series.newest = -1;
    this.#series.delete(series.name);
    return at;
  }

  #addSeries(key: Uint8Array, name: string): SeriesSlots {
    const series = { key: key.slice(), name, labels: labelsOfSeriesKey(key), oldest: -1, newest: -1 };
    this.#series.set(name, series);
    return series;
  }
}

/** The bytes as letters: equal exactly when the keys are. */
function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

/** By time, value (NaN last), labels. */
export function compareExemplars(a: Exemplar, b: Exemplar): number {
  if (a.timestampMs !== b.timestampMs) return a.timestampMs - b.timestampMs;
  if (a.value !== b.value && !(Number.isNaN(a.value) && Number.isNaN(b.value)))
    return a.value < b.value || Number.isNaN(b.value) ? -1 : 1;
  return labelsEqual(a.labels, b.labels) ? 0 : compareLabels(a.labels, b.labels);
}

function satisfies(labels: Labels, matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) => matcher.matches(labelValueOf(labels, matcher.name)));
}
