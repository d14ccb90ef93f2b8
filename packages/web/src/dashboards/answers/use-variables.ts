import {
  resolveVariables,
  type Dashboard,
  type ResolvedVariables,
  type VariableRange,
  type VariableSource,
} from '@vedette/dashboard';
import {
  keepPreviousData,
  skipToken,
  useQuery,
  useQueryClient,
  type QueryClient,
} from '@tanstack/react-query';
import { isRetried, retryDelayMs } from '../../api/retry.ts';
import { browserClock } from '../../lib/browser-clock.ts';
import type { VariableSearch } from '../../search.ts';
import { boundsOf, type TimeRange } from '../../time/time-range.ts';
import { askInstant, askNames } from './ask.ts';

/** The variables with their options; those of before while new ones are found, so that no panel goes blank. */
export function useVariables(
  dashboard: Dashboard,
  chosen: VariableSearch | undefined,
  { range, scrapeIntervalMs }: { readonly range: TimeRange; readonly scrapeIntervalMs: number | undefined },
): { readonly resolved: ResolvedVariables | undefined; readonly fault: string | undefined } {
  const followsRange = dashboard.variables.some(({ refresh }) => refresh === 'range');
  const queries = useQueryClient();
  const found = useQuery({
    queryKey: [
      'dashboard-variables',
      dashboard.uid,
      dashboard.variables,
      chosen,
      followsRange ? range : 'once',
      scrapeIntervalMs,
    ],
    queryFn:
      scrapeIntervalMs === undefined
        ? skipToken
        : ({ signal }) =>
            resolveVariables(
              dashboard,
              {
                chosen: new Map(Object.entries(chosen ?? {})),
                range: boundsOf(range, browserClock.nowMs()),
                scrapeIntervalMs,
                ask: sourceOf(queries),
              },
              signal,
            ),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  return { resolved: found.data, fault: found.data === undefined ? found.error?.message : undefined };
}

/** A variable that fails is shown with its fault, not asked anew: each of its questions is tried again by itself. */
function sourceOf(queries: QueryClient): VariableSource {
  const retried = { retry: isRetried, retryDelay: retryDelayMs };
  const names = (path: string, selector: string | undefined, range: VariableRange): Promise<string[]> =>
    queries.fetchQuery({
      ...retried,
      queryKey: ['names', path, selector, range],
      queryFn: ({ signal }) => askNames(path, { selector, ...range }, signal),
    });
  return {
    labelValues: (selector, label, range) =>
      names(`/api/v1/label/${encodeURIComponent(label)}/values`, selector, range),
    labelNames: (range) => names('/api/v1/labels', undefined, range),
    metricNames: (range) => names('/api/v1/label/__name__/values', undefined, range),
    queryResult: async (expr, atMs) => {
      const range: TimeRange = { kind: 'absolute', fromMs: atMs, toMs: atMs };
      const series = await queries.fetchQuery({
        ...retried,
        queryKey: ['panel', 'instant', expr, range, 0],
        queryFn: ({ signal }) => askInstant(expr, range, atMs, signal),
      });
      return series.map(({ metric, value }) => ({ labels: metric, value: value?.[1] ?? '' }));
    },
  };
}
