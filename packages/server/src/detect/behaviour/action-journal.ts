/**
 * What everybody did of late, one row per subject, second and kind of action, so that who becomes a suspect is counted
 * exactly from before that moment.
 *
 * 1. Rows lie in segments of typed arrays, 24 bytes each, in the order of arrival; the oldest segment goes when it is
 *    older than the longest window, or when `bytesMax` is reached.
 * 2. A row names the row before it of the same 18 bits of the subject's hash; `heads` name the newest ones. To read a
 *    subject is to walk one such chain and to compare hashes.
 * 3. Row numbers are kept modulo 2^32. A stale one leads to a row of somebody else, which the hash tells.
 *
 * Sketch: 32 MB hold 1.4 million rows: an hour of 390 rows a second, a minute of 23,000. When they come faster, readers
 * are told from when on the journal is whole. Rejected: a list per subject (an allocation for each of a million).
 */
import type { SubjectHash } from '@vedette/sdk';

export interface JournalRow {
  readonly atMs: number;
  readonly count: number;
  readonly kind: number;
}

export class ActionJournal {
  readonly #segmentsMax: number;
  readonly #heads = new Uint32Array(HEADS);
  #segments: Segment[] = [];
  /** Number of the first row in `segments[0]`, and of the next one to come. */
  #firstRow = 0;
  #nextRow = 0;
  #wholeFromSecond = 0;

  constructor({ bytesMax }: { bytesMax: number }) {
    this.#segmentsMax = Math.max(2, Math.floor(bytesMax / SEGMENT_BYTES));
  }

  get bytes(): number {
    return this.#heads.byteLength + this.#segments.length * SEGMENT_BYTES;
  }

  append(key: SubjectHash, { atMs, count, kind }: JournalRow): void {
    const second = Math.floor(atMs / 1000);
    const head = headOf(key);
    const previous = this.#heads[head] ?? 0;
    if (this.#merge(key, previous, { second, count, kind })) return;
    let segment = this.#segments.at(-1);
    if (segment === undefined || segment.rowCount === SEGMENT_ROWS) {
      if (this.#segments.length >= this.#segmentsMax) this.#dropFirst();
      segment = { words: new Uint32Array(SEGMENT_ROWS * WORDS), rowCount: 0, newestSecond: 0 };
      this.#segments.push(segment);
    }
    const base = segment.rowCount * WORDS;
    segment.words[base] = key.high;
    segment.words[base + 1] = key.low;
    segment.words[base + 2] = second;
    segment.words[base + 3] = count;
    segment.words[base + 4] = kind;
    segment.words[base + 5] = previous;
    segment.rowCount++;
    segment.newestSecond = Math.max(segment.newestSecond, second);
    this.#heads[head] = this.#nextRow;
    this.#nextRow++;
  }

  /** Reads where `append` will, see `SlidingWindows.warm`. */
  warm(high: number): number {
    return this.#heads[high >>> (32 - HEAD_BITS)] ?? 0;
  }

  /**
   * The rows of a subject from `fromMs` on, newest arrival first, `atMs` at the start of the second. Returns the time
   * from which they are all: at most `fromMs` when nothing in between is missing.
   */
  visit(key: SubjectHash, fromMs: number, take: (row: JournalRow) => void): number {
    const fromSecond = Math.floor(fromMs / 1000);
    let row = this.#rowOf(this.#heads[headOf(key)] ?? 0, this.#nextRow);
    for (let steps = 0; row >= 0; steps++) {
      const at = row - this.#firstRow;
      const words = this.#segments[Math.floor(at / SEGMENT_ROWS)]?.words;
      if (words === undefined) break;
      const base = (at % SEGMENT_ROWS) * WORDS;
      const second = words[base + 2] ?? 0;
      // Somebody who gave others' rows this much to walk over is no reason to stand still.
      if (steps === STEPS_MAX) return Math.max(this.#wholeFromSecond, second + 1) * 1000;
      if (words[base] === key.high && words[base + 1] === key.low && second >= fromSecond)
        take({ atMs: second * 1000, count: words[base + 3] ?? 0, kind: words[base + 4] ?? 0 });
      row = this.#rowOf(words[base + 5] ?? 0, row);
    }
    return this.#wholeFromSecond * 1000;
  }

  /** Lets go of segments that are wholly older. */
  trim(beforeMs: number): void {
    const beforeSecond = Math.floor(beforeMs / 1000);
    while (this.#segments.length > 1 && (this.#segments[0]?.newestSecond ?? Infinity) < beforeSecond)
      this.#dropFirst();
  }

  #dropFirst(): void {
    const dropped = this.#segments.shift();
    if (dropped === undefined) return;
    this.#firstRow += SEGMENT_ROWS;
    this.#wholeFromSecond = Math.max(this.#wholeFromSecond, dropped.newestSecond + 1);
  }

  /** Rows of one batch are often of one subject and second: the newest row of the chain takes them. */
  #merge(
    key: SubjectHash,
    head: number,
    { second, count, kind }: { second: number; count: number; kind: number },
  ): boolean {
    const row = this.#rowOf(head, this.#nextRow);
    // An older row is another second's, and far away in memory.
    if (row < this.#nextRow - MERGE_ROWS_MAX) return false;
    const at = row - this.#firstRow;
    const words = this.#segments[Math.floor(at / SEGMENT_ROWS)]?.words;
    const base = (at % SEGMENT_ROWS) * WORDS;
    if (row < 0 || words === undefined || words[base] !== key.high || words[base + 1] !== key.low)
      return false;
    if (words[base + 2] !== second || words[base + 4] !== kind) return false;
    words[base + 3] = Math.min(0xffffffff, (words[base + 3] ?? 0) + count);
    return true;
  }

  /** The number of a row before `next` from its lower 32 bits; -1 when it is no longer held. */
  #rowOf(low: number, next: number): number {
    const age = (next - low) >>> 0;
    return age === 0 || next - age < this.#firstRow ? -1 : next - age;
  }
}

interface Segment {
  /** Per row: hash high, hash low, second, count, kind, the row before it in its chain. */
  readonly words: Uint32Array;
  rowCount: number;
  newestSecond: number;
}

function headOf({ high }: SubjectHash): number {
  return high >>> (32 - HEAD_BITS);
}

// Two batches: the rows of a second that come together, still in the processor's cache.
const MERGE_ROWS_MAX = 4096;

const HEAD_BITS = 18;
const HEADS = 2 ** HEAD_BITS;
const WORDS = 6;
const SEGMENT_ROWS = 16_384;
const SEGMENT_BYTES = SEGMENT_ROWS * WORDS * 4;

// A chain has 5 rows of others on average when the journal is full; this many take a tenth of a millisecond.
const STEPS_MAX = 8192;
