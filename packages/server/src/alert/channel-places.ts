/** The channels of a configuration as people look at them: where each leads, and nothing that opens it. */
import { Secret } from '../lib/secret.ts';
import type { AlertmanagerConfig } from './config/config.ts';

export interface ChannelPlace {
  readonly integration: string;
  /** Position among the channels of its kind in the receiver, from 0. */
  readonly index: number;
  /** A host, an address of mail, the name of a room. `undefined`: it stands in a file, or there is none. */
  readonly place: string | undefined;
  /** The guard bans and a heartbeat says "all is well": neither is a message to somebody. */
  readonly isTestable: boolean;
}

/** Of which a test would do what it says instead of telling somebody. */
const ACTING: ReadonlySet<string> = new Set(['guard', 'heartbeat']);

/** Keys that name a place in plain words. Not the topic of ntfy: who knows it can read it. */
const PLAIN_KEYS = ['to', 'channel', 'chat_id'] as const;

/** Keys with an address, of which only the host is shown: the rest may be a key. */
const ADDRESS_KEYS = ['webhook_url', 'url', 'api_url', 'app_url'] as const;

/** In the order of the file, those that can send. */
export function channelPlacesOf(receiver: AlertmanagerConfig['receivers'][number]): readonly ChannelPlace[] {
  return Object.entries(receiver).flatMap(([key, configs]) => {
    if (!key.endsWith('_configs') || !Array.isArray(configs)) return [];
    const integration = key.slice(0, -'_configs'.length);
    return (configs as readonly object[]).map((config, index) => ({
      integration,
      index,
      place: placeOf(config),
      isTestable: !ACTING.has(integration),
    }));
  });
}

function placeOf(config: object): string | undefined {
  const plain = PLAIN_KEYS.map((key) => textOf(config, key)).find((text) => text !== '');
  const host = ADDRESS_KEYS.map((key) => hostOf(textOf(config, key))).find((text) => text !== undefined);
  // A room is one of its server; an address of mail says all.
  if (plain !== undefined && host !== undefined && !plain.includes('@')) return `${plain} (${host})`;
  return plain ?? host;
}

function textOf(config: object, key: string): string {
  const value: unknown = Object.hasOwn(config, key) ? config[key as keyof typeof config] : undefined;
  if (value instanceof Secret) return value.reveal();
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** A template has no host before it is filled. */
function hostOf(address: string): string | undefined {
  return address.includes('{{') ? undefined : URL.parse(address)?.host;
}
