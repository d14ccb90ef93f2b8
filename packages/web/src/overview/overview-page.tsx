import type { StatusSummary } from '@vedette/api';
import { startTransition, Suspense, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ChartCard, type ChartSpec } from '../chart/chart-card.tsx';
import type { ChartMark } from '../chart/chart-mark.ts';
import { untilFirstTurn } from '../chart/turns.ts';
import { useHappened } from '../dashboards/answers/use-happened.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { untilCalm } from '../lib/calm.ts';
import { useLiveStatusPart } from '../live/use-live.ts';
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
import { part } from '../lib/part.ts';

// In words, below the charts: the first screen does without.
const MarkList = part(async () => (await import('../chart/mark-list.tsx')).MarkList);

/**
 * The first screen: is all well, what burns, how is this machine, how is Vedette. On the first visit what stands
 * last on every screen waits for the first chart, so that the rest is seen sooner.
 */
export function OverviewPage() {
  const { t } = useTranslation();
  const machine = useMemo(() => machineCharts(t), [t]);
  const self = useMemo(() => selfCharts(t), [t]);
  const { range } = useTimeRange();
  const { marks, calm } = useHappened();
  const isWhole = useWhole();
  return (
    <Page title={t('nav.overview')} hasTime>
      <StatusLine />
      <div className={css.layout}>
        <div className={css.charts}>
          <ChartGroup title={t('overview.machine')} noteOf={hostnameOf} specs={machine} marks={calm} />
          {isWhole && <ChartGroup title={t('overview.self')} noteOf={versionOf} specs={self} marks={calm} />}
          {isWhole && marks.length > 0 && (
            <Suspense fallback={null}>
              <MarkList marks={marks} bounds={boundsOf(range, browserClock.nowMs())} />
            </Suspense>
          )}
        </div>
        <aside className={css.side} aria-label={t('overview.side')}>
          <AlertsPanel />
          <TargetsPanel />
          <DisksPanel />
          {isWhole && <DashboardsPanel />}
          {isWhole && <FirstSteps />}
        </aside>
      </div>
    </Page>
  );
}

/** Whoever comes back finds the page as high as it was, and is taken to where they were. */
let hasBeenWhole = false;

function useWhole(): boolean {
  const [isWhole, setIsWhole] = useState(hasBeenWhole);
  useEffect(() => {
    // What draws the charts comes while the numbers do.
    import('../chart/time-series.tsx').catch(() => undefined);
    void Promise.race([untilFirstTurn(), untilCalm()]).then(() => {
      hasBeenWhole = true;
      startTransition(() => setIsWhole(true));
    });
  }, []);
  return isWhole;
}

interface ChartGroupProps {
  readonly title: string;
  /** Of what the server says of itself. */
  readonly noteOf: (status: StatusSummary) => string;
  readonly specs: readonly ChartSpec[];
  readonly marks: readonly ChartMark[];
}

function ChartGroup({ title, noteOf, specs, marks }: ChartGroupProps) {
  return (
    <section aria-label={title}>
      <h2 className={css.groupTitle}>
        {title} <GroupNote noteOf={noteOf} />
      </h2>
      <div className={css.grid}>
        {specs.map((spec) => (
          <ChartCard key={spec.title} spec={spec} marks={marks} />
        ))}
      </div>
    </section>
  );
}

/** In an own component: the server says how it is each second, and the charts have no part in that. */
function GroupNote({ noteOf }: Pick<ChartGroupProps, 'noteOf'>) {
  return <span className={css.groupNote}>{useLiveStatusPart(noteOf)}</span>;
}

function hostnameOf({ hostname }: StatusSummary): string {
  return hostname;
}

function versionOf({ version }: StatusSummary): string {
  return `v${version}`;
}
