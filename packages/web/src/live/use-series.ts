import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useContext } from 'react';
import { queryRange } from '../api/prometheus.ts';
import type { Frame } from '../chart/frame.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { formatSpan, type TimeRange } from '../time/time-range.ts';
import type { LiveHealth } from './live-client.ts';
import type { LiveRequest, QueryFault } from './live-topic.ts';
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
  /** Asks again at once; absent: the live connection tells by itself when the fault is over. */
  readonly retry?: () => Promise<unknown>;
}

/** Nothing comes over the live connection then. While it is paused nothing is wanted. */
const KINDS_WITHOUT: ReadonlySet<LiveHealth['kind']> = new Set(['offline', 'polling', 'refused']);

const NO_FAULTS: readonly QueryFault[] = [];

/**
 * The series of a chart: over the live socket while the range moves with the clock, over HTTP for a
 * fixed range, and by polling over HTTP while the socket is down.
 */
export function useSeries(request: SeriesRequest): SeriesState {
  const { exprs, range, stepMs, isVisible } = request;
  const health = useLiveHealth();
  const hasSocket = useContext(LiveContext) !== undefined;
  const isWanted = range.kind === 'relative' && hasSocket;
  const live = useLive(isWanted && isVisible ? liveRequestOf(request) : undefined);
  // What the socket will not carry (too many series at once) may still be asked for once in a while.
  const isLive = isWanted && !KINDS_WITHOUT.has(health.kind) && live.error === undefined;
  const polled = useQuery({
    queryKey: ['series', exprs, range, stepMs],
    queryFn: ({ signal }) => queryRange(exprs, { range, stepMs, nowMs: browserClock.nowMs() }, signal),
    enabled: isVisible && !isLive,
    refetchInterval: range.kind === 'relative' ? POLL_MS : false,
    placeholderData: keepPreviousData,
  });
  const value = live.value?.topic === 'query' ? live.value : undefined;
  if (!isLive && polled.data !== undefined)
    return { frame: polled.data.frame, faults: NO_FAULTS, isLoading: false };
  // Offline the page says so once, and what is known stays: no chart complains about it again.
  const isKept = health.kind === 'offline' && value !== undefined;
  const faults = isLive || isKept ? (value?.errors ?? NO_FAULTS) : faultsOf(polled.error);
  const state = { frame: value?.frame, faults, isLoading: value === undefined && faults.length === 0 };
  return isLive ? state : { ...state, retry: polled.refetch };
}

/** A fixed range does not live. */
export function liveRequestOf({
  exprs,
  range,
  stepMs,
}: Omit<SeriesRequest, 'isVisible'>): LiveRequest | undefined {
  if (range.kind === 'absolute') return undefined;
  const start = `now-${formatSpan(range.spanMs)}`;
  return { topic: 'query', params: { exprs: [...exprs], start, end: 'now', step: stepMs } };
}

function faultsOf(error: Error | null): readonly QueryFault[] {
  return error === null ? NO_FAULTS : [{ q: 0, message: error.message }];
}
