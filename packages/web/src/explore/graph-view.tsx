import { Skeleton } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { boundsShown } from '../chart/bounds-shown.ts';
import { LegendTable } from '../chart/legend-table.tsx';
import { seriesNamesOf } from '../chart/series-names.ts';
import { TimeSeries } from '../chart/time-series.tsx';
import { Empty } from '../design/panel.tsx';
import { useLiveStatus } from '../live/use-live.ts';
import { useSeries } from '../live/use-series.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import css from './explore.module.css';
import { QueryFaultPanel } from './query-fault-panel.tsx';
import { unitOfExpr } from './unit-of-expr.ts';

const PLOT_HEIGHT = 340;

/** The answer over time: one large chart, and a table of its series below. */
export function GraphView({ expr, stepMs }: { readonly expr: string; readonly stepMs: number }) {
  const { t } = useTranslation();
  const { range, zoomTo, zoomBack } = useTimeRange();
  const oldestSampleMs = useLiveStatus()?.storage.oldestSampleMs;
  const [isolatedKey, setIsolatedKey] = useState<string>();
  const { frame, faults, isLoading } = useSeries({ exprs: [expr], range, stepMs, isVisible: true });
  const [fault] = faults;
  if (fault !== undefined)
    return <QueryFaultPanel expr={expr} message={fault.message} position={fault.position} />;
  if (isLoading || frame === undefined) return <Skeleton height={PLOT_HEIGHT + 200} />;
  if (frame.series.length === 0) return <NoSeries />;
  const unit = unitOfExpr(expr);
  const { nameOf, shared } = seriesNamesOf(frame, expr);
  return (
    <section className={css.answer} aria-label={t('explore.answer')}>
      <TimeSeries
        frame={frame}
        bounds={boundsShown(range, frame, oldestSampleMs)}
        unit={unit}
        height={PLOT_HEIGHT}
        title={expr}
        nameOf={nameOf}
        isolatedKey={isolatedKey}
        onZoom={zoomTo}
        onZoomBack={zoomBack}
      />
      {shared !== '' && (
        <p className={css.shared}>
          {t('explore.shared')} <code>{shared}</code>
        </p>
      )}
      <LegendTable
        frame={frame}
        unit={unit}
        nameOf={nameOf}
        isolatedKey={isolatedKey}
        onIsolate={setIsolatedKey}
      />
    </section>
  );
}

export function NoSeries() {
  const { t } = useTranslation();
  return (
    <section className={css.answer}>
      <Empty title={t('explore.noSeries')} text={t('explore.noSeriesText')} />
    </section>
  );
}
