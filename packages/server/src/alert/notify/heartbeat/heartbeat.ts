/**
 * A dead man's switch: each notification calls an address at a service that raises the alarm when calls stay
 * away (Healthchecks.io, Better Stack, an Uptime Kuma push monitor). Routed to it is an alert that always
 * fires, Watchdog: then the calls prove that rules are evaluated, alerts are routed and messages leave the
 * machine, and whatever of it breaks is noticed elsewhere.
 *
 * Any 2xx is a beat. 5xx, 408, 429 and a missing answer are tried again until the next one is due; other
 * statuses are final (Uptime Kuma says 404 for a push token that it does not know).
 */
import { InputError } from '@vedette/model';
import { createChannelHttp, resultOf } from '../channel-http.ts';
import type { Receiver, SendResult } from '../receiver.ts';
import { resultWithoutSecrets, withoutSecrets } from '../redact.ts';
import { attempt, revealed, type SenderDeps, type SenderOptions } from '../sender.ts';
import type { HeartbeatConfig } from './config.ts';

export function createHeartbeatSender(deps: SenderDeps, options: SenderOptions<HeartbeatConfig>): Receiver {
  const { config, name, index } = options;
  const { clock } = deps;
  const channel = createChannelHttp(deps, config.http_config);
  return {
    name,
    index,
    integration: 'heartbeat',
    sendsResolved: config.send_resolved,
    send: async (notification, signal) => {
      if (notification.prepared !== undefined) return NO_MESSAGES;
      const secrets: string[] = [];
      const result = await attempt(clock, { timeoutMs: config.timeout, signal }, async (ending) => {
        const address = await revealed(deps.files, config.url, config.url_file);
        const url = urlOf(address, config.url_file);
        // Who knows the path can beat in our place; the host is no secret, and helps to find a fault.
        secrets.push(address, url.href, `${url.pathname}${url.search}`, url.pathname);
        const headers = { 'Idempotency-Key': notification.id };
        const answer = await channel.request({ method: config.method, url, headers }, ending);
        return resultOf({ ...answer, text: withoutSecrets(answer.text, secrets) }, clock.nowMs());
      });
      return resultWithoutSecrets(result, secrets);
    },
  };
}

/** A call says that all works, whatever is in it. */
const NO_MESSAGES: SendResult = {
  kind: 'failed',
  isRetriable: false,
  category: 'other',
  error: 'cannot send a message to a heartbeat: a call means that all is well and nothing else',
};

function urlOf(address: string, file: string): URL {
  const url = URL.parse(address);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new InputError(
    'VED_NOTIFY_FAILED',
    `cannot use the content of "${file}": want an http or https address`,
  );
}
