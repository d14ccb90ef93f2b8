import {
  resolveVariables,
  type Dashboard,
  type ResolvedVariables,
  type VariableSource,
} from '@vedette/dashboard';
import { keepPreviousData, skipToken, useQuery } from '@tanstack/react-query';
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
                ask: SOURCE,
              },
              signal,
            ),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  return { resolved: found.data, fault: found.data === undefined ? found.error?.message : undefined };
}

/** A variable that fails is shown with its fault, not asked anew: each of its questions is tried again by itself. */
const SOURCE: VariableSource = {
  labelValues: (selector, label, range, signal) =>
    askTried(
      () => askNames(`/api/v1/label/${encodeURIComponent(label)}/values`, { selector, ...range }, signal),
      signal,
    ),
  labelNames: (range, signal) =>
    askTried(() => askNames('/api/v1/labels', { selector: undefined, ...range }, signal), signal),
  metricNames: (range, signal) =>
    askTried(
      () => askNames('/api/v1/label/__name__/values', { selector: undefined, ...range }, signal),
      signal,
    ),
  queryResult: async (expr, atMs, signal) => {
    const range: TimeRange = { kind: 'absolute', fromMs: atMs, toMs: atMs };
    const series = await askTried(() => askInstant(expr, range, atMs, signal), signal);
    return series.map(({ metric, value }) => ({ labels: metric, value: value?.[1] ?? '' }));
  },
};

/** Whoever has left the dashboard, or chosen otherwise, does not keep a place in the queue. */
async function askTried<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let count = 0; ; count++)
    try {
      return await ask();
    } catch (fault) {
      signal.throwIfAborted();
      if (!isRetried(count, fault)) throw fault;
      await browserClock.sleep(retryDelayMs(count, fault), signal);
    }
}
