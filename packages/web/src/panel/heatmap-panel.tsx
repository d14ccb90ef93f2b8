import { useMemo } from 'react';
import { Heatmap } from '../chart/heatmap.tsx';
import type { HeatmapScale } from '../chart/heatmap-scale.ts';
import { zoneOf } from '../chart/time-axis.ts';
import { heatmapCellsOf } from './heatmap-source.ts';
import { flagOption, numberOption, optionAt, textOption } from './options.ts';
import type { PanelProps } from './panel-props.ts';

/** Counts by time and value: classic buckets, native histograms, or calculated from raw series. */
export function HeatmapPanel({
  panel,
  frames,
  bounds,
  height,
  interpolate,
  timezone,
  onZoom,
  onZoomBack,
}: PanelProps) {
  const { options, field } = panel;
  const { fromMs, toMs } = bounds;
  const cells = useMemo(
    () => heatmapCellsOf(frames, options, { fromMs, toMs }),
    [frames, options, fromMs, toMs],
  );
  return (
    <Heatmap
      cells={cells}
      bounds={bounds}
      title={interpolate(panel.title)}
      height={height}
      scale={scaleOf(
        options,
        frames.some(({ fields }) => fields.some(({ kind }) => kind === 'other')),
      )}
      unit={textOption(options, 'yAxis.unit') || (field.defaults.unit ?? 'short')}
      min={numberOption(options, 'color.min')}
      max={numberOption(options, 'color.max')}
      exponent={exponentOf(options)}
      gap={Math.min(10, Math.max(0, numberOption(options, 'cellGap') ?? 1))}
      hiddenUpTo={numberOption(options, 'filterValues.le') ?? 0}
      hasLegend={flagOption(options, 'legend.show', true)}
      hasTooltip={optionAt(options, 'tooltip.mode') !== 'none' && flagOption(options, 'tooltip.show', true)}
      timezone={zoneOf(timezone)}
      onZoom={onZoom}
      onZoomBack={onZoomBack}
    />
  );
}

/** Classic buckets are rows of equal height; what has true bounds is placed by them. */
function scaleOf(options: unknown, isNative: boolean): HeatmapScale {
  const isCalculated = flagOption(options, 'calculate', false);
  const isLog = [
    'calculation.yBuckets.scale.type',
    'yAxis.scaleDistribution.type',
    'rowsFrame.scale.type',
  ].some((path) => optionAt(options, path) === 'log');
  if (isLog || isNative) return 'log';
  return isCalculated ? 'linear' : 'rows';
}

function exponentOf(options: unknown): number {
  if (optionAt(options, 'color.mode') !== 'opacity') return 1;
  const exponent = numberOption(options, 'color.exponent') ?? 0.5;
  return Math.min(4, Math.max(0.1, exponent));
}
