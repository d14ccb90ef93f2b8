/** For tests: a pipeline with one route, nothing muted, and our own behaviour. */
import type { Route } from './route/route.ts';
import type { Receiver } from './notify/receiver.ts';
import type { AlertSetup } from './pipeline.ts';

/** The root, grouped by alert name, with Alertmanager's default times. */
export function routeOf(more: Partial<Route> = {}): Route {
  return {
    key: '{}',
    id: '{}',
    matchers: [],
    isContinued: false,
    routes: [],
    labels: new Map(),
    receiver: 'ops',
    groupBy: new Set(['alertname']),
    groupWaitMs: 30_000,
    groupIntervalMs: 300_000,
    repeatIntervalMs: 4 * 3_600_000,
    muteTimeIntervals: [],
    activeTimeIntervals: [],
    ...more,
  };
}

export function setupOf(
  receivers: readonly Receiver[],
  route: Partial<Route> = {},
  more: Partial<AlertSetup> = {},
): AlertSetup {
  return {
    root: routeOf(route),
    mutePolicy: { inhibitRules: [], timeIntervals: new Map() },
    receivers,
    resolveTimeoutMs: 300_000,
    corrections: { keepTimers: true, repeatOnTime: true, resolveWhileMuted: true },
    ...more,
  };
}
