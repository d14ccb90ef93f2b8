/** The shipped rules in Prometheus' own hands. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { runCli } from '../../packages/server/src/cli/run.ts';

const root = path.resolve(import.meta.dirname, '../..');
const PROMTOOL = 'promtool';
const isAbsent =
  spawnSync(PROMTOOL, ['--version']).status !== 0 && process.env['VEDETTE_PEERS'] !== 'required';
const skip = isAbsent && 'promtool is not installed';

function promtool(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(PROMTOOL, args, { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
}

const packs = readdirSync(path.join(root, 'rules')).map((file) => path.basename(file, '.yml'));

test('promtool and vedette accept every pack', { skip }, async () => {
  const files = packs.map((pack) => `rules/${pack}.yml`);
  promtool('check', 'rules', ...files);
  let text = '';
  const add = (part: string): void => void (text += part);
  const code = await runCli(['check', 'rules', ...files], {
    out: add,
    err: add,
    env: {},
    workingDirectory: root,
  });
  assert.equal(code, 0, text);
});

// The others of them evaluate a day of minutes.
for (const pack of ['http', 'redis', 'security', 'sandbox']) {
  test(`vedette runs the tests of rules/${pack}.yml with the same result`, async () => {
    let text = '';
    const add = (part: string): void => void (text += part);
    const io = { out: add, err: add, env: {}, workingDirectory: root };
    assert.equal(await runCli(['test', 'rules', `test/content/${pack}.test.yml`], io), 0, text);
  });
}

for (const pack of packs) {
  test(`each alert of rules/${pack}.yml fires when it should and only then`, { skip }, () => {
    promtool('test', 'rules', `test/content/${pack}.test.yml`);
  });

  test(`each alert of rules/${pack}.yml has a test where it fires and one where it does not`, () => {
    const rules = readFileSync(path.join(root, `rules/${pack}.yml`), 'utf8');
    const tests = readFileSync(path.join(root, `test/content/${pack}.test.yml`), 'utf8');
    for (const [, alert = ''] of rules.matchAll(/- alert: (\w+)/g)) {
      assert.match(tests, new RegExp(`alertname: ${alert}\n +exp_alerts:\n`), `${alert} firing`);
      if (alert === 'Watchdog') continue;
      assert.match(tests, new RegExp(`alertname: ${alert}\n +exp_alerts: \\[\\]`), `${alert} silent`);
    }
  });
}
