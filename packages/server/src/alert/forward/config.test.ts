import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '@vedette/model';
import { alertmanagerUrlsOf } from './alertmanager-urls.ts';
import { alertingConfig } from './config.ts';

const faultsOf = (alertmanager: unknown): string[] => {
  const { error } = alertingConfig.safeParse({ alertmanagers: [alertmanager] });
  return (error?.issues ?? []).map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`);
};

test("Prometheus' keys and defaults hold", () => {
  assert.deepEqual(alertingConfig.parse(undefined), { alert_relabel_configs: [], alertmanagers: [] });
  const [alertmanager] = alertingConfig.parse({
    alertmanagers: [{ static_configs: [{ targets: ['a:9093'] }] }],
  }).alertmanagers;
  const { scheme, path_prefix, timeout, api_version, follow_redirects } = alertmanager!;
  assert.deepEqual(
    { scheme, path_prefix, timeout, api_version, follow_redirects },
    { scheme: 'http', path_prefix: '', timeout: 10_000, api_version: 'v2', follow_redirects: true },
  );
  assert.deepEqual(
    faultsOf({ api_version: 'v2', timeout: '1ms', file_sd_configs: [{ files: ['a.yml'] }] }),
    [],
  );
});

test('what cannot be done is refused by name', () => {
  assert.match(faultsOf({ api_version: 'v1' }).join(), /^api_version: expected .* one of \[v2\] but got v1;/);
  assert.deepEqual(faultsOf({ timeout: '0s' }), ['timeout: must be longer than 0']);
  assert.deepEqual(faultsOf({ consul_sd_configs: [] }), [
    'consul_sd_configs: consul_sd_configs is not supported yet',
  ]);
  assert.deepEqual(faultsOf({ sigv4: {} }), ['sigv4: sigv4 is not supported yet']);
  assert.match(faultsOf({ scheme: 'ftp' }).join(), /^scheme: /);
  assert.match(faultsOf({ path: '/x' }).join(), /path/);
  assert.match(faultsOf({ static_configs: [{ targets: ['http://a:9093'] }] }).join(), /not a valid hostname/);
  assert.match(
    faultsOf({ basic_auth: { username: 'u' }, authorization: { credentials: 'c' } }).join(),
    /at most one of basic_auth, authorization/,
  );
});

const urlsOf = (config: object, ...targets: Record<string, string>[]) => {
  const [alertmanager] = alertingConfig.parse({ alertmanagers: [config] }).alertmanagers;
  return alertmanagerUrlsOf(alertmanager!, targets.map(labelsOf));
};

test('an address is scheme, host and the path below the prefix; the same one stands once', () => {
  const a = { __address__: 'a:9093' };
  assert.deepEqual(urlsOf({}, a, a, { ...a, zone: 'z' }).active, ['http://a:9093/api/v2/alerts']);
  for (const path_prefix of ['am', '/am', '/am/', 'am//'])
    assert.deepEqual(urlsOf({ path_prefix }, a).active, ['http://a:9093/am/api/v2/alerts'], path_prefix);
  assert.deepEqual(urlsOf({ scheme: 'https' }, { __address__: '[::1]' }).active, [
    'https://[::1]/api/v2/alerts',
  ]);
});

test('relabelling drops targets and rewrites scheme, address and path', () => {
  const relabel_configs = [
    { source_labels: ['zone'], regex: 'b', action: 'drop' },
    { source_labels: ['port'], regex: '(.+)', target_label: '__address__', replacement: 'proxy:$1' },
    { target_label: '__scheme__', replacement: 'https' },
    {
      source_labels: ['__alerts_path__'],
      regex: '(.*)',
      target_label: '__alerts_path__',
      replacement: '/x$1',
    },
  ];
  const config = { relabel_configs, path_prefix: 'am' };
  assert.deepEqual(urlsOf(config, { __address__: 'a:1', port: '99' }, { __address__: 'b:1', zone: 'b' }), {
    active: ['https://proxy:99/x/am/api/v2/alerts'],
    dropped: ['http://b:1/am/api/v2/alerts'],
    faulty: [],
  });
});

test('labels that make no address are told, those with a password among them', () => {
  const wrong = ['', 'a/b', 'user:secret@a:1', 'a:port', 'a b', 'a?x', 'a#x', '['].map((__address__) => ({
    __address__,
  }));
  const { active, dropped, faulty } = urlsOf({}, ...wrong, { __address__: 'a', __scheme__: 'ftp' });
  assert.deepEqual([active, dropped, faulty.length], [[], [], wrong.length + 1]);
});
