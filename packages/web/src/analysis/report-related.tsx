import type { RelatedAlert, RelatedSeries } from '@vedette/api';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { formatLabels } from '../chart/frame.ts';
import { formatMinute } from '../chart/time-axis.ts';
import { Panel } from '../design/panel.tsx';
import { StrangeText } from '../design/strange-text.tsx';
import { formatValue } from '../format/unit.ts';
import { useNow } from '../time/use-now.ts';
import { formatMatchers, matchersOfLabels } from '../silences/matchers.ts';
import css from './analysis.module.css';
import { comparedSeriesOf } from './compared-series.ts';

/** Series that left what they used to be, the strangest first. */
export function RelatedSeriesTable({ series }: { readonly series: readonly RelatedSeries[] }) {
  const { t } = useTranslation();
  const title = t('analysis.series');
  const [first] = series;
  if (first === undefined)
    return (
      <Panel title={title}>
        <p>{t('analysis.noSeries')}</p>
      </Panel>
    );
  return (
    <Panel title={title} aside={series.length}>
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
            {series.map((one) => (
              <SeriesRow key={one.query} series={one} />
            ))}
          </tbody>
        </table>
      </div>
      <p className={css.note}>{t('analysis.deviationNote')}</p>
    </Panel>
  );
}

function SeriesRow({ series }: { readonly series: RelatedSeries }) {
  const { t, i18n } = useTranslation();
  const nowMs = useNow(undefined);
  const { query, metric, labels, before, now, score, direction, firstDeviationMs, otherCount } = series;
  const { kind, unit } = comparedSeriesOf(series);
  const Arrow = direction === 'up' ? IconArrowUp : IconArrowDown;
  return (
    <tr>
      <th scope="row">
        <Link to="/explore" search={{ expr: query }}>
          <StrangeText text={metric} />
        </Link>
        {kind !== 'value' && <span className={css.note}> {t(`analysis.compared.${kind}`)}</span>}
        <span className={css.labels}>
          <StrangeText text={formatLabels(labels)} />
          {otherCount > 0 && <> {t('analysis.others', { count: otherCount })}</>}
        </span>
      </th>
      <td>{formatValue(before, unit)}</td>
      <td>{formatValue(now, unit)}</td>
      <td>
        <span className={css.deviation}>
          <Arrow size={14} aria-label={t(`analysis.${direction === 'up' ? 'up' : 'down_'}`)} />
          {formatValue(score)}
        </span>
      </td>
      <td>
        {firstDeviationMs === null ? '–' : formatMinute(firstDeviationMs, { language: i18n.language, nowMs })}
      </td>
    </tr>
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
