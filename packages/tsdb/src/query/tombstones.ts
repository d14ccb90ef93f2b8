import type { TimeRange } from '@vedette/model';
import type { Postings } from './postings.ts';

/**
 * Which times of which series of one block are deleted. Immutable: a reader keeps the one it began with.
 *
 * Series of a block are sorted by label set, so a deletion that names a metric hits neighbours. The numbers of
 * all series are therefore cut into *segments* whose series have the same times deleted: deleting a metric of
 * a million series is one segment, and looking a series up is one binary search. A new deletion splits
 * segments at the ends of its runs and merges its range into those it hits. Rejected: a map by series, which
 * takes 100 MB for the same metric.
 */
export class Tombstones {
  /** First series of each segment, ascending; the first is 0, the last segment has no end. */
  readonly #starts: readonly number[];
  /** Deleted ranges of each segment: sorted, neither overlapping nor touching. */
  readonly #ranges: readonly (readonly TimeRange[])[];

  private constructor(starts: readonly number[], ranges: readonly (readonly TimeRange[])[]) {
    this.#starts = starts;
    this.#ranges = ranges;
  }

  static readonly NONE = new Tombstones([0], [[]]);

  /** The deleted ranges of a series, sorted and disjoint. */
  of(series: number): readonly TimeRange[] {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= series) low = middle;
      else high = middle;
    }
    return this.#ranges[low] ?? [];
  }

  with({ range, runs }: Deletion): Tombstones {
    const starts: number[] = [];
    const ranges: (readonly TimeRange[])[] = [];
    let run = 0;
    for (const [segment, own] of this.#ranges.entries()) {
      const merged = mergeRange(own, range);
      const end = this.#starts[segment + 1] ?? Infinity;
      for (let at = this.#starts[segment] ?? 0; at < end;) {
        while ((runs[run + 1] ?? Infinity) <= at) run += 2;
        const runStart = runs[run] ?? Infinity;
        const isHit = runStart <= at;
        starts.push(at);
        ranges.push(isHit ? merged : own);
        at = Math.min(end, isHit ? (runs[run + 1] ?? Infinity) : runStart);
      }
    }
    return new Tombstones(starts, ranges);
  }

  /** The same, range by range: `NONE` with these is equal to this one. */
  deletions(): readonly Deletion[] {
    const found = new Map<string, { range: TimeRange; runs: number[] }>();
    for (const [segment, ranges] of this.#ranges.entries()) {
      for (const range of ranges) {
        const key = `${range.fromMs} ${range.untilMs}`;
        const entry = found.get(key) ?? { range, runs: [] };
        found.set(key, entry);
        const start = this.#starts[segment] ?? 0;
        if (entry.runs.at(-1) === start) entry.runs.pop();
        else entry.runs.push(start);
        // Deletions name series, so a segment with ranges has an end.
        entry.runs.push(this.#starts[segment + 1] ?? start);
      }
    }
    return [...found.values()].map(({ range, runs }) => ({ range, runs: Uint32Array.from(runs) }));
  }
}

/** One range of times deleted from some series. */
export interface Deletion {
  readonly range: TimeRange;
  /** The series: pairs of a first one and the one behind the last, ascending, no two touching. */
  readonly runs: Uint32Array;
}

/** Ascending ids as runs. */
export function runsOf(ids: Postings): Uint32Array {
  const runs: number[] = [];
  for (const id of ids) {
    if (runs.at(-1) === id) runs.pop();
    else runs.push(id);
    runs.push(id + 1);
  }
  return Uint32Array.from(runs);
}

/** Whether one of the ranges includes all of [minMs, maxMs]. */
export function isCovered(ranges: readonly TimeRange[], minMs: number, maxMs: number): boolean {
  return ranges.some(({ fromMs, untilMs }) => fromMs <= minMs && untilMs >= maxMs);
}

function mergeRange(sorted: readonly TimeRange[], added: TimeRange): readonly TimeRange[] {
  // Times are whole milliseconds: ranges one apart touch.
  const before = sorted.filter(({ untilMs }) => untilMs < added.fromMs - 1);
  const after = sorted.filter(({ fromMs }) => fromMs > added.untilMs + 1);
  const joined = sorted.slice(before.length, sorted.length - after.length);
  const fromMs = Math.min(added.fromMs, joined[0]?.fromMs ?? Infinity);
  const untilMs = Math.max(added.untilMs, joined.at(-1)?.untilMs ?? -Infinity);
  return [...before, { fromMs, untilMs }, ...after];
}
