import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { labelsOf } from '@vedette/model';
import { parse } from 'yaml';
import { printAlertmanagerConfig, type AlertmanagerConfig } from '../alert/config/config.ts';
import { inhibitRuleOf } from '../alert/config/routing.ts';
import { findUnsupported } from '../alert/config/support.ts';
import { InhibitIndex } from '../alert/inhibit/inhibit-index.ts';
import { compileRoutes } from '../alert/route/route.ts';
import { sharedFile, sharedSkip } from '../alert/shared-fixture.ts';
import { parseAlertmanagerConfig, type ParsedAlertmanagerConfig } from './alertmanager-config.ts';

const read = (text: string, extensions = false): ParsedAlertmanagerConfig =>
  parseAlertmanagerConfig(text, { file: 'am.yml', path: '/etc/am/am.yml', extensions });

const configOf = (text: string, extensions = false): AlertmanagerConfig => {
  const { config, faults } = read(text, extensions);
  assert.deepEqual(faults, []);
  assert.ok(config !== undefined);
  return config;
};

/** `3:7 receivers[0].name: missing …`. */
const faultsOf = (text: string, extensions = false): readonly string[] =>
  read(text, extensions).faults.map(
    ({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`,
  );

/** One receiver `x` with these integrations, as YAML in braces. */
const receiverWith = (integrations: string, global = ''): string =>
  `global: {${global}}\nroute: {receiver: x}\nreceivers:\n- name: x\n  ${integrations}\n`;

test(
  'the recorded files are accepted or refused as upstream does, with its texts',
  { skip: sharedSkip() },
  () => {
    interface Case {
      readonly file: string;
      readonly expect: 'valid' | 'invalid';
      readonly error: string | null;
    }
    const cases = JSON.parse(readFileSync(sharedFile('manifest.json'), 'utf8')) as Case[];
    assert.equal(cases.length, 33);
    for (const { file, expect, error } of cases) {
      const { config, faults } = read(readFileSync(sharedFile(file), 'utf8'));
      assert.equal(config === undefined ? 'invalid' : 'valid', expect, `${file}: ${inspect(faults)}`);
      const text = error?.replace(/^contains: /, '');
      // This one is no upstream text.
      if (text === undefined || text.startsWith('yaml: unknown field')) continue;
      assert.ok(
        faults.some(({ message }) => message.includes(text)),
        `${file}: want ${text}, got ${inspect(faults)}`,
      );
    }
  },
);

test(
  'the recorded snippets are accepted or refused as upstream does, with its texts',
  { skip: sharedSkip() },
  () => {
    interface Case {
      readonly test: string;
      readonly kind: 'full' | 'snippet';
      readonly yaml: string;
      readonly error: string | null;
    }
    const cases = JSON.parse(readFileSync(sharedFile('inline-cases.json'), 'utf8')) as Case[];
    assert.equal(cases.length, 20);
    for (const { test: name, kind, yaml, error } of cases) {
      const key = yaml.startsWith('to:') ? 'email' : 'victorops';
      const inReceiver = receiverWith(`${key}_configs:\n  - ${yaml.trim().replaceAll('\n', '\n    ')}`);
      const { config, faults } = read(kind === 'full' ? yaml : inReceiver);
      assert.equal(config === undefined, error !== null, `${name}: ${inspect(faults)}`);
      if (error !== null)
        assert.ok(
          faults.some(({ message }) => message.includes(error)),
          `${name}: want ${error}, got ${inspect(faults)}`,
        );
    }
  },
);

test('faults of different parts are told at once, each at its place', () => {
  const yaml = `route:
  receiver: x
  routes:
  - matchers: ['a-b']
    group_wiat: 5s
receivers:
- name: x
  slack_configs:
  - chanel: '#a'
    api_url: gopher://h
time_intervals:
- name: t
  time_intervals:
  - months: ['junius']
`;
  assert.deepEqual(
    faultsOf(yaml),
    [
      '5:5 route.routes[0].group_wiat: unknown key "group_wiat"',
      '4:16 route.routes[0].matchers[0]: bad matcher format: a-b',
      '9:5 receivers[0].slack_configs[0].chanel: unknown key "chanel"',
      '10:14 receivers[0].slack_configs[0].api_url: unsupported scheme "gopher" for URL',
      '14:14 time_intervals[0].time_intervals[0].months[0]: junius is not a valid month',
    ].sort((a, b) => order(yaml, a) - order(yaml, b)),
  );
  const [nested] = read(yaml).faults.filter(({ line }) => line === 5);
  assert.equal(nested?.help, 'did you mean "group_wait"?');
});

/** The order in which the faults are told. */
function order(yaml: string, fault: string): number {
  return faultsOf(yaml).indexOf(fault);
}

test('what names something unknown is a fault where it is named', () => {
  const yaml = `route:
  receiver: x
  routes:
  - receiver: nobody
    mute_time_intervals: [t, never]
receivers: [{name: x}, {name: x}]
time_intervals: [{name: t}]
mute_time_intervals: [{name: t}]
`;
  assert.deepEqual(faultsOf(yaml), [
    '6:31 receivers[1].name: notification config name "x" is not unique',
    '7:25 time_intervals[0].name: time interval "t" is not unique',
    '4:15 route.routes[0].receiver: undefined receiver "nobody" used in route',
    '5:30 route.routes[0].mute_time_intervals[1]: undefined time interval "never" used in route',
  ]);
});

test('an empty file and a text that is no YAML are refused', () => {
  assert.deepEqual(faultsOf(''), ['1:1 : no route provided in config']);
  assert.match(faultsOf('route: [')[0] ?? '', /not valid YAML/);
  assert.match(faultsOf('[]')[0] ?? '', /must be an object; got array/);
});

test('scalars mean what their field wants, as in YAML 1.1', () => {
  const yaml = receiverWith(
    `pagerduty_configs: [{routing_key: 0123, send_resolved: no, client: on}]\n  telegram_configs: [{bot_token: 1e3, chat_id: -100123, parse_mode: ''}]\n  webhook_configs: [{url: 'http://h', max_alerts: 7, timeout: 1m30s}]`,
  );
  const [receiver] = configOf(yaml).receivers;
  const [pager] = receiver!.pagerduty_configs;
  assert.deepEqual(
    [pager?.routing_key?.reveal(), pager?.send_resolved, pager?.client],
    ['0123', false, 'on'],
  );
  const [telegram] = receiver!.telegram_configs;
  assert.deepEqual(
    [telegram?.bot_token?.reveal(), telegram?.chat_id, telegram?.parse_mode],
    ['1e3', -100_123, ''],
  );
  const [hook] = receiver!.webhook_configs;
  assert.deepEqual([hook?.max_alerts, hook?.timeout], [7, 90_000]);
  const faults = faultsOf(
    receiverWith("webhook_configs: [{url: 'http://h', max_alerts: -1, timeout: soon, send_resolved: maybe}]"),
  );
  assert.equal(faults.length, 3);
});

test('anchors and merged maps work, and a key without a value counts as not written', () => {
  const yaml = `global: &none
route: {receiver: x, group_wait: ~}
receivers:
- name: x
  webhook_configs:
  - &hook {url: 'http://h', max_alerts: 3, http_config: null}
  - {<<: *hook, max_alerts: 4}
`;
  const [receiver] = configOf(yaml).receivers;
  assert.deepEqual(
    receiver!.webhook_configs.map(({ max_alerts, url }) => [max_alerts, url?.reveal()]),
    [
      [3, 'http://h'],
      [4, 'http://h'],
    ],
  );
});

test('a receiver takes from global what it does not say', () => {
  const global =
    'smtp_from: g@x, smtp_smarthost: "h:25", smtp_auth_password: p, smtp_require_tls: false, slack_app_token: tok, ' +
    'http_config: {proxy_url: "http://proxy"}, opsgenie_api_key: k, opsgenie_api_url: "http://o/v"';
  const yaml = receiverWith(
    `email_configs: [{to: a@x}, {to: b@x, from: own@x, require_tls: true, auth_password_file: f, headers: {subject: hi}}]
  slack_configs: [{channel: c}, {api_url: 'http://s'}, {http_config: {authorization: {credentials: mine}}, api_url: 'http://s'}]
  opsgenie_configs: [{}]
  webhook_configs: [{url: 'http://h'}, {url: 'http://h', http_config: {}}]`,
    global,
  );
  const [receiver] = configOf(yaml).receivers;
  const [first, second] = receiver!.email_configs;
  assert.deepEqual(
    [first?.from, first?.smarthost, first?.auth_password?.reveal(), first?.require_tls, first?.headers['To']],
    ['g@x', 'h:25', 'p', false, 'a@x'],
  );
  assert.deepEqual(
    [
      second?.from,
      second?.auth_password,
      second?.auth_password_file,
      second?.require_tls,
      second?.headers['Subject'],
    ],
    ['own@x', undefined, '/etc/am/f', true, 'hi'],
  );
  const [withToken, withHook, withOwn] = receiver!.slack_configs;
  assert.equal(withToken?.http_config?.authorization?.credentials?.reveal(), 'tok');
  assert.equal(withHook?.http_config?.authorization, undefined);
  assert.equal(withOwn?.http_config?.authorization?.credentials?.reveal(), 'mine');
  assert.deepEqual(
    [receiver!.opsgenie_configs[0]?.api_key?.reveal(), receiver!.opsgenie_configs[0]?.api_url],
    ['k', 'http://o/v/'],
  );
  assert.deepEqual(
    receiver!.webhook_configs.map(({ http_config }) => http_config?.proxy_url?.reveal()),
    ['http://proxy', undefined],
  );
  assert.deepEqual(receiver!.labels, { name: 'x' });
});

test('what neither the receiver nor global says is a fault', () => {
  const check = (integration: string, want: string): void =>
    assert.match(
      faultsOf(receiverWith(integration)).join('\n'),
      new RegExp(want.replaceAll(/[.[\]()]/g, '\\$&')),
    );
  check('email_configs: [{to: a}]', 'receivers[0].email_configs[0]: no global SMTP smarthost set');
  check('slack_configs: [{}]', 'no Slack API URL nor App token set either inline or in a file');
  check('wechat_configs: [{}]', 'no global Wechat Api Secret set either inline or in a file');
  check('rocketchat_configs: [{}]', 'no global Rocketchat TokenID set either inline or in a file');
  check('jira_configs: [{project: p, issue_type: Bug}]', 'no global Jira Cloud URL set');
  check('telegram_configs: [{chat_id: 1}]', 'missing bot_token or bot_token_file on telegram_config');
  check('mattermost_configs: [{}]', 'missing webhook_url or webhook_url_file on mattermost_config');
  check('webhook_configs: [{}]', 'one of url or url_file must be configured');
  check('sns_configs: [{}]', 'must provide either a Target ARN, Topic ARN, or Phone Number for SNS config');
  check('webex_configs: [{room_id: r}]', 'missing webex_configs.http_config.authorization');
});

test('http_config is checked with the words of Prometheus', () => {
  const check = (http: string, want: string): void => {
    const faults = faultsOf(receiverWith(`webhook_configs: [{url: 'http://h', http_config: {${http}}}]`));
    assert.ok(
      faults.some((fault) => fault.includes(want)),
      `${http}: ${faults.join('; ')}`,
    );
  };
  check(
    'basic_auth: {username: u, username_file: f}',
    'at most one of basic_auth username & username_file must be configured',
  );
  check(
    'bearer_token: a, bearer_token_file: b',
    'at most one of bearer_token & bearer_token_file must be configured',
  );
  check(
    'bearer_token: a, authorization: {credentials: b}',
    'authorization is not compatible with bearer_token & bearer_token_file',
  );
  check(
    'authorization: {type: Basic}',
    'authorization type cannot be set to "basic", use "basic_auth" instead',
  );
  check(
    'basic_auth: {}, authorization: {}',
    'at most one of basic_auth, oauth2 & authorization must be configured',
  );
  check('oauth2: {}', 'oauth2 client_id must be configured');
  check('no_proxy: h', 'if no_proxy is configured, proxy_url must also be configured');
  check(
    'tls_config: {cert_file: c}',
    'exactly one of key or key_file must be configured when a client certificate is configured',
  );
  check('tls_config: {min_version: SSL3}', 'must be one of');
});

test('names of files start at the folder of the configuration', () => {
  const yaml = `templates: [t/*.tmpl, /abs/x.tmpl]\n${receiverWith(
    'webhook_configs: [{url_file: url, http_config: {bearer_token_file: token, tls_config: {ca_file: ../ca}, http_headers: {X: {files: [h]}}}}]',
  )}`;
  const { templates, receivers } = configOf(yaml);
  assert.deepEqual(templates, ['/etc/am/t/*.tmpl', '/abs/x.tmpl']);
  const [hook] = receivers[0]!.webhook_configs;
  assert.deepEqual(
    [
      hook?.url_file,
      hook?.http_config?.authorization?.credentials_file,
      hook?.http_config?.tls_config?.ca_file,
    ],
    ['/etc/am/url', '/etc/am/token', '/etc/ca'],
  );
  assert.deepEqual(hook?.http_config?.http_headers?.['X']?.files, ['/etc/am/h']);
});

test('our own keys are welcome inline and refused in a file of its own', () => {
  const yaml = `cooldown: {critical: 60s}\nstorm_control: {alerts: 1000}\n${receiverWith(
    `feishu_configs: [{webhook_url: 'http://f', secret: s}]\n  dingtalk_configs: [{webhook_url: 'http://d'}]\n  ntfy_configs: [{topic: t}]\n  log_configs: [{}]\n  heartbeat_configs: [{url: 'http://hb'}]\n  email_configs: [{to: a@x, from: b@x, smarthost: 'x:25', to_by_severity: {critical: c@x}}]`,
  )}`;
  const { receivers, cooldown } = configOf(yaml, true);
  assert.equal(cooldown?.critical, 60_000);
  assert.equal(receivers[0]?.ntfy_configs[0]?.url, 'https://ntfy.sh');
  assert.equal(receivers[0]?.email_configs[0]?.to_by_severity?.critical, 'c@x');
  const faults = faultsOf(yaml);
  assert.equal(faults.length, 8);
  for (const fault of faults)
    assert.match(fault, /is not a key of Alertmanager; it works inline under alertmanager in vedette\.yml$/);
});

test('no secret is in a fault, in the printed configuration or in its inspection', () => {
  const yaml = receiverWith(
    `slack_configs: [{api_url: 'gopher://s3cret'}]\n  discord_configs: [{webhook_url: 'http://s3cret'}]`,
  );
  assert.doesNotMatch(inspect(read(yaml).faults), /s3cret/);
  const config = configOf(
    receiverWith(
      `webhook_configs: [{url: 'http://s3cret', http_config: {basic_auth: {username: u, password: s3cret}, http_headers: {X: {secrets: [s3cret]}}}}]
  sns_configs: [{topic_arn: a, sigv4: {access_key: u, secret_key: s3cret}}]`,
      'smtp_auth_password: s3cret, http_config: {proxy_url: "http://u:s3cret@proxy"}, slack_api_url: "https://s3cret"',
    ),
  );
  const printed = printAlertmanagerConfig(config);
  assert.doesNotMatch(printed, /s3cret/);
  assert.doesNotMatch(inspect(config.receivers, { depth: null }), /s3cret/);
  assert.match(printed, /slack_api_url: <secret>/);
  assert.match(printed, /secrets:\n +- <secret>/);
});

test('what is printed is read again as the same configuration', { skip: sharedSkip() }, () => {
  for (const file of ['conf.good.yml', 'doc.simple.yml', 'doc.route_labels.yml', 'cli.conf.routing.yml']) {
    const printed = printAlertmanagerConfig(configOf(readFileSync(sharedFile(file), 'utf8')));
    const again = read(printed);
    assert.deepEqual(again.faults, []);
    assert.deepEqual(parse(printAlertmanagerConfig(again.config!)), parse(printed), file);
  }
});

test('the three forms of conditions make one inhibition rule and one route', () => {
  const config =
    configOf(`route: {receiver: x, routes: [{match: {a: b}, match_re: {c: 'd.*'}, matchers: ['e!=f']}]}
receivers: [{name: x}]
inhibit_rules: [{name: n, source_match: {a: b}, source_match_re: {c: 'd.*'}, source_matchers: ['e!=f'], target_matchers: [g=h], equal: [i]}]
`);
  const [rule] = config.inhibit_rules.map(inhibitRuleOf);
  assert.deepEqual([rule?.name, rule?.equal], ['n', ['i']]);
  const index = new InhibitIndex([rule!]);
  index.add('1', labelsOf({ a: 'b', c: 'dx', i: '1' }));
  assert.equal(index.inhibitorsOf(labelsOf({ g: 'h', i: '1' }), 1).length, 1);
  assert.equal(index.inhibitorsOf(labelsOf({ g: 'h', i: '2' }), 1).length, 0);
  index.add('2', labelsOf({ a: 'b', c: 'dx', e: 'f', i: '2' }));
  assert.equal(index.inhibitorsOf(labelsOf({ g: 'h', i: '2' }), 1).length, 0);
  assert.equal(compileRoutes(config.route).routes[0]?.key, '{}/{a="b",c=~"^(?:d.*)$",e!="f"}');
});

test('label names are checked as the mode wants it', () => {
  const yaml = 'route: {receiver: x, group_by: [a.b], labels: {é: x}}\nreceivers: [{name: x}]\n';
  configOf(yaml);
  const { faults } = parseAlertmanagerConfig(yaml, {
    file: 'f',
    path: '/f',
    extensions: false,
    mode: 'classic',
  });
  assert.deepEqual(
    faults.map(({ message }) => message),
    ['invalid label name "a.b" in group_by list', 'invalid label name "é" in route labels'],
  );
});

test('what this version cannot carry out is named', () => {
  const unsupported = (text: string): readonly string[] =>
    findUnsupported(configOf(text, true)).map(({ path, message }) => `${path.join('.')}: ${message}`);
  assert.deepEqual(
    unsupported(
      receiverWith(
        "webhook_configs: [{url: 'http://{{ .x }}', payload: {a: b}}]\n  log_configs: [{}]\n  slack_configs: [{api_url: 'http://s'}]",
      ),
    ),
    [],
  );
  assert.deepEqual(unsupported(receiverWith("discord_configs: [{webhook_url: 'http://h'}]")), [
    'receivers.0.discord_configs: discord_configs is understood, but this version cannot send it; remove it from receiver "x"',
  ]);
  const pagerduty = unsupported(
    receiverWith(
      'pagerduty_configs: [{service_key: k}, {service_key_file: f}, {service_key: k, routing_key: r}]',
    ),
  );
  assert.deepEqual(
    pagerduty.map((text) => text.replace(/ which this .*/, '')),
    [
      "receivers.0.pagerduty_configs.0.service_key: service_key belongs to PagerDuty's old API,",
      "receivers.0.pagerduty_configs.1.service_key_file: service_key_file belongs to PagerDuty's old API,",
    ],
  );
  assert.deepEqual(
    unsupported(
      `event_recorder: {}\n${receiverWith(
        "webhook_configs: [{url: 'http://h', http_config: {oauth2: {client_id: c, token_url: u}}}, {url: 'http://h'}]",
        'http_config: {proxy_url: p}',
      )}`,
    ).map((text) => text.split(':')[0]),
    ['receivers.0.webhook_configs.0.http_config.oauth2', 'global.http_config.proxy_url', 'event_recorder'],
  );
});
