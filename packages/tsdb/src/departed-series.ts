import type { Clock, Slicer } from '@vedette/model';
import type { Head } from './head/head.ts';

/** Counting a million series takes 10 ms, in slices: once a minute it is nothing. */
const LOOK_MS = 60_000;

// Who scrapes or writes less often than every hour pays a look into the blocks with each sample; nobody does it with
// many series.
const STOPPED_MS = 3_600_000;

// A fifth of the head: below it the memory to be won is less than the blocks and merges of an early flush cost.
const DEPARTED_RATIO_MIN = 0.2;
// 5,000 series take some 5 MB: no small head is worth a block more.
const DEPARTED_COUNT_MIN = 5000;

// No series gets four billion samples within the hours that copies live.
const NO_END = 0xffff_ffff;

/**
 * Which series of the head nobody writes to any more, so that pods that were replaced do not stay in memory for hours.
 *
 * 1. *Stale*: the newest sample is a staleness marker. Its source said goodbye.
 * 2. *Stopped*: nothing came for an hour or two, by arrival and not by the samples' times: a sender that catches up
 *    with last night is not gone. Two copies of the column of ends, an hour apart, tell it; appending pays nothing.
 *
 * Such a series leaves the head as soon as its samples are in a block. When there are many, the head is flushed for
 * their sake (`areMany`). A mistake costs no sample: a series that comes back is created again and told by the blocks
 * what it had.
 */
export class DepartedSeries {
  readonly #deps: { readonly head: Head; readonly clock: Clock; readonly slicer: Slicer };
  #lookedAtMs = -Infinity;
  #copiedAtMs: number;
  /** Ends one to two hours ago; an id beyond it is younger. */
  #endsBefore = new Uint32Array(0);
  /** Ends up to an hour ago. */
  #endsLately: Uint32Array<ArrayBuffer>;
  #staleCount = 0;
  #stoppedCount = 0;

  constructor(deps: { readonly head: Head; readonly clock: Clock; readonly slicer: Slicer }) {
    this.#deps = deps;
    this.#copiedAtMs = deps.clock.monotonicMs();
    this.#endsLately = this.#copyEnds();
  }

  /** Stale series at the last look. */
  get staleCount(): number {
    return this.#staleCount;
  }

  /** Others that stopped. */
  get stoppedCount(): number {
    return this.#stoppedCount;
  }

  has(series: number): boolean {
    return this.#deps.head.isStale(series) || this.#isStopped(series);
  }

  /** The series left; its id will be another's, which must not be taken for one that stopped at the same end. */
  forget(series: number): void {
    for (const ends of [this.#endsBefore, this.#endsLately]) if (series < ends.length) ends[series] = NO_END;
  }

  /** Whether there are so many that an early flush pays. */
  get areMany(): boolean {
    const count = this.#staleCount + this.#stoppedCount;
    return count >= DEPARTED_COUNT_MIN && count >= this.#deps.head.series.count * DEPARTED_RATIO_MIN;
  }

  /** Looks again if the last look is old; says whether others count as stopped from now on. */
  async check(): Promise<boolean> {
    const nowMs = this.#deps.clock.monotonicMs();
    const isTurn = nowMs - this.#copiedAtMs >= STOPPED_MS;
    if (isTurn) {
      this.#copiedAtMs = nowMs;
      this.#endsBefore = this.#endsLately;
      this.#endsLately = this.#copyEnds();
    }
    if (isTurn || nowMs - this.#lookedAtMs >= LOOK_MS) await this.count();
    return isTurn;
  }

  /** Counts now: after series left. */
  async count(): Promise<void> {
    const { head, slicer, clock } = this.#deps;
    this.#lookedAtMs = clock.monotonicMs();
    let staleCount = 0;
    let stoppedCount = 0;
    for (let series = 0; series < head.series.idCount; series++) {
      if ((series & 1023) === 0 && slicer.shouldYield()) await slicer.yield();
      if (!head.series.has(series)) continue;
      if (head.isStale(series)) staleCount++;
      else if (this.#isStopped(series)) stoppedCount++;
    }
    this.#staleCount = staleCount;
    this.#stoppedCount = stoppedCount;
  }

  #isStopped(series: number): boolean {
    return series < this.#endsBefore.length && this.#endsBefore[series] === this.#deps.head.endOf(series);
  }

  #copyEnds(): Uint32Array<ArrayBuffer> {
    const { head } = this.#deps;
    return Uint32Array.from({ length: head.series.idCount }, (_, series) => head.endOf(series));
  }
}
