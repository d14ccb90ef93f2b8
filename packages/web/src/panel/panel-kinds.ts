import type { PanelKind } from '@vedette/dashboard';
import { type ComponentType } from 'react';
import type { PanelProps } from './panel-props.ts';
import { part } from '../lib/part.ts';

/**
 * The kinds of panel and how each is drawn: the one place of this area that lists them. A kind is
 * fetched when the first of it is shown.
 */
export interface DrawnKind {
  readonly view: ComponentType<PanelProps>;
  /** Draws itself to the height it is given; absent: it may be longer, and scrolls in its place. */
  readonly isFitted?: true;
  /** Drawn on a canvas, which can be handed out as a picture. */
  readonly hasPicture?: true;
}

const DRAWN_KINDS: Readonly<Record<Exclude<PanelKind, 'row'>, DrawnKind>> = {
  timeseries: {
    view: part(async () => (await import('./time-series-panel.tsx')).TimeSeriesPanel),
    isFitted: true,
    hasPicture: true,
  },
  stat: {
    view: part(async () => (await import('./stat-panel.tsx')).StatPanel),
    isFitted: true,
  },
  gauge: {
    view: part(async () => (await import('./gauge-panel.tsx')).GaugePanel),
    isFitted: true,
  },
  bargauge: {
    view: part(async () => (await import('./bar-gauge-panel.tsx')).BarGaugePanel),
  },
  table: { view: part(async () => (await import('./table-panel.tsx')).TablePanel) },
  text: { view: part(async () => (await import('./text-panel.tsx')).TextPanel) },
  heatmap: {
    view: part(async () => (await import('./heatmap-panel.tsx')).HeatmapPanel),
    isFitted: true,
    hasPicture: true,
  },
  'state-timeline': {
    view: part(async () => (await import('./state-timeline-panel.tsx')).StateTimelinePanel),
    isFitted: true,
  },
  piechart: { view: part(async () => (await import('./pie-panel.tsx')).PiePanel) },
  barchart: { view: part(async () => (await import('./bar-chart-panel.tsx')).BarChartPanel) },
  histogram: {
    view: part(async () => (await import('./histogram-panel.tsx')).HistogramPanel),
    isFitted: true,
  },
};

/** `undefined` for rows, which are no panels, and for what is not drawn. */
export function findDrawnKind(kind: PanelProps['panel']['kind']): DrawnKind | undefined {
  return kind === 'row' || kind === 'unsupported' ? undefined : DRAWN_KINDS[kind];
}
