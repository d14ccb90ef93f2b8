import { fillText, safeLink, type Dashboard } from '@vedette/dashboard';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { fetchDashboards } from '../../api/dashboards.ts';
import { createPanelScope } from '../answers/shown-panels.ts';
import type { BoardState } from './board-state.ts';
import css from './view.module.css';

export interface DashboardLinksProps {
  readonly dashboard: Dashboard;
  readonly board: BoardState | undefined;
}

/** Links of the dashboard: addresses, and other dashboards by their tags. */
export function DashboardLinks({ dashboard, board }: DashboardLinksProps) {
  const tags = dashboard.links.flatMap((link) => link.tags);
  const entries = useQuery({
    queryKey: ['dashboards'],
    queryFn: ({ signal }) => fetchDashboards(signal),
    enabled: tags.length > 0,
  });
  const row = dashboard.panels[0];
  const scope =
    board === undefined || row === undefined
      ? undefined
      : createPanelScope(board, { panel: row, key: '', panelVariables: new Map() });
  const fill = (text: string): string => (scope === undefined ? text : fillText(text, scope, 'text'));
  const addresses = dashboard.links.flatMap((link) => {
    const href = link.tags.length > 0 ? undefined : safeLink(fill(link.url));
    return href === undefined ? [] : [{ ...link, href, text: fill(link.title) || href }];
  });
  const others = (entries.data ?? []).filter(
    (entry) => entry.uid !== dashboard.uid && entry.tags.some((tag) => tags.includes(tag)),
  );
  if (addresses.length === 0 && others.length === 0) return null;
  return (
    <nav className={css.links} aria-label={dashboard.title}>
      {addresses.map(({ href, text, opensTab }, i) => (
        <a key={i} href={href} {...(opensTab ? { target: '_blank', rel: 'noreferrer' } : {})}>
          {text}
        </a>
      ))}
      {others.map(({ uid, title }) => (
        <Link key={uid} to="/dashboards/$uid" params={{ uid }}>
          {title}
        </Link>
      ))}
    </nav>
  );
}
