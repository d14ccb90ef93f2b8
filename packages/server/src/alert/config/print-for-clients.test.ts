import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { alertmanagerConfig, type AlertmanagerConfig } from './config.ts';
import { printForClients } from './print-for-clients.ts';

function configOf(yaml: string): AlertmanagerConfig {
  return alertmanagerConfig({ extensions: true, directory: '/' }).parse(parse(yaml));
}

interface Shown {
  readonly global: Readonly<Record<string, unknown>>;
  readonly receivers: readonly { readonly name: string; readonly webhook_configs?: readonly object[] }[];
}

const shownOf = (yaml: string): Shown => parse(printForClients(configOf(yaml))) as Shown;

/** The only webhook of the first receiver. */
const webhookOf = ({ receivers }: Shown): Readonly<Record<string, unknown>> => ({
  ...receivers[0]?.webhook_configs?.[0],
});

test('what later versions brought is shown when it was set, and only then', () => {
  const of = (global: string, webhook: string): Shown =>
    shownOf(`
global: { ${global} }
route: { receiver: a }
receivers: [ { name: a, webhook_configs: [ { url: 'http://h/', ${webhook} } ] } ]`);
  const plain = of('', '');
  assert.equal('slack_app_url' in plain.global, false);
  assert.equal('rocketchat_api_url' in plain.global, false);
  assert.equal(plain.global['resolve_timeout'], '5m');
  assert.deepEqual(Object.keys(webhookOf(plain)), ['send_resolved', 'http_config', 'url', 'max_alerts']);
  const set = of("slack_app_url: 'http://mine/'", 'timeout: 3s');
  assert.equal(set.global['slack_app_url'], 'http://mine/');
  assert.equal(webhookOf(set)['timeout'], '3s');
});

test('addresses of webhooks show their host and nothing else', () => {
  const urlOf = (given: string): unknown =>
    webhookOf(
      shownOf(`
route: { receiver: a }
receivers: [ { name: a, webhook_configs: [ { url: '${given}' } ] } ]`),
    )['url'];
  assert.equal(urlOf('http://me:pass@host:99/token?key=s#x'), 'http://host:99/<secret>');
  assert.equal(urlOf('{{ .CommonLabels.url }}'), '<secret>');
});

test('keys of our own are left out', () => {
  const shown = shownOf(`
route: { receiver: a }
receivers: [ { name: a, log_configs: [ {} ] } ]`);
  assert.deepEqual(shown.receivers, [{ name: 'a' }]);
});
