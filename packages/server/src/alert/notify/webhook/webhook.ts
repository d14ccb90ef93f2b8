/**
 * Posts Alertmanager's webhook body to an address. Any 2xx is a delivery; 5xx, 408, 429 and a missing
 * answer are tried again; everything else is final. The header `Idempotency-Key` carries the id of the
 * notification, so that a receiver can tell a repetition after a crash from a second message.
 */
import { InputError } from '@vedette/model';
import { createChannelHttp, resultOf } from '../channel-http.ts';
import type { Receiver } from '../receiver.ts';
import { attempt, revealed, type SenderDeps, type SenderOptions } from '../sender.ts';
import { webhookBody } from './body.ts';
import type { WebhookConfig } from './config.ts';

export function createWebhookSender(deps: SenderDeps, options: SenderOptions<WebhookConfig>): Receiver {
  const { config } = options;
  const { clock, externalUrl } = deps;
  const channel = createChannelHttp(deps, config.http_config);
  const limits = { externalUrl, alertsMax: config.max_alerts };
  return {
    name: options.name,
    integration: 'webhook',
    index: options.index,
    sendsResolved: config.send_resolved,
    send: async (notification, signal) =>
      await attempt(clock, { timeoutMs: config.timeout, signal }, async (ending) => {
        const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': notification.id };
        const body = webhookBody(notification, limits);
        const answer = await channel.request({ url: await urlOf(deps, config), headers, body }, ending);
        return resultOf(answer, clock.nowMs());
      }),
  };
}

async function urlOf({ files }: SenderDeps, config: WebhookConfig): Promise<URL> {
  const url = URL.parse(await revealed(files, config.url, config.url_file));
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new InputError(
    'VED_CONFIG_INVALID',
    `cannot use the content of "${config.url_file}": want an http or https address`,
  );
}
