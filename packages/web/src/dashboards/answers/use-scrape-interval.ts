import { useQuery } from '@tanstack/react-query';
import { fetchServerState } from '../../api/administration.ts';

/** Prometheus' examples, our default and most installations: what holds when the server does not say. */
const USUAL_MS = 15_000;

/** A reload changes it seldom, and charts that are open need not notice at once. */
const STALE_MS = 60_000;

/**
 * How far apart the server's scrapes are, with which `$__interval` and `$__rate_interval` are reckoned; `undefined`
 * until it has answered. A server that does not tell must not keep a dashboard from being shown.
 */
export function useScrapeInterval(): number | undefined {
  const state = useQuery({
    queryKey: ['server-state'],
    queryFn: ({ signal }) => fetchServerState(signal),
    staleTime: STALE_MS,
    refetchOnMount: false,
    retry: false,
  });
  if (state.data !== undefined) return state.data.scrape.intervalMs;
  return state.isError ? USUAL_MS : undefined;
}
