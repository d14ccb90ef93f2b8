import { Skeleton } from '@mantine/core';
import { IconChartLine, IconCode, IconTable } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import design from '../design/design.module.css';
import { IconButton } from '../design/icon-button.tsx';
import { useLiveStatus } from '../live/use-live.ts';
import { useSeries } from '../live/use-series.ts';
import { rateWindowOf, stepMsOf } from '../time/step.ts';
import { spanMsOf } from '../time/time-range.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import { boundsShown } from './bounds-shown.ts';
import css from './chart.module.css';
import { exploreExprOf } from './explore-expr.ts';
import { lastValueOf, type Frame, type FrameSeries } from './frame.ts';
import { Legend } from './legend.tsx';
import { StatsTable } from './stats-table.tsx';
import { TimeSeries } from './time-series.tsx';
import { useVisible } from './use-visible.ts';

/** A chart as data: what a page says about it. `$window` in an expression is the rate window of the step. */
export interface ChartSpec {
  readonly title: string;
  readonly exprs: readonly string[];
  readonly unit: string;
  readonly isStacked?: boolean;
  readonly yMin?: number;
  readonly yMax?: number;
  /** Index of the expression whose newest value is the top of the axis (what there is at most). It is not drawn. */
  readonly ceiling?: number;
  readonly nameOf: (series: FrameSeries) => string;
  /** The number in the card's corner. */
  readonly headline?: (frame: Frame) => ReactNode;
  /** What to say when there are no series. */
  readonly absent?: string;
  /** In pixels; 156 when absent. */
  readonly plotHeight?: number;
}

const PLOT_HEIGHT = 156;
const LEGEND_HEIGHT = 28;

/** A chart with its title, its newest value, its legend, and a table in its stead for those who want one. */
export function ChartCard({ spec }: { readonly spec: ChartSpec }) {
  const { range, zoomTo, zoomBack } = useTimeRange();
  const oldestSampleMs = useLiveStatus()?.storage.oldestSampleMs;
  const { ref, isVisible } = useVisible<HTMLElement>();
  const [isTable, setIsTable] = useState(false);
  const [isolatedKey, setIsolatedKey] = useState<string>();
  const stepMs = stepMsOf(spanMsOf(range));
  const plotHeight = spec.plotHeight ?? PLOT_HEIGHT;
  const bodyHeight = plotHeight + LEGEND_HEIGHT;
  const exprs = spec.exprs.map((expr) => expr.replaceAll('$window', rateWindowOf(stepMs)));
  const { frame, faults, isLoading } = useSeries({ exprs, range, stepMs, isVisible });
  const hasSeries = frame !== undefined && frame.series.length > 0;
  const drawn = useMemo(
    () => (frame === undefined ? undefined : withoutCeiling(frame, spec.ceiling)),
    [frame, spec.ceiling],
  );
  return (
    <section ref={ref} className={css.card} aria-label={spec.title}>
      <header className={css.head}>
        <h3 className={css.title}>{spec.title}</h3>
        <Actions spec={spec} exprs={exprs} isTable={isTable} onTable={setIsTable} />
        {hasSeries && spec.headline !== undefined && (
          <span className={css.headline}>{spec.headline(frame)}</span>
        )}
      </header>
      {isLoading && <Skeleton height={bodyHeight} />}
      {!isLoading && !hasSeries && (
        <Quiet absent={spec.absent} message={faults[0]?.message} height={bodyHeight} />
      )}
      {hasSeries && drawn !== undefined && isTable && (
        <div
          className={css.tableWrap}
          style={{ height: bodyHeight }}
          tabIndex={0}
          role="group"
          aria-label={spec.title}
        >
          <StatsTable frame={drawn} unit={spec.unit} title={spec.title} nameOf={spec.nameOf} />
        </div>
      )}
      {hasSeries && drawn !== undefined && !isTable && (
        <>
          <TimeSeries
            {...lookOf(spec, frame)}
            frame={drawn}
            bounds={boundsShown(range, frame, oldestSampleMs)}
            height={plotHeight}
            isolatedKey={isolatedKey}
            onZoom={zoomTo}
            onZoomBack={zoomBack}
          />
          <Legend
            frame={drawn}
            unit={spec.unit}
            nameOf={spec.nameOf}
            isolatedKey={isolatedKey}
            onIsolate={setIsolatedKey}
          />
        </>
      )}
    </section>
  );
}

function Quiet({
  absent,
  message,
  height,
}: {
  readonly absent: string | undefined;
  readonly message: string | undefined;
  readonly height: number;
}) {
  const { t } = useTranslation();
  return (
    <div className={message === undefined ? css.quiet : css.fault} style={{ height }}>
      {message ?? absent ?? t('chart.absent')}
    </div>
  );
}

interface ActionsProps {
  readonly spec: ChartSpec;
  readonly exprs: readonly string[];
  readonly isTable: boolean;
  readonly onTable: (isTable: boolean) => void;
}

function Actions({ spec, exprs, isTable, onTable }: ActionsProps) {
  const { t } = useTranslation();
  const nameOf = (q: number): string => spec.nameOf({ key: '', q, labels: {}, values: [] });
  const tableTip = t(isTable ? 'chart.showGraph' : 'chart.showTable');
  return (
    <span className={css.actions}>
      <IconButton
        label={`${tableTip}: ${spec.title}`}
        tip={tableTip}
        size={24}
        onClick={() => onTable(!isTable)}
      >
        {isTable ? <IconChartLine size={15} /> : <IconTable size={15} />}
      </IconButton>
      <Link
        to="/explore"
        search={{ expr: exploreExprOf(exprs, nameOf) }}
        className={`${design.iconButton} ${design.tip} ${css.exploreLink}`}
        aria-label={`${t('chart.explore')}: ${spec.title}`}
        data-tip={t('chart.explore')}
      >
        <IconCode size={15} />
      </Link>
    </span>
  );
}

function withoutCeiling(frame: Frame, ceiling: number | undefined): Frame {
  return ceiling === undefined ? frame : { ...frame, series: frame.series.filter(({ q }) => q !== ceiling) };
}

function lookOf(spec: ChartSpec, frame: Frame) {
  const top = frame.series.find(({ q }) => q === spec.ceiling);
  const yMax = top === undefined ? spec.yMax : (lastValueOf(top) ?? undefined);
  return {
    title: spec.title,
    unit: spec.unit,
    nameOf: spec.nameOf,
    ...(spec.isStacked === undefined ? {} : { isStacked: spec.isStacked }),
    ...(spec.yMin === undefined ? {} : { yMin: spec.yMin }),
    ...(yMax === undefined ? {} : { yMax }),
  };
}
