import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { fetchDecision, fetchDecisions, fetchPolicies, fetchReviews, fetchSubjects } from '../api/guard.ts';
import { RequestError } from '../api/http.ts';
import { useLive } from '../live/use-live.ts';
import { appealsOf } from './appeals.ts';

/**
 * The guard's data, asked for again and again. A ban is to be seen while one looks, hence 2 s where nothing tells of
 * it (`useBansPushed` does while the socket is open); a tab in the background asks nothing
 * (`refetchIntervalInBackground` is off by default).
 */
const REFRESH_MS = 2000;

/** What is over stands in a log that the server reads from its end; and 1,000 decisions are 700 kB. */
const REFRESH_LONG_MS = 10_000;

/** As many as one reads through; beyond, people filter. */
export const DECISIONS_SHOWN_MAX = 100;

/** What the server gives at most: words are looked for among these. */
const DECISIONS_SEARCHED_MAX = 1000;

export interface Wanted {
  readonly isLive: boolean;
  readonly policy: string | undefined;
  /** Words will be looked for in what comes. */
  readonly isSearched: boolean;
  readonly isEnabled: boolean;
}

export function useDecisions({ isLive, policy, isSearched, isEnabled }: Wanted) {
  const limit = isSearched ? DECISIONS_SEARCHED_MAX : DECISIONS_SHOWN_MAX;
  return useQuery({
    queryKey: ['guard', 'decisions', isLive, policy, limit],
    queryFn: ({ signal }) => fetchDecisions({ isLive, policy, limit }, signal),
    enabled: isEnabled,
    refetchInterval: isLive && !isSearched ? REFRESH_MS : REFRESH_LONG_MS,
    placeholderData: keepPreviousData,
  });
}

/**
 * Has decisions and the queue asked for at once when the live socket says that what is in force changed. What it brings
 * is not shown itself: rows hold more than it carries. Asking goes on, for what comes without a word.
 */
export function useBansPushed(): void {
  const queries = useQueryClient();
  const { value } = useLive({ topic: 'bans', params: {} });
  useEffect(() => {
    if (value?.topic !== 'bans') return;
    for (const kind of ['decisions', 'reviews', 'decision'])
      void queries.invalidateQueries({ queryKey: ['guard', kind] });
  }, [queries, value]);
}

export function useSubjects(isEnabled = true) {
  return useQuery({
    queryKey: ['guard', 'subjects'],
    queryFn: ({ signal }) => fetchSubjects(signal),
    enabled: isEnabled,
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

/** Of the newest decisions, those with an appeal, answered ones too; the open ones are all in the queue. */
export function useAppeals(isEnabled: boolean) {
  const reviews = useReviews(isEnabled);
  const newest = useDecisions({ isLive: false, policy: undefined, isSearched: true, isEnabled });
  const isWhole = reviews.data !== undefined && newest.data !== undefined;
  return {
    data: isWhole ? appealsOf([...reviews.data, ...newest.data]) : undefined,
    error: reviews.error ?? newest.error,
  };
}

export function useReviews(isEnabled: boolean) {
  return useQuery({
    queryKey: ['guard', 'reviews'],
    queryFn: ({ signal }) => fetchReviews(signal),
    enabled: isEnabled,
    refetchInterval: REFRESH_MS,
  });
}

export function useDecision(id: string) {
  return useQuery({
    queryKey: ['guard', 'decision', id],
    queryFn: ({ signal }) => fetchDecision(id, signal),
    refetchInterval: REFRESH_MS,
  });
}

export function usePolicies() {
  return useQuery({
    queryKey: ['guard', 'policies'],
    queryFn: ({ signal }) => fetchPolicies(signal),
    refetchInterval: REFRESH_MS,
  });
}

/** Has the guard do something, and everything that shows it asked for anew before `onDone`. */
export function useGuardChange<Order, Answer>(
  change: (order: Order) => Promise<Answer>,
  onDone: (answer: Answer, order: Order) => void,
) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (answer, order) => {
      await queries.invalidateQueries({ queryKey: ['guard'] });
      onDone(answer, order);
    },
    onError: async (fault) => {
      // Signed out in the meantime: the dialog comes by itself once the session is looked at.
      if (fault instanceof RequestError && fault.status === 401)
        await queries.invalidateQueries({ queryKey: ['session'] });
      // Somebody else was faster, perhaps: what stands on the page is old then.
      else await queries.invalidateQueries({ queryKey: ['guard'] });
    },
  });
}
