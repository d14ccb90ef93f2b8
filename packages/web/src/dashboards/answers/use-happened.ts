import { useMemo } from 'react';
import { calmMarks } from '../../chart/calm-marks.ts';
import type { ChartMark } from '../../chart/chart-mark.ts';
import { useTimeRange } from '../../time/use-time-range.ts';
import { useMarks } from './use-marks.ts';

/** What dashboards add to alerts and deploys; the other pages have none. */
const NO_ANNOTATIONS: readonly never[] = [];

export interface Happened {
  /** Alerts and deploys of the shown range. */
  readonly marks: readonly ChartMark[];
  /** The same for charts, without bands on bands. */
  readonly calm: readonly ChartMark[];
}

/** What happened in the range of the page, for the charts that belong to no dashboard. */
export function useHappened(): Happened {
  const { range } = useTimeRange();
  const marks = useMarks(NO_ANNOTATIONS, range);
  const calm = useMemo(() => calmMarks(marks), [marks]);
  return { marks, calm };
}
