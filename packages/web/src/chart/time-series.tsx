import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import css from './chart.module.css';
import type { Frame, FrameSeries } from './frame.ts';
import { plotDataOf } from './plot-data.ts';
import { plotOptionsOf, type PlotHooks, type PlotLook } from './plot-options.ts';
import { stylesOf } from './series-style.ts';
import { useWidth } from './use-width.ts';

/**
 * The one chart over time of the UI: uPlot behind props.
 *
 * 1. A change of look (series, colours, unit, size, language) builds the plot anew; new numbers are
 *    only handed over and drawn, which is what happens every second.
 * 2. Dragging asks for a zoom, a double click for the way back; the owner decides what that means.
 * 3. The canvas is hidden from assistive technology and named in words; the owner offers a table.
 */
export interface TimeSeriesProps {
  readonly frame: Frame;
  /** Shown range; without it the frame's own. The plot is cut there, not the data. */
  readonly bounds?: { readonly fromMs: number; readonly toMs: number } | undefined;
  readonly unit: string;
  readonly height: number;
  readonly title: string;
  readonly nameOf: (series: FrameSeries) => string;
  readonly isStacked?: boolean;
  /** Key of the only series shown; absent: all. */
  readonly isolatedKey?: string | undefined;
  readonly yMin?: number;
  readonly yMax?: number;
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onZoomBack: () => void;
}

export function TimeSeries(props: TimeSeriesProps) {
  const { height, title } = props;
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const { i18n } = useTranslation();
  const scheme = useComputedColorScheme('light');
  const look = lookOf(props, { width, scheme, language: i18n.language });
  usePlot(ref, look, props);
  return <div ref={ref} className={css.plot} style={{ height }} role="img" aria-label={title} />;
}

function lookOf(
  props: TimeSeriesProps,
  surroundings: Pick<PlotLook, 'width' | 'scheme' | 'language'>,
): PlotLook {
  const names = props.frame.series.map(props.nameOf);
  return {
    ...surroundings,
    names,
    styles: stylesOf(
      props.frame.series.map(({ key }) => key),
      surroundings.scheme,
    ),
    shown: props.frame.series.map(({ key }) => props.isolatedKey === undefined || props.isolatedKey === key),
    unit: props.unit,
    isStacked: props.isStacked === true && props.isolatedKey === undefined,
    yMin: props.yMin,
    yMax: props.yMax,
    height: props.height,
  };
}

function usePlot(ref: RefObject<HTMLDivElement | null>, look: PlotLook, props: TimeSeriesProps): void {
  const latest = useRef(props);
  latest.current = props;
  const plot = useRef<uPlot>(undefined);
  const lookText = JSON.stringify(look);
  const data = useMemo(() => plotDataOf(props.frame, look.isStacked), [props.frame, look.isStacked]);
  useEffect(() => {
    const root = ref.current;
    const wanted = JSON.parse(lookText) as PlotLook;
    if (root === null || wanted.width === 0) return;
    const { frame } = latest.current;
    const made = new uPlot(plotOptionsOf(wanted, hooksOf(latest)), plotDataOf(frame, wanted.isStacked), root);
    made.root.setAttribute('aria-hidden', 'true');
    plot.current = made;
    return () => {
      plot.current = undefined;
      made.destroy();
    };
  }, [ref, lookText]);
  useEffect(() => plot.current?.setData(data), [data, props.bounds?.fromMs, props.bounds?.toMs]);
}

function hooksOf(latest: { readonly current: TimeSeriesProps }): PlotHooks {
  return {
    bounds: () => latest.current.bounds ?? frameBounds(latest.current.frame),
    onZoom: (fromMs, toMs) => latest.current.onZoom(fromMs, toMs),
    onZoomBack: () => latest.current.onZoomBack(),
    valueAt: (series, point) => latest.current.frame.series[series]?.values[point] ?? null,
  };
}

function frameBounds(frame: Frame): { fromMs: number; toMs: number } {
  return { fromMs: frame.t0, toMs: frame.t0 + Math.max(1, frame.n - 1) * frame.step };
}
