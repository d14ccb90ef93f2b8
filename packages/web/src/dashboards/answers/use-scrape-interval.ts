import { useQuery } from '@tanstack/react-query';
import { fetchServerState } from '../../api/administration.ts';

/** Prometheus' examples, our default and most installations: what holds when the server does not say. */
const USUAL_MS = 15_000;

/** Nobody waits longer for a dashboard because of it. */
const ANSWER_MS_MAX = 3000;

/** A reload changes it seldom, and charts that are open need not notice at once. */
const STALE_MS = 60_000;

/**
 * How far apart the server's scrapes are, with which `$__interval` and `$__rate_interval` are reckoned; `undefined`
 * until it has answered. A server that does not tell must not keep a dashboard from being shown.
 */
export function useScrapeInterval(): number | undefined {
  // An entry of its own, which never fails: a question that is asked again after a fault has no answer meanwhile, and
  // the dashboard would go from the screen.
  const { data } = useQuery({
    queryKey: ['scrape-interval'],
    queryFn: ({ signal }) => askInterval(signal),
    staleTime: STALE_MS,
    refetchOnMount: false,
  });
  return data;
}

async function askInterval(signal: AbortSignal): Promise<number> {
  try {
    const { scrape } = await fetchServerState(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]));
    return scrape.intervalMs;
  } catch {
    signal.throwIfAborted();
    return USUAL_MS;
  }
}
