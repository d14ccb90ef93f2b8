/**
 * Debian's amtool 0.25, unmodified: every command that talks to a server, against Debian's Alertmanager 0.25 and
 * against `vedette alertmanager`. What it prints, and how it ends, is the same, but for ids and times.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { PEERS, skipWithout } from '../support/peers.ts';
import { runProgram, type Ran } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/vedette-process.ts';
import { startTwinAlertmanagers, type TwinAlertmanagers } from './twin-alertmanagers.ts';

const skip = skipWithout(PEERS.alertmanager, PEERS.amtool);

const CONFIG = `
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 1h
  routes:
    - { receiver: page, matchers: [ 'severity="critical"' ], continue: true }
    - receiver: web
      matchers: [ 'team=~"web|shop"' ]
      routes: [ { receiver: shop, matchers: [ 'team="shop"', 'env!="test"' ] } ]
receivers:
  - { name: ops, webhook_configs: [ { url: 'http://127.0.0.1:1/secret' } ] }
  - { name: page, webhook_configs: [ { url: 'http://me:secret@127.0.0.1:1/', max_alerts: 3, send_resolved: false } ] }
  - { name: web }
  - { name: shop }
`;

const amtool = (url: string, args: readonly string[], input?: string): Promise<Ran> =>
  runProgram(PEERS.amtool, [`--alertmanager.url=${url}`, ...args], { input });

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Words for what differs from run to run; runs of spaces too, since columns are as wide as a time. */
function normalized({ code, stdout, stderr }: Ran, url: string): Ran {
  const same = (text: string): string =>
    text
      .replaceAll(url, 'URL')
      .replaceAll(ID, 'ID')
      .replaceAll(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| UTC)/g, 'TIME')
      // Since 0.28 alerts say by which intervals they are muted.
      .replaceAll(/"mutedBy":\[\],/g, '')
      // Of the server's version, which amtool compares with its own before each command.
      .replaceAll(/^.*amtool version .*alertmanager version.*\n/gim, '')
      .replaceAll(/ +/g, ' ');
  return { code, stdout: same(stdout), stderr: same(stderr) };
}

/** Runs one command on both sides. */
async function check(twins: TwinAlertmanagers, args: readonly string[], input?: string): Promise<Ran> {
  const [ours, theirs] = await Promise.all(
    [twins.ours, twins.theirs].map(async (url) => normalized(await amtool(url, args, input), url)),
  );
  assert.ok(ours !== undefined && theirs !== undefined);
  assert.deepEqual(ours, theirs, `amtool ${args.join(' ')}`);
  return ours;
}

const START = '2026-11-21T03:00:00Z';
const END = '2036-11-21T03:00:00Z';
const OUTPUTS = ['simple', 'extended', 'json'];

async function addAlerts(twins: TwinAlertmanagers): Promise<void> {
  const add = (...labels: string[]): Promise<Ran> =>
    check(twins, ['alert', 'add', `--start=${START}`, `--end=${END}`, ...labels]);
  await add(
    'alertname=Slow',
    'severity=critical',
    'team=shop',
    'env=prod',
    '--annotation=summary=it is slow',
  );
  await add('Broken', 'team=web', '--generator-url=http://prom/graph', '--annotation=runbook=http://r');
  await add('alertname=Full', 'disk="a b"');
}

test('alerts are added and queried', { skip }, async (t) => {
  const twins = await startTwinAlertmanagers(t, CONFIG);
  assert.equal((await check(twins, ['alert', 'query'])).code, 0);
  await addAlerts(twins);
  for (const output of OUTPUTS) {
    const { stdout } = await check(twins, ['alert', 'query', '-o', output]);
    assert.match(stdout, /Slow[^]*Full|Full[^]*Slow/);
  }
  for (const args of [
    ['alertname=Slow'],
    ['Slow'],
    ['alertname=~"S.*|B.*"'],
    ['team!=shop'],
    ['team=~".+"', 'severity!="critical"'],
    ['--receiver=page'],
    ['--receiver=sh.*'],
    ['--silenced'],
    ['--inhibited'],
    ['--active'],
    ['--unprocessed'],
    ['nothing=here'],
    ['team=~"("'],
    ['--receiver=('],
  ])
    await check(twins, ['alert', 'query', '-o', 'json', ...args]);
  await check(twins, ['alert', 'add', '--end=2016-11-21T03:00:00Z', 'alertname=Slow', `--start=${START}`]);
  await check(twins, ['alert', 'add']);
  await check(twins, [
    'alert',
    'add',
    'alertname=Over',
    '--start=2016-11-21T03:00:00Z',
    '--end=2016-11-21T04:00:00Z',
  ]);
});

/** A silence on each side, by its id there. */
async function addSilence(
  twins: TwinAlertmanagers,
  ...args: string[]
): Promise<{ ours: string; theirs: string }> {
  const of = async (url: string): Promise<string> => {
    const { stdout, stderr } = await amtool(url, ['silence', 'add', '--author=me', ...args]);
    assert.match(stdout, new RegExp(`^${ID.source}\n$`), stderr);
    return stdout.trim();
  };
  return { ours: await of(twins.ours), theirs: await of(twins.theirs) };
}

/** Runs a command that names a silence of its side. */
async function checkOn(
  twins: TwinAlertmanagers,
  ids: { readonly ours: string; readonly theirs: string },
  args: readonly string[],
): Promise<Ran> {
  const ours = normalized(await amtool(twins.ours, [...args, ids.ours]), twins.ours);
  assert.deepEqual(
    ours,
    normalized(await amtool(twins.theirs, [...args, ids.theirs]), twins.theirs),
    args.join(' '),
  );
  return ours;
}

test('silences are added, updated, queried and expired', { skip }, async (t) => {
  const twins = await startTwinAlertmanagers(t, CONFIG);
  await addAlerts(twins);
  const long = [`--start=${START}`, `--end=${END}`];
  const first = await addSilence(
    twins,
    '--comment=why',
    ...long,
    'alertname=Slow',
    'team=~"s.*"',
    'env!="test"',
  );
  await addSilence(
    twins,
    '--comment=later',
    '--start=2035-01-01T00:00:00Z',
    '--end=2037-01-01T00:00:00Z',
    'Broken',
  );
  for (const output of OUTPUTS) await check(twins, ['silence', 'query', '-o', output]);
  await check(twins, ['alert', 'query', '-o', 'json', '--silenced']);
  await check(twins, ['alert', 'query', '-o', 'json', '--active']);
  for (const args of [
    ['alertname=Slow'],
    ['alertname=~Slow'],
    ['team=~"s.*"', 'env!="test"'],
    ['--created-by=me'],
    ['--created-by=you'],
    ['--within=8760h'],
    ['--quiet'],
    ['--expired'],
  ])
    await check(twins, ['silence', 'query', '-o', 'json', ...args]);
  await checkOn(twins, first, ['silence', 'update', '--comment=changed', `--end=${END}`, '-o', 'json']);
  assert.match((await check(twins, ['silence', 'query', 'alertname=Slow'])).stdout, /changed/);
  assert.equal((await checkOn(twins, first, ['silence', 'expire'])).code, 0);
  await check(twins, ['silence', 'query', '--expired', '-o', 'json']);
  await checkOn(twins, first, ['silence', 'update', '--comment=again', `--end=${END}`, '-o', 'json']);
  await check(twins, ['silence', 'query', '-o', 'json']);
});

test('silences that cannot be are refused with the same words', { skip }, async (t) => {
  const twins = await startTwinAlertmanagers(t, CONFIG);
  const add = (...args: string[]): Promise<Ran> => check(twins, ['silence', 'add', '--author=me', ...args]);
  await add('a=b');
  await add('--comment=c');
  await add('--comment=c', `--start=${END}`, '--end=2030-01-01T00:00:00Z', 'a=b');
  await add('--comment=c', '--duration=x', 'a=b');
  await add('--comment=c', '--start=2015-01-01T00:00:00Z', '--end=2016-01-01T00:00:00Z', 'a=b');
  const unknown = 'f3aa1032-6ba7-4e61-925a-6df3e9e07ee1';
  await check(twins, ['silence', 'expire', 'xyz']);
  await check(twins, ['silence', 'expire']);
  await check(twins, ['silence', 'update', '--comment=c', unknown]);
  // 0.25 answers 500, since 0.26 it is 404: amtool words the two differently, and fails both times.
  const ended = await amtool(twins.ours, ['silence', 'expire', unknown]);
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /status 404/);
});

test('silences are imported, all of them', { skip }, async (t) => {
  const twins = await startTwinAlertmanagers(t, CONFIG);
  const list = Array.from({ length: 30 }, (_, i) => ({
    matchers: [{ name: 'instance', value: `n${String(i).padStart(2, '0')}`, isRegex: false, isEqual: true }],
    startsAt: START,
    endsAt: `2036-11-21T03:00:${String(i).padStart(2, '0')}Z`,
    createdBy: 'me',
    comment: `number ${i}`,
  }));
  const file = path.join(temporaryDirectory(t as TestContext), 'silences.json');
  writeFileSync(file, JSON.stringify(list));
  const sorted = ({ code, stdout }: Ran): unknown => [code, stdout.split('\n').toSorted()];
  const sides = [twins.ours, twins.theirs];
  const [ours, theirs] = await Promise.all(
    sides.map(async (url) => sorted(normalized(await amtool(url, ['silence', 'import', file]), url))),
  );
  assert.deepEqual(ours, theirs);
  const { stdout } = await check(twins, ['silence', 'query', '-o', 'json']);
  assert.equal((JSON.parse(stdout) as unknown[]).length, 30);
  // How many failed amtool counts beside its end, so that at times it forgets to say so.
  for (const url of sides) {
    const { stderr } = await amtool(url, ['silence', 'import'], '[{"comment":"x"}]');
    assert.match(stderr, /^Error adding silence id='': .*\(status 422\)/m);
  }
  await check(twins, ['silence', 'import'], 'not json');
});

test('cluster, configuration and routes are shown', { skip }, async (t) => {
  const twins = await startTwinAlertmanagers(t, CONFIG);
  for (const output of OUTPUTS) await check(twins, ['cluster', 'show', '-o', output]);
  // The configuration is shown with every default, and 0.34 has more of them than 0.25.
  const shown = await amtool(twins.ours, ['config', 'show']);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /^route:\n {2}receiver: ops$/m);
  assert.doesNotMatch(shown.stdout, /[/:]secret\b/);
  for (const output of OUTPUTS)
    assert.equal((await amtool(twins.ours, ['config', 'show', '-o', output])).code, 0);
  await check(twins, ['config', 'routes', 'show']);
  for (const labels of [
    ['a=b'],
    ['severity=critical'],
    ['severity=critical', 'team=shop'],
    ['team=shop', 'env=test'],
  ])
    for (const more of [[], ['--tree'], ['--verify.receivers=shop'], ['--verify.receivers=page,shop']])
      await check(twins, ['config', 'routes', 'test', ...more, ...labels]);
});
