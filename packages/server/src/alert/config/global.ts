import { z } from 'zod';
import { SLACK_POST_URL } from '../notify/slack/config.ts';
import { fields } from './fields.ts';
import { httpConfig, tlsConfig } from './http-config.ts';
import { atMostOne, complain, isSet } from './rules.ts';

/** What receivers inherit. The defaults are Alertmanager's. */
export const globalConfig = z
  .strictObject({
    // 5 min: an alert whose sender is silent that long is taken to be over.
    resolve_timeout: fields
      .shown(fields.duration().default(300_000))
      .describe('Life of an alert that comes without an end.'),
    http_config: httpConfig.prefault({}).describe('How HTTP is spoken.'),
    jira_api_url: fields.url().describe('Jira.'),
    smtp_from: fields.text().describe('Sender of mails.'),
    smtp_hello: fields.text('localhost').describe('Name by which we greet the mail server.'),
    smtp_smarthost: fields.hostPort().describe('Mail server, host:port.'),
    smtp_auth_username: fields.text().describe('User at the mail server.'),
    smtp_auth_password: fields.secretText().describe('Password for LOGIN and PLAIN.'),
    smtp_auth_password_file: fields.fileName().describe('File with the password.'),
    smtp_auth_secret: fields.secretText().describe('Secret for CRAM-MD5.'),
    smtp_auth_secret_file: fields.fileName().describe('File with the secret.'),
    smtp_auth_identity: fields.text().describe('Identity for PLAIN.'),
    smtp_require_tls: fields.shown(fields.flag(true)).describe('Whether the mail server must speak TLS.'),
    smtp_tls_config: tlsConfig.optional().describe('TLS with the mail server.'),
    smtp_force_implicit_tls: fields
      .optionalFlag()
      .describe('TLS from the first byte, or never; by port when absent.'),
    slack_api_url: fields.secretUrl().describe('Webhook of Slack.'),
    slack_api_url_file: fields.fileName().describe('File with the webhook of Slack.'),
    slack_app_token: fields.secretText().describe('Token of a Slack application.'),
    slack_app_token_file: fields.fileName().describe('File with the token.'),
    slack_app_url: fields.url().default(SLACK_POST_URL).describe('Where messages with a token are posted.'),
    pagerduty_url: fields.url().default('https://events.pagerduty.com/v2/enqueue').describe('PagerDuty.'),
    opsgenie_api_url: fields.url().default('https://api.opsgenie.com/').describe('Opsgenie.'),
    opsgenie_api_key: fields.secretText().describe('Key for Opsgenie.'),
    opsgenie_api_key_file: fields.fileName().describe('File with the key.'),
    wechat_api_url: fields.url().default('https://qyapi.weixin.qq.com/cgi-bin/').describe('WeChat.'),
    wechat_api_secret: fields.secretText().describe('Secret for WeChat.'),
    wechat_api_secret_file: fields.fileName().describe('File with the secret.'),
    wechat_api_corp_id: fields.text().describe('Company at WeChat.'),
    victorops_api_url: fields
      .url()
      .default('https://alert.victorops.com/integrations/generic/20131114/alert/')
      .describe('VictorOps.'),
    victorops_api_key: fields.secretText().describe('Key for VictorOps.'),
    victorops_api_key_file: fields.fileName().describe('File with the key.'),
    telegram_api_url: fields.url().default('https://api.telegram.org').describe('Telegram.'),
    telegram_bot_token: fields.secretText().describe('Token of the Telegram bot.'),
    telegram_bot_token_file: fields.fileName().describe('File with the token.'),
    webex_api_url: fields.url().default('https://webexapis.com/v1/messages').describe('Webex.'),
    rocketchat_api_url: fields.url().default('https://open.rocket.chat/').describe('Rocket.Chat.'),
    rocketchat_token: fields.secretText().describe('Token for Rocket.Chat.'),
    rocketchat_token_file: fields.fileName().describe('File with the token.'),
    rocketchat_token_id: fields.secretText().describe('User of the token.'),
    rocketchat_token_id_file: fields.fileName().describe('File with the user of the token.'),
    mattermost_webhook_url: fields.secretUrl().describe('Webhook of Mattermost.'),
    mattermost_webhook_url_file: fields.fileName().describe('File with the webhook.'),
  })
  .check(
    atMostOne('slack_app_token', 'slack_app_token_file'),
    atMostOne('slack_api_url', 'slack_api_url_file'),
    atMostOne('opsgenie_api_key', 'opsgenie_api_key_file'),
    atMostOne('victorops_api_key', 'victorops_api_key_file'),
    atMostOne('telegram_bot_token', 'telegram_bot_token_file'),
    atMostOne('smtp_auth_password', 'smtp_auth_password_file'),
    atMostOne('smtp_auth_secret', 'smtp_auth_secret_file'),
    atMostOne('rocketchat_token', 'rocketchat_token_file'),
    atMostOne('rocketchat_token_id', 'rocketchat_token_id_file'),
    atMostOne('wechat_api_secret', 'wechat_api_secret_file'),
    atMostOne('mattermost_webhook_url', 'mattermost_webhook_url_file'),
  )
  .check((payload) => {
    const given = payload.value;
    const hasToken = isSet(given.slack_app_token) || isSet(given.slack_app_token_file);
    const hasAddress = isSet(given.slack_api_url) || isSet(given.slack_api_url_file);
    // The address of the API itself beside a token was a way to have tokens before they had a key.
    if (hasToken && hasAddress && given.slack_api_url?.reveal() !== given.slack_app_url)
      complain(
        payload,
        'at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file must be configured',
      );
  });

export type GlobalConfig = z.output<typeof globalConfig>;
