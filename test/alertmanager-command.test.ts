/** `vedette alertmanager` in the place of Alertmanager's binary: its flags, signals, paths and answers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { PEERS, projectRoot, skipWithout } from './support/peers.ts';
import { runProgram } from './support/run-program.ts';
import { until } from './support/until.ts';
import { runVedette, temporaryDirectory } from './support/vedette-process.ts';

const CONFIG = `route: { receiver: nobody }
receivers: [ { name: nobody } ]
`;

interface Running {
  readonly url: string;
  readonly directory: string;
  readonly configFile: string;
  readonly stderr: () => string;
  kill(signal: NodeJS.Signals): void;
  exited(): Promise<number | null>;
  text(pathname: string, init?: RequestInit): Promise<string>;
}

async function start(t: TestContext, ...flags: readonly string[]): Promise<Running> {
  const directory = temporaryDirectory(t);
  writeFileSync(path.join(directory, 'am.yml'), CONFIG);
  return await startIn(t, directory, flags);
}

async function startIn(t: TestContext, directory: string, flags: readonly string[]): Promise<Running> {
  const configFile = path.join(directory, 'am.yml');
  const child = spawn(
    path.join(projectRoot, 'packages/server/bin/vedette'),
    ['alertmanager', '--config.file=am.yml', '--web.listen-address=127.0.0.1:0', ...flags],
    { cwd: directory },
  );
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text));
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const url = await until('the ready line', () => {
    assert.equal(child.exitCode, null, output.err);
    return /^ready (http:\S+)$/m.exec(output.out)?.[1];
  });
  return {
    url,
    directory,
    configFile,
    stderr: () => output.err,
    kill: (signal) => void child.kill(signal),
    exited: () => exited,
    text: async (pathname, init) => {
      const answer = await fetch(url + pathname, init);
      return `${answer.status} ${await answer.text()}`;
    },
  };
}

/** The value of a metric on `/metrics`. */
async function metricOf(running: Running, name: string): Promise<string | undefined> {
  return new RegExp(`^${name} (\\S+)$`, 'm').exec(await running.text('/metrics'))?.[1];
}

test('probes, the old API, the page of the root and status answer as clients of Alertmanager expect', async (t) => {
  const running = await start(t, '--cluster.listen-address=127.0.0.1:0', '--cluster.peer=other:9094');
  assert.equal(await running.text('/-/healthy'), '200 OK');
  assert.equal(await running.text('/-/ready'), '200 OK');
  assert.match(
    await running.text('/api/v1/alerts'),
    /^410 \{"status":"deprecated","error":"The Alertmanager v1 API/,
  );
  assert.match(await running.text('/'), /^200 <!doctype html>[^]*as Alertmanager/);
  assert.match(
    await running.text('/api/v2/status'),
    /"peers":\[\{"address":"127\.0\.0\.1:0","name":"vedette"\}\]/,
  );
  assert.match(running.stderr(), /level=info msg="Listening on" address=127\.0\.0\.1:\d+\n/);
  assert.match(running.stderr(), /level=warn msg="--cluster\.peer does nothing/);
  running.kill('SIGTERM');
  assert.equal(await running.exited(), 0);
});

test('a faulty file keeps the old configuration, whichever way the reload came, and the metrics tell', async (t) => {
  const running = await start(t);
  const hash = await metricOf(running, 'alertmanager_config_hash');
  const receivers = (): Promise<string> => running.text('/api/v2/receivers');
  writeFileSync(running.configFile, 'route: { receiver: gone }\n');
  assert.match(
    await running.text('/-/reload', { method: 'POST' }),
    /^500 failed to reload config: error: undefined receiver "gone"[^]*am\.yml:1:20/,
  );
  assert.equal(await metricOf(running, 'alertmanager_config_last_reload_successful'), '0');
  assert.match(await receivers(), /^200 \[\{"name":"nobody"/);
  writeFileSync(running.configFile, CONFIG.replaceAll('nobody', 'somebody'));
  running.kill('SIGHUP');
  await until('the new receiver', async () => ((await receivers()).includes('somebody') ? true : undefined));
  assert.equal(await metricOf(running, 'alertmanager_config_last_reload_successful'), '1');
  assert.notEqual(await metricOf(running, 'alertmanager_config_hash'), hash);
  assert.equal(await running.text('/-/reload', { method: 'POST' }), '200 ');
});

test('a second one on the same storage path is refused: it would tell everything twice', async (t) => {
  const { directory, configFile } = await start(t);
  const flags = [`--config.file=${configFile}`, `--storage.path=${path.join(directory, 'data')}`];
  const second = await runVedette(t, ['alertmanager', '--web.listen-address=127.0.0.1:0', ...flags]);
  assert.equal(second.code, 4);
  assert.match(
    second.stderr,
    /another process works on it; .* choose another directory with --storage\.path/,
  );
});

test('silences have their limit and outlive a kill', async (t) => {
  const first = await start(t, '--silences.max-silences=1', '--log.silences');
  const post = (running: Running): Promise<string> =>
    running.text('/api/v2/silences', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        matchers: [{ name: 'a', value: 'b', isRegex: false }],
        startsAt: new Date(Date.now() + 3_600_000).toISOString(),
        endsAt: new Date(Date.now() + 7_200_000).toISOString(),
        createdBy: 'test',
        comment: 'test',
      }),
    });
  assert.match(await post(first), /^200 \{"silenceID":/);
  assert.match(first.stderr(), /msg="a silence was set" .*createdBy=test/);
  first.kill('SIGKILL');
  await first.exited();
  const second = await startIn(t, first.directory, ['--silences.max-silences=1']);
  assert.match(await post(second), /^400 .*exceeded maximum number of silences: 1 \(limit: 1\)/);
  assert.equal(await metricOf(second, 'alertmanager_silences{state="pending"}'), '1');
});

test('several addresses, a prefix, and a token that every caller must show', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(path.join(directory, 'am.yml'), CONFIG);
  writeFileSync(path.join(directory, 'token'), 'correct-horse-battery\n');
  const flags = ['--web.listen-address=0.0.0.0:0', '--web.token-file=token', '--web.route-prefix=/am'];
  const running = await startIn(t, directory, flags);
  assert.equal(running.stderr().match(/Listening on/g)?.length, 2);
  const status = '/am/api/v2/status';
  assert.match(await running.text(status), /^401 /);
  const credentials = btoa('prometheus:correct-horse-battery');
  assert.match(await running.text(status, { headers: { authorization: `Basic ${credentials}` } }), /^200 \{/);
  assert.equal(await running.text('/am/-/healthy'), '200 OK');
});

test(
  'promtool finds nothing to complain about the metrics',
  { skip: skipWithout(PEERS.promtool) },
  async (t) => {
    const running = await start(t);
    await running.text('/api/v2/alerts', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '[{"labels":{"alertname":"A"}},{"labels":{}}]',
    });
    assert.equal(await metricOf(running, 'alertmanager_alerts_invalid_total{version="v2"}'), '1');
    const page = await (await fetch(`${running.url}/metrics`)).text();
    const { stdout, stderr } = await runProgram(PEERS.promtool, ['check', 'metrics'], { input: page });
    assert.equal(stdout + stderr, '');
    const names = page.split('\n').map((line) => line.replace(/ \S+$/, ''));
    const twice = names.filter((name, i) => name.startsWith('alertmanager_') && names.indexOf(name) < i);
    assert.deepEqual(twice, []);
  },
);

test('wrong usage, an unprotected address and settings that are not kept end the start with 2', async (t) => {
  const directory = temporaryDirectory(t);
  const config = path.join(directory, 'am.yml');
  const web = path.join(directory, 'web.yml');
  writeFileSync(config, CONFIG);
  const check = async (flag: string, want: RegExp): Promise<void> => {
    const { code, stderr } = await runVedette(t, ['alertmanager', `--config.file=${config}`, flag]);
    assert.match(stderr, want);
    assert.equal(code, 2, flag);
  };
  await check(
    '--web.listen-address=:0',
    /^FATAL: cannot listen on ":0": it is not a loopback address.*--web\.token-file/,
  );
  await check('--enable-feature=nonsense', /unknown option "nonsense" for --enable-feature/);
  writeFileSync(web, 'basic_auth_users: { a: $2y$10$x }\n');
  await check(
    `--web.config.file=${web}`,
    /^FATAL: cannot use --web\.config\.file .*bcrypt.*--web\.token-file/,
  );
  writeFileSync(web, 'tls_server_config: { cert_file: x }\n');
  await check(`--web.config.file=${web}`, /TLS is not spoken here/);
});
