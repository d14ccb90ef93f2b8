import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { test } from 'node:test';
import { alertConfig } from './config.ts';

const faultsOf = (input: unknown): string[] => {
  const parsed = alertConfig.safeParse(input);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
};
const withReceiver = (receiver: Record<string, unknown>, route: Record<string, unknown> = {}) => ({
  route: { receiver: 'ops', ...route },
  receivers: [{ name: 'ops', ...receiver }],
});
const webhook = (more: Record<string, unknown>) => withReceiver({ webhook_configs: [more] });

test('with nothing configured every alert goes to the server log', () => {
  const { route, receivers } = alertConfig.parse({});
  assert.deepEqual(
    [route.receiver, route.group_by, route.group_wait, route.group_interval, route.repeat_interval],
    ['log', ['alertname', 'job'], 30_000, 300_000, 14_400_000],
  );
  assert.deepEqual(receivers[0]?.log_configs, [{ send_resolved: true }]);
});

test('a route of one’s own groups all alerts together unless it says otherwise, as in Alertmanager', () => {
  assert.deepEqual(alertConfig.parse(withReceiver({})).route.group_by, []);
});

test('what Alertmanager has and this version does not is named', () => {
  const base = webhook({ url: 'http://x/' });
  const check = (input: unknown, text: RegExp): void => assert.match(faultsOf(input).join('\n'), text);
  check({ ...base, inhibit_rules: [] }, /inhibit_rules is known from Alertmanager, but not supported/);
  check({ ...base, templates: ['*.tmpl'] }, /templates is known/);
  check(withReceiver({}, { routes: [] }), /route\.routes: routes is known/);
  check(withReceiver({ slack_configs: [{}] }), /receivers\.0\.slack_configs: slack_configs is known/);
  check(webhook({ url: 'http://x/', http_config: { oauth2: {} } }), /oauth2 is known/);
});

test('unknown keys, wrong references and contradictions are refused', () => {
  const check = (input: unknown, text: RegExp): void => assert.match(faultsOf(input).join('\n'), text);
  check({ rout: {} }, /rout/);
  check({ route: { receiver: 'x' }, receivers: [{ name: 'y' }] }, /no receiver is named "x"; known are y/);
  check({ route: { receiver: 'y' }, receivers: [{ name: 'y' }, { name: 'y' }] }, /name of another receiver/);
  check(withReceiver({}, { group_by: ['a', 'a'] }), /names a label twice/);
  check(withReceiver({}, { group_by: ['...', 'a'] }), /must stand alone/);
  check(withReceiver({}, { group_interval: '0s' }), /group_interval: must be above 0/);
  check(
    withReceiver({}, { group_wait: '15 seconds' }),
    /must be a duration such as 30s or 5m; got "15 seconds"/,
  );
  check(webhook({}), /exactly one of url and url_file/);
  check(webhook({ url: 'http://x', url_file: 'f' }), /exactly one of url and url_file/);
  check(webhook({ url: 'ftp://x' }), /must be an http or https address/);
  check(
    webhook({ url: 'http://x', http_config: { bearer_token: 'a', authorization: {} } }),
    /at most one of/,
  );
  check(webhook({ url: 'http://x', http_config: { tls_config: { cert_file: 'c' } } }), /belong together/);
  assert.deepEqual(faultsOf(withReceiver({}, { group_by: ['...'] })), []);
});

test('addresses and passwords cannot be printed', () => {
  const http_config = { basic_auth: { username: 'u', password: 'hunter2' } };
  const config = alertConfig.parse(webhook({ url: 'http://x/secret-path', http_config }));
  assert.doesNotMatch(inspect(config, { depth: 9 }) + JSON.stringify(config), /secret-path|hunter2/);
});
