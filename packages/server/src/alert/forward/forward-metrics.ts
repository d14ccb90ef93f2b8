import type { Counter, MetricsRegistry } from '@vedette/sdk';

/** What Prometheus counts of its notifications, under the same names below our prefix. */
export interface ForwardMetrics {
  /** By `mechanism`; for discovery. */
  readonly discoveryFailures: Counter;
  /** Its counters begin at 0: `rate` does not see the first failure of a counter that begins at 1. */
  configured(url: string): void;
  sent(url: string, count: number): void;
  /** Not taken, and lost. */
  failed(url: string, count: number): void;
  /** Lost without a request. */
  dropped(url: string, count: number): void;
  attempted(url: string, tookMs: number): void;
}

const BY_ALERTMANAGER = ['alertmanager'];

/** `queueLengths` gives that of every Alertmanager that alerts are sent to. */
export function createForwardMetrics(
  registry: MetricsRegistry,
  read: { readonly queueLengths: () => ReadonlyMap<string, number>; readonly queueCapacity: number },
): ForwardMetrics {
  const counter = (name: string, help: string, labelNames = BY_ALERTMANAGER): Counter =>
    registry.counter({ name: `vedette_notifications_${name}_total`, help, labelNames });
  const sent = counter('sent', 'Alerts that an Alertmanager took.');
  const errors = counter('errors', 'Alerts in requests that an Alertmanager did not take.');
  const dropped = counter('dropped', 'Alerts that were lost: not taken, or dropped from a full queue.');
  const latency = registry.histogram({
    name: 'vedette_notifications_latency_histogram_seconds',
    help: 'Time until an Alertmanager answered.',
    labelNames: BY_ALERTMANAGER,
    // Loopback to the default timeout of 10 s.
    buckets: [0.01, 0.1, 1, 10],
  });
  const queueLength = registry.gauge({
    name: 'vedette_notifications_queue_length',
    help: 'Alerts that wait for an Alertmanager.',
    labelNames: BY_ALERTMANAGER,
  });
  const capacity = registry.gauge({
    name: 'vedette_notifications_queue_capacity',
    help: 'Most alerts that wait for one Alertmanager.',
  });
  const discovered = registry.gauge({
    name: 'vedette_notifications_alertmanagers_discovered',
    help: 'Alertmanagers that alerts are sent to.',
  });
  const known = new Set<string>();
  registry.onCollect(() => {
    const lengths = read.queueLengths();
    for (const url of known) queueLength.set(lengths.get(url) ?? 0, url);
    capacity.set(read.queueCapacity);
    discovered.set(lengths.size);
  });
  return {
    discoveryFailures: counter(
      'discovery_failures',
      'Looks at files, URLs and names for Alertmanagers that failed; the last good ones stay.',
      ['mechanism'],
    ),
    configured: (url) => {
      known.add(url);
      for (const one of [sent, errors, dropped]) one.inc(0, url);
    },
    sent: (url, count) => sent.inc(count, url),
    failed: (url, count) => {
      errors.inc(count, url);
      dropped.inc(count, url);
    },
    dropped: (url, count) => dropped.inc(count, url),
    attempted: (url, tookMs) => latency.observe(tookMs / 1000, url),
  };
}
