import type { MetricsRegistry } from '@vedette/sdk';
import type { SendResult } from './notify/receiver.ts';

/** The alert stage's own metrics, in Alertmanager's vocabulary. */
export interface AlertMetrics {
  received(status: 'firing' | 'resolved'): void;
  /** An alert was refused at a limit. */
  limited(limit: 'alerts' | 'bytes'): void;
  attempted(integration: string, tookMs: number): void;
  notified(integration: string, result: SendResult): void;
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
    received: (status) => received.inc(1, status),
    limited: (limit) => limited.inc(1, limit),
    attempted: (integration, tookMs) => latency.observe(tookMs / 1000, integration),
    notified: (integration, result) => {
      notifications.inc(1, integration);
      if (result.kind === 'failed') failed.inc(1, integration, result.category);
    },
  };
}
