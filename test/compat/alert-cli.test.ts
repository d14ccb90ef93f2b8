/** `vedette alert` against a real Alertmanager, beside amtool: the same commands, the same words. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { runCli } from '../../packages/server/src/cli/run.ts';
import { freePort } from '../support/free-port.ts';
import { skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';

const ALERTMANAGER = '/usr/bin/prometheus-alertmanager';
const AMTOOL = '/usr/bin/amtool';

const CONFIG = `route: { receiver: ops, routes: [{ matchers: [team="db"], receiver: dba }] }
receivers: [{ name: ops }, { name: dba }]
`;

async function startAlertmanager(t: TestContext): Promise<string> {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-alert-cli-'));
  writeFileSync(path.join(directory, 'am.yml'), CONFIG);
  const port = await freePort();
  const child = spawn(
    ALERTMANAGER,
    [
      '--config.file=am.yml',
      '--storage.path=data',
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { cwd: directory, stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  t.after(async () => {
    child.kill();
    await ended;
    rmSync(directory, { recursive: true });
  });
  const url = `http://127.0.0.1:${port}`;
  await until(
    'Alertmanager is ready',
    async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok || undefined,
  );
  return url;
}

test(
  'alerts and silences of a real Alertmanager are added, listed and changed, and shown as amtool shows them',
  { skip: skipWithout(ALERTMANAGER, AMTOOL) },
  async (t) => {
    const url = await startAlertmanager(t);
    const ours = async (...args: readonly string[]): Promise<string> => {
      let out = '';
      let err = '';
      const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
      const code = await runCli(['alert', ...args], {
        ...io,
        env: { VEDETTE_URL: url, USER: 'me' },
        workingDirectory: '/',
      });
      assert.equal(code, 0, `${args.join(' ')}: ${err}`);
      return out;
    };
    const theirs = async (...args: readonly string[]): Promise<string> =>
      (await promisify(execFile)(AMTOOL, [`--alertmanager.url=${url}`, ...args])).stdout;
    const end = '2099-01-01T00:00:00Z';
    await ours('add', 'Slow', 'host=a', '--annotation', 'summary=very slow', '--end', end);
    await ours(
      'add',
      'alertname=Down',
      'team=db',
      '--start',
      '2026-11-21T10:00:00Z',
      '--end',
      end,
      '--generator-url',
      'http://gen/x',
    );
    const id = (await ours('silence', 'add', '-c', 'disk swap', '-d', '2h', 'Slow', 'host=~"a|b"')).trim();
    await theirs('silence', 'add', '-a', 'you', '-c', 'other', '-d', '30m', 'team=db', 'host!=a');
    for (const filter of [[], ['Down'], ['team=~"d.*"'], ['-s'], ['-r', 'dba']])
      assert.equal(
        await ours('query', ...filter),
        await theirs('alert', 'query', ...filter),
        filter.join(' '),
      );
    const forms = [[], ['-o', 'extended'], ['-q'], ['--within', '1h'], ['host!=a'], ['--expired']];
    for (const args of forms)
      assert.equal(
        await ours('silence', 'query', ...args),
        await theirs('silence', 'query', ...args),
        args.join(' '),
      );
    for (const what of [['query'], ['silence', 'query']])
      assert.deepEqual(
        JSON.parse(await ours(...what, '-o', 'json')),
        JSON.parse(await theirs(...(what.length === 1 ? ['alert', 'query'] : what), '-o', 'json')),
      );
    assert.match(await ours('silence', 'update', '-c', 'longer', '-d', '4h', id), /longer/);
    await ours('silence', 'expire', id);
    assert.equal(await ours('silence', 'query', '--expired'), await theirs('silence', 'query', '--expired'));
  },
);
