import { Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Panel } from '../design/panel.tsx';
import { toneOfSeverity } from '../design/tone.ts';
import { ToneIcon } from '../design/tone-badge.tsx';
import { formatAge } from '../format/relative-time.ts';
import { useFiringAlerts } from '../live/use-live.ts';
import { useNow } from '../time/use-now.ts';
import css from './overview.module.css';

/** Rows that fit beside the charts; the page has all. */
const ROWS_MAX = 6;

/** Firing alerts, newest first. */
export function AlertsPanel() {
  const { t } = useTranslation();
  const nowMs = useNow(10_000);
  const firing = useFiringAlerts()?.toSorted((a, b) => b.activeAtMs - a.activeAtMs);
  return (
    <Panel title={t('overview.firingAlerts')} aside={<Link to="/alerts">{t('overview.allAlerts')}</Link>}>
      {firing === undefined && <Skeleton height={20} />}
      {firing?.length === 0 && <p className={css.quiet}>{t('overview.noAlerts')}</p>}
      {firing !== undefined && firing.length > 0 && (
        <ul className={css.rows}>
          {firing.slice(0, ROWS_MAX).map((alert) => (
            <li key={JSON.stringify(alert.labels)} className={css.alertRow}>
              <ToneIcon tone={toneOfSeverity(alert.severity)} size={16} />
              <span className={css.grow}>
                <Link to="/alerts" search={{ q: alert.name }} className={css.plainLink}>
                  {alert.name}
                </Link>
                <span className={css.rowNote}>{alert.annotations['summary'] ?? ''}</span>
              </span>
              <span className={css.rowEnd}>
                {alert.severity} · {formatAge(nowMs - alert.activeAtMs)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
