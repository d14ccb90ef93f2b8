import type { PanelKind } from '@vedette/dashboard';
import { lazy, type ComponentType } from 'react';
import type { PanelProps } from './panel-props.ts';

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
    view: lazy(async () => ({ default: (await import('./time-series-panel.tsx')).TimeSeriesPanel })),
    isFitted: true,
    hasPicture: true,
  },
  stat: {
    view: lazy(async () => ({ default: (await import('./stat-panel.tsx')).StatPanel })),
    isFitted: true,
  },
  gauge: {
    view: lazy(async () => ({ default: (await import('./gauge-panel.tsx')).GaugePanel })),
    isFitted: true,
  },
  bargauge: {
    view: lazy(async () => ({ default: (await import('./bar-gauge-panel.tsx')).BarGaugePanel })),
  },
  table: { view: lazy(async () => ({ default: (await import('./table-panel.tsx')).TablePanel })) },
  text: { view: lazy(async () => ({ default: (await import('./text-panel.tsx')).TextPanel })) },
  heatmap: {
    view: lazy(async () => ({ default: (await import('./heatmap-panel.tsx')).HeatmapPanel })),
    isFitted: true,
    hasPicture: true,
  },
  'state-timeline': {
    view: lazy(async () => ({ default: (await import('./state-timeline-panel.tsx')).StateTimelinePanel })),
    isFitted: true,
  },
  piechart: { view: lazy(async () => ({ default: (await import('./pie-panel.tsx')).PiePanel })) },
  barchart: { view: lazy(async () => ({ default: (await import('./bar-chart-panel.tsx')).BarChartPanel })) },
  histogram: {
    view: lazy(async () => ({ default: (await import('./histogram-panel.tsx')).HistogramPanel })),
    isFitted: true,
  },
};

/** `undefined` for rows, which are no panels, and for what is not drawn. */
export function findDrawnKind(kind: PanelProps['panel']['kind']): DrawnKind | undefined {
  return kind === 'row' || kind === 'unsupported' ? undefined : DRAWN_KINDS[kind];
}
