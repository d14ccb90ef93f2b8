import { useQuery } from '@tanstack/react-query';
import { fetchSession } from '../api/vedette.ts';

/** Who one is here. */
export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => fetchSession(signal),
    staleTime: 60_000,
  });
}
