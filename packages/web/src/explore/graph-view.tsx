import { Skeleton } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { Suspense, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { boundsShown } from '../chart/bounds-shown.ts';
import { AXIS_LOOK, chartModelOf } from '../chart/chart-model.ts';
import { lastValueOf, type Frame } from '../chart/frame.ts';
import { legendRowsOf } from '../chart/frame-legend.ts';
import { LegendTable } from '../chart/legend-table.tsx';
import { seriesNamesOf } from '../chart/series-names.ts';
import { TimeSeries } from '../chart/time-series.tsx';
import { useVisibility } from '../chart/visibility.ts';
import { useHappened } from '../dashboards/answers/use-happened.ts';
import { useLiveStatus } from '../live/use-live.ts';
import { useSeries } from '../live/use-series.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import { ChartTools } from './chart-tools.tsx';
import css from './explore.module.css';
import { NoSeries } from './no-series.tsx';
import { HistogramView } from './histogram-view.tsx';
import { QueryFaultPanel } from './query-fault-panel.tsx';
import { unitOfExpr } from './unit-of-expr.ts';
import { useExemplars } from './use-exemplars.ts';
import { part } from '../lib/part.ts';
import { useScheme } from '../theme/use-scheme.ts';

const PLOT_HEIGHT = 340;

/** The answer over time: one large chart, and a table of its series below. */
export function GraphView({ expr, stepMs }: { readonly expr: string; readonly stepMs: number }) {
  const { t } = useTranslation();
  const { range } = useTimeRange();
  const { frame, faults, isLoading } = useSeries({ exprs: [expr], range, stepMs, isVisible: true });
  const [fault] = faults;
  if (fault !== undefined)
    return <QueryFaultPanel expr={expr} message={fault.message} position={fault.position} />;
  if (isLoading || frame === undefined) return <Skeleton height={PLOT_HEIGHT + 200} />;
  const graph = (
    <section className={css.answer} aria-label={t('explore.answer')}>
      <Graph expr={expr} frame={frame} />
    </section>
  );
  // Series without a number are native histograms, or NaN at each step; no series at all may be histograms as well.
  if (frame.series.every((series) => lastValueOf(series) === null))
    return (
      <HistogramView
        expr={expr}
        stepMs={stepMs}
        height={PLOT_HEIGHT}
        fallback={frame.series.length === 0 ? <NoSeries /> : graph}
      />
    );
  return graph;
}

const MarkList = part(async () => (await import('../chart/mark-list.tsx')).MarkList);

const CALCS = ['min', 'mean', 'max', 'last'] as const;

function Graph({ expr, frame }: { readonly expr: string; readonly frame: Frame }) {
  const { t } = useTranslation();
  const scheme = useScheme();
  const { range, zoomTo, zoomBack } = useTimeRange();
  const oldestSampleMs = useLiveStatus()?.storage.oldestSampleMs;
  const { stack, log } = useSearch({ from: '/explore' });
  const { marks, calm } = useHappened();
  const ref = useRef<HTMLDivElement>(null);
  const unit = unitOfExpr(expr);
  const bounds = boundsShown(range, frame, oldestSampleMs);
  const isStacked = stack === '1';
  const { model, shared, nameOf } = useMemo(() => {
    const { nameOf, shared } = seriesNamesOf(frame, expr);
    return { model: chartModelOf(frame, { nameOf, unit, isStacked, scheme }), shared, nameOf };
  }, [frame, expr, unit, isStacked, scheme]);
  const keys = useMemo(() => model.series.map(({ key }) => key), [model]);
  const { hidden, press } = useVisibility(keys);
  const rows = useMemo(() => legendRowsOf(model, CALCS), [model]);
  const exemplars = useExemplars(expr, unit);
  const [hasExemplars, setHasExemplars] = useState(true);
  return (
    <div ref={ref}>
      <ChartTools title={expr} unit={unit} nameOf={nameOf} frame={frame} root={ref} />
      <TimeSeries
        model={model}
        axes={[{ ...AXIS_LOOK, unit, log: log === '1' ? 10 : 0 }]}
        bounds={bounds}
        marks={calm}
        height={PLOT_HEIGHT}
        title={expr}
        hidden={hidden}
        onZoom={zoomTo}
        onZoomBack={zoomBack}
        {...(hasExemplars ? { points: exemplars } : {})}
      />
      {exemplars.length > 0 && (
        <label className={css.exemplars}>
          <input
            type="checkbox"
            checked={hasExemplars}
            onChange={(event) => setHasExemplars(event.currentTarget.checked)}
          />
          {t('explore.exemplars', { count: exemplars.length })}
        </label>
      )}
      {shared !== '' && (
        <p className={css.shared}>
          {t('explore.shared')} <code>{shared}</code>
        </p>
      )}
      <LegendTable
        rows={rows}
        columns={CALCS.map((calc) => t(`chart.${calc}`))}
        hidden={hidden}
        onPress={press}
      />
      {marks.length > 0 && (
        <Suspense fallback={null}>
          <MarkList marks={marks} bounds={bounds} />
        </Suspense>
      )}
    </div>
  );
}
