import type { MetricsRegistry } from '@vedette/sdk';
import type { MuteReason } from './dispatch/muting.ts';
import { FAILURE_CATEGORIES, type SendResult } from './notify/receiver.ts';

/** `alerts`: as many are held as may be. `bytes`: labels and annotations are too long. */
export type AlertLimit = 'alerts' | 'bytes';

/** The alert stage's own metrics, in Alertmanager's vocabulary. */
export interface AlertMetrics {
  /** Its counters begin at 0: `rate` does not see the first failure of a counter that begins at 1. */
  configured(integration: string): void;
  received(status: 'firing' | 'resolved'): void;
  /** Alerts were refused at a limit. */
  limited(limit: AlertLimit, count: number): void;
  /** Alerts were left out of a flush. */
  suppressed(reason: MuteReason | 'cooldown' | 'storm', count: number): void;
  attempted(integration: string, tookMs: number): void;
  notified(integration: string, result: SendResult): void;
  /** An attempt is missing in the history. */
  attemptDropped(): void;
}

export function createAlertMetrics(
  registry: MetricsRegistry,
  read: () => { firing: number; resolved: number; groups: number },
): AlertMetrics {
  const received = registry.counter({
    name: 'vedette_alerts_received_total',
    help: 'Alerts posted by detectors, repetitions included.',
    labelNames: ['status'],
  });
  const limited = registry.counter({
    name: 'vedette_alerts_limited_total',
    help: 'Alerts that were refused at a limit.',
    labelNames: ['limit'],
  });
  const suppressed = registry.counter({
    name: 'vedette_notifications_suppressed_total',
    help: 'Alerts that were left out of a flush.',
    labelNames: ['reason'],
  });
  const alerts = registry.gauge({
    name: 'vedette_alerts',
    help: 'Alerts in the pipeline.',
    labelNames: ['state'],
  });
  const groups = registry.gauge({ name: 'vedette_alerts_groups', help: 'Groups of alerts.' });
  const labelNames = ['integration'];
  const notifications = registry.counter({
    name: 'vedette_notifications_total',
    help: 'Notifications that were tried, each once.',
    labelNames,
  });
  const failed = registry.counter({
    name: 'vedette_notifications_failed_total',
    help: 'Notifications that did not reach their receiver.',
    labelNames: ['integration', 'reason'],
  });
  const dropped = registry.counter({
    name: 'vedette_notification_attempts_dropped_total',
    help: 'Attempts to notify that are missing in the history, because too many waited for the disk.',
  });
  const latency = registry.histogram({
    name: 'vedette_notification_latency_seconds',
    help: 'Duration of one attempt.',
    labelNames,
    // From a log line to the timeout of a webhook.
    buckets: [0.005, 0.05, 0.25, 1, 5, 10],
  });
  registry.onCollect(() => {
    const now = read();
    alerts.set(now.firing, 'firing');
    alerts.set(now.resolved, 'resolved');
    groups.set(now.groups);
  });
  return {
    configured: (integration) => {
      notifications.inc(0, integration);
      for (const category of FAILURE_CATEGORIES) failed.inc(0, integration, category);
    },
    received: (status) => received.inc(1, status),
    limited: (limit, count) => limited.inc(count, limit),
    suppressed: (reason, count) => suppressed.inc(count, reason),
    attempted: (integration, tookMs) => latency.observe(tookMs / 1000, integration),
    notified: (integration, result) => {
      notifications.inc(1, integration);
      if (result.kind === 'failed') failed.inc(1, integration, result.category);
    },
    attemptDropped: () => dropped.inc(1),
  };
}
