import {
  findHistogramFault,
  formatLabels,
  type BatchExemplar,
  type SampleBatch,
  type Slicer,
} from '@vedette/model';
import type { AppendTicket } from './append-ticket.ts';
import type { RemoteWriteConfig } from './config.ts';
import type { MetadataBook } from './metadata-book.ts';
import type { OutgoingSeriesBook } from './outgoing-series.ts';
import { EXEMPLAR, FLOAT, HISTOGRAM, STALE } from './row-kind.ts';
import { bytesOfRow, emptyRow, type SampleRow } from './sample-rows.ts';
import type { SendQueue } from './send-queue.ts';
import type { SettlementDesk } from './settlement-desk.ts';

export interface RowIntakeDeps {
  readonly slicer: Slicer;
  readonly queue: SendQueue;
  readonly metadata: MetadataBook;
  readonly desk: SettlementDesk;
}

export interface TakeOptions {
  /** Who waits for the answer. */
  readonly ticket?: AppendTicket;
  /** Leave out what is not newer than the newest of its series. */
  readonly onlyNewer?: boolean;
}

/** Series between two questions to the slicer: one with a sample takes 2 to 3 µs (measured, known series). */
const SERIES_PER_QUESTION = 8;

/** Turns batches into rows of the queue, in slices, one batch after the other. */
export class RowIntake {
  readonly #deps: RowIntakeDeps;
  readonly #config: RemoteWriteConfig;
  readonly #book: OutgoingSeriesBook;
  readonly #row = emptyRow();
  #last: Promise<unknown> = Promise.resolve();
  #highestMs = 0;

  constructor(deps: RowIntakeDeps, options: { config: RemoteWriteConfig; book: OutgoingSeriesBook }) {
    this.#deps = deps;
    this.#config = options.config;
    this.#book = options.book;
  }

  /** Newest timestamp that was queued, in milliseconds. */
  get highestMs(): number {
    return this.#highestMs;
  }

  /** Room that a batch takes in the queue, at most. */
  needOf({ timestampsMs, histograms, exemplars = [] }: SampleBatch): { rows: number; bytes: number } {
    let bytes = timestampsMs.length * bytesOfRow(FLOAT, undefined);
    for (const histogram of histograms?.values() ?? []) bytes += bytesOfRow(HISTOGRAM, histogram);
    for (const exemplar of exemplars) bytes += bytesOfRow(EXEMPLAR, exemplar);
    return { rows: timestampsMs.length + exemplars.length, bytes };
  }

  /** Copies what is to be sent into the queue; resolves with the number of rows. The batch is free again then. */
  take(batch: SampleBatch, options: TakeOptions): Promise<number> {
    const taken = this.#last.then(() => this.#takeNow(batch, options));
    this.#last = taken.catch(() => undefined);
    return taken;
  }

  /** Resolves when no batch is being taken. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #takeNow(batch: SampleBatch, options: TakeOptions): Promise<number> {
    const { slicer, queue, metadata, desk } = this.#deps;
    for (const family of batch.metadata ?? []) metadata.tell(family);
    const keys = Buffer.from(batch.keys.buffer, batch.keys.byteOffset, batch.keys.length);
    const exemplars = this.#config.send_exemplars ? exemplarsBySeries(batch) : undefined;
    const before = queue.rowCount;
    this.#row.ticket = options.ticket;
    for (let i = 0; i < batch.seriesCount; i++) {
      if (i % SERIES_PER_QUESTION === 0 && slicer.shouldYield()) await slicer.yield();
      const range = rangeOf(batch, i);
      const own = exemplars?.get(i) ?? [];
      const series = this.#book.find(keys, range.keyStart, range.keyEnd);
      if (series === undefined) {
        desk.leaveOut(range.end - range.start, own.length);
        continue;
      }
      this.#row.series = series;
      this.#takeSamples(batch, range, options);
      for (const exemplar of own) this.#takeExemplar(exemplar, options);
    }
    options.ticket?.complete();
    return queue.rowCount - before;
  }

  #takeSamples(batch: SampleBatch, { start, end }: SeriesRange, options: TakeOptions): void {
    const row = this.#row;
    for (let k = start; k < end; k++) {
      const histogram = batch.histograms?.get(k);
      row.timestampMs = batch.timestampsMs[k] ?? 0;
      row.value = batch.values[k] ?? 0;
      row.startMs = batch.startsMs?.[k] ?? 0;
      row.extra = histogram;
      if (histogram !== undefined) row.kind = HISTOGRAM;
      else row.kind = batch.staleFlags[k] === 1 ? STALE : FLOAT;
      if (histogram !== undefined && !this.#isWanted(row, options)) continue;
      if (options.onlyNewer === true && row.timestampMs <= row.series.newestMs) continue;
      this.#push(row);
    }
  }

  /** Whether a histogram is sent at all. */
  #isWanted({ extra, series }: SampleRow, { ticket, onlyNewer }: TakeOptions): boolean {
    if (!this.#config.send_native_histograms) {
      ticket?.refuseUnsent('unsupported-histogram', () => formatLabels(series.labels));
      return false;
    }
    // What the store took is sound; a whole batch that it took needs no second look.
    if (ticket === undefined && onlyNewer !== true) return true;
    if (extra === undefined || !('schema' in extra) || findHistogramFault(extra) === undefined) return true;
    ticket?.refuseUnsent('invalid-histogram', () => formatLabels(series.labels));
    return false;
  }

  #takeExemplar(exemplar: BatchExemplar, { onlyNewer }: TakeOptions): void {
    const row = this.#row;
    row.kind = EXEMPLAR;
    row.timestampMs = exemplar.timestampMs;
    row.value = exemplar.value;
    row.startMs = 0;
    row.extra = exemplar;
    // Which of them the store refused nobody knows, and each is only an example.
    if (onlyNewer === true) return;
    this.#deps.queue.push(row);
    row.ticket?.open();
  }

  #push(row: SampleRow): void {
    this.#deps.queue.push(row);
    row.ticket?.open();
    row.series.newestMs = Math.max(row.series.newestMs, row.timestampMs);
    this.#highestMs = Math.max(this.#highestMs, row.timestampMs);
  }
}

interface SeriesRange {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly start: number;
  readonly end: number;
}

function rangeOf({ keyEnds, sampleEnds }: SampleBatch, i: number): SeriesRange {
  const keyStart = i === 0 ? 0 : (keyEnds[i - 1] ?? 0);
  const start = i === 0 ? 0 : (sampleEnds[i - 1] ?? 0);
  return { keyStart, keyEnd: keyEnds[i] ?? 0, start, end: sampleEnds[i] ?? 0 };
}

function exemplarsBySeries({ exemplars = [] }: SampleBatch): ReadonlyMap<number, readonly BatchExemplar[]> {
  const bySeries = new Map<number, BatchExemplar[]>();
  for (const exemplar of exemplars) {
    const own = bySeries.get(exemplar.series) ?? [];
    own.push(exemplar);
    bySeries.set(exemplar.series, own);
  }
  return bySeries;
}
