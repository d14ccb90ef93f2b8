/** What receivers take from `global` where they say nothing, and what is missing when neither says it. */
import { findUpdateFault } from '../notify/slack/config.ts';
import { named } from './integration.ts';
import type { GlobalConfig } from './global.ts';
import type { HttpClientConfig } from './http-config.ts';
import type { IntegrationKey, ReceiverConfig } from './receivers.ts';
import { INTEGRATIONS } from './support.ts';

/** Adds a fault at a receiver's integration. */
type Complain = (key: IntegrationKey, index: number, message: string) => void;

/** Channels that send nothing by HTTP. */
const WITHOUT_HTTP: ReadonlySet<IntegrationKey> = new Set(['email_configs', 'log_configs', 'guard_configs']);

/** Changes the receiver, which was made a moment ago and belongs to nobody else. */
export function inheritGlobal(receiver: ReceiverConfig, global: GlobalConfig, complain: Complain): void {
  inheritSlack(receiver, global, complain);
  for (const key of Object.keys(INTEGRATIONS) as IntegrationKey[])
    for (const one of receiver[key] as { http_config?: HttpClientConfig | undefined }[])
      if (!WITHOUT_HTTP.has(key)) one.http_config ??= global.http_config;
  inheritEmail(receiver, global, complain);
  inheritChats(receiver, global, complain);
  inheritServices(receiver, global, complain);
}

function inheritEmail({ email_configs }: ReceiverConfig, global: GlobalConfig, complain: Complain): void {
  for (const [i, mail] of email_configs.entries()) {
    mail.smarthost ||= global.smtp_smarthost;
    if (mail.smarthost === '') complain('email_configs', i, 'no global SMTP smarthost set');
    mail.from ||= global.smtp_from;
    if (mail.from === '') complain('email_configs', i, 'no global SMTP from set');
    mail.hello ||= global.smtp_hello;
    mail.auth_username ||= global.smtp_auth_username;
    if (mail.auth_password === undefined && mail.auth_password_file === '') {
      mail.auth_password = global.smtp_auth_password;
      mail.auth_password_file = global.smtp_auth_password_file;
    }
    if (mail.auth_secret === undefined && mail.auth_secret_file === '') {
      mail.auth_secret = global.smtp_auth_secret;
      mail.auth_secret_file = global.smtp_auth_secret_file;
    }
    mail.auth_identity ||= global.smtp_auth_identity;
    mail.require_tls ??= global.smtp_require_tls;
    mail.tls_config ??= global.smtp_tls_config;
    mail.force_implicit_tls ??= global.smtp_force_implicit_tls;
    // Alertmanager prints them, too: its sender puts them into the configuration.
    mail.headers = { From: mail.from, Subject: named('email.default.subject'), To: mail.to, ...mail.headers };
  }
}

function inheritSlack({ slack_configs }: ReceiverConfig, global: GlobalConfig, complain: Complain): void {
  for (const [i, slack] of slack_configs.entries()) {
    slack.app_url ??= global.slack_app_url;
    const hasToken = (): boolean => slack.app_token !== undefined || slack.app_token_file !== '';
    // A token of one's own, or a webhook, goes before the token of all.
    if (!hasToken() && slack.http_config?.authorization === undefined && slack.api_url === undefined) {
      slack.app_token = global.slack_app_token;
      slack.app_token_file = global.slack_app_token_file;
    }
    if (slack.api_url === undefined && slack.api_url_file === '') {
      slack.api_url = global.slack_api_url;
      slack.api_url_file = global.slack_api_url_file;
    }
    if (slack.api_url === undefined && slack.api_url_file === '' && !hasToken())
      complain('slack_configs', i, 'no Slack API URL nor App token set either inline or in a file');
    const updateFault = findUpdateFault(slack);
    if (updateFault !== undefined) complain('slack_configs', i, updateFault);
    slack.http_config ??= global.http_config;
    if (!hasToken()) continue;
    if (slack.http_config.authorization !== undefined)
      complain('slack_configs', i, "http authorization can't be set when using Slack App tokens");
    const authorization = {
      type: 'Bearer',
      credentials: slack.app_token,
      credentials_file: slack.app_token_file,
    };
    slack.http_config = { ...slack.http_config, authorization };
  }
}

function inheritChats(receiver: ReceiverConfig, global: GlobalConfig, complain: Complain): void {
  for (const [i, telegram] of receiver.telegram_configs.entries()) {
    telegram.api_url ??= global.telegram_api_url;
    if (telegram.bot_token !== undefined || telegram.bot_token_file !== '') continue;
    telegram.bot_token = global.telegram_bot_token;
    telegram.bot_token_file = global.telegram_bot_token_file;
    if (telegram.bot_token === undefined && telegram.bot_token_file === '')
      complain('telegram_configs', i, 'missing bot_token or bot_token_file on telegram_config');
  }
  for (const [i, wechat] of receiver.wechat_configs.entries()) {
    wechat.api_url = withSlash(wechat.api_url ?? global.wechat_api_url);
    wechat.message_type ||= 'text';
    if (wechat.api_secret === undefined && wechat.api_secret_file === '') {
      wechat.api_secret = global.wechat_api_secret;
      wechat.api_secret_file = global.wechat_api_secret_file;
      if (wechat.api_secret === undefined && wechat.api_secret_file === '')
        complain('wechat_configs', i, 'no global Wechat Api Secret set either inline or in a file');
    }
    wechat.corp_id ||= global.wechat_api_corp_id;
    if (wechat.corp_id === '') complain('wechat_configs', i, 'no global Wechat CorpID set');
  }
  for (const webex of receiver.webex_configs) webex.api_url ??= global.webex_api_url;
  for (const [i, chat] of receiver.rocketchat_configs.entries()) {
    chat.api_url ??= global.rocketchat_api_url;
    chat.token_id ??= global.rocketchat_token_id;
    chat.token_id_file ||= global.rocketchat_token_id_file;
    if (chat.token_id === undefined && chat.token_id_file === '')
      complain('rocketchat_configs', i, 'no global Rocketchat TokenID set either inline or in a file');
    chat.token ??= global.rocketchat_token;
    chat.token_file ||= global.rocketchat_token_file;
    if (chat.token === undefined && chat.token_file === '')
      complain('rocketchat_configs', i, 'no global Rocketchat Token set either inline or in a file');
  }
  for (const [i, chat] of receiver.mattermost_configs.entries()) {
    if (chat.webhook_url !== undefined || chat.webhook_url_file !== '') continue;
    chat.webhook_url = global.mattermost_webhook_url;
    chat.webhook_url_file = global.mattermost_webhook_url_file;
    if (chat.webhook_url === undefined && chat.webhook_url_file === '')
      complain('mattermost_configs', i, 'missing webhook_url or webhook_url_file on mattermost_config');
  }
}

function inheritServices(receiver: ReceiverConfig, global: GlobalConfig, complain: Complain): void {
  for (const pager of receiver.pagerduty_configs) pager.url ??= global.pagerduty_url;
  for (const [i, opsgenie] of receiver.opsgenie_configs.entries()) {
    opsgenie.api_url = withSlash(opsgenie.api_url ?? global.opsgenie_api_url);
    if (opsgenie.api_key !== undefined || opsgenie.api_key_file !== '') continue;
    opsgenie.api_key = global.opsgenie_api_key;
    opsgenie.api_key_file = global.opsgenie_api_key_file;
    if (opsgenie.api_key === undefined && opsgenie.api_key_file === '')
      complain('opsgenie_configs', i, 'no global OpsGenie API Key set either inline or in a file');
  }
  for (const [i, victorops] of receiver.victorops_configs.entries()) {
    victorops.api_url = withSlash(victorops.api_url ?? global.victorops_api_url);
    if (victorops.api_key !== undefined || victorops.api_key_file !== '') continue;
    victorops.api_key = global.victorops_api_key;
    victorops.api_key_file = global.victorops_api_key_file;
    if (victorops.api_key === undefined && victorops.api_key_file === '')
      complain('victorops_configs', i, 'no global VictorOps API Key set');
  }
  for (const [i, jira] of receiver.jira_configs.entries()) {
    jira.api_url ??= global.jira_api_url;
    if (jira.api_url === undefined) complain('jira_configs', i, 'no global Jira Cloud URL set');
  }
}

/** Paths are appended to it. */
function withSlash(address: string): string {
  return address.endsWith('/') ? address : `${address}/`;
}
