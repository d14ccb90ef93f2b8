import type { TFunction } from 'i18next';
import { exprsOf } from '../chart/chart-card.tsx';
import type { LiveClient, LiveSubscription } from '../live/live-client.ts';
import { liveRequestOf } from '../live/use-series.ts';
import { stepMsOf } from '../time/step.ts';
import { spanMsOf, timeRangeOfSearch, type TimeRangeSearch } from '../time/time-range.ts';
import { machineCharts } from './charts.ts';

/** Charts that a phone shows without scrolling; on larger screens the rest follows a moment later. */
const CHARTS_SEEN_FIRST = 3;

export interface EarlyPage {
  readonly t: TFunction;
  readonly search: TimeRangeSearch;
}

/** Subscribes to what the first charts will ask for, while they are being drawn. */
export function askEarly(live: LiveClient, { t, search }: EarlyPage): readonly LiveSubscription[] {
  const range = timeRangeOfSearch(search);
  const stepMs = stepMsOf(spanMsOf(range));
  return machineCharts(t)
    .slice(0, CHARTS_SEEN_FIRST)
    .map((spec) => liveRequestOf({ exprs: exprsOf(spec, stepMs), range, stepMs }))
    .filter((request) => request !== undefined)
    .map((request) => live.subscribe(request, () => undefined));
}
