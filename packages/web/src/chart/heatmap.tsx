import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { formatValue } from '../format/unit.ts';
import css from './chart.module.css';
import { rampColour } from './colour-ramp.ts';
import { DragLayer } from './drag-layer.tsx';
import { largestCount, type HeatmapCells } from './heatmap-cells.ts';
import { paintHeatmap, plotBoxOf, type HeatmapLook } from './heatmap-paint.ts';
import { rowAt, rowEdges, type HeatmapScale } from './heatmap-scale.ts';
import { formatMoment } from './time-axis.ts';
import { useWidth } from './use-width.ts';
import { useScheme } from '../theme/use-scheme.ts';

export interface HeatmapProps {
  readonly cells: HeatmapCells;
  readonly bounds: { readonly fromMs: number; readonly toMs: number };
  readonly title: string;
  readonly height: number;
  readonly scale: HeatmapScale;
  /** Of the rows' bounds. */
  readonly unit: string;
  /** Bounds of the colours; absent: zero and the largest count. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly exponent: number;
  readonly gap: number;
  readonly hiddenUpTo: number;
  readonly hasLegend: boolean;
  readonly hasTooltip: boolean;
  readonly timezone?: string | undefined;
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onZoomBack: () => void;
}

const LEGEND_HEIGHT = 28;

/** How often which value was seen when: our own canvas. */
export function Heatmap(props: HeatmapProps) {
  const { cells, bounds, title, height, hasLegend, onZoom, onZoomBack } = props;
  const ref = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(ref);
  const look = useLook(props, width);
  useEffect(() => {
    if (canvas.current !== null && width > 0) paintHeatmap(canvas.current, cells, look);
  }, [cells, look, width]);
  return (
    <div ref={ref} className={css.heatmap} style={{ height }}>
      <canvas ref={canvas} role="img" aria-label={title} style={{ width: '100%', height: look.height }} />
      {width > 0 && (
        <DragLayer
          box={plotBoxOf(look)}
          bounds={bounds}
          onZoom={onZoom}
          onZoomBack={onZoomBack}
          tooltip={(x, y) => (props.hasTooltip ? <CellTip {...props} look={look} x={x} y={y} /> : null)}
        />
      )}
      {hasLegend && <RampLegend look={look} />}
    </div>
  );
}

function useLook(props: HeatmapProps, width: number): HeatmapLook {
  const { i18n } = useTranslation();
  const scheme = useScheme();
  const { cells, scale, exponent, gap, hiddenUpTo, timezone, unit, hasLegend, height } = props;
  const { fromMs, toMs } = props.bounds;
  const largest = useMemo(() => largestCount(cells), [cells]);
  const min = props.min ?? 0;
  const max = props.max ?? largest;
  return useMemo(
    () => ({
      scale,
      min,
      max,
      exponent,
      gap,
      hiddenUpTo,
      scheme,
      timezone,
      language: i18n.language,
      width,
      height: height - (hasLegend ? LEGEND_HEIGHT : 0),
      bounds: { fromMs, toMs },
      labelOf: (bound: number, name: string | undefined) => name ?? formatValue(bound, unit),
    }),
    [
      scale,
      min,
      max,
      exponent,
      gap,
      hiddenUpTo,
      scheme,
      timezone,
      i18n.language,
      width,
      height,
      hasLegend,
      fromMs,
      toMs,
      unit,
    ],
  );
}

interface CellTipProps extends HeatmapProps {
  readonly look: HeatmapLook;
  readonly x: number;
  readonly y: number;
}

function CellTip({ cells, bounds, unit, look, x, y }: CellTipProps) {
  const { t } = useTranslation();
  const atMs = bounds.fromMs + x * (bounds.toMs - bounds.fromMs);
  const column = Math.ceil((atMs - cells.t0) / cells.stepMs);
  const index = rowAt(rowEdges(cells.rows, look.scale), y);
  const row = cells.rows[index];
  if (row === undefined || column < 0 || column >= cells.columns) return null;
  const count = cells.counts[column * cells.rows.length + index] ?? Number.NaN;
  const range = row.name ?? `${formatValue(row.low, unit)} – ${formatValue(row.high, unit)}`;
  return (
    <>
      <div className={css.tooltipTime}>
        {formatMoment(cells.t0 + column * cells.stepMs, look.language, look.timezone)}
      </div>
      <div className={css.tooltipRow}>
        <span>{range}</span>
        <b>{Number.isNaN(count) ? t('panel.noCount') : formatValue(count, 'short')}</b>
      </div>
    </>
  );
}

function RampLegend({ look }: { readonly look: HeatmapLook }) {
  const stops = Array.from({ length: 9 }, (_, i) => rampColour((i / 8) ** look.exponent, look.scheme));
  return (
    <div className={css.ramp}>
      <span>{formatValue(look.min, 'short')}</span>
      <span className={css.rampBar} style={{ background: `linear-gradient(90deg, ${stops.join(', ')})` }} />
      <span>{formatValue(look.max, 'short')}</span>
    </div>
  );
}
