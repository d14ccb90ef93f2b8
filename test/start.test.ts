import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { projectRoot } from './support/peers.ts';
import { until } from './support/until.ts';
import { runVedette, startVedette, temporaryDirectory } from './support/vedette-process.ts';

test('a start without configuration is ready, healthy and watches this machine', async (t) => {
  const vedette = await startVedette(t);
  assert.match(vedette.stdout(), /^ready http:\/\/127\.0\.0\.1:\d+\n$/);
  for (const open of ['/-/ready', '/-/healthy', '/health'])
    assert.equal((await vedette.get(open)).status, 200, open);
  const cpus = await until('host samples', async () => {
    const { data } = await vedette.json<{ data: { result: unknown[] } }>(
      '/api/v1/query?query=node_cpu_seconds_total',
    );
    return data.result.length > 0 ? data.result : undefined;
  });
  assert.ok(cpus.length >= 8);
  const status = await vedette.json<{ status: string; version: string }>('/api/status');
  assert.equal(status.version, '0.1.0');
});

test('SIGTERM stops cleanly with 0', async (t) => {
  const vedette = await startVedette(t);
  vedette.kill('SIGTERM');
  assert.deepEqual(await vedette.exited(), { code: 0, signal: null });
});

test('SIGTERM to npm start stops everything with 0', async (t) => {
  const args = [
    'start',
    '--silent',
    '--',
    '--listen',
    '127.0.0.1:0',
    '--data',
    temporaryDirectory(t),
    '--no-host',
  ];
  const npm = spawn('npm', args, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => npm.kill('SIGKILL'));
  let stdout = '';
  npm.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const exited = new Promise((resolve) => npm.on('close', (code) => resolve(code)));
  const url = await until('the ready line', () => /ready (http:\S+)/.exec(stdout)?.[1]);
  npm.kill('SIGTERM');
  assert.equal(await exited, 0);
  await assert.rejects(fetch(`${url}/-/ready`), 'the server lives on as an orphan');
});

test('a second process on one data directory is told which, and what to do', async (t) => {
  const dataDirectory = temporaryDirectory(t);
  await startVedette(t, { dataDirectory });
  const second = await runVedette(t, ['start', '--listen', '127.0.0.1:0', '--data', dataDirectory]);
  assert.equal(second.code, 4);
  assert.match(second.stderr, /FATAL: cannot .*data directory/);
  assert.ok(second.stderr.includes(dataDirectory));
});

test('a taken port is named with a remedy', async (t) => {
  const vedette = await startVedette(t);
  const second = await runVedette(t, [
    'start',
    '--listen',
    new URL(vedette.url).host,
    '--data',
    temporaryDirectory(t),
  ]);
  assert.equal(second.code, 4);
  assert.match(second.stderr, new RegExp(`FATAL: cannot listen on .*${new URL(vedette.url).port}`));
});

test('a broken configuration ends the start with all faults, marked', async (t) => {
  const file = path.join(temporaryDirectory(t), 'vedette.yml');
  writeFileSync(file, 'scrape_configs:\n  - job_nam: x\n    scrape_interval: often\nguardd: {}\n');
  const { code, stderr } = await runVedette(t, ['start', '--config', file, '--data', temporaryDirectory(t)]);
  assert.equal(code, 2);
  assert.match(stderr, /unknown key "job_nam"[\s\S]*:2:5[\s\S]*did you mean "job_name"/);
  assert.match(stderr, /must be a duration/);
  assert.match(stderr, /unknown key "guardd"/);
});

test('an address beyond this machine needs a token', async (t) => {
  const { code, stderr } = await runVedette(t, [
    'start',
    '--listen',
    '0.0.0.0:0',
    '--data',
    temporaryDirectory(t),
  ]);
  assert.equal(code, 2);
  assert.match(stderr, /FATAL: cannot listen on "0\.0\.0\.0:0".*token_file/);
});

test('SIGHUP takes a good file and keeps the old configuration for a bad one', async (t) => {
  const file = path.join(temporaryDirectory(t), 'vedette.yml');
  const configOf = (job: string): string =>
    `scrape_configs:\n  - job_name: ${job}\n    static_configs: [ { targets: ["127.0.0.1:1"] } ]\n`;
  writeFileSync(file, configOf('first'));
  const vedette = await startVedette(t, { args: ['--config', file] });
  const pools = async (): Promise<string[]> => {
    const { data } = await vedette.json<{ data: { activeTargets: { scrapePool: string }[] } }>(
      '/api/v1/targets',
    );
    return data.activeTargets.map(({ scrapePool }) => scrapePool);
  };
  assert.ok((await pools()).includes('first'));
  writeFileSync(file, configOf('second'));
  vedette.kill('SIGHUP');
  await until('the new pool', async () => ((await pools()).includes('second') ? true : undefined));
  assert.ok(!(await pools()).includes('first'));
  writeFileSync(file, 'scrape_configs: 7\n');
  vedette.kill('SIGHUP');
  await until('the refusal in the log', () => (/scrape_configs/.test(vedette.stderr()) ? true : undefined));
  assert.ok((await pools()).includes('second'));
});

test('the command tells the version of the package', async (t) => {
  const { version } = JSON.parse(
    readFileSync(path.join(projectRoot, 'packages/server/package.json'), 'utf8'),
  ) as { version: string };
  const { code, stdout } = await runVedette(t, ['version', '--json']);
  assert.equal(code, 0);
  assert.equal((JSON.parse(stdout) as { vedette: string }).vedette, version);
});
