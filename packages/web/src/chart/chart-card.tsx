import type { StatusSummary } from '@vedette/api';
import { Skeleton } from '@mantine/core';
import { IconChartLine, IconCode, IconTable } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { memo, Suspense, useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import design from '../design/design.module.css';
import { Retry } from '../design/fault.tsx';
import { IconButton } from '../design/icon-button.tsx';
import { useLiveStatusPart } from '../live/use-live.ts';
import { useSeries } from '../live/use-series.ts';
import { rateWindowOf, stepMsOf } from '../time/step.ts';
import { spanMsOf } from '../time/time-range.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import { AXIS_LOOK, chartModelOf } from './chart-model.ts';
import { boundsShown } from './bounds-shown.ts';
import css from './chart.module.css';
import { ChartFileButtons } from './chart-file-buttons.tsx';
import type { ChartMark } from './chart-mark.ts';
import { exploreExprOf } from './explore-expr.ts';
import { lastValueOf, type Frame, type FrameSeries } from './frame.ts';
import { legendRowsOf } from './frame-legend.ts';
import { Legend } from './legend.tsx';
import { StatsTable } from './stats-table.tsx';
import { useVisible } from './use-visible.ts';
import { useVisibility } from './visibility.ts';
import { part } from '../lib/part.ts';
import { useScheme } from '../theme/use-scheme.ts';

// What draws comes while the page's words are drawn: it is not needed before the first numbers.
const TimeSeries = part(async () => (await import('./time-series.tsx')).TimeSeries);

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
  /** Lines kept free for names before they are known; 1 when absent. What needs more is scrolled to. */
  readonly legendLines?: number;
}

const PLOT_HEIGHT = 156;
const LEGEND_LINE_HEIGHT = 24;
const LEGEND_MARGIN = 4;

export interface ChartCardProps {
  readonly spec: ChartSpec;
  /** What happened meanwhile; the page has the same in words. */
  readonly marks?: readonly ChartMark[];
}

/** A chart with its title, its newest value, its legend, and a table in its stead for those who want one. */
export const ChartCard = memo(function ChartCard({ spec, marks }: ChartCardProps) {
  const { range } = useTimeRange();
  const oldestSampleMs = useLiveStatusPart(oldestSampleMsOf);
  const { ref, isVisible } = useVisible<HTMLElement>();
  const [isTable, setIsTable] = useState(false);
  const stepMs = stepMsOf(spanMsOf(range));
  const plotHeight = spec.plotHeight ?? PLOT_HEIGHT;
  const legendHeight = (spec.legendLines ?? 1) * LEGEND_LINE_HEIGHT;
  const bodyHeight = plotHeight + LEGEND_MARGIN + legendHeight;
  const exprs = exprsOf(spec, stepMs);
  const { frame, faults, isLoading, retry } = useSeries({ exprs, range, stepMs, isVisible });
  const hasSeries = frame !== undefined && frame.series.length > 0;
  const drawn = useMemo(
    () => (frame === undefined ? undefined : withoutCeiling(frame, spec.ceiling)),
    [frame, spec.ceiling],
  );
  return (
    <section ref={ref} className={css.card} aria-label={spec.title}>
      <header className={css.head}>
        <h3 className={css.title}>{spec.title}</h3>
        <Actions spec={spec} exprs={exprs} isTable={isTable} onTable={setIsTable}>
          {hasSeries && drawn !== undefined && (
            <ChartFileButtons {...spec} frame={drawn} root={isTable ? undefined : ref} />
          )}
        </Actions>
        {hasSeries && spec.headline !== undefined && (
          <span className={css.headline}>{spec.headline(frame)}</span>
        )}
      </header>
      {isLoading && <Skeleton height={bodyHeight} />}
      {!isLoading && !hasSeries && (
        <Quiet absent={spec.absent} message={faults[0]?.message} height={bodyHeight} onRetry={retry} />
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
        <Drawing
          spec={spec}
          frame={drawn}
          ceiling={ceilingOf(spec, frame)}
          bounds={boundsShown(range, frame, oldestSampleMs)}
          height={plotHeight}
          legendHeight={legendHeight}
          marks={marks}
        />
      )}
    </section>
  );
});

/** As they are asked. */
export function exprsOf({ exprs }: Pick<ChartSpec, 'exprs'>, stepMs: number): readonly string[] {
  return exprs.map((expr) => expr.replaceAll('$window', rateWindowOf(stepMs)));
}

function oldestSampleMsOf({ storage }: StatusSummary): number | undefined {
  return storage.oldestSampleMs ?? undefined;
}

/** Names that a small chart can hold in two lines; the table has the rest. */
const NAMES_MAX = 8;

interface DrawingProps {
  readonly spec: ChartSpec;
  readonly frame: Frame;
  readonly ceiling: number | undefined;
  readonly bounds: { readonly fromMs: number; readonly toMs: number };
  readonly height: number;
  readonly legendHeight: number;
  readonly marks: readonly ChartMark[] | undefined;
}

function Drawing({ spec, frame, ceiling, bounds, height, legendHeight, marks }: DrawingProps) {
  const { zoomTo, zoomBack } = useTimeRange();
  const scheme = useScheme();
  const { unit, nameOf, isStacked = false, yMin } = spec;
  const model = useMemo(
    () => chartModelOf(frame, { nameOf, unit, isStacked, scheme }),
    [frame, nameOf, unit, isStacked, scheme],
  );
  const keys = useMemo(() => model.series.map(({ key }) => key), [model]);
  const { hidden, press } = useVisibility(keys);
  const rows = useMemo(() => legendRowsOf(model, ['last']), [model]);
  const axis = {
    ...AXIS_LOOK,
    unit,
    ...(yMin === undefined ? {} : { min: yMin }),
    // What there is at most is the top, unless values say otherwise.
    ...(ceiling === undefined ? {} : { softMax: ceiling }),
  };
  return (
    <>
      <Suspense fallback={<div className={css.plot} style={{ height }} />}>
        <TimeSeries
          model={model}
          axes={[axis]}
          bounds={bounds}
          height={height}
          title={spec.title}
          hidden={hidden}
          onZoom={zoomTo}
          onZoomBack={zoomBack}
          {...(marks === undefined ? {} : { marks })}
        />
      </Suspense>
      <Legend rows={rows} hidden={hidden} onPress={press} namesMax={NAMES_MAX} height={legendHeight} />
    </>
  );
}

function Quiet({
  absent,
  message,
  height,
  onRetry,
}: {
  readonly absent: string | undefined;
  readonly message: string | undefined;
  readonly height: number;
  readonly onRetry: (() => Promise<unknown>) | undefined;
}) {
  const { t } = useTranslation();
  if (message === undefined)
    return (
      <div className={css.quiet} style={{ height }}>
        {absent ?? t('chart.absent')}
      </div>
    );
  return (
    <div className={css.fault} style={{ height }} role="alert">
      <div>{message}</div>
      {onRetry !== undefined && <Retry onRetry={onRetry} />}
    </div>
  );
}

interface ActionsProps {
  readonly spec: ChartSpec;
  readonly exprs: readonly string[];
  readonly isTable: boolean;
  readonly onTable: (isTable: boolean) => void;
  readonly children: ReactNode;
}

function Actions({ spec, exprs, isTable, onTable, children }: ActionsProps) {
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
      {children}
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

function ceilingOf(spec: ChartSpec, frame: Frame): number | undefined {
  const top = frame.series.find(({ q }) => q === spec.ceiling);
  return top === undefined ? spec.yMax : (lastValueOf(top) ?? undefined);
}
