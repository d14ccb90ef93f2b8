import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import type { IntegrationKey } from './alert/config/receivers.ts';
import { INTEGRATIONS } from './alert/config/support.ts';
import { senderDeps } from './alert/notify/sender-fixture.ts';
import { createReceivers, type ReceiverDeps } from './compose-receivers.ts';
import { parseAlertmanagerConfig } from './config/alertmanager-config.ts';
import { DiskFiles } from './lib/disk-files.ts';

const deps: ReceiverDeps = {
  clock: new VirtualClock({ startMs: 0 }),
  files: new DiskFiles(),
  log: senderDeps().log,
  externalUrl: 'http://vedette.test',
  guard: senderDeps().guard,
  push: senderDeps().push,
};

const URL = 'http://channel.test/';

/** The least that each channel needs. */
const EXAMPLES = {
  webhook_configs: `{url: '${URL}'}`,
  slack_configs: `{api_url: '${URL}', channel: c}`,
  email_configs: `{to: a@x, from: b@x, smarthost: 'x:25'}`,
  pagerduty_configs: '{routing_key: k}',
  telegram_configs: '{bot_token: t, chat_id: 1}',
  discord_configs: `{webhook_url: '${URL}'}`,
  incidentio_configs: `{url: '${URL}', alert_source_token: t}`,
  jira_configs: `{api_url: '${URL}', project: p, issue_type: Bug}`,
  mattermost_configs: `{webhook_url: '${URL}'}`,
  msteams_configs: `{webhook_url: '${URL}'}`,
  msteamsv2_configs: `{webhook_url: '${URL}'}`,
  opsgenie_configs: '{api_key: k}',
  pushover_configs: '{user_key: u, token: t}',
  rocketchat_configs: '{token_id: i, token: t}',
  sns_configs: '{topic_arn: a}',
  victorops_configs: '{api_key: k, routing_key: r}',
  webex_configs: '{room_id: r, http_config: {authorization: {credentials: c}}}',
  wechat_configs: '{api_secret: s, corp_id: c}',
  log_configs: '{}',
  guard_configs: '{}',
  feishu_configs: `{webhook_url: '${URL}'}`,
  dingtalk_configs: `{webhook_url: '${URL}'}`,
  ntfy_configs: '{topic: t}',
  web_push_configs: '{}',
  heartbeat_configs: `{url: '${URL}'}`,
} satisfies Record<IntegrationKey, string>;

function configOf(yaml: string) {
  const { config, faults } = parseAlertmanagerConfig(yaml, {
    file: 'am.yml',
    path: '/am.yml',
    extensions: true,
  });
  assert.deepEqual(faults, []);
  assert.ok(config !== undefined);
  return config;
}

test('the checks say that a channel is sent exactly where a sender is made', async () => {
  for (const [key, example] of Object.entries(EXAMPLES)) {
    const { hasSender } = INTEGRATIONS[key as IntegrationKey];
    const config = configOf(
      `route: {receiver: x}\nreceivers:\n- name: x\n  ${key}: [${example}, ${example}]\n`,
    );
    const made = await createReceivers(deps, config);
    const identities = made.map(({ name, integration, index }) => `${name} ${integration}_configs ${index}`);
    assert.deepEqual(identities, hasSender ? [`x ${key} 0`, `x ${key} 1`] : [], key);
  }
});

test('receivers come in the order of the file, each with its own settings', async () => {
  const config = configOf(
    `global: {smtp_from: a@x, smtp_smarthost: 'x:25'}\nroute: {receiver: b}\nreceivers:\n- name: b\n  log_configs: [{}]\n- name: a\n  email_configs: [{to: c@x}, {to: c@x, send_resolved: true}]\n- name: c\n`,
  );
  const made = await createReceivers(deps, config);
  assert.deepEqual(
    made.map(({ name, integration, index, sendsResolved }) => [name, integration, index, sendsResolved]),
    [
      ['b', 'log', 0, true],
      ['a', 'email', 0, false],
      ['a', 'email', 1, true],
    ],
  );
});
