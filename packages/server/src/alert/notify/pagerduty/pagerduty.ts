/**
 * Incidents in PagerDuty: a firing group triggers one, its end resolves it. Any 2xx (202, strictly) is a
 * delivery; 429, 408, 5xx and a missing answer are tried again; the rest is final, with the errors that
 * PagerDuty names. The service region of the European Union is another `url`.
 *
 * A prepared message is a change event, with the same key: it stands beside the incidents of the service, opens none
 * and pages nobody. A second trigger would open a new incident where the first one is closed, and nothing would end it.
 */
import { z } from 'zod';
import { createChannelHttp, resultOf, type ChannelAnswer } from '../channel-http.ts';
import type { Receiver } from '../receiver.ts';
import { resultWithoutSecrets, withoutSecrets } from '../redact.ts';
import { attempt, revealed, type SenderDeps, type SenderOptions } from '../sender.ts';
import { notificationTexts, TemplateFault, type NotificationTexts } from '../texts.ts';
import type { PagerdutyConfig } from './config.ts';
import { changeEvent, encodePagerdutyEvent, pagerdutyEvent } from './event.ts';

/** Where `global.pagerduty_url` points unless somebody says otherwise. */
const DEFAULT_URL = 'https://events.pagerduty.com/v2/enqueue';

export function createPagerdutySender(deps: SenderDeps, options: SenderOptions<PagerdutyConfig>): Receiver {
  const { config, name, index } = options;
  const { clock } = deps;
  const url = new URL(config.url ?? DEFAULT_URL);
  const log = deps.log.child('notification');
  const channel = createChannelHttp(deps, config.http_config);
  return {
    name,
    index,
    integration: 'pagerduty',
    sendsResolved: config.send_resolved,
    send: async (notification, signal) => {
      const secrets: string[] = [];
      const result = await attempt(clock, { timeoutMs: config.timeout, signal }, async (ending) => {
        const texts = notificationTexts(deps, notification);
        const written = await revealed(deps.files, config.routing_key, config.routing_key_file);
        secrets.push(written);
        const routingKey = routingKeyOf(written, texts);
        secrets.push(routingKey);
        const { groupKey, status, prepared } = notification;
        const event =
          prepared === undefined
            ? pagerdutyEvent(config, texts, { routingKey, groupKey, status })
            : changeEvent(prepared, { routingKey, nowMs: clock.nowMs() });
        const { body, isCut } = encodePagerdutyEvent(event);
        if (isCut) log.warn('an event for PagerDuty is too large; it goes without its details', { groupKey });
        const to = prepared === undefined ? url : changeUrlOf(url);
        const answer = await channel.request({ url: to, headers: JSON_HEADERS, body }, ending);
        // Before the text is cut: half a key is no key any more.
        const hidden = { ...answer, text: withoutSecrets(answer.text, secrets) };
        return resultOf({ ...hidden, text: errorTextOf(hidden) }, clock.nowMs());
      });
      return resultWithoutSecrets(result, secrets);
    },
  };
}

/** Beside the address of alert events: `/v2/enqueue`, `/v2/change/enqueue`. */
function changeUrlOf(url: URL): URL {
  return new URL('change/enqueue', url);
}

const JSON_HEADERS = { 'Content-Type': 'application/json' };

/** A template, as with Alertmanager: teams keep one receiver and take the key from a label. */
function routingKeyOf(written: string, texts: NotificationTexts): string {
  const key = texts.text(written, 'pagerduty_configs.routing_key').trim();
  if (key === '') throw new TemplateFault('cannot use pagerduty_configs.routing_key: got an empty text');
  return key;
}

const refusal = z.object({ message: z.string().default(''), errors: z.array(z.string()).default([]) });

function errorTextOf({ text }: ChannelAnswer): string {
  try {
    const { message, errors } = refusal.parse(JSON.parse(text));
    return [message, errors.join(', ')].filter((part) => part !== '').join(': ') || text;
  } catch {
    return text;
  }
}
