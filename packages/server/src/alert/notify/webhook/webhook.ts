/**
 * Posts Alertmanager's webhook body, or one of people's own, to an address. Any 2xx is a delivery; 5xx, 408,
 * 429 and a missing answer are tried again; everything else is final. The header `Idempotency-Key` carries
 * the id of the notification, so that a receiver can tell a repetition after a crash from a second message.
 *
 * The address may be a template. Values that stand in it are put there as they are, since one may be a whole
 * address; `urlquery` encodes one.
 */
import { labelsOf } from '@vedette/model';
import { createChannelHttp, resultOf } from '../channel-http.ts';
import type { PreparedMessage } from '../prepared-message.ts';
import type { Notification, Receiver } from '../receiver.ts';
import { withoutSecrets } from '../redact.ts';
import { attempt, revealed, type SenderDeps, type SenderOptions } from '../sender.ts';
import { notificationTexts, TemplateFault } from '../texts.ts';
import { addressFrom, addressSecrets } from '../webhook-address.ts';
import { webhookBody } from './body.ts';
import type { WebhookConfig } from './config.ts';
import { signed, type Signed } from './hmac.ts';
import { payloadBody } from './payload.ts';

const UNSIGNED: Signed = { headers: {}, secrets: [] };

export function createWebhookSender(deps: SenderDeps, options: SenderOptions<WebhookConfig>): Receiver {
  const { config } = options;
  const { clock } = deps;
  const channel = createChannelHttp(deps, config.http_config);
  return {
    name: options.name,
    integration: 'webhook',
    index: options.index,
    sendsResolved: config.send_resolved,
    send: async (notification, signal) =>
      await attempt(clock, { timeoutMs: config.timeout, signal }, async (ending) => {
        const body = bodyOf(deps, config, notification);
        const url = await urlOf(deps, config, notification);
        const { headers, secrets } = config.hmac ? await signed(deps, config.hmac, body) : UNSIGNED;
        const ours = { 'Content-Type': 'application/json', 'Idempotency-Key': notification.id };
        const answer = await channel.request({ url, headers: { ...ours, ...headers }, body }, ending);
        const text = withoutSecrets(answer.text, [...addressSecrets(url), ...secrets]);
        return resultOf({ ...answer, text }, clock.nowMs());
      }),
  };
}

function bodyOf(deps: SenderDeps, config: WebhookConfig, notification: Notification): string {
  const { max_alerts: alertsMax, payload } = config;
  if (payload === undefined) return webhookBody(notification, { externalUrl: deps.externalUrl, alertsMax });
  if (notification.prepared !== undefined)
    return payloadBody(deps, payload, inAnnotations(notification, notification.prepared));
  const alerts = alertsMax > 0 ? notification.alerts.slice(0, alertsMax) : notification.alerts;
  return payloadBody(deps, payload, { ...notification, alerts });
}

/**
 * A body of people's own knows alerts and nothing else: it gets the first one, with the message in the annotations
 * that such bodies print.
 */
function inAnnotations(notification: Notification, { title, note }: PreparedMessage): Notification {
  const annotations = labelsOf({ summary: title, description: note });
  return {
    ...notification,
    alerts: notification.alerts.slice(0, 1).map((alert) => ({ ...alert, annotations })),
  };
}

async function urlOf(deps: SenderDeps, config: WebhookConfig, notification: Notification): Promise<URL> {
  const written = await revealed(deps.files, config.url, config.url_file);
  if (config.url === undefined || !written.includes('{{')) return addressFrom(written, config.url_file);
  const url = URL.parse(notificationTexts(deps, notification).text(written, 'webhook_configs.url').trim());
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  // Not the address itself: it is a secret.
  throw new TemplateFault(
    'cannot use the filled template of webhook_configs.url: want an http or https address',
  );
}
