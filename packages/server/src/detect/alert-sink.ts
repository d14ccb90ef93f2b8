import type { Labels } from '@vedette/model';

/**
 * Where detectors hand their alerts on. Declared here, satisfied by the alert stage: the caller
 * declares the interface.
 *
 * Firing alerts are posted again about every minute while they fire, resolved ones about every minute
 * for 15 minutes, so that one lost post does no harm. An alert is identified by its label set.
 * `post` resolves when the alerts are durable; when it rejects, the detector posts them again at its
 * next evaluation. Calls may overlap.
 *
 * An alert stops firing only through a post with `status: 'resolved'`: the detector sends one when an
 * evaluation says so or when its rule is removed, never because evaluation stalled or the clock jumped.
 * `endsAtMs` of a firing alert is therefore information for others, not an expiry for us.
 */
export interface AlertSink {
  post(alerts: readonly PostedAlert[]): Promise<void>;
}

export interface PostedAlert {
  readonly status: 'firing' | 'resolved';
  /** With `alertname`. */
  readonly labels: Labels;
  /** Sorted like labels; an annotation without text does not exist. */
  readonly annotations: Labels;
  /** When it began to fire. */
  readonly startsAtMs: number;
  /** Resolved: when. Firing: the evaluation time + 4 × max(interval, resend delay), as Prometheus sends it. */
  readonly endsAtMs: number;
  /** The page that shows the expression. */
  readonly generatorUrl: string;
}
