import type { CoverageRemark, CoverageReport, PanelCoverage } from '@vedette/dashboard';
import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Badge } from '../../design/tone-badge.tsx';
import type { Tone } from '../../design/tone.ts';
import css from './import.module.css';

const VERDICTS = ['full', 'partial', 'none'] as const;
type Verdict = (typeof VERDICTS)[number];

const TONES: Readonly<Record<Verdict, Tone>> = { full: 'ok', partial: 'warning', none: 'critical' };

/** Files of hundreds of panels exist; the list shows as many at once, the filters find the others. */
const SHOWN_MAX = 200;

/** What of a file is shown as it was in Grafana, panel by panel, and what is not and why. */
export function CoverageView({ report }: { readonly report: CoverageReport }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<Verdict | 'all'>('all');
  const countOf = (verdict: Verdict): number =>
    report.panels.filter((panel) => panel.verdict === verdict).length;
  const panels = report.panels.filter(({ verdict }) => shown === 'all' || verdict === shown);
  return (
    <section className={css.report} aria-label={t('dashboards.coverage.title')}>
      <p className={css.verdict}>
        {t('dashboards.coverage.summary', {
          drawn: countOf('full') + countOf('partial'),
          count: report.panels.length,
        })}
      </p>
      <SegmentedControl
        className={css.filter ?? ''}
        value={shown}
        aria-label={t('dashboards.coverage.filter')}
        onChange={(next) => setShown(VERDICTS.find((verdict) => verdict === next) ?? 'all')}
        data={[
          { value: 'all', label: `${t('dashboards.coverage.all')} ${report.panels.length}` },
          ...VERDICTS.map((verdict) => ({
            value: verdict,
            label: `${t(`dashboards.coverage.${verdict}`)} ${countOf(verdict)}`,
          })),
        ]}
      />
      {report.remarks.length > 0 && shown === 'all' && (
        <div className={css.panel}>
          <p className={css.panelTitle}>{t('dashboards.coverage.whole')}</p>
          <Remarks remarks={report.remarks} />
        </div>
      )}
      <ul className={css.panels}>
        {panels.slice(0, SHOWN_MAX).map((panel, i) => (
          <PanelLine key={`${panel.id} ${i}`} panel={panel} />
        ))}
      </ul>
      {panels.length > SHOWN_MAX && (
        <p className={css.hint}>{t('dashboards.coverage.more', { count: panels.length - SHOWN_MAX })}</p>
      )}
    </section>
  );
}

function PanelLine({ panel }: { readonly panel: PanelCoverage }) {
  const { t } = useTranslation();
  const { title, type, row, verdict, remarks } = panel;
  return (
    <li className={css.panel}>
      <p className={css.panelTitle}>
        <Badge tone={TONES[verdict]}>{t(`dashboards.coverage.${verdict}`)}</Badge>
        <span>{title === '' ? t('dashboards.untitled') : title}</span>
        <span className={css.hint}>{row === '' ? type : `${type} · ${row}`}</span>
      </p>
      <Remarks remarks={remarks} />
    </li>
  );
}

function Remarks({ remarks }: { readonly remarks: readonly CoverageRemark[] }) {
  if (remarks.length === 0) return null;
  return (
    <ul className={css.remarks}>
      {remarks.map(({ what, detail }, i) => (
        <li key={i}>
          <code>{what}</code> {detail}
        </li>
      ))}
    </ul>
  );
}
