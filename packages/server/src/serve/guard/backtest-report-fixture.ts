/** For tests: reports without a backtest. */
import type { BacktestReport } from '../../simulate/index.ts';

const NOBODY = {
  refusedSubjectCount: 0,
  refusalCount: 0,
  slowedSubjectCount: 0,
  heldBackSubjectCount: 0,
  trips: [],
};

export function emptyReport({
  fromMs,
  toMs,
}: {
  readonly fromMs: number;
  readonly toMs: number;
}): BacktestReport {
  return {
    fromMs,
    toMs,
    firstRowMs: null,
    rowCount: 0,
    actionCount: 0,
    candidate: NOBODY,
    inForce: NOBODY,
    difference: {
      addedCount: 0,
      removedCount: 0,
      graverCount: 0,
      milderCount: 0,
      earlierCount: 0,
      laterCount: 0,
      sameCount: 0,
    },
    subjects: [],
    furtherSubjectCount: 0,
    remarks: [],
  };
}
