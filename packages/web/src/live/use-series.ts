import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useContext } from 'react';
import { queryRange } from '../api/prometheus.ts';
import type { Frame } from '../chart/frame.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { formatSpan, type TimeRange } from '../time/time-range.ts';
import type { QueryFault } from './live-topic.ts';
import { LiveContext, useLive, useLiveHealth } from './use-live.ts';

/** Without a socket charts are asked for again this often. */
const POLL_MS = 30_000;

export interface SeriesRequest {
  readonly exprs: readonly string[];
  readonly range: TimeRange;
  readonly stepMs: number;
  /** What is not on screen is not asked for; what was shown stays. */
  readonly isVisible: boolean;
}

export interface SeriesState {
  readonly frame: Frame | undefined;
  readonly faults: readonly QueryFault[];
  readonly isLoading: boolean;
}

const NO_FAULTS: readonly QueryFault[] = [];

/**
 * The series of a chart: over the live socket while the range moves with the clock, over HTTP for a
 * fixed range, and by polling over HTTP while the socket is down.
 */
export function useSeries(request: SeriesRequest): SeriesState {
  const { exprs, range, stepMs, isVisible } = request;
  const health = useLiveHealth();
  const hasSocket = useContext(LiveContext) !== undefined;
  const isLive =
    range.kind === 'relative' && hasSocket && health.kind !== 'offline' && health.kind !== 'refused';
  const live = useLive(
    isLive && isVisible
      ? {
          topic: 'query',
          params: { exprs: [...exprs], start: `now-${formatSpan(range.spanMs)}`, end: 'now', step: stepMs },
        }
      : undefined,
  );
  const polled = useQuery({
    queryKey: ['series', exprs, range, stepMs],
    queryFn: ({ signal }) => queryRange(exprs, { range, stepMs, nowMs: browserClock.nowMs() }, signal),
    enabled: isVisible && !isLive,
    refetchInterval: range.kind === 'relative' ? POLL_MS : false,
    placeholderData: keepPreviousData,
  });
  const value = live.value?.topic === 'query' ? live.value : undefined;
  if (isLive || polled.data === undefined) {
    const faults = liveFaults(live.error, value?.errors, isLive ? null : polled.error);
    return { frame: value?.frame, faults, isLoading: value === undefined && faults.length === 0 };
  }
  return { frame: polled.data.frame, faults: NO_FAULTS, isLoading: false };
}

function liveFaults(
  error: { readonly message: string; readonly position?: number } | undefined,
  faults: readonly QueryFault[] | undefined,
  pollError: Error | null,
): readonly QueryFault[] {
  if (error !== undefined) return [{ q: 0, ...error }];
  if (pollError !== null) return [{ q: 0, message: pollError.message }];
  return faults ?? NO_FAULTS;
}
