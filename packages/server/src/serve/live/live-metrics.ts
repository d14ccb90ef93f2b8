import type { Counter, Gauge, MetricsRegistry } from '@vedette/sdk';

/** What the live sockets say about themselves. */
export interface LiveMetrics {
  readonly connections: Gauge;
  readonly subscriptions: Gauge;
  readonly feeds: Gauge;
  readonly frames: Counter;
  readonly frameBytes: Counter;
  readonly framesSkipped: Counter;
  readonly closes: Counter;
  readonly evaluations: Counter;
}

export function createLiveMetrics(registry: MetricsRegistry): LiveMetrics {
  return {
    connections: registry.gauge({ name: 'vedette_live_connections', help: 'Live sockets that are open.' }),
    subscriptions: registry.gauge({
      name: 'vedette_live_subscriptions',
      help: 'Subscriptions on live sockets, paused ones included, by topic.',
      labelNames: ['topic'],
    }),
    feeds: registry.gauge({
      name: 'vedette_live_feeds',
      help: 'Distinct subjects that are computed for live subscriptions.',
    }),
    frames: registry.counter({
      name: 'vedette_live_frames_total',
      help: 'Frames sent on live sockets, by topic and kind.',
      labelNames: ['topic', 'op'],
    }),
    frameBytes: registry.counter({
      name: 'vedette_live_frame_characters_total',
      help: 'Characters of the frames sent on live sockets, before compression.',
    }),
    framesSkipped: registry.counter({
      name: 'vedette_live_frames_skipped_total',
      help: 'Frames not sent because the client reads too slowly; a fresh snap follows when it has caught up.',
    }),
    closes: registry.counter({
      name: 'vedette_live_closes_total',
      help: 'Live sockets closed by the server, by close code.',
      labelNames: ['code'],
    }),
    evaluations: registry.counter({
      name: 'vedette_live_evaluations_total',
      help: 'Expressions evaluated for live subscriptions.',
    }),
  };
}
