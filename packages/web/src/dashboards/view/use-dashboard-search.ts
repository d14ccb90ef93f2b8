import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { dashboardSearch, type DashboardSearch } from '../search.ts';

export type SearchChange = { readonly [K in keyof DashboardSearch]?: DashboardSearch[K] | undefined };

/** What is chosen on the dashboard, and how it is changed. Each change is a step of the back button. */
export function useDashboardSearch() {
  const search = useSearch({ from: '/dashboards/$uid' });
  const navigate = useNavigate({ from: '/dashboards/$uid' });
  const change = useCallback(
    (next: SearchChange): void =>
      void navigate({
        to: '.',
        search: (old) => ({ ...timeOf(old), ...dashboardSearch({ ...old, ...next }) }),
      }),
    [navigate],
  );
  return { search, change };
}

interface TimeOfSearch {
  readonly range?: string;
  readonly from?: number;
  readonly to?: number;
  readonly tz?: string;
}

/** The parameters that are not the dashboard's own. */
function timeOf({ range, from, to, tz }: TimeOfSearch) {
  return {
    ...(range === undefined ? {} : { range }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(tz === undefined ? {} : { tz }),
  };
}
