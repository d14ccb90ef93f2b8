/** The shipped rules in Prometheus' own hands. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';

const root = path.resolve(import.meta.dirname, '../..');
const PROMTOOL = 'promtool';
const isAbsent =
  spawnSync(PROMTOOL, ['--version']).status !== 0 && process.env['VEDETTE_PEERS'] !== 'required';
const skip = isAbsent && 'promtool is not installed';

function promtool(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(PROMTOOL, args, { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
}

test('promtool accepts rules/host.yml', { skip }, () => {
  promtool('check', 'rules', 'rules/host.yml');
});

test('each alert of rules/host.yml fires when it should and only then', { skip }, () => {
  promtool('test', 'rules', 'test/content/host.test.yml');
});

test('each alert of rules/host.yml has a test where it fires and one where it does not', () => {
  const rules = readFileSync(path.join(root, 'rules/host.yml'), 'utf8');
  const tests = readFileSync(path.join(root, 'test/content/host.test.yml'), 'utf8');
  for (const [, alert = ''] of rules.matchAll(/- alert: (\w+)/g)) {
    assert.match(tests, new RegExp(`alertname: ${alert}\n +exp_alerts:\n`), `${alert} firing`);
    if (alert === 'Watchdog') continue;
    assert.match(tests, new RegExp(`alertname: ${alert}\n +exp_alerts: \\[\\]`), `${alert} silent`);
  }
});
