/** The channels of a configuration. Adapters are imported when a receiver uses them. */
import type { Clock, Files } from '@vedette/model';
import type { AlertmanagerConfig } from './alert/config/config.ts';
import type { IntegrationKey, ReceiverConfig } from './alert/config/receivers.ts';
import type { Receiver } from './alert/index.ts';
import type { CreateSender, SenderDeps } from './alert/notify/sender.ts';
import { VEDETTE_VERSION } from './lib/version.ts';
import type { Log } from './telemetry/log.ts';

type Config<K extends IntegrationKey> = ReceiverConfig[K][number];

/** A new channel is a line here; `INTEGRATIONS` in alert/config/support.ts says the same to the checks. */
const SENDERS: { readonly [K in IntegrationKey]?: () => Promise<CreateSender<Config<K>>> } = {
  webhook_configs: async () => (await import('./alert/notify/webhook/webhook.ts')).createWebhookSender,
  slack_configs: async () => (await import('./alert/notify/slack/slack.ts')).createSlackSender,
  feishu_configs: async () => (await import('./alert/notify/feishu/feishu.ts')).createFeishuSender,
  dingtalk_configs: async () => (await import('./alert/notify/dingtalk/dingtalk.ts')).createDingtalkSender,
  email_configs: async () => (await import('./alert/notify/email/email.ts')).createEmailSender,
  pagerduty_configs: async () =>
    (await import('./alert/notify/pagerduty/pagerduty.ts')).createPagerdutySender,
  telegram_configs: async () => (await import('./alert/notify/telegram/telegram.ts')).createTelegramSender,
  ntfy_configs: async () => (await import('./alert/notify/ntfy/ntfy.ts')).createNtfySender,
  web_push_configs: async () => (await import('./alert/notify/web-push/web-push.ts')).createWebPushSender,
  heartbeat_configs: async () =>
    (await import('./alert/notify/heartbeat/heartbeat.ts')).createHeartbeatSender,
  guard_configs: async () => (await import('./alert/notify/guard/guard.ts')).createGuardSender,
  log_configs: async () => (await import('./alert/notify/log/log.ts')).createLogSender,
};

export interface ReceiverDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  /** Where links in messages lead; without a slash at the end. */
  readonly externalUrl: string;
  readonly guard: SenderDeps['guard'];
  readonly push: SenderDeps['push'];
}

/** The integrations of all receivers, in the order of the file. Rejects with `InputError` when its templates cannot be used. */
export async function createReceivers(
  deps: ReceiverDeps,
  config: AlertmanagerConfig,
): Promise<readonly Receiver[]> {
  const senderDeps = await senderDepsOf(deps, config);
  const receivers: Receiver[] = [];
  for (const receiver of config.receivers)
    for (const key of Object.keys(SENDERS) as IntegrationKey[])
      receivers.push(...(await createAll(senderDeps, receiver, key)));
  return receivers;
}

async function senderDepsOf(deps: ReceiverDeps, { templates }: AlertmanagerConfig): Promise<SenderDeps> {
  const { loadNotificationTemplates } = await import('./alert/templates/load-templates.ts');
  return { ...deps, version: VEDETTE_VERSION, templates: await loadNotificationTemplates(deps, templates) };
}

async function createAll<K extends IntegrationKey>(
  deps: SenderDeps,
  receiver: ReceiverConfig,
  key: K,
): Promise<readonly Receiver[]> {
  const configs: readonly Config<K>[] = receiver[key];
  if (configs.length === 0) return [];
  const create = await SENDERS[key]?.();
  if (create === undefined) return [];
  return configs.map((config, index) => create(deps, { name: receiver.name, index, config }));
}

/**
 * One channel made anew for a test, which tells `onMessage` what it sends. `undefined`: the configuration
 * has no such channel. Rejects with `InputError` as above.
 */
export async function createTestReceiver(
  deps: ReceiverDeps & { readonly onMessage: (text: string) => void },
  config: AlertmanagerConfig,
  asked: { readonly receiver: string; readonly integration: string; readonly index: number },
): Promise<Receiver | undefined> {
  const receiver = config.receivers.find(({ name }) => name === asked.receiver);
  const key = (Object.keys(SENDERS) as IntegrationKey[]).find(
    (known) => known === `${asked.integration}_configs`,
  );
  if (receiver === undefined || key === undefined) return undefined;
  const all = await createAll(await senderDepsOf(deps, config), receiver, key);
  return all[asked.index];
}
