import {
  resolveVariables,
  type Dashboard,
  type ResolvedVariables,
  type VariableSource,
} from '@vedette/dashboard';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { browserClock } from '../../lib/browser-clock.ts';
import type { VariableSearch } from '../../search.ts';
import { boundsOf, type TimeRange } from '../../time/time-range.ts';
import { askInstant, askNames } from './ask.ts';

/** The variables with their options; those of before while new ones are found, so that no panel goes blank. */
export function useVariables(
  dashboard: Dashboard,
  chosen: VariableSearch | undefined,
  range: TimeRange,
): { readonly resolved: ResolvedVariables | undefined; readonly fault: string | undefined } {
  const followsRange = dashboard.variables.some(({ refresh }) => refresh === 'range');
  const found = useQuery({
    queryKey: [
      'dashboard-variables',
      dashboard.uid,
      dashboard.variables,
      chosen,
      followsRange ? range : 'once',
    ],
    queryFn: ({ signal }) =>
      resolveVariables(
        dashboard,
        {
          chosen: new Map(Object.entries(chosen ?? {})),
          range: boundsOf(range, browserClock.nowMs()),
          ask: SERVER,
        },
        signal,
      ),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  return { resolved: found.data, fault: found.data === undefined ? found.error?.message : undefined };
}

const SERVER: VariableSource = {
  labelValues: (selector, label, { fromMs, toMs }, signal) =>
    askNames(`/api/v1/label/${encodeURIComponent(label)}/values`, { selector, fromMs, toMs }, signal),
  labelNames: ({ fromMs, toMs }, signal) =>
    askNames('/api/v1/labels', { selector: undefined, fromMs, toMs }, signal),
  metricNames: ({ fromMs, toMs }, signal) =>
    askNames('/api/v1/label/__name__/values', { selector: undefined, fromMs, toMs }, signal),
  queryResult: async (expr, atMs, signal) => {
    const series = await askInstant(expr, { kind: 'absolute', fromMs: atMs, toMs: atMs }, atMs, signal);
    return series.map(({ metric, value }) => ({ labels: metric, value: value?.[1] ?? '' }));
  },
};
