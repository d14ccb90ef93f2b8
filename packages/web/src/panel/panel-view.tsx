import { Component, lazy, Suspense, type ComponentType, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import css from './panel.module.css';
import type { PanelProps } from './panel-props.ts';
import { hasNumbers } from './has-numbers.ts';

/**
 * Draws a panel of any kind. Each kind is loaded when the first of it is shown; what it throws stays
 * within it, so that one bad panel does not take the page along.
 */
export function PanelView(props: PanelProps) {
  const { panel, frames, height } = props;
  const { t } = useTranslation();
  if (panel.kind === 'row') return null;
  if (panel.kind === 'unsupported')
    return <Notice height={height}>{t('panel.unsupported', { type: panel.type })}</Notice>;
  const isData = panel.kind !== 'text';
  if (isData && !hasNumbers(frames))
    return <Notice height={height}>{panel.field.defaults.noValue ?? t('panel.noData')}</Notice>;
  const Kind = isData && props.isTable === true ? TablesOfPanel : KINDS[panel.kind];
  return (
    <PanelGuard key={panel.kind} fallback={<Notice height={height}>{t('panel.fault')}</Notice>}>
      <Suspense fallback={<div style={{ height }} />}>
        <Kind {...props} />
      </Suspense>
    </PanelGuard>
  );
}

function Notice({ height, children }: { readonly height: number; readonly children: ReactNode }) {
  return (
    <p className={css.notice} style={{ minHeight: height }}>
      {children}
    </p>
  );
}

/** React has no other way to catch what a child throws while drawing. */
class PanelGuard extends Component<{ readonly fallback: ReactNode; readonly children: ReactNode }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render(): ReactNode {
    return this.state.isBroken ? this.props.fallback : this.props.children;
  }
}

type Kind = ComponentType<PanelProps>;

const TablesOfPanel: Kind = lazy(async () => ({
  default: (await import('./table-panel.tsx')).TablesOfPanel,
}));

const KINDS: Readonly<Record<Exclude<PanelProps['panel']['kind'], 'row' | 'unsupported'>, Kind>> = {
  timeseries: lazy(async () => ({ default: (await import('./time-series-panel.tsx')).TimeSeriesPanel })),
  stat: lazy(async () => ({ default: (await import('./stat-panel.tsx')).StatPanel })),
  gauge: lazy(async () => ({ default: (await import('./gauge-panel.tsx')).GaugePanel })),
  bargauge: lazy(async () => ({ default: (await import('./bar-gauge-panel.tsx')).BarGaugePanel })),
  table: lazy(async () => ({ default: (await import('./table-panel.tsx')).TablePanel })),
  text: lazy(async () => ({ default: (await import('./text-panel.tsx')).TextPanel })),
  heatmap: lazy(async () => ({ default: (await import('./heatmap-panel.tsx')).HeatmapPanel })),
  'state-timeline': lazy(async () => ({
    default: (await import('./state-timeline-panel.tsx')).StateTimelinePanel,
  })),
  piechart: lazy(async () => ({ default: (await import('./pie-panel.tsx')).PiePanel })),
  barchart: lazy(async () => ({ default: (await import('./bar-chart-panel.tsx')).BarChartPanel })),
  histogram: lazy(async () => ({ default: (await import('./histogram-panel.tsx')).HistogramPanel })),
};
