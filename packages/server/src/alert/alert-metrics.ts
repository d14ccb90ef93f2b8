import type { Gauge, MetricsRegistry } from '@vedette/sdk';
import type { MuteReason } from './dispatch/muting.ts';
import { FAILURE_CATEGORIES, type SendResult } from './notify/receiver.ts';
import type { SilenceState } from './silence/silence.ts';

/** `alerts`: as many are held as may be. `bytes`: labels and annotations are too long. `alertname`: too many of its name fire. */
export type AlertLimit = 'alerts' | 'bytes' | 'alertname';

/** The alert stage's own metrics, in Alertmanager's vocabulary. */
export interface AlertMetrics {
  /** Its counters begin at 0: `rate` does not see the first failure of a counter that begins at 1. */
  configured(integration: string): void;
  received(status: 'firing' | 'resolved'): void;
  /** Alerts were refused at a limit. */
  limited(limit: AlertLimit, count: number): void;
  /** Alerts were left out of a flush. */
  suppressed(reason: MuteReason | 'cooldown' | 'storm', count: number): void;
  /** One attempt ended. */
  attempted(integration: string, tookMs: number, hasFailed: boolean): void;
  /** The notification log was asked what a receiver was told. */
  compared(): void;
  notified(integration: string, result: SendResult): void;
  /** An attempt is missing in the history. */
  attemptDropped(): void;
}

/** What is counted when somebody looks. */
export interface AlertCounts {
  readonly firing: number;
  readonly resolved: number;
  /** Of those that fire: left out of the last flush by a silence or another alert. */
  readonly suppressed: number;
  /** Of those that fire: not flushed yet. */
  readonly unprocessed: number;
  readonly groups: number;
  readonly receivers: number;
  readonly integrations: number;
  readonly inhibitionRules: number;
  readonly silences: Readonly<Record<SilenceState, number>>;
}

export function createAlertMetrics(registry: MetricsRegistry, read: () => AlertCounts): AlertMetrics {
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
  createGauges(registry, read);
  const compared = registry.counter({
    name: 'vedette_notification_log_queries_total',
    help: 'Questions to the notification log: what was this receiver told last of this group.',
  });
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
  const attempts = createAttemptMetrics(registry, labelNames);
  return {
    configured: (integration) => {
      notifications.inc(0, integration);
      attempts.configured(integration);
      for (const category of FAILURE_CATEGORIES) failed.inc(0, integration, category);
    },
    received: (status) => received.inc(1, status),
    limited: (limit, count) => limited.inc(count, limit),
    suppressed: (reason, count) => suppressed.inc(count, reason),
    attempted: attempts.attempted,
    compared: () => compared.inc(),
    notified: (integration, result) => {
      notifications.inc(1, integration);
      if (result.kind === 'failed') failed.inc(1, integration, result.category);
    },
    attemptDropped: () => dropped.inc(1),
  };
}

function createGauges(registry: MetricsRegistry, read: () => AlertCounts): void {
  const alerts = registry.gauge({
    name: 'vedette_alerts',
    help: 'Alerts in the pipeline.',
    labelNames: ['state'],
  });
  const told = registry.gauge({
    name: 'vedette_alerts_told',
    help: 'Alerts that fire, by what the last flush made of them: active are told, suppressed are silenced or inhibited, unprocessed wait for their first flush.',
    labelNames: ['state'],
  });
  const silences = registry.gauge({ name: 'vedette_silences', help: 'Silences.', labelNames: ['state'] });
  const gauge = (name: string, help: string): Gauge => registry.gauge({ name, help });
  const groups = gauge('vedette_alerts_groups', 'Groups of alerts.');
  const receivers = gauge('vedette_alerts_receivers', 'Receivers that routes name.');
  const integrations = gauge('vedette_alerts_integrations', 'Channels of all receivers.');
  const rules = gauge('vedette_alerts_inhibition_rules', 'Inhibition rules.');
  registry.onCollect(() => {
    const now = read();
    alerts.set(now.firing, 'firing');
    alerts.set(now.resolved, 'resolved');
    told.set(now.firing - now.suppressed - now.unprocessed, 'active');
    told.set(now.suppressed, 'suppressed');
    told.set(now.unprocessed, 'unprocessed');
    groups.set(now.groups);
    receivers.set(now.receivers);
    integrations.set(now.integrations);
    rules.set(now.inhibitionRules);
    for (const [state, count] of Object.entries(now.silences)) silences.set(count, state);
  });
}

function createAttemptMetrics(
  registry: MetricsRegistry,
  labelNames: readonly string[],
): Pick<AlertMetrics, 'configured' | 'attempted'> {
  const requests = registry.counter({
    name: 'vedette_notification_requests_total',
    help: 'Attempts to send a notification.',
    labelNames,
  });
  const requestsFailed = registry.counter({
    name: 'vedette_notification_requests_failed_total',
    help: 'Attempts to send a notification that failed.',
    labelNames,
  });
  const latency = registry.histogram({
    name: 'vedette_notification_latency_seconds',
    help: 'Duration of one attempt.',
    labelNames,
    // From a log line to the timeout of a webhook.
    buckets: [0.005, 0.05, 0.25, 1, 5, 10],
  });
  return {
    configured: (integration) => {
      for (const counter of [requests, requestsFailed]) counter.inc(0, integration);
    },
    attempted: (integration, tookMs, hasFailed) => {
      requests.inc(1, integration);
      if (hasFailed) requestsFailed.inc(1, integration);
      latency.observe(tookMs / 1000, integration);
    },
  };
}
