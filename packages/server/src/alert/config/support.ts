/**
 * What of a valid configuration this version carries out. What it cannot is an error that names it, at
 * the start and in `vedette check alerting`: a message that quietly never leaves is the failure people remember.
 */
import type { HttpClientConfig } from './http-config.ts';
import type { IntegrationKey, ReceiverConfig } from './receivers.ts';
import type { AlertmanagerConfig } from './config.ts';

/** Whose folder it is: a plain alertmanager.yml must stay one that Alertmanager accepts. */
type Origin = 'alertmanager' | 'vedette';

interface Support {
  readonly origin: Origin;
  /** Keys of ours in a channel of theirs; refused in a file, like channels of ours. */
  readonly ownKeys?: readonly string[];
  /** Whether a sender stands in `notify/`. */
  readonly hasSender: boolean;
}

const sent = { origin: 'alertmanager', hasSender: true } as const;
const accepted = { origin: 'alertmanager', hasSender: false } as const;

/** The one table; who adds a sender changes its line. */
export const INTEGRATIONS: Readonly<Record<IntegrationKey, Support>> = {
  webhook_configs: { ...sent, ownKeys: ['hmac'] },
  slack_configs: { ...sent, ownKeys: ['blocks'] },
  email_configs: { ...sent, ownKeys: ['to_by_severity'] },
  pagerduty_configs: sent,
  telegram_configs: sent,
  discord_configs: accepted,
  incidentio_configs: accepted,
  jira_configs: accepted,
  mattermost_configs: accepted,
  msteams_configs: accepted,
  msteamsv2_configs: accepted,
  opsgenie_configs: accepted,
  pushover_configs: accepted,
  rocketchat_configs: accepted,
  sns_configs: accepted,
  victorops_configs: accepted,
  webex_configs: accepted,
  wechat_configs: accepted,
  log_configs: { origin: 'vedette', hasSender: true },
  feishu_configs: { origin: 'vedette', hasSender: true },
  dingtalk_configs: { origin: 'vedette', hasSender: true },
  ntfy_configs: { origin: 'vedette', hasSender: true },
  web_push_configs: { origin: 'vedette', hasSender: true },
  heartbeat_configs: { origin: 'vedette', hasSender: true },
  guard_configs: { origin: 'vedette', hasSender: true },
};

/** Something that is understood and not carried out, at its place in the configuration. */
export interface UnsupportedPart {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Every part of a resolved configuration that this version cannot carry out. */
export function findUnsupported(config: AlertmanagerConfig): UnsupportedPart[] {
  const found = config.receivers.flatMap((receiver, i) =>
    findInReceiver(receiver, i, config.global.http_config),
  );
  if (config.receivers.some(speaksHttp))
    found.push(...findInHttp(config.global.http_config, ['global', 'http_config']));
  if (config.event_recorder !== undefined)
    found.push({
      path: ['event_recorder'],
      message:
        'event_recorder is not supported by this version; the notification log has what it would record',
    });
  return found;
}

function findInReceiver(receiver: ReceiverConfig, i: number, inherited: HttpClientConfig): UnsupportedPart[] {
  const found: UnsupportedPart[] = [];
  for (const key of Object.keys(INTEGRATIONS) as IntegrationKey[]) {
    const channels: readonly object[] = receiver[key];
    if (channels.length > 0 && !INTEGRATIONS[key].hasSender)
      found.push({
        path: ['receivers', i, key],
        message: `${key} is understood, but this version cannot send it; remove it from receiver ${JSON.stringify(receiver.name)}`,
      });
    else
      for (const [j, channel] of channels.entries()) {
        const http = httpOf(channel);
        if (http === undefined || http === inherited) continue;
        found.push(...findInHttp(http, ['receivers', i, key, j, 'http_config']));
      }
  }
  return [...found, ...findInPagerduty(receiver, i)];
}

/** The old API, whose integration keys are another kind. With both kinds of keys the new one is used. */
function findInPagerduty({ pagerduty_configs }: ReceiverConfig, i: number): UnsupportedPart[] {
  return pagerduty_configs.flatMap(({ routing_key, routing_key_file, service_key }, j) => {
    if (routing_key !== undefined || routing_key_file !== '') return [];
    const key = service_key === undefined ? 'service_key_file' : 'service_key';
    const path = ['receivers', i, 'pagerduty_configs', j, key];
    return [
      {
        path,
        message: `${key} belongs to PagerDuty's old API, which this version does not speak; add an Events API v2 integration to the service and give its routing_key`,
      },
    ];
  });
}

function speaksHttp(receiver: ReceiverConfig): boolean {
  return (Object.keys(INTEGRATIONS) as IntegrationKey[]).some((key) =>
    (receiver[key] as readonly object[]).some((channel) => httpOf(channel) !== undefined),
  );
}

function httpOf(channel: {
  readonly http_config?: HttpClientConfig | undefined;
}): HttpClientConfig | undefined {
  return channel.http_config;
}

/** What our HTTP client cannot do. Redirects and HTTP/2 are allowances that nobody has to use. */
function findInHttp(http: HttpClientConfig, path: readonly (string | number)[]): UnsupportedPart[] {
  const asked = {
    oauth2: http.oauth2 !== undefined,
    proxy_url: http.proxy_url !== undefined,
    proxy_from_environment: http.proxy_from_environment,
  };
  return Object.entries(asked).flatMap(([key, isAsked]) => (isAsked ? [notYet([...path, key])] : []));
}

function notYet(path: readonly (string | number)[]): UnsupportedPart {
  return { path, message: `${String(path.at(-1))} is not supported by this version; remove it` };
}
