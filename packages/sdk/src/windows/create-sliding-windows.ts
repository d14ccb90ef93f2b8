/**
 * Sliding windows over a million subjects, in typed arrays.
 *
 * 1. Time is cut into fixed windows of `windowMs`. A subject's cell counts the running one and the last one; the
 *    sliding count is estimated as running + last * (part of the last one that the sliding window still covers).
 * 2. Cells lie in some hundred small tables (`cell-table`), picked by 16 bits of the hash: each grows by itself in a
 *    fraction of a millisecond, so that no call waits for a million cells to move.
 * 3. A table that is full takes no newcomers: they are counted in one sketch (`count-min`), and get a cell from the
 *    tenth that is kept free when their estimate comes to `promoteAt`, with the sketch's counts. What has a cell
 *    stays exact. When cells die newcomers get theirs again, and the sketch goes two windows after its last use.
 *
 * Sketch: 16 B a slot at a load of 0.3 to 0.6, 33.5 MB for a million subjects; one or two cache misses a call.
 *
 * The estimate is not a bound: somebody whose actions all came at the end of the last window is estimated too low,
 * by the factor of the weight. What holds, and what callers may build on: who passes T within any `windowMs` was
 * estimated at T / 2 or more at one of these actions, when they fell into the running window at the latest; since of
 * two fixed windows that hold more than T together, one holds more than T / 2. In the sketch estimates only grow.
 *
 * Rejected: a Map (120 MB, and every entry is the collector's business), one table with sliced growth (twice the memory
 * while it lasts, two look-ups), Space-Saving and HeavyKeeper (miss abusers among a million).
 */
import { CellTable } from './cell-table.ts';
import { CountMin } from './count-min.ts';
import type { SlidingWindows, SubjectHash } from './sliding-windows.ts';

export interface SlidingWindowsOptions {
  /** Whole milliseconds, at least 1. */
  readonly windowMs: number;
  /** Subjects that have a cell, give or take a fifth. Default: 1,000,000, which is 34 MB when they are there. */
  readonly capSubjects?: number;
  /** Estimate at which a subject that is counted in the sketch gets a cell: half of what one looks for. */
  readonly promoteAt: number;
  /** Increasing whole numbers for `distribution`; default none. */
  readonly distributionBounds?: readonly number[];
}

export function createSlidingWindows(options: SlidingWindowsOptions): SlidingWindows {
  return new CellWindows(options);
}

class CellWindows implements SlidingWindows {
  readonly windowMs: number;
  readonly distribution: Float64Array;
  readonly #promoteAt: number;
  readonly #tables: readonly CellTable[];
  readonly #bounds: readonly number[];
  #sketch: CountMin | undefined;
  #origin: number | undefined;
  /** The newest fixed window that counted. */
  #index = 0;
  /** Subjects with a cell that counted in the running window, and those that did so in the last one only. */
  #runningCount = 0;
  #lastCount = 0;
  #running: Float64Array;
  #tableInTurn = 0;

  constructor({
    windowMs,
    capSubjects = CAP_SUBJECTS,
    promoteAt,
    distributionBounds = [],
  }: SlidingWindowsOptions) {
    if (!(windowMs >= 1) || !(capSubjects >= 1))
      throw new Error(
        `cannot create windows: got windowMs ${windowMs}, capSubjects ${capSubjects}, want at least 1`,
      );
    this.windowMs = windowMs;
    this.#promoteAt = promoteAt;
    this.#bounds = distributionBounds;
    this.distribution = new Float64Array(distributionBounds.length + 1);
    this.#running = new Float64Array(distributionBounds.length + 1);
    let tableCount = 1;
    while (tableCount * CELLS_PER_TABLE < capSubjects && tableCount < TABLES_MAX) tableCount *= 2;
    const cellsMax = Math.ceil((capSubjects / tableCount) * TABLE_ROOM);
    this.#tables = Array.from({ length: tableCount }, () => new CellTable(cellsMax));
  }

  get mode(): 'exact' | 'two-tier' {
    return this.#sketch === undefined ? 'exact' : 'two-tier';
  }

  get bytes(): number {
    let bytes = this.#sketch?.bytes ?? 0;
    for (const { slots } of this.#tables) bytes += slots.byteLength;
    return bytes;
  }

  add(key: SubjectHash, count: number, atMs: number): number {
    const time = this.#timeOf(atMs);
    const index = Math.floor(time);
    if (index > this.#index) this.#advance(index);
    const table = this.#tableOf(key.high);
    let at = table.find(key);
    if (at < 0) {
      at = this.#open(table, key);
      if (at < 0) return this.#addToSketch(table, key, count, time);
    }
    this.#count(table.slots, at, count, index);
    return estimateOf(table.slots, at, time);
  }

  warm(high: number, low: number): number {
    return this.#tableOf(high).warm(low);
  }

  estimate(key: SubjectHash, atMs: number): number {
    const time = this.#timeOf(atMs);
    const table = this.#tableOf(key.high);
    const at = table.find(key);
    return at < 0 ? this.#sketchEstimate(key, time) : estimateOf(table.slots, at, time);
  }

  activeSubjects(atMs: number): number {
    const time = this.#timeOf(atMs);
    const index = Math.floor(time);
    if (index > this.#index + 1) return 0;
    const share = shareOfLast(index, time);
    if (index > this.#index) return Math.round(this.#runningCount * share);
    return Math.round(this.#runningCount + this.#lastCount * share);
  }

  maintain(atMs: number): void {
    const index = Math.floor(this.#timeOf(atMs));
    if (index > this.#index) this.#advance(index);
    if (this.#sketch?.isOver(this.#index) === true) this.#sketch = undefined;
    for (let i = 0; i < TABLES_PER_TURN; i++) {
      this.#tables[this.#tableInTurn]?.shrink(this.#index);
      this.#tableInTurn = (this.#tableInTurn + 1) % this.#tables.length;
    }
  }

  /** In windows since the one before the first that counted, which is number 1: small numbers, and 0 is free. */
  #timeOf(atMs: number): number {
    const time = atMs / this.windowMs;
    if (this.#origin === undefined) this.#origin = Math.floor(time) - 2;
    return time - this.#origin;
  }

  #tableOf(high: number): CellTable {
    const table = this.#tables[(high >>> 16) & (this.#tables.length - 1)];
    if (table === undefined) throw new Error('BUG: the number of tables must be a power of two');
    return table;
  }

  /** A fixed window is over: what was running is the last one. */
  #advance(index: number): void {
    const isNext = index === this.#index + 1;
    this.#lastCount = isNext ? this.#runningCount : 0;
    this.#runningCount = 0;
    if (isNext) this.distribution.set(this.#running);
    else this.distribution.fill(0);
    this.#running.fill(0);
    this.#index = index;
    if (this.#sketch?.isOver(index) === true) this.#sketch = undefined;
  }

  /** A cell for a newcomer, with what the sketch knows of it; -1 when the table is full. */
  #open(table: CellTable, key: SubjectHash): number {
    const at = table.open(key, this.#index, false);
    if (at >= 0 && this.#sketch !== undefined) this.#copyFromSketch(this.#sketch, table.slots, at, key);
    return at;
  }

  #copyFromSketch(sketch: CountMin, slots: Int32Array, at: number, key: SubjectHash): void {
    const running = sketch.countIn(key, this.#index);
    const last = sketch.countIn(key, this.#index - 1);
    slots[at + 2] = running | (last << 16);
    if (running > 0) {
      this.#runningCount++;
      this.#tally(0, running);
    } else if (last > 0) this.#lastCount++;
  }

  #addToSketch(table: CellTable, key: SubjectHash, count: number, time: number): number {
    this.#sketch ??= new CountMin(this.#index);
    this.#sketch.add(key, count, Math.floor(time));
    const estimate = this.#sketchEstimate(key, time);
    if (estimate < this.#promoteAt) return estimate;
    const at = table.open(key, this.#index, true);
    if (at < 0) return estimate;
    this.#copyFromSketch(this.#sketch, table.slots, at, key);
    return estimateOf(table.slots, at, time);
  }

  #sketchEstimate(key: SubjectHash, time: number): number {
    const sketch = this.#sketch;
    if (sketch === undefined) return 0;
    const index = Math.max(this.#index, Math.floor(time));
    return sketch.countIn(key, index) + sketch.countIn(key, index - 1) * shareOfLast(index, time);
  }

  #count(slots: Int32Array, at: number, count: number, index: number): void {
    const counts = slots[at + 2] ?? 0;
    const cellIndex = slots[at + 3] ?? 0;
    let running = counts & COUNT_MAX;
    let last = counts >>> 16;
    if (index === cellIndex) {
      if (index === this.#index) this.#countSubject(running, Math.min(COUNT_MAX, running + count), last > 0);
      running += count;
    } else if (index > cellIndex) {
      last = index === cellIndex + 1 ? running : 0;
      running = count;
      slots[at + 3] = index;
      if (index === this.#index) this.#countSubject(0, Math.min(COUNT_MAX, count), last > 0);
      else this.#lastCount++;
    } else if (index === cellIndex - 1) {
      if (counts === 0) this.#lastCount++;
      last += count;
    }
    slots[at + 2] = (Math.min(COUNT_MAX, last) << 16) | Math.min(COUNT_MAX, running);
  }

  /** In the running window a subject had `before` and has `after`. */
  #countSubject(before: number, after: number, wasInLast: boolean): void {
    if (before === 0) {
      this.#runningCount++;
      if (wasInLast) this.#lastCount--;
    }
    this.#tally(before, after);
  }

  #tally(before: number, after: number): void {
    if (this.#bounds.length === 0) return;
    const target = this.#bucketOf(after);
    const source = before === 0 ? -1 : this.#bucketOf(before);
    if (source === target) return;
    if (source >= 0) this.#running[source] = (this.#running[source] ?? 0) - 1;
    this.#running[target] = (this.#running[target] ?? 0) + 1;
  }

  #bucketOf(count: number): number {
    let bucket = 0;
    while (bucket < this.#bounds.length && count > (this.#bounds[bucket] ?? Infinity)) bucket++;
    return bucket;
  }
}

function estimateOf(slots: Int32Array, at: number, time: number): number {
  const counts = slots[at + 2] ?? 0;
  const cellIndex = slots[at + 3] ?? 0;
  if (time < cellIndex + 1) return (counts & COUNT_MAX) + (counts >>> 16) * shareOfLast(cellIndex, time);
  return time < cellIndex + 2 ? (counts & COUNT_MAX) * (cellIndex + 2 - time) : 0;
}

/** How much of the window before `index` the sliding window that ends at `time` covers: all for what comes late. */
function shareOfLast(index: number, time: number): number {
  return Math.min(1, index + 1 - time);
}

// What one table of 8,192 slots (131 kB) holds at its full load is 4,915 cells; 4,096 leave room for the spread.
const CELLS_PER_TABLE = 4096;

// 4,096 tables hold 16 million subjects, and more by being larger.
const TABLES_MAX = 4096;

// The subjects spread over the tables with a deviation of 1.6 % at 4,000 a table: five of them, and the tenth for suspects.
const TABLE_ROOM = 1.2;

const CAP_SUBJECTS = 1_000_000;

/** Counts are 16 bits: thresholds are hundreds. */
const COUNT_MAX = 65_535;

// 256 tables are looked through in half a minute; a look at one is 8,192 reads, 10 µs.
const TABLES_PER_TURN = 8;
