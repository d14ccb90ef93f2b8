/**
 * The configuration as `GET /api/v2/status` shows it. amtool takes it apart (`config show`, `config routes`), and each
 * version of amtool refuses keys that it does not know. So that those of the distributions work, from 0.25 on:
 *
 * 1. What later versions brought is left out where it says what it would say anyway.
 * 2. Keys of our own are left out: no amtool knows them.
 * 3. Addresses of webhooks are hidden behind their host, not as a whole: 0.25 takes `<secret>` for no address.
 */
import { isDeepStrictEqual } from 'node:util';
import { shownAlertmanagerConfig, yamlOf, type AlertmanagerConfig } from './config.ts';
import { SLACK_POST_URL } from '../notify/slack/config.ts';
import { INTEGRATIONS } from './support.ts';

type Shown = Readonly<Record<string, unknown>>;

/** Table: keys since 0.25, and what they say when nobody set them. */
const NEWER_GLOBALS: Shown = {
  slack_app_url: SLACK_POST_URL,
  rocketchat_api_url: 'https://open.rocket.chat/',
};
const NEWER_OF_CHANNELS: Shown = {
  app_url: SLACK_POST_URL,
  timeout: '0s',
  update_message: false,
  url_file: '',
};

const OWN_KEYS = new Set(['cooldown', 'storm_control']);

export function printForClients(config: AlertmanagerConfig): string {
  const shown = shownAlertmanagerConfig(config) as Shown;
  const receivers = (shown['receivers'] as readonly Shown[] | undefined) ?? [];
  const kept = without(shown, (key) => OWN_KEYS.has(key));
  return yamlOf({
    ...kept,
    global: without(shown['global'] as Shown, (key, value) => isUnset(NEWER_GLOBALS, key, value)),
    receivers: receivers.map((receiver, i) =>
      receiverShown(receiver, config.receivers[i]?.webhook_configs ?? []),
    ),
  });
}

type Webhooks = AlertmanagerConfig['receivers'][number]['webhook_configs'];

function receiverShown(receiver: Shown, webhooks: Webhooks): Shown {
  const pairs = Object.entries(receiver).flatMap(([key, value]): [string, unknown][] => {
    const support = Object.entries(INTEGRATIONS).find(([integration]) => integration === key)?.[1];
    if (support === undefined) return [[key, value]];
    if (support.origin === 'vedette') return [];
    const channels = (value as readonly Shown[]).map((channel, i) => {
      const isLeftOut = (name: string, one: unknown): boolean =>
        isUnset(NEWER_OF_CHANNELS, name, one) || (support.ownKeys ?? []).includes(name);
      const known = without(channel, isLeftOut);
      const url = key === 'webhook_configs' ? webhooks[i]?.url?.reveal() : undefined;
      return url === undefined || url === '' ? known : { ...known, url: hidden(url) };
    });
    return [[key, channels]];
  });
  return Object.fromEntries(pairs);
}

function isUnset(newer: Shown, key: string, value: unknown): boolean {
  return Object.hasOwn(newer, key) && isDeepStrictEqual(newer[key], value);
}

/** Scheme and host; what names a person or carries a secret is not among them. A template has neither. */
function hidden(url: string): string {
  if (!URL.canParse(url)) return '<secret>';
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}/<secret>`;
}

function without(record: Shown, isLeftOut: (key: string, value: unknown) => boolean): Shown {
  return Object.fromEntries(Object.entries(record).filter(([key, value]) => !isLeftOut(key, value)));
}
