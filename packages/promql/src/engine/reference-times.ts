import type { StepGrid, TimeRange } from '@vedette/model';
import type { TimeShift } from '../syntax/ast.ts';
import type { QueryGrid } from './query-context.ts';

/** The times a selector or subquery looks back from: `firstMs + i · stepMs`; with `@` all the same. */
export interface ReferenceTimes {
  readonly firstMs: number;
  /** 0 with `@`. */
  readonly stepMs: number;
  readonly count: number;
}

/** Applies `@` and `offset` to the steps of `grid`; `query` is the grid that `start()` and `end()` mean. */
export function referenceTimesOf(shift: TimeShift, grid: StepGrid, query: QueryGrid): ReferenceTimes {
  const { at, offsetMs } = shift;
  const { count } = grid;
  if (at === undefined) return { firstMs: grid.startMs - offsetMs, stepMs: grid.stepMs, count };
  return { firstMs: atTimeMs(at, query) - offsetMs, stepMs: 0, count };
}

/** What must be read so that each reference time can look back by `backMs`, the left border left out. */
export function readRangeOf(times: ReferenceTimes, backMs: number): TimeRange {
  return {
    fromMs: times.firstMs - backMs + 1,
    untilMs: times.firstMs + (times.count - 1) * times.stepMs,
  };
}

function atTimeMs(at: NonNullable<TimeShift['at']>, query: QueryGrid): number {
  switch (at.kind) {
    case 'time':
      return at.timestampMs;
    case 'start':
      return query.startMs;
    case 'end':
      return query.endMs;
  }
}
