import type { PolicyMeasure } from './policy.ts';

/**
 * The exact count of one subject under one policy, over buckets of a second (of 24 s for a window of a day).
 *
 * 1. A row is (bucket, count, action); rows stand in the order of their buckets, in one ring that grows by doubling.
 * 2. The window ends with the bucket of the newest action and has as many buckets as fit into `windowMs`: it lies
 *    wholly within (t - windowMs, t], so its count is never above the true one, and below it by what happened in the
 *    first bucket's length at most. That is the granularity of every judgement here.
 * 3. What comes late is sorted in; what comes later than a window counts nowhere.
 *
 * With `ROWS_MAX` rows a count forgets which actions they were (one row per bucket is enough to count); a share, which
 * needs them, forgets its oldest row, and says nothing until the window is whole again.
 */
export class ExactMeter {
  /** Of all rows in the window. */
  sum = 0;
  /** Of the newest action. */
  newestMs = 0;
  /** When the subject was last told of, and the step that was named. */
  toldSecond = -1;
  toldStep = -1;
  readonly #bucketMs: number;
  readonly #bucketCount: number;
  readonly #isShare: boolean;
  #rows = new Uint32Array(ROWS_MIN * WORDS);
  #first = 0;
  #length = 0;
  #newestBucket = 0;
  /** What lies before this bucket is not known in full. */
  #wholeFromBucket = 0;

  constructor({ windowMs, measure }: { windowMs: number; measure: PolicyMeasure }) {
    this.#bucketMs = bucketMsOf(windowMs);
    this.#bucketCount = Math.floor(windowMs / this.#bucketMs);
    this.#isShare = measure.kind === 'share';
  }

  get bytes(): number {
    return METER_BYTES + this.#rows.byteLength;
  }

  /** Whether everything that happened in the window is known. */
  get isWhole(): boolean {
    return this.#newestBucket - this.#bucketCount + 1 >= this.#wholeFromBucket;
  }

  /** What lies before `fromMs` was not seen. */
  startAt(fromMs: number): void {
    this.#wholeFromBucket = Math.max(this.#wholeFromBucket, Math.ceil(fromMs / this.#bucketMs));
  }

  add(atMs: number, count: number, action: number): void {
    const bucket = Math.floor(atMs / this.#bucketMs);
    this.newestMs = Math.max(this.newestMs, atMs);
    if (bucket > this.#newestBucket) {
      this.#newestBucket = bucket;
      this.#expire();
    } else if (bucket <= this.#newestBucket - this.#bucketCount) return;
    this.sum += count;
    let place = this.#length;
    while (place > 0 && this.#bucketAt(place - 1) > bucket) place--;
    for (let i = place - 1; i >= 0 && this.#bucketAt(i) === bucket; i--)
      if (this.#actionAt(i) === action) {
        this.#rows[this.#baseOf(i) + 1] = this.#countAt(i) + count;
        return;
      }
    this.#insert(place, bucket, count, action);
  }

  /** The count in the window that ends at `nowMs`, without moving on to it. */
  sumAt(nowMs: number): number {
    const firstBucket = Math.floor(nowMs / this.#bucketMs) - this.#bucketCount + 1;
    let sum = this.sum;
    for (let i = 0; i < this.#length && this.#bucketAt(i) < firstBucket; i++) sum -= this.#countAt(i);
    return sum;
  }

  /** The window that ends at `nowMs`, without moving on to it: counts by action (0: forgotten), and its course in `points` equal parts. */
  windowAt(nowMs: number, points: number): MeterWindow {
    const nowBucket = Math.floor(nowMs / this.#bucketMs);
    const firstBucket = nowBucket - this.#bucketCount + 1;
    const byAction = new Map<number, number>();
    const course = Array.from({ length: Math.min(points, this.#bucketCount) }, () => 0);
    let sum = 0;
    for (let i = 0; i < this.#length; i++) {
      const [bucket, action, count] = [this.#bucketAt(i), this.#actionAt(i), this.#countAt(i)];
      if (bucket < firstBucket) continue;
      sum += count;
      byAction.set(action, (byAction.get(action) ?? 0) + count);
      // What applications with a fast clock sent lies ahead: it is of the last part.
      const place = Math.floor(
        ((Math.min(bucket, nowBucket) - firstBucket) * course.length) / this.#bucketCount,
      );
      course[place] = (course[place] ?? 0) + count;
    }
    return { sum, byAction, course };
  }

  /** Whether the subject was told of since `fromMs`. */
  isToldSince(fromMs: number): boolean {
    return this.toldSecond >= 0 && this.toldSecond * 1000 >= fromMs;
  }

  /** Counts by action, of the window; those whose action was forgotten stand under 0. */
  byAction(): Map<number, number> {
    const counts = new Map<number, number>();
    for (let i = 0; i < this.#length; i++) {
      const action = this.#actionAt(i);
      counts.set(action, (counts.get(action) ?? 0) + this.#countAt(i));
    }
    return counts;
  }

  #expire(): void {
    const firstBucket = this.#newestBucket - this.#bucketCount + 1;
    while (this.#length > 0 && this.#bucketAt(0) < firstBucket) this.#dropFirst();
  }

  #dropFirst(): void {
    this.sum -= this.#countAt(0);
    this.#first = (this.#first + 1) & (this.#rows.length / WORDS - 1);
    this.#length--;
  }

  #insert(place: number, bucket: number, count: number, action: number): void {
    if (this.#length === this.#rows.length / WORDS) {
      const lengthBefore = this.#length;
      this.#makeRoom();
      // What stands before `place` became less: look for the place again.
      if (this.#length < lengthBefore) {
        this.sum -= count;
        this.add(bucket * this.#bucketMs, count, action);
        return;
      }
    }
    for (let i = this.#length; i > place; i--) this.#copy(i - 1, i);
    this.#length++;
    const base = this.#baseOf(place);
    this.#rows[base] = bucket;
    this.#rows[base + 1] = count;
    this.#rows[base + 2] = action;
  }

  #makeRoom(): void {
    if (this.#length < ROWS_MAX) this.#grow();
    else if (this.#isShare) {
      this.#wholeFromBucket = this.#bucketAt(0) + 1;
      this.#dropFirst();
    } else this.#forgetActions();
  }

  #grow(): void {
    const grown = new Uint32Array(this.#rows.length * 2);
    for (let i = 0; i < this.#length; i++) {
      const base = this.#baseOf(i);
      grown.set(this.#rows.subarray(base, base + WORDS), i * WORDS);
    }
    this.#rows = grown;
    this.#first = 0;
  }

  /** One row per bucket: at most 3,600 of `ROWS_MAX`. */
  #forgetActions(): void {
    let length = 0;
    for (let i = 0; i < this.#length; i++) {
      const isSame = length > 0 && this.#bucketAt(length - 1) === this.#bucketAt(i);
      if (!isSame) {
        this.#copy(i, length++);
        this.#rows[this.#baseOf(length - 1) + 2] = 0;
      } else this.#rows[this.#baseOf(length - 1) + 1] = this.#countAt(length - 1) + this.#countAt(i);
    }
    this.#length = length;
  }

  #copy(source: number, target: number): void {
    const from = this.#baseOf(source);
    this.#rows.copyWithin(this.#baseOf(target), from, from + WORDS);
  }

  #baseOf(row: number): number {
    return ((this.#first + row) & (this.#rows.length / WORDS - 1)) * WORDS;
  }

  #bucketAt(row: number): number {
    return this.#rows[this.#baseOf(row)] ?? 0;
  }

  #countAt(row: number): number {
    return this.#rows[this.#baseOf(row) + 1] ?? 0;
  }

  #actionAt(row: number): number {
    return this.#rows[this.#baseOf(row) + 2] ?? 0;
  }
}

export interface MeterWindow {
  readonly sum: number;
  readonly byAction: ReadonlyMap<number, number>;
  /** The oldest part first. */
  readonly course: readonly number[];
}

/** Length of a bucket: at least a second, at most `BUCKETS_MAX` to a window. */
export function bucketMsOf(windowMs: number): number {
  return Math.max(1, Math.ceil(windowMs / BUCKETS_MAX / 1000)) * 1000;
}

// An hour of seconds: finer than anybody can tell when an action happened.
const BUCKETS_MAX = 3600;

// More than `BUCKETS_MAX`, so that forgetting actions always makes room; 48 kB.
const ROWS_MAX = 4096;

// Most suspects have no more: half of 30 actions in seconds of their own.
const ROWS_MIN = 16;
const WORDS = 3;

/** What an object with its array costs beside the rows. */
const METER_BYTES = 400;
