import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { fetchDashboards } from '../api/dashboards.ts';
import { Fault } from '../design/fault.tsx';
import { Panel } from '../design/panel.tsx';
import css from './overview.module.css';

/** Rows that fit beside the charts: what is shipped, and a few of one's own. */
const ROWS_MAX = 10;

/** Where to look closer: one's own dashboards, then those that are shipped. */
export function DashboardsPanel() {
  const { t } = useTranslation();
  const dashboards = useQuery({ queryKey: ['dashboards'], queryFn: ({ signal }) => fetchDashboards(signal) });
  if (dashboards.data === undefined && dashboards.error !== null)
    return (
      <Panel title={t('nav.dashboards')}>
        <Fault message={dashboards.error.message} onRetry={dashboards.refetch} />
      </Panel>
    );
  if (dashboards.data === undefined || dashboards.data.length === 0) return null;
  const shown = dashboards.data.toSorted(
    (a, b) =>
      Number(a.origin === 'shipped') - Number(b.origin === 'shipped') || a.title.localeCompare(b.title),
  );
  return (
    <Panel
      title={t('nav.dashboards')}
      aside={<Link to="/dashboards">{t('overview.allDashboards', { count: shown.length })}</Link>}
    >
      <ul className={css.rows}>
        {shown.slice(0, ROWS_MAX).map(({ uid, title }) => (
          <li key={uid} className={css.row}>
            <Link to="/dashboards/$uid" params={{ uid }} className={`${css.plainLink} ${css.grow}`}>
              {title}
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
