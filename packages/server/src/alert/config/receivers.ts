import { z } from 'zod';
import { dingtalkIntegration } from '../notify/dingtalk/config.ts';
import { emailIntegration } from '../notify/email/config.ts';
import { feishuIntegration } from '../notify/feishu/config.ts';
import { heartbeatIntegration } from '../notify/heartbeat/config.ts';
import { guardIntegration } from '../notify/guard/config.ts';
import { logIntegration } from '../notify/log/config.ts';
import { ntfyIntegration } from '../notify/ntfy/config.ts';
import { pagerdutyIntegration } from '../notify/pagerduty/config.ts';
import { slackIntegration } from '../notify/slack/config.ts';
import { telegramIntegration } from '../notify/telegram/config.ts';
import { webPushIntegration } from '../notify/web-push/config.ts';
import { webhookIntegration } from '../notify/webhook/config.ts';
import {
  discordIntegration,
  mattermostIntegration,
  msteamsIntegration,
  msteamsv2Integration,
  rocketchatIntegration,
  webexIntegration,
  wechatIntegration,
} from './accepted-chats.ts';
import {
  incidentioIntegration,
  jiraIntegration,
  opsgenieIntegration,
  pushoverIntegration,
  snsIntegration,
  victoropsIntegration,
} from './accepted-services.ts';
import { fields } from './fields.ts';
import { needed } from './rules.ts';

function listOf<T extends z.ZodType>(schema: T) {
  return z.array(schema).default([]);
}

/** A name, and how those behind it are told. Lists in the order in which Alertmanager prints them. */
export const receiverConfig = z
  .strictObject({
    name: fields.shown(fields.text()).describe('Name that routes refer to.'),
    labels: fields
      .printedAs(fields.textMap(), withoutName)
      .describe('Labels that the API filters receivers by; the name is one of them.'),
    discord_configs: listOf(discordIntegration),
    email_configs: listOf(emailIntegration).describe('Mails.'),
    incidentio_configs: listOf(incidentioIntegration),
    pagerduty_configs: listOf(pagerdutyIntegration).describe('Incidents in PagerDuty.'),
    slack_configs: listOf(slackIntegration).describe('Messages in Slack.'),
    webhook_configs: listOf(webhookIntegration).describe("HTTP receivers of Alertmanager's webhook body."),
    opsgenie_configs: listOf(opsgenieIntegration),
    wechat_configs: listOf(wechatIntegration),
    pushover_configs: listOf(pushoverIntegration),
    victorops_configs: listOf(victoropsIntegration),
    sns_configs: listOf(snsIntegration),
    telegram_configs: listOf(telegramIntegration).describe('Messages in Telegram.'),
    webex_configs: listOf(webexIntegration),
    msteams_configs: listOf(msteamsIntegration),
    msteamsv2_configs: listOf(msteamsv2Integration),
    jira_configs: listOf(jiraIntegration),
    rocketchat_configs: listOf(rocketchatIntegration),
    mattermost_configs: listOf(mattermostIntegration),
    feishu_configs: listOf(feishuIntegration).describe('Messages in Feishu or Lark; ours.'),
    dingtalk_configs: listOf(dingtalkIntegration).describe('Messages in DingTalk; ours.'),
    ntfy_configs: listOf(ntfyIntegration).describe('Push messages through ntfy; ours.'),
    web_push_configs: listOf(webPushIntegration).describe(
      'Notifications on devices that people turned on; ours.',
    ),
    log_configs: listOf(logIntegration).describe('Lines in the server log; ours.'),
    guard_configs: listOf(guardIntegration).describe(
      'The guard of this server: alerts with a user become decisions, as by webhook; ours.',
    ),
    heartbeat_configs: listOf(heartbeatIntegration).describe(
      'Addresses that are called while alerts get through; ours.',
    ),
  })
  .check(needed('name', 'missing name in receiver'))
  .transform((given) => ({ ...given, labels: { ...given.labels, name: given.name } }));

export type ReceiverConfig = z.output<typeof receiverConfig>;

function withoutName(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => label !== 'name'));
}

/** `slack_configs` and the like. */
export type IntegrationKey = Extract<keyof ReceiverConfig, `${string}_configs`>;
