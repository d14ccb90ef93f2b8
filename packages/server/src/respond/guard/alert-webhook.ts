/**
 * The classic path: rules of Prometheus or our own fire alerts about subjects, Alertmanager sends them, decisions follow.
 *
 * An alert is known by (fingerprint, startsAt). While its decision holds, the same alert changes nothing, however often
 * it comes; when it still fires after that, it is another strike. An alert whose decision a person lifted makes none
 * again until it has ended and begun anew. Its end lifts nothing, unless `guard.webhook.on_resolved` says so: who waits
 * a minute would be let go at once.
 *
 * All alerts of a message are judged in one go and written together. What cannot be written rejects with
 * `UnavailableError`, and Alertmanager sends the message again; that changes nothing about those that were written.
 */
import { ExpectedError, UnavailableError } from '@vedette/model';
import {
  USER_BEHAVIOR_SOURCE,
  type HandlerOutcome,
  type WebhookAlert,
  type WebhookHandler,
  type WebhookMessage,
} from '../../alert/index.ts';
import type { Log } from '../../telemetry/log.ts';
import { readAlert } from './alert-offence.ts';
import type { GuardSettings } from './config.ts';
import type { Offence, PassReason } from './judge.ts';

export type AlertOutcome = 'decided' | 'resolved' | 'ignored' | 'failed' | PassReason;

export interface AlertWebhookDeps {
  readonly log: Log;
  readonly settings: () => GuardSettings['webhook'];
  /** Resolves when the decision is durable, with why none was made otherwise. */
  readonly decide: (offence: Offence) => Promise<'decided' | PassReason>;
  /** Ends the decisions that the alert of this offence made. */
  readonly liftOf: (offence: Offence) => Promise<void>;
  readonly onAlert: (outcome: AlertOutcome) => void;
}

export function createAlertWebhook(deps: AlertWebhookDeps): WebhookHandler {
  return {
    name: 'guard',
    source: USER_BEHAVIOR_SOURCE,
    handle: (message) => handleMessage(deps, message),
  };
}

async function handleMessage(deps: AlertWebhookDeps, message: WebhookMessage): Promise<HandlerOutcome> {
  const results = await Promise.allSettled(
    message.alerts.map((alert) => handleAlert(deps, alert, message.source)),
  );
  let ignoredCount = 0;
  const failures: Error[] = [];
  for (const result of results) {
    if (result.status === 'rejected') failures.push(errorOf(result.reason));
    deps.onAlert(result.status === 'rejected' ? 'failed' : result.value);
    if (result.status === 'fulfilled' && result.value === 'ignored') ignoredCount++;
  }
  const [failure] = failures;
  if (failure === undefined) return { ignoredCount };
  if (!(failure instanceof ExpectedError)) throw failure;
  throw new UnavailableError(
    'VED_STATE_UNAVAILABLE',
    `cannot take ${failures.length} of ${message.alerts.length} alerts: ${failure.message}`,
    { cause: failure },
  );
}

async function handleAlert(
  deps: AlertWebhookDeps,
  alert: WebhookAlert,
  source: string,
): Promise<AlertOutcome> {
  const settings = deps.settings();
  const reading = readAlert(alert, { settings, source });
  if (reading.kind === 'ignored') {
    deps.log.warn('an alert for the guard names nobody; it is passed over', {
      why: reading.why,
      label: reading.why === 'no_subject' ? settings.subject_label : settings.scope_label,
    });
    return 'ignored';
  }
  const { offence, fault } = reading;
  if (alert.status === 'resolved') {
    if (settings.on_resolved === 'lift') await deps.liftOf(offence);
    return 'resolved';
  }
  if (fault !== undefined)
    deps.log.warn('an alert for the guard is not understood in part; the default stands for it', { fault });
  const outcome = await deps.decide(offence);
  return outcome === 'invalid_subject' ? 'ignored' : outcome;
}

function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
