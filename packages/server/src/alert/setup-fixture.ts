/** For tests: a pipeline with one route, nothing muted, and our own behaviour. */
import type { Route } from './dispatch/routing.ts';
import type { Receiver } from './notify/receiver.ts';
import type { AlertSetup } from './pipeline.ts';

/** The root, grouped by alert name, with Alertmanager's default times. */
export function routeOf(more: Partial<Route> = {}): Route {
  return {
    key: '{}',
    id: '{}',
    receiver: 'ops',
    groupBy: ['alertname'],
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
  const only = routeOf(route);
  return {
    routing: { match: () => [only] },
    muting: { inhibitedBy: () => [], silencedBy: () => [], quietBy: () => undefined },
    receivers,
    resolveTimeoutMs: 300_000,
    corrections: { keepTimers: true, repeatOnTime: true, resolveWhileMuted: true },
    ...more,
  };
}
