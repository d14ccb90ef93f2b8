import type { Role } from '@vedette/api';
import { useQuery } from '@tanstack/react-query';
import { fetchManagedAlerts, fetchSilences, type AlertNarrowing } from './alertmanager.ts';
import { useSession } from '../account/use-session.ts';

/** As often as Prometheus' rules are looked at by default: what changes faster shows at the next look. */
const REFRESH_MS = 15_000;

export function useManagedAlerts(narrowing: AlertNarrowing = {}) {
  return useQuery({
    queryKey: ['managed-alerts', narrowing],
    queryFn: ({ signal }) => fetchManagedAlerts(narrowing, signal),
    refetchInterval: REFRESH_MS,
  });
}

export function useSilences() {
  return useQuery({
    queryKey: ['silences'],
    queryFn: ({ signal }) => fetchSilences(signal),
    refetchInterval: REFRESH_MS,
  });
}

/** What the reader may do; `undefined` while it is not known, or nobody is signed in. */
export function useRole(): Role | undefined {
  return useSession().data?.role ?? undefined;
}

/** Whether the reader may look but not change anything. Not known yet counts as no. */
export function useIsViewer(): boolean {
  return useRole() === 'viewer';
}
