import { useEffect, useMemo, useRef, useState, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatTicks, formatValue } from '../format/unit.ts';
import css from './chart.module.css';
import type { AxisLook, ChartModel, ThresholdLook } from './chart-model.ts';
import { marksShown, type ChartMark } from './chart-mark.ts';
import { pointsShown, type ChartPoint } from './chart-point.ts';
import { bandsOf } from './plot-bands.ts';
import { plotDataOf } from './plot-data.ts';
import { plotOptionsOf, type PlotHooks, type PlotLook, type TooltipLook } from './plot-options.ts';
import { shownZone } from '../time/zone.ts';
import { takeTurn } from './turns.ts';
import { useWidth } from './use-width.ts';
import { useScheme } from '../theme/use-scheme.ts';

/**
 * The one chart over time of the UI: uPlot behind props.
 *
 * 1. A change of look (series, colours, axes, size, language) builds the plot anew; new numbers are
 *    only handed over and drawn, which is what happens every second.
 * 2. Dragging asks for a zoom, a double click for the way back; the owner decides what that means.
 * 3. The canvas is hidden from assistive technology and named in words; the owner offers a table.
 */
export interface TimeSeriesProps {
  readonly model: ChartModel;
  /** Shown range; without it the model's own. The plot is cut there, not the data. */
  readonly bounds?: { readonly fromMs: number; readonly toMs: number } | undefined;
  /** At least one; the first has the grid. */
  readonly axes: readonly AxisLook[];
  readonly height: number;
  readonly title: string;
  readonly hidden: ReadonlySet<string>;
  readonly thresholds?: readonly ThresholdLook[];
  readonly marks?: readonly ChartMark[];
  /** Single samples beside the lines, on the first axis. */
  readonly points?: readonly ChartPoint[];
  readonly tooltip?: TooltipLook;
  readonly isShared?: boolean;
  /** IANA name; absent: the browser's. */
  readonly timezone?: string | undefined;
  /** A value as people read it; absent: with the series' unit. */
  readonly formatSeriesValue?: (seriesIndex: number, value: number) => string;
  readonly formatAxisTicks?: (axis: AxisLook, values: readonly number[]) => string[];
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onZoomBack: () => void;
}

const MULTI: TooltipLook = { mode: 'multi', sort: 'desc' };

const NO_MARKS: readonly ChartMark[] = [];
const NO_POINTS: readonly ChartPoint[] = [];

export function TimeSeries(props: TimeSeriesProps) {
  const { height, title } = props;
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const { i18n } = useTranslation();
  const scheme = useScheme();
  const look = lookOf(props, { width, scheme, language: i18n.language });
  usePlot(ref, look, props);
  return <div ref={ref} className={css.plot} style={{ height }} role="img" aria-label={title} />;
}

function lookOf(
  props: TimeSeriesProps,
  surroundings: Pick<PlotLook, 'width' | 'scheme' | 'language'>,
): PlotLook {
  const {
    model,
    axes,
    hidden,
    thresholds = [],
    tooltip = MULTI,
    isShared = true,
    timezone = shownZone(),
    height,
  } = props;
  return {
    ...surroundings,
    series: model.series.map(({ key, name, look }) => ({ name, look, isShown: !hidden.has(key) })),
    axes,
    thresholds,
    bands: bandsOf(model.series, hidden),
    tooltip,
    isShared,
    timezone,
    height,
  };
}

function usePlot(ref: RefObject<HTMLDivElement | null>, look: PlotLook, props: TimeSeriesProps): void {
  const latest = useRef({ props, look });
  latest.current = { props, look };
  const plot = useRef<uPlot>(undefined);
  const isNew = useRef(true);
  const [fault, fail] = useState<Error>();
  // As if it had happened here: what surrounds the chart says so.
  if (fault !== undefined) throw fault;
  const lookText = JSON.stringify(look, keepInfinity);
  const { model, hidden, axes, bounds, marks, points } = props;
  const axesText = JSON.stringify(axes);
  const data = useMemo(
    () => plotDataOf({ model, hidden, axes: JSON.parse(axesText) as AxisLook[] }),
    [model, hidden, axesText],
  );
  const drawn = useRef(data);
  useEffect(() => {
    const root = ref.current;
    const wanted = latest.current.look;
    if (root === null || wanted.width === 0) return;
    const make = (): void => {
      drawn.current = plotDataOf(latest.current.props);
      const made = new uPlot(plotOptionsOf(wanted, hooksOf(latest)), drawn.current, root);
      made.root.setAttribute('aria-hidden', 'true');
      plot.current = made;
    };
    // A new chart waits its turn; one that is made anew must not be seen to be gone.
    const giveUp = isNew.current ? takeTurn(make, fail) : make();
    isNew.current = false;
    return () => {
      giveUp?.();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [ref, lookText]);
  useEffect(() => plot.current?.setData(data), [data, bounds?.fromMs, bounds?.toMs, marks, points]);
}

/** JSON has no infinities: the first threshold begins at one. */
function keepInfinity(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function hooksOf(latest: { readonly current: { readonly props: TimeSeriesProps } }): PlotHooks {
  const props = (): TimeSeriesProps => latest.current.props;
  const bounds = () => props().bounds ?? boundsOfModel(props().model);
  return {
    bounds,
    marks: () => marksShown(props().marks ?? NO_MARKS, bounds()),
    points: () => pointsShown(props().points ?? NO_POINTS, bounds()),
    onZoom: (fromMs, toMs) => props().onZoom(fromMs, toMs),
    onZoomBack: () => props().onZoomBack(),
    valueAt: (series, point) => props().model.series[series]?.values[point] ?? null,
    formatValue: (series, value) =>
      props().formatSeriesValue?.(series, value) ??
      formatValue(value, props().model.series[series]?.look.unit),
    formatTicks: (axis, values) => props().formatAxisTicks?.(axis, values) ?? formatTicks(values, axis.unit),
  };
}

function boundsOfModel({ timesMs }: ChartModel): { fromMs: number; toMs: number } {
  const fromMs = timesMs[0] ?? 0;
  return { fromMs, toMs: Math.max(timesMs.at(-1) ?? 0, fromMs + 1) };
}
