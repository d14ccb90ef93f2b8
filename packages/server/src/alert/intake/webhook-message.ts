/** One body of a webhook, read and checked: what every handler gets. */
import type { Labels } from '@vedette/model';
import type { AlertTime } from '../alert.ts';

/** The source whose alerts are about users, and become decisions of the guard. */
export const USER_BEHAVIOR_SOURCE = 'user-behavior';

export interface WebhookMessage {
  /** The last part of `/webhooks/alertmanager/NAME`; `default` for `POST /api/v1/alerts`. */
  readonly source: string;
  /**
   * `alertmanager`: webhook body, version 4. `grafana`: Grafana Alerting's. `grafana-legacy`: that of Grafana's
   * dashboard alerts. `alerts`: the array of Alertmanager's API v1, which is no webhook: senders repeat it.
   */
  readonly format: 'alertmanager' | 'grafana' | 'grafana-legacy' | 'alerts';
  /** Who sent it, in its own words; empty when it does not say. Not to be trusted. */
  readonly externalUrl: string;
  readonly alerts: readonly WebhookAlert[];
  /** Alerts that the sender left out of the body. */
  readonly truncatedCount: number;
}

/** What the sender claims to be its fingerprint is not here: identity is the labels alone. */
export interface WebhookAlert {
  readonly status: 'firing' | 'resolved';
  /** At least one. */
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: AlertTime;
  /** Resolved: when, never in the future. Firing: until when, in an array of API v1 alone. */
  readonly endsAt: AlertTime | undefined;
  readonly generatorUrl: string;
}
