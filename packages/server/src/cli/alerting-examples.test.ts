/** `examples/alerting/`: that the files are what they say they are. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { IntegrationKey } from '../alert/config/receivers.ts';
import { INTEGRATIONS } from '../alert/config/support.ts';
import { parseAlertmanagerConfig } from '../config/alertmanager-config.ts';
import { runCli } from './run.ts';

const folder = path.resolve(import.meta.dirname, '../../../../examples/alerting');
const FILE = path.join(folder, 'alertmanager.yml');
const INLINE = path.join(folder, 'vedette.yml');

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(...args: readonly string[]): Promise<Outcome> {
  let [out, err] = ['', ''];
  const code = await runCli(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    env: {},
    workingDirectory: folder,
  });
  return { code, out, err };
}

test('both files pass the checks', async () => {
  assert.deepEqual(await run('check', 'alerting', FILE), {
    code: 0,
    out: `${FILE}: valid alerting configuration, 5 routes, 2 inhibit rules, 4 receivers, 0 templates\n`,
    err: '',
  });
  const { code, err } = await run('check', 'config', INLINE);
  assert.deepEqual([code, err], [0, '']);
});

const AMTOOL = 'amtool';
const isAmtoolAbsent =
  spawnSync(AMTOOL, ['--version']).status !== 0 && process.env['VEDETTE_PEERS'] !== 'required';

test('amtool accepts the file', { skip: isAmtoolAbsent && 'amtool is not installed' }, () => {
  const { status, stdout, stderr } = spawnSync(AMTOOL, ['check-config', FILE], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
});

test('each severity reaches the channels that the file names', async () => {
  const { config } = parseAlertmanagerConfig(readFileSync(FILE, 'utf8'), {
    file: FILE,
    path: FILE,
    extensions: false,
  });
  const receivers = config?.receivers ?? [];
  const check = async (labels: readonly string[], want: readonly string[]): Promise<void> => {
    const { code, out } = await run('alert', 'routes', 'test', '--config', FILE, ...labels);
    assert.equal(code, 0);
    const receiver = receivers.find(({ name }) => name === out.trim());
    assert.ok(receiver !== undefined, out);
    const keys = Object.keys(INTEGRATIONS) as IntegrationKey[];
    const channels = keys.filter((key) => receiver[key].length > 0);
    assert.deepEqual(channels.toSorted(), want, labels.join());
  };
  await check(['severity=critical'], ['pagerduty_configs', 'slack_configs']);
  await check(['severity=error'], ['email_configs', 'slack_configs']);
  await check(['severity=warning'], ['email_configs', 'slack_configs']);
  await check(['severity=info'], ['slack_configs']);
  await check(['severity=none'], []);
  await check([], ['email_configs', 'slack_configs']);
});

test('the inline form is the file, and a heartbeat, a cooldown, storm control and mails by severity', () => {
  const { cooldown, storm_control, ...inline } = (parse(readFileSync(INLINE, 'utf8')) as InlineExample)
    .alertmanager;
  assert.deepEqual(cooldown, { critical: '60s', error: '300s', warning: '900s', info: '3600s' });
  assert.notEqual(storm_control, undefined);
  const [heartbeat, others] = partition(inline.receivers, ({ heartbeat_configs }) => heartbeat_configs);
  assert.deepEqual(
    heartbeat.map(({ name }) => name),
    ['heartbeat'],
  );
  const [watchdog, routes] = partition(inline.route.routes, ({ receiver }) => receiver === 'heartbeat');
  assert.deepEqual(
    watchdog.map(({ matchers }) => matchers),
    [['alertname="Watchdog"']],
  );
  const receivers = others.map(({ email_configs, ...receiver }) => ({
    ...receiver,
    ...(email_configs && { email_configs: email_configs.map(withoutRecipientsBySeverity) }),
  }));
  const rest = { ...inline, receivers, route: { ...inline.route, routes } };
  assert.deepEqual(rest, parse(readFileSync(FILE, 'utf8')));
});

interface InlineExample {
  readonly alertmanager: {
    readonly cooldown: unknown;
    readonly storm_control: unknown;
    readonly route: { readonly routes: readonly Readonly<Record<string, unknown>>[] };
    readonly receivers: readonly {
      readonly name: string;
      readonly heartbeat_configs?: unknown;
      readonly email_configs?: readonly Readonly<Record<string, unknown>>[];
    }[];
  };
}

function withoutRecipientsBySeverity({
  to_by_severity: recipients,
  ...mail
}: Readonly<Record<string, unknown>>): object {
  assert.notEqual(recipients, undefined);
  return mail;
}

/** Those for which it holds, and the others. */
function partition<T>(all: readonly T[], holds: (one: T) => unknown): readonly [readonly T[], readonly T[]] {
  return [all.filter((one) => Boolean(holds(one))), all.filter((one) => !holds(one))];
}
