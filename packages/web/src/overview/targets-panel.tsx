import { Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { fetchTargets } from '../api/prometheus.ts';
import { Fault } from '../design/fault.tsx';
import { Panel } from '../design/panel.tsx';
import { ToneIcon } from '../design/tone-badge.tsx';
import { poolsOf } from '../targets/target-pools.ts';
import css from './overview.module.css';

const REFRESH_MS = 5000;

/** Of the one line that says that nothing is scraped: less than it there never is. */
const LINE_HEIGHT = 20;

/** What is watched, by scrape pool: how many answer. */
export function TargetsPanel() {
  const { t } = useTranslation();
  const targets = useQuery({
    queryKey: ['targets'],
    queryFn: ({ signal }) => fetchTargets(signal),
    refetchInterval: REFRESH_MS,
  });
  const pools = poolsOf(targets.data ?? []);
  return (
    <Panel title={t('nav.targets')} aside={<Link to="/targets">{t('overview.allTargets')}</Link>}>
      {targets.isPending && <Skeleton height={LINE_HEIGHT} />}
      {targets.data === undefined && targets.error !== null && (
        <Fault message={targets.error.message} onRetry={targets.refetch} />
      )}
      {targets.data !== undefined && pools.length === 0 && (
        <p className={css.quiet}>{t('overview.noTargets')}</p>
      )}
      {pools.length > 0 && (
        <ul className={css.rows}>
          {pools.map(({ name, upCount: up, targets: { length: total } }) => (
            <li key={name} className={css.row}>
              <ToneIcon tone={up === total ? 'ok' : 'critical'} size={16} />
              <span className={css.grow}>{name}</span>
              <span className={css.rowEnd}>{t('overview.up', { up, total })}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
