import {
  InputError,
  NO_NUMBER,
  SampleBatchBuilder,
  seriesKeyOf,
  type BatchExemplar,
  type Exemplar,
  type NativeHistogram,
  type SampleBatch,
  type Slicer,
} from '@vedette/model';
import type { BatchBuilders } from './batch-builders.ts';
import { fittedHistogram, type HistogramRules } from './histogram-rules.ts';
import type { SampleLabels } from './sample-labels.ts';
import { DROPPED, type TargetCache } from './target-cache.ts';

/** How the samples of a page are taken, whatever its format. */
export interface SampleRules {
  /** For samples without a timestamp of their own, and for staleness markers. */
  readonly timestampMs: number;
  readonly labels: SampleLabels;
  /** False: timestamps of the page are ignored. */
  readonly honorTimestamps: boolean;
  /** True: series with timestamps of their own get staleness markers too. */
  readonly trackTimestampsStaleness: boolean;
  readonly sampleCountMax: number;
  readonly histograms: HistogramRules;
}

/** A sample as a page gives it. */
export interface PageSample {
  /** NaN when the page gives none. */
  readonly timestampMs: number;
  readonly value: number;
  /** Instead of the value. */
  readonly histogram?: NativeHistogram | undefined;
  /** When its counter began, 0 where unknown. */
  readonly startMs?: number;
}

/** What was read, up to the fault if there was one. */
export interface PageCounts {
  /** Samples on the page. */
  scrapedCount: number;
  /** Samples that relabelling left. */
  keptCount: number;
  /** Series that the cache did not know. */
  addedCount: number;
  /** Samples left out because their series and time came before on the page. */
  duplicateCount: number;
  /** Classic histograms whose series do not fit together and could not be converted. */
  unconvertedCount: number;
  /** Exemplars beyond `EXEMPLAR_COUNT_MAX`. */
  surplusExemplarCount: number;
}

/**
 * The batch that a scrape becomes. One row per series, in the order of the page; a series that comes several times
 * with different timestamps has its further samples kept aside and merged into its row at the end. Pages keep their
 * order, so that keys which follow each other here do so in the cache, too: they are copied by the run.
 */
export class PageBatch {
  readonly counts: PageCounts = {
    scrapedCount: 0,
    keptCount: 0,
    addedCount: 0,
    duplicateCount: 0,
    unconvertedCount: 0,
    surplusExemplarCount: 0,
  };
  readonly #cache: TargetCache;
  readonly #builders: BatchBuilders;
  #taken: SampleBatchBuilder | undefined;
  #rowCount = 0;
  /** Series whose rows are open and whose keys are still to be copied, to `#runAt`: from here up to, not including, `#runEnd`; -1 for none. */
  #runFirst = -1;
  #runEnd = -1;
  #runAt = 0;
  /** Samples of series that have a row already; merged into it at the end. */
  readonly #late: LateSample[] = [];
  readonly #exemplars: BatchExemplar[] = [];
  /** Per row, 0 where unknown; made when the first start is told. */
  #startsMs: Float64Array<ArrayBuffer> | undefined;

  constructor(cache: TargetCache, builders: BatchBuilders) {
    this.#cache = cache;
    this.#builders = builders;
  }

  /** Taken with the first row, not while the page is awaited. Room for the last page's series, and the scraper's own. */
  get #builder(): SampleBatchBuilder {
    return (this.#taken ??= this.#builders.take(this.#cache.seriesCount + 16));
  }

  /** Whether a further new series would only be counted: its page is over the limit and must not fill the cache as well. */
  isFull(rules: SampleRules): boolean {
    return this.counts.keptCount >= rules.sampleCountMax;
  }

  /** Counts a sample beyond the limit. */
  countSurplus(): void {
    this.counts.keptCount++;
  }

  assertWithinLimit({ sampleCountMax }: SampleRules): void {
    const { keptCount } = this.counts;
    if (keptCount > sampleCountMax)
      throw new InputError(
        'VED_SCRAPE_FAILED',
        `sample limit exceeded (number of samples: ${keptCount}, limit: ${sampleCountMax})`,
      );
  }

  /** The series that labels as the page has them lead to, or `DROPPED`. */
  seriesOf(exposed: readonly string[], rules: SampleRules): number {
    const labels = rules.labels.map(exposed);
    if (labels === undefined) return DROPPED;
    const key = seriesKeyOf(labels);
    const series = this.#cache.findSeries(key);
    if (series >= 0) return series;
    this.counts.addedCount++;
    return this.#cache.addSeries(key);
  }

  /** Takes a sample; false when it is none to be stored: dropped, over the limit, or there already. */
  add(series: number, sample: PageSample, rules: SampleRules): boolean {
    if (series === DROPPED) return false;
    this.counts.keptCount++;
    if (this.counts.keptCount > rules.sampleCountMax) return false;
    const histogram = sample.histogram && fittedHistogram(sample.histogram, rules.histograms);
    const hasTimestamp = rules.honorTimestamps && !Number.isNaN(sample.timestampMs);
    const startMs = sample.startMs ?? 0;
    if (this.#cache.isSeen(series)) {
      if (!hasTimestamp) {
        this.counts.duplicateCount++;
        return false;
      }
      const { timestampMs, value } = sample;
      this.#late.push({ series, timestampMs, value, isStale: false, histogram, startMs });
      return true;
    }
    this.#cache.seeSeries(series, this.#rowCount, !hasTimestamp || rules.trackTimestampsStaleness);
    const timestampMs = hasTimestamp ? sample.timestampMs : rules.timestampMs;
    this.#openRow(series);
    if (histogram === undefined) this.#builder.addSample(timestampMs, sample.value);
    else this.#builder.addHistogram(timestampMs, histogram);
    if (startMs > 0) this.setStart(series, startMs);
    return true;
  }

  /** An exemplar of a series that `add` has just taken a sample of. The first ones of a page are kept, up to the limit. */
  addExemplar(series: number, exemplar: Exemplar): void {
    if (this.#exemplars.length < EXEMPLAR_COUNT_MAX)
      this.#exemplars.push({ ...exemplar, series: this.#cache.rowOf(series) });
    else this.counts.surplusExemplarCount++;
  }

  /** Tells when a series of this page began; without effect on one that is not on it. */
  setStart(series: number, startMs: number): void {
    if (!this.#cache.isSeen(series)) return;
    const row = this.#cache.rowOf(series);
    this.#startsMs ??= new Float64Array(this.#rowCount);
    if (row >= this.#startsMs.length) {
      const larger = new Float64Array(Math.max(this.#rowCount, this.#startsMs.length * 2));
      larger.set(this.#startsMs);
      this.#startsMs = larger;
    }
    this.#startsMs[row] = startMs;
  }

  /** Adds a staleness marker for each tracked series that the page does not carry on. */
  async addStaleMarkers(timestampMs: number, slicer: Slicer): Promise<void> {
    for (let series = 0; series < this.#cache.seriesCount; series++) {
      if ((series & 63) === 0 && slicer.shouldYield()) await slicer.yield();
      if (!this.#cache.isVanished(series)) continue;
      if (this.#cache.isSeen(series)) this.#late.push({ ...STALE, series, timestampMs });
      else {
        this.#openRow(series);
        this.#builder.addStaleMarker(timestampMs);
      }
    }
  }

  /** Adds a sample of the scraper's own, unless the page has that very series. */
  addReport(key: Uint8Array, timestampMs: number, value: number | 'stale'): void {
    const series = this.#cache.findSeries(key);
    if (series >= 0 && this.#cache.isSeen(series)) return;
    this.#copyKeys();
    this.#builder.openSeriesKey(key);
    this.#cache.noteRow(this.#rowCount++, NO_NUMBER);
    if (value === 'stale') this.#builder.addStaleMarker(timestampMs);
    else this.#builder.addSample(timestampMs, value);
  }

  finish(): SampleBatch {
    this.#copyKeys();
    const rows = this.#builder.finish();
    const numbered = this.#cache.numberedRows(this.#rowCount);
    const batch = { ...(this.#late.length === 0 ? this.#withStarts(rows) : this.#merged(rows)), numbered };
    return this.#exemplars.length === 0 ? batch : { ...batch, exemplars: this.#exemplars };
  }

  /** Nobody uses the batch any more, and nothing is added. */
  release(): void {
    if (this.#taken !== undefined) this.#builders.give(this.#taken);
    this.#taken = undefined;
  }

  #openRow(series: number): void {
    const builder = this.#builder;
    const length = this.#cache.keyLengthOf(series);
    const { keyAt } = builder.roomForKey(length);
    if (series !== this.#runEnd || keyAt - this.#runAt > RUN_BYTES_MAX) {
      this.#copyKeys();
      this.#runFirst = series;
      this.#runAt = keyAt;
    }
    this.#runEnd = series + 1;
    builder.openWrittenSeries(keyAt + length);
    this.#cache.noteRow(this.#rowCount++, series);
  }

  #copyKeys(): void {
    if (this.#runFirst < 0) return;
    this.#builder.roomForKey(0).keys.set(this.#cache.keysOf(this.#runFirst, this.#runEnd), this.#runAt);
    this.#runFirst = -1;
    this.#runEnd = -1;
  }

  /** Every row has one sample. */
  #withStarts(batch: SampleBatch): SampleBatch {
    if (this.#startsMs === undefined) return batch;
    const startsMs = new Float64Array(batch.timestampsMs.length);
    startsMs.set(this.#startsMs.subarray(0, startsMs.length));
    for (const [i, timestampMs] of batch.timestampsMs.entries())
      startsMs[i] = startBefore(timestampMs, startsMs[i] ?? 0);
    return { ...batch, startsMs };
  }

  /** The batch with the late samples in their rows, in order of time; of equal times the first one stays. */
  #merged(batch: SampleBatch): SampleBatch {
    const lateBySeries = Map.groupBy(this.#late, (sample) => sample.series);
    const merged = new SampleBatchBuilder();
    for (let row = 0; row < batch.seriesCount; row++) {
      const key = batch.keys.subarray(row === 0 ? 0 : batch.keyEnds[row - 1], batch.keyEnds[row]);
      const series = this.#cache.findSeries(key);
      const rowStartMs = this.#startsMs?.[row] ?? 0;
      const first: LateSample = {
        series,
        timestampMs: batch.timestampsMs[row] ?? 0,
        value: batch.values[row] ?? 0,
        isStale: batch.staleFlags[row] === 1,
        histogram: batch.histograms?.get(row),
        startMs: rowStartMs,
      };
      const samples = [first, ...(lateBySeries.get(series) ?? [])];
      samples.sort((a, b) => a.timestampMs - b.timestampMs);
      merged.openSeriesKey(key);
      let lastMs = -Infinity;
      for (const sample of samples) {
        if (sample.timestampMs === lastMs) this.counts.duplicateCount++;
        else addTo(merged, sample, sample.startMs || rowStartMs);
        lastMs = sample.timestampMs;
      }
    }
    return merged.finish();
  }
}

/** As many as a store keeps of all targets by default; 20 MB. A native histogram alone may carry 100,000 in a megabyte. */
export const EXEMPLAR_COUNT_MAX = 100_000;

// Copying it takes a tenth of a millisecond: a page of a million series does not hold the loop at its end.
const RUN_BYTES_MAX = 1024 * 1024;

interface LateSample {
  readonly series: number;
  readonly timestampMs: number;
  readonly value: number;
  readonly isStale: boolean;
  readonly histogram: NativeHistogram | undefined;
  readonly startMs: number;
}

const STALE = { value: 0, isStale: true, histogram: undefined, startMs: 0 };

function addTo(builder: SampleBatchBuilder, sample: LateSample, startMs: number): void {
  const { timestampMs, value, isStale, histogram } = sample;
  if (isStale) builder.addStaleMarker(timestampMs);
  else if (histogram === undefined) builder.addSample(timestampMs, value);
  else builder.addHistogram(timestampMs, histogram);
  if (!isStale && startMs > 0) builder.setStart(startBefore(timestampMs, startMs));
}

/** A counter that began after its sample did not: the target's clock is wrong, and nothing is known. */
function startBefore(timestampMs: number, startMs: number): number {
  return startMs <= timestampMs ? startMs : 0;
}
