import { useQuery } from '@tanstack/react-query';
import { fetchSession } from '../api/vedette.ts';

/** Whether dashboards may be changed; `undefined` until the server has said who one is. */
export function useCanEdit(): boolean | undefined {
  const session = useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => fetchSession(signal),
    staleTime: 60_000,
  });
  const role = session.data?.role;
  return role === undefined ? undefined : role === 'operator' || role === 'admin';
}
