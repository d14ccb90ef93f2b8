import { useQuery } from '@tanstack/react-query';
import { fetchExemplars, type Exemplar } from '../api/prometheus.ts';
import type { ChartPoint } from '../chart/chart-point.ts';
import { formatValue } from '../format/unit.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { boundsOf } from '../time/time-range.ts';
import { useTimeRange } from '../time/use-time-range.ts';

/** They come with scrapes; nobody waits for one. */
const REFRESH_MS = 15_000;

const NONE: readonly ChartPoint[] = [];

/** Exemplars of what an expression reads, as points of its chart. A server that keeps none has none: no fault to show. */
export function useExemplars(expr: string, unit: string): readonly ChartPoint[] {
  const { range } = useTimeRange();
  const found = useQuery({
    queryKey: ['exemplars', expr, range, unit],
    queryFn: async ({ signal }) => {
      const exemplars = await fetchExemplars(expr, boundsOf(range, browserClock.nowMs()), signal);
      return exemplars.map((one) => pointOfExemplar(one, unit));
    },
    refetchInterval: range.kind === 'relative' ? REFRESH_MS : false,
    placeholderData: (before, query) => (query?.queryKey[1] === expr ? before : undefined),
    retry: false,
  });
  return found.data ?? NONE;
}

/** The value first, then where it leads: the trace before everything else. */
export function pointOfExemplar({ atMs, value, labels }: Exemplar, unit: string): ChartPoint {
  const isTrace = (name: string): boolean => /^trace_?id$/i.test(name);
  const pairs = Object.entries(labels).sort(
    ([a], [b]) => Number(isTrace(b)) - Number(isTrace(a)) || a.localeCompare(b),
  );
  return {
    atMs,
    value,
    title: formatValue(value, unit),
    text: pairs.map(([name, text]) => `${name}=${text}`).join('\n'),
  };
}
