/** Our view of configurations beside that of a real Alertmanager 0.25: `config.original` of `GET /api/v2/status`. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as readline from 'node:readline';
import { test } from 'node:test';
import { parse } from 'yaml';
import { printAlertmanagerConfig } from '../alert/config/config.ts';
import { sharedFile, sharedSkip } from '../alert/shared-fixture.ts';
import { parseAlertmanagerConfig } from './alertmanager-config.ts';

const ALERTMANAGER = 'prometheus-alertmanager';

function hasAlertmanager(): boolean {
  try {
    execFileSync(ALERTMANAGER, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const isRequired = process.env['VEDETTE_PEERS'] === 'required';
const skip = isRequired || hasAlertmanager() ? sharedSkip() : 'prometheus-alertmanager is not installed';

/** Everything that 0.25 knows and prints, in one file. */
const WIDE = `
global:
  http_config: { tls_config: { insecure_skip_verify: true }, proxy_url: 'http://u:p@h:1' }
  smtp_smarthost: 'localhost:25'
  smtp_from: a@b
route:
  receiver: a
  group_by: ['...']
  repeat_interval: 90m
  routes:
  - matchers: ['b="x"', 'a=~y|z', 'c!="\\\\n"', 'z!~"q,r"', '{ d="1", e="2" }']
    group_wait: 90s
    mute_time_intervals: [off]
    active_time_intervals: ["on"]
    receiver: b
  - match_re: { foo: 'a.*' }
    match: { zed: 1, bar: q }
    continue: yes
    group_wait: 0s
inhibit_rules:
- { source_match: { a: b }, target_matchers: [c=d], equal: [x, y] }
mute_time_intervals:
- { name: "on", time_intervals: [{ weekdays: [Saturday] }] }
time_intervals:
- name: off
  time_intervals:
  - times: [{ start_time: '09:00', end_time: '24:00' }]
    weekdays: ['monday:friday', saturday]
    days_of_month: ['-3:-1', '4']
    months: ['1:3', december]
    years: ['2020', '2021:2022']
    location: Europe/Berlin
receivers:
- name: a
  webhook_configs: [{ url: 'http://x/', max_alerts: 3, http_config: { basic_auth: { username: u, password: p } } }]
  email_configs: [{ to: x@y, headers: { subject: hi, x-own: 1 }, require_tls: no }]
  pagerduty_configs: [{ routing_key: k, details: { z: q }, images: [{ src: s }], links: [{ href: h, text: t }] }]
  telegram_configs: [{ bot_token: t, chat_id: -4, disable_notifications: true }]
  slack_configs:
  - { api_url: 'http://s/', color: c, fields: [{ title: a, value: b, short: false }], short_fields: true,
      actions: [{ type: button, text: x, url: 'http://q', name: n }, { type: button, text: x, name: n, confirm: { text: t } }] }
  pushover_configs: [{ user_key: a, token: b, retry: 90s, expire: 1.5h }]
- name: b
  sns_configs: [{ topic_arn: arn, sigv4: { region: x }, attributes: { k: v } }]
  opsgenie_configs: [{ api_key: z, responders: [{ id: x, type: team }], update_alerts: true, details: { k: v } }]
  victorops_configs: [{ api_key: z, routing_key: q, api_url: 'http://v/w', custom_fields: { k: v } }]
  wechat_configs: [{ api_secret: q, corp_id: c, message_type: markdown }]
  discord_configs: [{ webhook_url: 'http://d/' }]
  webex_configs: [{ room_id: q, http_config: { authorization: { credentials: q } } }]
`;

/** Keys that later versions brought: 0.25 does not print them. */
const NEWER = new Set([
  'slack_app_url',
  'app_url',
  'rocketchat_api_url',
  'update_message',
  'timeout',
  'url_file',
]);

/** Defaults that later versions changed. */
const CHANGED = new Set(['color', 'firing', 'resolved']);

/** What both versions say, with the differences that are known and meant left out. */
function common(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => common(one));
  // Addresses of webhooks became secrets, and 0.25 prints defaults of headers for receivers in use alone.
  if (
    key === 'url' &&
    typeof value === 'string' &&
    /^(?:<secret>|http:\/\/(?:x|127\.0\.0\.1:5001)\/)$/.test(value)
  )
    return '<secret>';
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => !NEWER.has(name) && !(name === 'max_alerts' && one === '0'))
      .filter(
        ([name, one]) => !(key === 'headers' && ['From', 'To', 'Subject'].includes(name) && one !== 'hi'),
      )
      .filter(([name, one]) => !(name === 'html' && one === 'false'))
      .map(([name, one]): [string, unknown] => [
        name,
        CHANGED.has(name) && String(one).startsWith('{{') ? '' : common(one, name),
      ])
      .filter(([name, one]) => !(name === 'headers' && Object.keys(one as object).length === 0)),
  );
}

async function startAlertmanager(
  directory: string,
  file: string,
): Promise<{ child: ChildProcess; url: string }> {
  const args = [
    `--config.file=${file}`,
    `--storage.path=${directory}`,
    '--web.listen-address=127.0.0.1:0',
    '--cluster.listen-address=',
  ];
  const child = spawn(ALERTMANAGER, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const line of readline.createInterface({ input: child.stderr })) {
    const [, address] = /msg="?Listening on"? address=(\S+)/.exec(line) ?? [];
    if (address !== undefined) return { child, url: `http://${address}` };
  }
  throw new Error('Alertmanager ended before it listened');
}

test('what we print of a configuration is what a real Alertmanager prints', { skip }, async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-am-'));
  const file = path.join(directory, 'am.yml');
  interface Case {
    readonly file: string;
    readonly amtool_0_25: string;
    readonly expect: string;
  }
  const cases = JSON.parse(readFileSync(sharedFile('manifest.json'), 'utf8')) as Case[];
  const valid = cases.filter((one) => one.expect === 'valid' && one.amtool_0_25 === 'valid');
  const texts = [WIDE, ...valid.map((one) => readFileSync(sharedFile(one.file), 'utf8'))]
    // A file of templates that is not there would keep it from loading.
    .map((text) => text.replaceAll('/etc/alertmanager', directory));
  assert.ok(texts.length > 8);
  writeFileSync(file, WIDE);
  const { child, url } = await startAlertmanager(directory, file);
  const ended = once(child, 'exit');
  child.stderr?.resume();
  try {
    for (const text of texts) {
      writeFileSync(file, text);
      const reloaded = await fetch(`${url}/-/reload`, { method: 'POST' });
      assert.equal(reloaded.status, 200, `${await reloaded.text()}\n${text}`);
      const status = (await (await fetch(`${url}/api/v2/status`)).json()) as { config: { original: string } };
      const { config, faults } = parseAlertmanagerConfig(text, { file, path: file, extensions: false });
      assert.deepEqual(faults, []);
      const ours = parse(printAlertmanagerConfig(config!), { schema: 'failsafe' }) as unknown;
      assert.deepEqual(common(ours), common(parse(status.config.original, { schema: 'failsafe' })), text);
    }
  } finally {
    child.kill();
    await ended;
    rmSync(directory, { recursive: true });
  }
});
