import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { suite, test } from 'node:test';
import {
  createNotificationTemplates,
  type NotificationAlert,
  type NotificationData,
} from '@vedette/gotemplate';
import { compileTemplateRegex } from '../../lib/re2-template-regex.ts';
import { DEFAULT_TEMPLATES } from './default-templates.ts';

const templates = createNotificationTemplates(
  { nowMs: () => 0, compileRegex: compileTemplateRegex },
  DEFAULT_TEMPLATES,
);

const firing: NotificationAlert = {
  status: 'firing',
  labels: { alertname: 'HighErrorRate', instance: 'api-1', job: 'api', severity: 'critical' },
  annotations: { summary: '5xx above 5%', runbook_url: 'https://example.org/runbook' },
  startsAt: '2026-11-21T03:54:32.274546017Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://127.0.0.1:9090/graph?g0.expr=up',
  fingerprint: '225433ef3dfd6c6a',
};
const resolved: NotificationAlert = {
  ...firing,
  status: 'resolved',
  labels: { ...firing.labels, instance: 'api-2' },
  endsAt: '2026-11-21T05:55:24+02:00',
};
const data: NotificationData = {
  receiver: 'team\\.ops',
  status: 'firing',
  alerts: [firing, resolved],
  groupLabels: { alertname: 'HighErrorRate', job: 'api' },
  commonLabels: { alertname: 'HighErrorRate', job: 'api', severity: 'critical' },
  commonAnnotations: { summary: '5xx above 5%' },
  externalURL: 'http://vedette.example',
};
const EMPTY: NotificationData = {
  ...data,
  alerts: [],
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
};

const call = (name: string, dot = '.'): string => `{{ template "${name}" ${dot} }}`;

/** Every name that Alertmanager's own texts define; those that are given a list of alerts instead of a notification. */
// oxfmt-ignore
const NAMES = [
  '__alertmanager', '__alertmanagerURL', '__description', '__subject', 'discord.default.content', 'discord.default.message',
  'discord.default.title', 'email.default.html', 'email.default.subject', 'jira.default.description', 'jira.default.priority',
  'jira.default.summary', 'mattermost.default.color', 'mattermost.default.fallback', 'mattermost.default.text',
  'mattermost.default.title', 'mattermost.default.titlelink', 'mattermost.default.username', 'msteams.default.summary',
  'msteams.default.text', 'msteams.default.title', 'msteamsv2.default.text', 'msteamsv2.default.title',
  'opsgenie.default.description', 'opsgenie.default.message', 'opsgenie.default.source', 'pagerduty.default.client',
  'pagerduty.default.clientURL', 'pagerduty.default.description', 'pushover.default.message', 'pushover.default.title',
  'pushover.default.url', 'rocketchat.default.alias', 'rocketchat.default.emoji', 'rocketchat.default.iconurl',
  'rocketchat.default.text', 'rocketchat.default.title', 'rocketchat.default.titlelink', 'slack.default.callbackid',
  'slack.default.color', 'slack.default.fallback', 'slack.default.footer', 'slack.default.iconemoji', 'slack.default.iconurl',
  'slack.default.pretext', 'slack.default.text', 'slack.default.title', 'slack.default.titlelink', 'slack.default.username',
  'sns.default.message', 'sns.default.subject', 'telegram.default.message', 'victorops.default.entity_display_name',
  'victorops.default.monitoring_tool', 'victorops.default.state_message', 'webex.default.message', 'wechat.default.agent_id',
  'wechat.default.message', 'wechat.default.to_party', 'wechat.default.to_tag', 'wechat.default.to_user',
];
/** Names for channels that Alertmanager does not have. */
const OWN_NAMES = [
  'email.default.text',
  'ntfy.default.click',
  'ntfy.default.message',
  'ntfy.default.title',
  ...['feishu', 'dingtalk'].flatMap((channel) => [`${channel}.default.title`, `${channel}.default.text`]),
];
const NAMES_OVER_ALERTS = ['__text_alert_list', '__text_alert_list_markdown', 'pagerduty.default.instances'];

test('every usual name can be called, as text and as HTML, also with nothing to tell', () => {
  for (const body of [data, EMPTY]) {
    for (const name of [...NAMES, ...OWN_NAMES]) {
      templates.executeText(call(name), body);
      templates.executeHtml(call(name), body);
    }
    for (const name of NAMES_OVER_ALERTS) templates.executeText(call(name, '.Alerts.Firing'), body);
  }
});

suite("the names of Alertmanager's own templates", () => {
  const shared =
    process.env['VEDETTE_SHARED'] ?? path.resolve(import.meta.dirname, '../../../../../../shared');
  const folder = path.join(shared, 'go-template-golden');
  const isAbsent = !existsSync(folder) && process.env['VEDETTE_PEERS'] !== 'required';
  test('are all there', { skip: isAbsent && `${folder} is absent` }, () => {
    const theirs = ['default.tmpl', 'email.tmpl'].map((name) =>
      readFileSync(path.join(folder, name), 'utf8'),
    );
    const names = theirs.flatMap((text) =>
      [...text.matchAll(/define "([^"]+)"/g)].map((match) => match[1] ?? ''),
    );
    assert.deepEqual(names.toSorted(), [...NAMES, ...NAMES_OVER_ALERTS].toSorted());
  });
});

test('the subject says state, number, group and what else is common', () => {
  const check = (body: NotificationData, want: string): void =>
    assert.equal(templates.executeText(call('__subject'), body), want);
  check(data, '[FIRING:1] HighErrorRate api (critical)');
  check({ ...data, status: 'resolved', alerts: [resolved] }, '[RESOLVED] HighErrorRate api (critical)');
  check({ ...data, commonLabels: data.groupLabels }, '[FIRING:1] HighErrorRate api');
});

test('a list of alerts names what fires, since when, why and where', () => {
  assert.equal(
    templates.executeText(call('__text_alert_list', '.Alerts'), data),
    `HighErrorRate, since 2026-11-21 03:54:32 UTC
  5xx above 5%
  instance: api-1
  job: api
  severity: critical
  runbook_url: https://example.org/runbook
  Source: http://127.0.0.1:9090/graph?g0.expr=up
HighErrorRate, since 2026-11-21 03:54:32 UTC until 2026-11-21 03:55:24 UTC
  5xx above 5%
  instance: api-2
  job: api
  severity: critical
  runbook_url: https://example.org/runbook
  Source: http://127.0.0.1:9090/graph?g0.expr=up
`,
  );
});

test('a push message has a line for each alert', () => {
  assert.equal(
    templates.executeText(call('ntfy.default.message'), data),
    'HighErrorRate: 5xx above 5% [api-1]\nHighErrorRate (resolved): 5xx above 5% [api-2]\n',
  );
});

test('links lead to our pages', () => {
  const url = 'http://vedette.example/#/alerts?receiver=team%5C.ops';
  for (const name of [
    '__alertmanagerURL',
    'slack.default.titlelink',
    'pagerduty.default.clientURL',
    'pushover.default.url',
  ])
    assert.equal(templates.executeText(call(name), data), url);
  const mail = templates.executeHtml(call('email.default.html'), data);
  assert.ok(mail.includes(`<a href="${url}">View the alerts in Vedette</a>`), mail);
  const silence = /"(http:\/\/vedette\.example\/#\/silences\/new\?filter=[^"]*)"/.exec(mail)?.[1] ?? '';
  assert.equal(
    new URL(silence).hash.replace(/%[\dA-Fa-f]{2}/g, decodeURIComponent),
    '#/silences/new?filter={alertname="HighErrorRate",instance="api-1",job="api",severity="critical"}',
  );
});

test('the mail has a language, a title, headings in order, and closes what it opens', () => {
  const mail = templates.executeHtml(call('email.default.html'), data);
  assert.match(mail, /^<!DOCTYPE html>\n<html lang="en">/);
  assert.match(mail, /<title>\[FIRING:1\] HighErrorRate api \(critical\)<\/title>/);
  const headings = [...mail.matchAll(/<h(\d)/g)].map((match) => match[1]);
  assert.deepEqual(headings, ['1', '2', '3', '2', '3']);
  for (const element of [
    'html',
    'head',
    'body',
    'div',
    'p',
    'dl',
    'dt',
    'dd',
    'a',
    'h1',
    'h2',
    'h3',
    'title',
  ]) {
    const opened = mail.match(new RegExp(`<${element}[ >]`, 'g'))?.length;
    assert.equal(mail.match(new RegExp(`</${element}>`, 'g'))?.length, opened, element);
  }
});

test('nothing that a label or annotation holds gets out of its place in the mail', () => {
  const evil = `"><script>alert('x')</script><a href='`;
  const labels = { alertname: evil, job: evil };
  const annotations = {
    summary: evil,
    description: evil,
    runbook_url: 'javascript:alert(1)',
    dashboard_url: evil,
    other: evil,
  };
  const alert = { ...firing, labels, annotations, generatorURL: 'javascript:alert(2)' };
  const body = {
    ...data,
    alerts: [alert],
    groupLabels: labels,
    commonLabels: labels,
    commonAnnotations: annotations,
  };
  const mail = templates.executeHtml(call('email.default.html'), body);
  assert.doesNotMatch(mail, /<script|href="javascript|href='/);
  assert.match(mail, /<a href="#ZgotmplZ">Runbook<\/a>/);
});

test('the priority follows the worst severity of what fires, or else of what is over', () => {
  const check = (alerts: readonly [NotificationAlert['status'], string][], want: string): void => {
    const all = alerts.map(([status, severity]) => ({ ...firing, status, labels: { severity } }));
    assert.equal(templates.executeText(call('jira.default.priority'), { ...data, alerts: all }), want);
  };
  check(
    [
      ['firing', 'info'],
      ['firing', 'critical'],
      ['firing', 'warning'],
    ],
    'High',
  );
  check(
    [
      ['firing', 'info'],
      ['firing', 'warning'],
      ['resolved', 'critical'],
    ],
    'Medium',
  );
  check([['resolved', 'info']], 'Low');
  check([['firing', 'other']], '');
});

test("people's own files override ours by name", () => {
  const own = { name: 'own.tmpl', text: '{{ define "__subject" }}own {{ .Status }}{{ end }}' };
  const overridden = createNotificationTemplates({ nowMs: () => 0, compileRegex: compileTemplateRegex }, [
    ...DEFAULT_TEMPLATES,
    own,
  ]);
  assert.equal(overridden.executeText(call('slack.default.title'), data), 'own firing');
  assert.match(overridden.executeHtml(call('email.default.html'), data), /<title>own firing<\/title>/);
});

const AMTOOL = 'amtool';
const isAmtoolAbsent =
  spawnSync(AMTOOL, ['--version']).status !== 0 && process.env['VEDETTE_PEERS'] !== 'required';

test('amtool 0.25 makes the same of our texts', { skip: isAmtoolAbsent && 'amtool is not installed' }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-texts-'));
  try {
    for (const { name, text } of DEFAULT_TEMPLATES) writeFileSync(path.join(folder, name), text);
    writeFileSync(path.join(folder, 'data.json'), JSON.stringify(data));
    // The mail's text and HTML stand in one run each, all others in one together.
    const texts = [...NAMES, ...OWN_NAMES].map((name) => call(name)).join('\n----\n');
    for (const [type, text] of [
      ['text', texts],
      ['html', call('email.default.html')],
    ] as const) {
      const options = [`--template.type=${type}`, `--template.data=${path.join(folder, 'data.json')}`];
      const args = ['template', 'render', `--template.glob=${path.join(folder, '*.tmpl')}`, ...options];
      const amtool = spawnSync(AMTOOL, [...args, `--template.text=${text}`], { encoding: 'utf8' });
      assert.equal(amtool.status, 0, amtool.stderr);
      const ours = type === 'html' ? templates.executeHtml(text, data) : templates.executeText(text, data);
      assert.equal(ours, amtool.stdout);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
