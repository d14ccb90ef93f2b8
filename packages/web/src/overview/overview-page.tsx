import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { ChartCard, type ChartSpec } from '../chart/chart-card.tsx';
import { useLiveStatus } from '../live/use-live.ts';
import { Page } from '../shell/page.tsx';
import { AlertsPanel } from './alerts-panel.tsx';
import { machineCharts, selfCharts } from './charts.ts';
import { DisksPanel } from './disks-panel.tsx';
import { FirstSteps } from './first-steps.tsx';
import css from './overview.module.css';
import { StatusLine } from './status-line.tsx';
import { TargetsPanel } from './targets-panel.tsx';

/** The first screen: is all well, what burns, how is this machine, how is Vedette. */
export function OverviewPage() {
  const { t } = useTranslation();
  const status = useLiveStatus();
  const machine = useMemo(() => machineCharts(t), [t]);
  const self = useMemo(() => selfCharts(t), [t]);
  return (
    <Page title={t('nav.overview')} hasTime>
      <StatusLine status={status} />
      <div className={css.layout}>
        <div className={css.charts}>
          <ChartGroup title={t('overview.machine')} note={status?.hostname} specs={machine} />
          <ChartGroup title={t('overview.self')} note={status && `v${status.version}`} specs={self} />
        </div>
        <aside className={css.side} aria-label={t('overview.side')}>
          <AlertsPanel />
          <TargetsPanel />
          <DisksPanel />
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
}

function ChartGroup({ title, note, specs }: ChartGroupProps) {
  return (
    <section aria-label={title}>
      <h2 className={css.groupTitle}>
        {title} <span className={css.groupNote}>{note}</span>
      </h2>
      <div className={css.grid}>
        {specs.map((spec) => (
          <ChartCard key={spec.title} spec={spec} />
        ))}
      </div>
    </section>
  );
}
