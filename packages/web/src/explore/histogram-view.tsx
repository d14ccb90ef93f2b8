import { Skeleton } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { queryHistograms } from '../api/prometheus.ts';
import { cellsOfNative } from '../chart/heatmap-cells.ts';
import { Heatmap } from '../chart/heatmap.tsx';
import { browserClock } from '../lib/browser-clock.ts';
import { boundsOf } from '../time/time-range.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import css from './explore.module.css';
import { QueryFaultPanel } from './query-fault-panel.tsx';
import { unitOfExpr } from './unit-of-expr.ts';

export interface HistogramViewProps {
  readonly expr: string;
  readonly stepMs: number;
  readonly height: number;
  /** Shown where the answer has no native histogram. */
  readonly fallback: ReactNode;
}

/** Native histograms are asked for over HTTP: the socket carries numbers. */
const REFRESH_MS = 10_000;

/** An answer of native histograms: how often which value was seen when, all of its series together. */
export function HistogramView({ expr, stepMs, height, fallback }: HistogramViewProps) {
  const { t } = useTranslation();
  const { range, zoomTo, zoomBack } = useTimeRange();
  const answer = useQuery({
    queryKey: ['histograms', expr, range, stepMs],
    queryFn: async ({ signal }) => {
      const nowMs = browserClock.nowMs();
      return {
        series: await queryHistograms(expr, { range, stepMs, nowMs }, signal),
        bounds: boundsOf(range, nowMs),
      };
    },
    refetchInterval: range.kind === 'relative' ? REFRESH_MS : false,
    placeholderData: keepPreviousData,
  });
  const cells = useMemo(() => cellsOfNative(answer.data?.series ?? []), [answer.data]);
  if (answer.data === undefined && answer.error !== null)
    return <QueryFaultPanel expr={expr} message={answer.error.message} />;
  if (answer.data === undefined) return <Skeleton height={height} />;
  const { series, bounds } = answer.data;
  if (series.length === 0) return fallback;
  return (
    <section className={css.answer} aria-label={t('explore.answer')}>
      <p className={css.answerNote}>{t('explore.histograms', { count: series.length })}</p>
      <Heatmap
        cells={cells}
        bounds={bounds}
        title={expr}
        height={height}
        scale="log"
        unit={unitOfHistogram(expr)}
        exponent={1}
        gap={1}
        hiddenUpTo={0}
        hasLegend
        hasTooltip
        onZoom={zoomTo}
        onZoomBack={zoomBack}
      />
    </section>
  );
}

/** The rows are values as they were observed, also where the counts are per second. */
function unitOfHistogram(expr: string): string {
  const [metric = ''] = /[a-zA-Z_:][\w:]*_(?:seconds|bytes)\b/.exec(expr) ?? [];
  return unitOfExpr(metric);
}
