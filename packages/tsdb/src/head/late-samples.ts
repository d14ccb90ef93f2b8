import { lowerBound, type SampleColumns } from '../chunk/sample-columns.ts';
import type { SampleBuffer } from '../query/sample-buffer.ts';

/**
 * Late samples: those that are older than the newest of their series when they come. They cannot go to the
 * series' tail, whose order everything else rests on, and so wait beside it until the flush of their epoch merges
 * both into one block.
 *
 * 1. A series that has any owns a list of pages, each a sorted run of at most 256 samples; together they are
 *    sorted, no time twice. A sample is put in its place: a binary search for the page, another inside it,
 *    and a move of what follows, 6 KB at most. A full page is cut in two halves, except behind the last
 *    sample: an agent that sends what it kept while it was cut off comes in order, and fills its pages.
 * 2. Readers are held apart by the number of the batch, which each sample carries, since places move: a reader
 *    sees the samples of batches up to its own.
 * 3. Each of the two epochs that can be in memory has a table of its own, dropped series by series.
 *
 * A sample takes 24 bytes, twelve times as much as an encoded one: late samples are few, or come in a burst
 * that the limit of the head's memory ends with an early flush. Rejected: small chunks as in the tail's hierarchy,
 * which cannot take a sample in the middle without encoding again.
 */
export class LateSamples {
  /** By parity of the epoch: the pages of each series. */
  readonly #tables: readonly [Table, Table] = [new Map(), new Map()];
  #sampleCount = 0;
  #sizeBytes = 0;

  /** Samples in memory. */
  get sampleCount(): number {
    return this.#sampleCount;
  }

  /** Estimate of the memory they take. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  has(series: number): boolean {
    return this.#tables[0].has(series) || this.#tables[1].has(series);
  }

  /** The sample of one time; `undefined` when there is none. */
  find(series: number, timestampMs: number): StoredSample | undefined {
    if (this.#sampleCount === 0) return undefined;
    for (const table of this.#tables) {
      const pages = table.get(series);
      const page = pages?.[pageOf(pages, timestampMs)];
      const at = page === undefined ? 0 : positionIn(page, timestampMs);
      if (page === undefined || at === page.count || page.cells[at * CELLS] !== timestampMs) continue;
      return { value: page.cells[at * CELLS + 1] ?? 0, isStale: (page.cells[at * CELLS + 2] ?? 0) % 2 === 1 };
    }
    return undefined;
  }

  /** Adds a sample of `epoch` that `find` did not find. */
  add(series: number, place: { epoch: number; seq: number }, source: SampleColumns, index: number): void {
    const table = this.#tables[parityOf(place.epoch)];
    let pages = table.get(series);
    if (pages === undefined) {
      table.set(series, (pages = [newPage(PAGE_SAMPLES_MIN)]));
      this.#sizeBytes += SERIES_BYTES + bytesOf(PAGE_SAMPLES_MIN);
    }
    const timestampMs = source.timestampsMs[index] ?? 0;
    const page = this.#roomFor(pages, timestampMs);
    const { cells } = page;
    const cell = positionIn(page, timestampMs) * CELLS;
    cells.copyWithin(cell + CELLS, cell, page.count * CELLS);
    cells[cell] = timestampMs;
    cells[cell + 1] = source.values[index] ?? 0;
    cells[cell + 2] = place.seq * 2 + (source.staleFlags[index] ?? 0);
    page.count++;
    this.#sampleCount++;
  }

  /** Whether there is a sample of `epoch`, from a batch up to `seq`, in the range. */
  overlaps(series: number, place: { epoch: number; seq: number }, range: TimeSpan): boolean {
    const pages = this.#tables[parityOf(place.epoch)].get(series);
    if (pages === undefined) return false;
    for (let p = pageOf(pages, range.fromMs); p < pages.length; p++) {
      const { cells, count } = pages[p] ?? EMPTY_PAGE;
      for (let cell = 0; cell < count * CELLS; cell += CELLS) {
        const timestampMs = cells[cell] ?? 0;
        if (timestampMs > range.untilMs) return false;
        if (timestampMs >= range.fromMs && isSeen(cells[cell + 2] ?? 0, place.seq)) return true;
      }
    }
    return false;
  }

  /** Appends the samples of `epoch`, from batches up to `seq`, that lie in the range to `target`, oldest first. */
  read(series: number, place: { epoch: number; seq: number }, range: TimeSpan, target: SampleBuffer): void {
    const pages = this.#tables[parityOf(place.epoch)].get(series);
    if (pages === undefined) return;
    for (let p = pageOf(pages, range.fromMs); p < pages.length; p++) {
      const page = pages[p] ?? EMPTY_PAGE;
      if ((page.cells[0] ?? 0) > range.untilMs) return;
      // A page has fewer samples than a chunk, for which there is room.
      copySeen(page, place.seq, range, target);
    }
  }

  /** Frees what the series has of the epoch. Nobody may be reading it. */
  drop(series: number, epoch: number): void {
    const table = this.#tables[parityOf(epoch)];
    const pages = table.get(series);
    if (pages === undefined) return;
    table.delete(series);
    this.#sizeBytes -= SERIES_BYTES;
    for (const { cells, count } of pages) {
      this.#sampleCount -= count;
      this.#sizeBytes -= bytesOf(cells.length / CELLS);
    }
  }

  /** The page that the sample belongs to, made so that it has room for it. */
  #roomFor(pages: Page[], timestampMs: number): Page {
    const index = pageOf(pages, timestampMs);
    const page = pages[index] ?? EMPTY_PAGE;
    const capacity = page.cells.length / CELLS;
    if (page.count < capacity) return page;
    if (capacity < PAGE_SAMPLES_MAX) {
      const cells = new Float64Array(page.cells.length * 2);
      cells.set(page.cells);
      page.cells = cells;
      this.#sizeBytes += bytesOf(capacity * 2) - bytesOf(capacity);
      return page;
    }
    const isBehindLast = index === pages.length - 1 && positionIn(page, timestampMs) === page.count;
    const later = newPage(isBehindLast ? PAGE_SAMPLES_MIN : PAGE_SAMPLES_MAX);
    this.#sizeBytes += bytesOf(later.cells.length / CELLS);
    pages.splice(index + 1, 0, later);
    if (isBehindLast) return later;
    later.cells.set(page.cells.subarray((page.count >> 1) * CELLS));
    later.count = page.count - (page.count >> 1);
    page.count >>= 1;
    return timestampMs < (later.cells[0] ?? 0) ? page : later;
  }
}

export interface StoredSample {
  readonly value: number;
  readonly isStale: boolean;
}

/** Both ends inclusive. */
interface TimeSpan {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Per sample: its time, its value, and twice the number of its batch plus 1 for a staleness marker. */
const CELLS = 3;

/** One late sample in a series is common, ten thousand are not: pages begin small and double. */
const PAGE_SAMPLES_MIN = 4;

// 256 samples are 6 KB to move for an insertion at the front, about 0.2 µs.
const PAGE_SAMPLES_MAX = 256;

/** What V8 takes for a typed array and the object around it. */
const PAGE_BYTES = 240;

/** The entry in the table, and the list of pages. */
const SERIES_BYTES = 120;

interface Page {
  cells: Float64Array;
  count: number;
}

type Table = Map<number, Page[]>;

const EMPTY_PAGE: Page = { cells: new Float64Array(0), count: 0 };

function newPage(capacity: number): Page {
  return { cells: new Float64Array(capacity * CELLS), count: 0 };
}

function bytesOf(capacity: number): number {
  return PAGE_BYTES + capacity * CELLS * 8;
}

function parityOf(epoch: number): 0 | 1 {
  return (epoch & 1) === 0 ? 0 : 1;
}

function isSeen(mark: number, seq: number): boolean {
  return Math.floor(mark / 2) <= seq;
}

/** Index of the last page that begins at or before the time; 0 when none does. */
function pageOf(pages: readonly Page[], timestampMs: number): number {
  let low = 0;
  let high = pages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pages[middle]?.cells[0] ?? 0) <= timestampMs) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** Index of the first sample of the page that is not before the time. */
function positionIn({ cells, count }: Page, timestampMs: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cells[middle * CELLS] ?? 0) < timestampMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function copySeen({ cells, count }: Page, seq: number, range: TimeSpan, target: SampleBuffer): void {
  const { timestampsMs, values, staleFlags } = target.columns;
  let at = target.count;
  for (let cell = 0; cell < count * CELLS; cell += CELLS) {
    const timestampMs = cells[cell] ?? 0;
    const mark = cells[cell + 2] ?? 0;
    if (timestampMs < range.fromMs || timestampMs > range.untilMs || !isSeen(mark, seq)) continue;
    timestampsMs[at] = timestampMs;
    values[at] = cells[cell + 1] ?? 0;
    staleFlags[at++] = mark % 2;
  }
  target.count = at;
}

/** The sample of one time among `count` in order; `undefined` when there is none. */
export function findSample(
  columns: SampleColumns,
  count: number,
  timestampMs: number,
): StoredSample | undefined {
  const at = lowerBound(columns.timestampsMs, 0, count, timestampMs);
  if (at === count || columns.timestampsMs[at] !== timestampMs) return undefined;
  return { value: columns.values[at] ?? 0, isStale: columns.staleFlags[at] === 1 };
}
