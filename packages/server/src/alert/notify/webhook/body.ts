/** Alertmanager's webhook body, version 4, byte for byte: some receivers verify a signature over it. */
import { quotePattern } from '@vedette/model';
import type { Alert } from '../../alert.ts';
import { commonLabelsOf } from '../../common-labels.ts';
import { goJson, goJsonLabels } from '../../go-text.ts';
import type { Notification } from '../receiver.ts';

/** Go's zero time: what stands for "has not ended". */
const ZERO_TIME = '0001-01-01T00:00:00Z';

/**
 * The body with its closing line feed. `alertsMax` 0 means all; alerts beyond it are counted in
 * `truncatedAlerts`, and what alerts have in common is taken of all of them. The details of a prepared message
 * come last, as members of their own.
 */
export function webhookBody(
  notification: Notification,
  options: { readonly externalUrl: string; readonly alertsMax: number },
): string {
  const { alerts } = notification;
  const shown = options.alertsMax > 0 ? alerts.slice(0, options.alertsMax) : alerts;
  const fields = [
    // Alertmanager shows the receiver as a pattern that matches its name.
    `"receiver":${goJson(quotePattern(notification.receiver))}`,
    `"status":${goJson(notification.status)}`,
    `"alerts":[${shown.map(alertJson).join(',')}]`,
    `"groupLabels":${goJsonLabels(notification.groupLabels)}`,
    `"commonLabels":${goJsonLabels(commonLabelsOf(alerts.map(({ labels }) => labels)))}`,
    `"commonAnnotations":${goJsonLabels(commonLabelsOf(alerts.map(({ annotations }) => annotations)))}`,
    `"externalURL":${goJson(options.externalUrl)}`,
    `"version":"4"`,
    `"groupKey":${goJson(notification.groupKey)}`,
    `"truncatedAlerts":${alerts.length - shown.length}`,
  ];
  for (const [name, value] of Object.entries(notification.prepared?.details ?? {}))
    fields.push(`${goJson(name)}:${safeJson(value)}`);
  return `{${fields.join(',')}}\n`;
}

/** As Go writes JSON: safe inside of HTML and scripts. These characters stand in texts only. */
export function safeJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replaceAll(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function alertJson(alert: Alert): string {
  const fields = [
    `"status":"${alert.endsAt === undefined ? 'firing' : 'resolved'}"`,
    `"labels":${goJsonLabels(alert.labels)}`,
    `"annotations":${goJsonLabels(alert.annotations)}`,
    `"startsAt":${goJson(alert.startsAt.text)}`,
    `"endsAt":${goJson(alert.endsAt?.text ?? ZERO_TIME)}`,
    `"generatorURL":${goJson(alert.generatorUrl)}`,
    `"fingerprint":"${alert.fingerprint}"`,
  ];
  return `{${fields.join(',')}}`;
}
