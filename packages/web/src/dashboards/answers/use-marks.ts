import type { AnnotationQuery } from '@vedette/dashboard';
import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { browserClock } from '../../lib/browser-clock.ts';
import type { ChartMark } from '../../panel/panel-props.ts';
import { stepMsOf } from '../../time/step.ts';
import { boundsOf, spanMsOf, type TimeRange } from '../../time/time-range.ts';
import { askRange } from './ask.ts';
import { ALERTS_EXPR, alertMarks, annotationMarks, BUILDS_EXPR, deployMarks } from './marks.ts';

/** Often enough for lines on a chart, and seldom enough that nobody notices the cost. */
const REFRESH_MS = 60_000;

/** A mark is a line of a pixel: finer steps than this are not seen. */
const POINTS_MAX = 300;

/** What happened in the range, for all charts of a dashboard at once. A question that fails leaves its marks out. */
export function useMarks(
  annotations: readonly (AnnotationQuery & { readonly filled: string })[],
  range: TimeRange,
): readonly ChartMark[] {
  const stepMs = stepMsOf(spanMsOf(range), POINTS_MAX);
  const asked = annotations.filter(({ isOn, filled }) => isOn && filled !== '');
  const exprs = [ALERTS_EXPR, BUILDS_EXPR, ...asked.map(({ filled }) => filled)];
  const answers = useQueries({
    queries: exprs.map((expr) => ({
      queryKey: ['dashboard-marks', expr, range, stepMs],
      queryFn: async ({ signal }: { readonly signal: AbortSignal }) => {
        const nowMs = browserClock.nowMs();
        const series = await askRange(expr, { range, stepMs }, nowMs, signal);
        return { series, fromMs: boundsOf(range, nowMs).fromMs };
      },
      refetchInterval: range.kind === 'relative' ? REFRESH_MS : (false as const),
      placeholderData: keepPreviousData,
    })),
  });
  const stamp = answers.map(({ dataUpdatedAt }) => dataUpdatedAt).join(' ');
  // The answers are new objects with each render; what they hold is as old as the stamp.
  return useMemo(
    () =>
      answers.flatMap(({ data }, i) => {
        if (data === undefined) return [];
        if (i === 0) return alertMarks(data.series, stepMs);
        if (i === 1) return deployMarks(data.series, data.fromMs, stepMs);
        const annotation = asked[i - 2];
        return annotation === undefined ? [] : annotationMarks(annotation, data.series, stepMs);
      }),
    // oxlint-disable-next-line react/exhaustive-deps
    [stamp, stepMs],
  );
}
