import type { RelatedAlert, RelatedSeries } from '@vedette/api';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { formatLabels } from '../chart/frame.ts';
import { formatClock } from '../chart/time-axis.ts';
import { Panel } from '../design/panel.tsx';
import { StrangeText } from '../design/strange-text.tsx';
import { formatValue } from '../format/unit.ts';
import { formatMatchers, matchersOfLabels } from '../silences/matchers.ts';
import css from './analysis.module.css';

/** Series that left what they used to be, the strangest first. */
export function RelatedSeriesTable({ series }: { readonly series: readonly RelatedSeries[] }) {
  const { t, i18n } = useTranslation();
  const title = t('analysis.series');
  return (
    <Panel title={title} aside={series.length}>
      {series.length === 0 && <p className={css.body}>{t('analysis.noSeries')}</p>}
      {series.length > 0 && (
        <div className={css.scroller} tabIndex={0} role="group" aria-label={title}>
          <table className={css.table}>
            <thead>
              <tr>
                <th scope="col">{t('analysis.metric')}</th>
                <th scope="col">{t('analysis.before')}</th>
                <th scope="col">{t('analysis.now')}</th>
                <th scope="col">{t('analysis.deviation')}</th>
                <th scope="col">{t('analysis.since')}</th>
              </tr>
            </thead>
            <tbody>
              {series.map(
                ({ query, metric, labels, before, now, score, direction, firstDeviationMs, otherCount }) => (
                  <tr key={query}>
                    <th scope="row">
                      <Link to="/explore" search={{ expr: query }}>
                        <StrangeText text={metric} />
                      </Link>
                      <span className={css.labels}>
                        <StrangeText text={formatLabels(labels)} />
                        {otherCount > 0 && <> {t('analysis.others', { count: otherCount })}</>}
                      </span>
                    </th>
                    <td>{formatValue(before)}</td>
                    <td>{formatValue(now)}</td>
                    <td>
                      <span className={css.deviation}>
                        {direction === 'up' ? (
                          <IconArrowUp size={14} aria-label={t('analysis.up')} />
                        ) : (
                          <IconArrowDown size={14} aria-label={t('analysis.down_')} />
                        )}
                        {formatValue(score)}
                      </span>
                    </td>
                    <td>{firstDeviationMs === null ? '–' : formatClock(firstDeviationMs, i18n.language)}</td>
                  </tr>
                ),
              )}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

/** Alerts that fire for what may be the same reason. */
export function RelatedAlerts({ alerts }: { readonly alerts: readonly RelatedAlert[] }) {
  const { t } = useTranslation();
  if (alerts.length === 0) return null;
  return (
    <Panel title={t('analysis.alerts')} aside={alerts.length}>
      <ul className={css.related}>
        {alerts.map(({ fingerprint, name, labels, text }) => (
          <li key={fingerprint}>
            <Link to="/alerts" search={{ filter: formatMatchers(matchersOfLabels(labels)) }}>
              <StrangeText text={name} />
            </Link>
            <span className={css.note} lang="en">
              <StrangeText text={text} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
