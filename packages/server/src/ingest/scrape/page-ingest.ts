import {
  InputError,
  SampleBatchBuilder,
  seriesKeyOf,
  type MetricMetadata,
  type SampleBatch,
  type Slicer,
} from '@vedette/model';
import { ExpositionReader, type ExpositionFormat, type LineKind } from './exposition-reader.ts';
import type { SampleLabels } from './sample-labels.ts';
import { codeOfType, DROPPED, METADATA, typeOfCode, type TargetCache } from './target-cache.ts';

/** A page on its way into a batch. */
export interface PageOptions {
  readonly format: ExpositionFormat;
  /** For samples without a timestamp of their own, and for staleness markers. */
  readonly timestampMs: number;
  readonly labels: SampleLabels;
  /** False: timestamps of the page are ignored. */
  readonly honorTimestamps: boolean;
  /** True: series with timestamps of their own get staleness markers too. */
  readonly trackTimestampsStaleness: boolean;
  readonly sampleCountMax: number;
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
}

/**
 * Collects one scrape: the page, staleness markers for what vanished, and the scraper's own report
 * samples, in one batch. Work is cut in slices. A page with any fault is dropped whole: the caller
 * starts anew with an empty one.
 */
export class PageIngest {
  readonly counts: PageCounts = { scrapedCount: 0, keptCount: 0, addedCount: 0, duplicateCount: 0 };
  readonly #cache: TargetCache;
  readonly #slicer: Slicer;
  readonly #metadata: TargetMetadata;
  readonly #builder: SampleBatchBuilder;
  /** Samples of series that have a row already; merged into it at the end. */
  readonly #late: LateSample[] = [];

  constructor(deps: { slicer: Slicer }, parts: { cache: TargetCache; metadata: TargetMetadata }) {
    this.#slicer = deps.slicer;
    this.#cache = parts.cache;
    this.#metadata = parts.metadata;
    // The last page's series, and the scraper's own.
    this.#builder = new SampleBatchBuilder(this.#cache.seriesCount + 16);
    this.#cache.beginPage();
  }

  /** Reads the whole page. Throws `InputError` at the first fault; the counts say how far it came. */
  async readPage(bytes: Uint8Array, options: PageOptions): Promise<void> {
    const reader = new ExpositionReader(bytes, options.format);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let lineCount = 1; reader.nextLine(); lineCount++) {
      if ((lineCount & 31) === 0 && this.#slicer.shouldYield()) await this.#slicer.yield();
      const line = this.#cache.predict(view, reader.lineStart);
      if (line >= 0 && this.#readKnown(line, bytes, reader, options)) continue;
      if (!this.#readUnknown(bytes, reader, options)) break;
    }
    const { keptCount } = this.counts;
    if (keptCount > options.sampleCountMax)
      throw new InputError(
        'VED_SCRAPE_FAILED',
        `sample limit exceeded (number of samples: ${keptCount}, limit: ${options.sampleCountMax})`,
      );
  }

  /** Adds a staleness marker for each tracked series that the page does not carry on. */
  async addStaleMarkers(timestampMs: number): Promise<void> {
    for (let series = 0; series < this.#cache.seriesCount; series++) {
      if ((series & 63) === 0 && this.#slicer.shouldYield()) await this.#slicer.yield();
      if (!this.#cache.isVanished(series)) continue;
      if (this.#cache.isSeen(series)) this.#late.push({ series, timestampMs, value: 0, isStale: true });
      else this.#openRow(series).addStaleMarker(timestampMs);
    }
  }

  /** Adds a sample of the scraper's own, unless the page has that very series. */
  addReport(key: Uint8Array, timestampMs: number, value: number | 'stale'): void {
    const series = this.#cache.findSeries(key);
    if (series >= 0 && this.#cache.isSeen(series)) return;
    this.#builder.openSeriesKey(key);
    if (value === 'stale') this.#builder.addStaleMarker(timestampMs);
    else this.#builder.addSample(timestampMs, value);
  }

  /** The batch, with the metadata that changed. */
  finish(): SampleBatch {
    for (const metadata of this.#metadata.changed()) this.#builder.addMetadata(metadata);
    const batch = this.#builder.finish();
    if (this.#late.length === 0) return batch;
    return { ...this.#merged(batch), metadata: batch.metadata ?? [] };
  }

  /** False when the line only begins like the known one. */
  #readKnown(line: number, bytes: Uint8Array, reader: ExpositionReader, options: PageOptions): boolean {
    const length = this.#cache.lineLengthOf(line);
    const series = this.#cache.seriesOfLine(line);
    const end = reader.lineStart + length;
    if (series <= METADATA) {
      if (end < bytes.length && bytes[end] !== NEWLINE) return false;
      const type = typeOfCode(series);
      if (type !== undefined) reader.type = type;
      reader.skipMetadata(length);
    } else {
      const next = bytes[end];
      if (next !== SPACE && next !== TAB) return false;
      // A blank may still be followed by labels.
      if (bytes[end - 1] !== BRACE_CLOSE && (bytes[end + 1] === BRACE_OPEN || bytes[end + 1] === next))
        return false;
      reader.skipHead(length);
      reader.readTail();
      this.counts.scrapedCount++;
      this.#addSample(series, reader, options);
    }
    this.#cache.seeLine(line);
    return true;
  }

  /** False at the end mark of the page. */
  #readUnknown(bytes: Uint8Array, reader: ExpositionReader, options: PageOptions): boolean {
    const kind = reader.readHead();
    if (kind === 'end') return false;
    const { lineStart, headEnd } = reader;
    let line = this.#cache.findLine(bytes, lineStart, headEnd);
    if (kind !== 'series') {
      // A comment is no more than its bytes; noting it keeps the prediction in step.
      this.#metadata.note(kind, reader);
      if (line < 0)
        line = this.#cache.addLine(
          bytes,
          lineStart,
          headEnd,
          kind === 'type' ? codeOfType(reader.type) : METADATA,
        );
      this.#cache.seeLine(line);
      return true;
    }
    reader.readTail();
    this.counts.scrapedCount++;
    if (line < 0 && this.counts.keptCount >= options.sampleCountMax) {
      // The page is over its limit and will be refused: it must not fill the cache as well.
      this.counts.keptCount++;
      return true;
    }
    if (line < 0) line = this.#cache.addLine(bytes, lineStart, headEnd, this.#resolveSeries(reader, options));
    this.#cache.seeLine(line);
    this.#addSample(this.#cache.seriesOfLine(line), reader, options);
    return true;
  }

  #resolveSeries(reader: ExpositionReader, options: PageOptions): number {
    const labels = options.labels.map(reader.labels());
    if (labels === undefined) return DROPPED;
    const key = seriesKeyOf(labels);
    const series = this.#cache.findSeries(key);
    if (series >= 0) return series;
    this.counts.addedCount++;
    return this.#cache.addSeries(key);
  }

  #addSample(series: number, reader: ExpositionReader, options: PageOptions): void {
    if (series === DROPPED) return;
    this.counts.keptCount++;
    if (this.counts.keptCount > options.sampleCountMax) return;
    const hasTimestamp = options.honorTimestamps && !Number.isNaN(reader.timestampMs);
    if (this.#cache.isSeen(series)) {
      if (hasTimestamp)
        this.#late.push({ series, timestampMs: reader.timestampMs, value: reader.value, isStale: false });
      else this.counts.duplicateCount++;
      return;
    }
    this.#cache.seeSeries(series, !hasTimestamp || options.trackTimestampsStaleness);
    this.#openRow(series).addSample(hasTimestamp ? reader.timestampMs : options.timestampMs, reader.value);
  }

  #openRow(series: number): SampleBatchBuilder {
    this.#builder.openSeriesKey(this.#cache.keyOf(series));
    return this.#builder;
  }

  /** The batch with the late samples in their rows, in order of time; of equal times the first one stays. */
  #merged(batch: SampleBatch): SampleBatch {
    const lateBySeries = Map.groupBy(this.#late, (sample) => sample.series);
    const merged = new SampleBatchBuilder();
    for (let row = 0; row < batch.seriesCount; row++) {
      const key = batch.keys.subarray(row === 0 ? 0 : batch.keyEnds[row - 1], batch.keyEnds[row]);
      const first = row === 0 ? 0 : (batch.sampleEnds[row - 1] ?? 0);
      const series = this.#cache.findSeries(key);
      const samples: LateSample[] = [
        {
          series,
          timestampMs: batch.timestampsMs[first] ?? 0,
          value: batch.values[first] ?? 0,
          isStale: batch.staleFlags[first] === 1,
        },
        ...(lateBySeries.get(series) ?? []),
      ];
      samples.sort((a, b) => a.timestampMs - b.timestampMs);
      merged.openSeriesKey(key);
      let lastMs = -Infinity;
      for (const sample of samples) {
        if (sample.timestampMs === lastMs) this.counts.duplicateCount++;
        else if (sample.isStale) merged.addStaleMarker(sample.timestampMs);
        else merged.addSample(sample.timestampMs, sample.value);
        lastMs = sample.timestampMs;
      }
    }
    return merged.finish();
  }
}

interface LateSample {
  readonly series: number;
  readonly timestampMs: number;
  readonly value: number;
  readonly isStale: boolean;
}

/** What a target says about its metric families, and what of it the store has not heard yet. */
export class TargetMetadata {
  readonly #families = new Map<string, MetricMetadata>();
  readonly #changed = new Set<string>();

  note(kind: LineKind, reader: ExpositionReader): void {
    const family = reader.family;
    const known = this.#families.get(family) ?? { family, type: 'unknown', help: '', unit: '' };
    const next =
      kind === 'type'
        ? { ...known, type: reader.type }
        : kind === 'help'
          ? { ...known, help: reader.text }
          : kind === 'unit'
            ? { ...known, unit: reader.text }
            : undefined;
    if (next === undefined) return;
    if (
      known.type === next.type &&
      known.help === next.help &&
      known.unit === next.unit &&
      this.#families.has(family)
    )
      return;
    if (this.#families.size >= FAMILIES_MAX && !this.#families.has(family)) return;
    this.#families.set(family, next);
    this.#changed.add(family);
  }

  changed(): MetricMetadata[] {
    return [...this.#changed]
      .map((family) => this.#families.get(family))
      .filter((entry) => entry !== undefined);
  }

  /** What the pages said of their families so far, in the order of their first mention. */
  families(): readonly MetricMetadata[] {
    return [...this.#families.values()];
  }

  /** The batch that carried the changes is stored. */
  commit(): void {
    this.#changed.clear();
  }
}

/** Families per target whose metadata is kept; the largest exporters in the field have about 2,000. */
const FAMILIES_MAX = 10_000;

const TAB = 0x09;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
