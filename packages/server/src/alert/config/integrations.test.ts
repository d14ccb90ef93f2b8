/** Rules inside the integrations, with the texts that Alertmanager has for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import { emailIntegration } from '../notify/email/config.ts';
import { pagerdutyIntegration } from '../notify/pagerduty/config.ts';
import { slackIntegration } from '../notify/slack/config.ts';
import { telegramIntegration } from '../notify/telegram/config.ts';
import { webhookIntegration } from '../notify/webhook/config.ts';
import { mattermostIntegration, msteamsIntegration, wechatIntegration } from './accepted-chats.ts';
import {
  incidentioIntegration,
  jiraIntegration,
  opsgenieIntegration,
  pushoverIntegration,
  snsIntegration,
} from './accepted-services.ts';

const checkRefused = (schema: z.ZodType, input: Record<string, unknown>, want: string): void => {
  const result = schema.safeParse(input);
  const messages = result.success ? ['accepted'] : result.error.issues.map(({ message }) => message);
  assert.ok(messages.includes(want), `want ${want}; got ${messages.join('; ')}`);
};

test('slack wants one way to the channel, and whole fields and actions', () => {
  const check = (input: Record<string, unknown>, want: string): void =>
    checkRefused(slackIntegration, input, want);
  const api_url = 'http://s';
  check({ api_url, api_url_file: 'f' }, 'at most one of api_url & api_url_file must be configured');
  check(
    { app_token: 'a', app_token_file: 'f' },
    'at most one of app_token & app_token_file must be configured',
  );
  check(
    { api_url, app_token: 'a' },
    'at most one of api_url/api_url_file & app_token/app_token_file must be configured',
  );
  check({ fields: [{ title: 't' }] }, 'missing value in Slack field configuration');
  check({ fields: [{ value: 't' }] }, 'missing title in Slack field configuration');
  check({ actions: [{ text: 't', url: 'u' }] }, 'missing type in Slack action configuration');
  check({ actions: [{ type: 't', url: 'u' }] }, 'missing text in Slack action configuration');
  check({ actions: [{ type: 't', text: 'u' }] }, 'missing name or url in Slack action configuration');
  check(
    { actions: [{ type: 't', text: 'u', name: 'n', confirm: {} }] },
    'missing text in Slack confirmation configuration',
  );
  const { actions } = slackIntegration.parse({
    actions: [{ type: 't', text: 'x', url: 'u', name: 'n', value: 'v' }],
  });
  assert.deepEqual([actions[0]?.name, actions[0]?.value], ['', '']);
  slackIntegration.parse({ api_url: 'https://slack.com/api/chat.postMessage', update_message: true });
});

test('mails have a recipient, each header once, and threads do not fight with headers', () => {
  const check = (input: Record<string, unknown>, want: string): void =>
    checkRefused(emailIntegration, input, want);
  check({}, 'missing to address in email config');
  check({ to: 'a', headers: { 'x-a': '1', 'X-A': '2' } }, 'duplicate header "X-A" in email config');
  const threading = { enabled: true, thread_by_date: 'daily' };
  check(
    { to: 'a', threading, headers: { references: 'r' } },
    'conflicting configuration: threading.enabled conflicts with custom References header',
  );
  check(
    { to: 'a', threading: { enabled: true } },
    "threading.thread_by_date must be either 'none' or 'daily'",
  );
  check({ to: 'a', smarthost: 'h' }, 'address h: missing port in address');
  check({ to: 'a', smarthost: 'h:' }, 'address "h:": port cannot be empty');
  check({ to: 'a', smarthost: 'h:1:2' }, 'address h:1:2: too many colons in address');
  const parsed = emailIntegration.parse({ to: 'a', smarthost: '[::1]:25', headers: { 'in-reply-to': 'x' } });
  assert.deepEqual(parsed.headers, { 'In-Reply-To': 'x' });
});

test('pagerduty has a key, details of its own and the client as source', () => {
  checkRefused(pagerdutyIntegration, {}, 'missing service or routing key in PagerDuty config');
  checkRefused(
    pagerdutyIntegration,
    { routing_key: 'a', routing_key_file: 'b' },
    'at most one of routing_key & routing_key_file must be configured',
  );
  const { details, source } = pagerdutyIntegration.parse({
    service_key: 'k',
    client: 'c',
    details: { firing: 'x' },
  });
  assert.deepEqual(Object.keys(details).sort(), ['firing', 'num_firing', 'num_resolved', 'resolved']);
  assert.deepEqual([details['firing'], source], ['x', 'c']);
});

test('telegram wants a chat and marks that it knows', () => {
  const check = (input: Record<string, unknown>, want: string): void =>
    checkRefused(telegramIntegration, input, want);
  check({ bot_token: 't' }, 'missing chat_id or chat_id_file on telegram_config');
  check({ chat_id: 1, chat_id_file: 'f' }, 'at most one of chat_id & chat_id_file must be configured');
  check(
    { chat_id: 1, parse_mode: 'html' },
    'unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string',
  );
});

test('a webhook has an address, which may be a template or what the API shows', () => {
  checkRefused(webhookIntegration, { url: 'ftp://h' }, 'invalid URL: unsupported scheme "ftp" for URL');
  checkRefused(webhookIntegration, { url: 'http://' }, 'invalid URL: missing host for URL');
  checkRefused(
    webhookIntegration,
    { url: 'h', url_file: 'f' },
    'at most one of url & url_file must be configured',
  );
  for (const url of ['http://h/x', '{{ .x }}', '<secret>']) webhookIntegration.parse({ url });
});

test('the integrations that are only accepted keep their rules, too', () => {
  checkRefused(
    wechatIntegration,
    { message_type: 'x' },
    'weChat message type "x" does not match valid options ^(text|markdown)$',
  );
  checkRefused(msteamsIntegration, {}, 'one of webhook_url or webhook_url_file must be configured');
  checkRefused(
    mattermostIntegration,
    { fields: [{ title: 't' }] },
    'missing value in Mattermost field configuration',
  );
  checkRefused(
    opsgenieIntegration,
    { responders: [{ type: 'team' }] },
    'opsGenieConfig responder {   team} has to have at least one of id, username or name specified',
  );
  checkRefused(
    opsgenieIntegration,
    { responders: [{ id: 'x', type: 'crowd' }] },
    'opsGenieConfig responder {x   crowd} type does not match valid options ^(team|teams|user|escalation|schedule)$',
  );
  checkRefused(
    pushoverIntegration,
    { user_key: 'u', token: 't', html: true, monospace: true },
    'at most one of monospace & html must be configured',
  );
  checkRefused(
    snsIntegration,
    { topic_arn: 'a', target_arn: 'b' },
    'must provide either a Target ARN, Topic ARN, or Phone Number for SNS config',
  );
  checkRefused(
    incidentioIntegration,
    { url: 'http://i', http_config: {} },
    'at least one of alert_source_token, alert_source_token_file or http_config.authorization must be configured',
  );
  checkRefused(jiraIntegration, { project: 'p' }, 'missing issue_type in jira_config');
  const { summary, labels } = jiraIntegration.parse({
    project: 'p',
    issue_type: 'Bug',
    summary: { template: 's', enable_update: false },
    labels: ['l'],
  });
  assert.deepEqual([summary, labels?.values], [{ template: 's', enable_update: false }, ['l']]);
});
