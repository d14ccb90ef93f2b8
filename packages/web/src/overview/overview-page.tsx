import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { ChartCard, type ChartSpec } from '../chart/chart-card.tsx';
import type { ChartMark } from '../chart/chart-mark.ts';
import { useHappened } from '../dashboards/answers/use-happened.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { useLiveStatus } from '../live/use-live.ts';
import { Page } from '../shell/page.tsx';
import { boundsOf } from '../time/time-range.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import { AlertsPanel } from './alerts-panel.tsx';
import { machineCharts, selfCharts } from './charts.ts';
import { DashboardsPanel } from './dashboards-panel.tsx';
import { DisksPanel } from './disks-panel.tsx';
import { FirstSteps } from './first-steps.tsx';
import css from './overview.module.css';
import { StatusLine } from './status-line.tsx';
import { TargetsPanel } from './targets-panel.tsx';

// In words, below the charts: the first screen does without.
const MarkList = lazy(() =>
  import('../chart/mark-list.tsx').then(({ MarkList: component }) => ({ default: component })),
);

/** The first screen: is all well, what burns, how is this machine, how is Vedette. */
export function OverviewPage() {
  const { t } = useTranslation();
  const status = useLiveStatus();
  const machine = useMemo(() => machineCharts(t), [t]);
  const self = useMemo(() => selfCharts(t), [t]);
  const { range } = useTimeRange();
  const { marks, calm } = useHappened();
  return (
    <Page title={t('nav.overview')} hasTime>
      <StatusLine status={status} />
      <div className={css.layout}>
        <div className={css.charts}>
          <ChartGroup title={t('overview.machine')} note={status?.hostname} specs={machine} marks={calm} />
          <ChartGroup
            title={t('overview.self')}
            note={status && `v${status.version}`}
            specs={self}
            marks={calm}
          />
          {marks.length > 0 && (
            <Suspense fallback={null}>
              <MarkList marks={marks} bounds={boundsOf(range, browserClock.nowMs())} />
            </Suspense>
          )}
        </div>
        <aside className={css.side} aria-label={t('overview.side')}>
          <AlertsPanel />
          <TargetsPanel />
          <DisksPanel />
          <DashboardsPanel />
          <FirstSteps status={status} />
        </aside>
      </div>
    </Page>
  );
}

interface ChartGroupProps {
  readonly title: string;
  readonly note: string | undefined;
  readonly specs: readonly ChartSpec[];
  readonly marks: readonly ChartMark[];
}

function ChartGroup({ title, note, specs, marks }: ChartGroupProps) {
  return (
    <section aria-label={title}>
      <h2 className={css.groupTitle}>
        {title} <span className={css.groupNote}>{note}</span>
      </h2>
      <div className={css.grid}>
        {specs.map((spec) => (
          <ChartCard key={spec.title} spec={spec} marks={marks} />
        ))}
      </div>
    </section>
  );
}
