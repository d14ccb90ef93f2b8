import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCli } from './run.ts';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `vedette check …` in a directory that holds these files. */
async function check(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<Outcome> {
  const directory = await mkdtemp(path.join(tmpdir(), 'vedette-check-'));
  t.after(() => rm(directory, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(directory, name), text);
  let out = '';
  let err = '';
  const code = await runCli(['check', ...args], {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    env: {},
    workingDirectory: directory,
  });
  return { code, out, err };
}

const RULES = `groups:
  - name: g
    rules:
      - { record: some, expr: 'limitk(1, up)' }
      - { record: moved, expr: 'increase(up[5m] anchored)' }
`;

test('rules with experimental PromQL are refused by name, and valid with the features named', async (t) => {
  const refused = await check(t, { 'r.yml': RULES }, ['rules', 'r.yml']);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /limitk\(\) is experimental and must be enabled/);
  assert.match(refused.err, /anchored modifier is experimental and not enabled/);
  const both = 'promql-experimental-functions,promql-extended-range-selectors';
  const enabled = await check(t, { 'r.yml': RULES }, ['rules', '--enable-feature', both, 'r.yml']);
  assert.deepEqual(enabled, { code: 0, out: 'r.yml: 2 rules in 1 groups\n', err: '' });
});

test('a feature that there is not is wrong usage, with the list of those there are', async (t) => {
  const { code, err } = await check(t, {}, ['rules', '--enable-feature', 'promql-magic', 'r.yml']);
  assert.equal(code, 2);
  assert.match(err, /--enable-feature must be one of promql-experimental-functions, .*; got "promql-magic"/);
});

test('a configuration brings the features of its own rule files', async (t) => {
  const config = (features: string): string => `rule_files: [r.yml]\nquery: { features: [${features}] }\n`;
  const named = 'promql-experimental-functions, promql-extended-range-selectors';
  const valid = await check(t, { 'r.yml': RULES, 'v.yml': config(named) }, ['config', 'v.yml']);
  assert.deepEqual([valid.code, valid.err], [0, '']);
  const without = await check(t, { 'r.yml': RULES, 'v.yml': config('') }, ['config', 'v.yml']);
  assert.equal(without.code, 1);
  const unknown = await check(t, { 'r.yml': RULES, 'v.yml': config('promql-magic') }, ['config', 'v.yml']);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /must be one of "promql-experimental-functions", .*query\.features\[0\]/s);
});

test('a template that a start would refuse is refused, in an alertmanager.yml and inline', async (t) => {
  const parts = "route: { receiver: a }, receivers: [{ name: a }], templates: ['*.tmpl']";
  const files = { 'am.yml': `{ ${parts} }`, 'vedette.yml': `alertmanager: { ${parts} }` };
  const fine = { ...files, 'a.tmpl': '{{ define "a" }}{{ .Status }}{{ end }}' };
  const broken = { ...files, 'a.tmpl': '{{ define "a" }}{{ readFile "/etc/passwd" }}{{ end }}' };
  for (const args of [
    ['alerting', 'am.yml'],
    ['config', 'vedette.yml'],
  ]) {
    assert.equal((await check(t, fine, args)).code, 0);
    const { code, err } = await check(t, broken, args);
    assert.equal(code, 1);
    assert.match(err, /^cannot use a template file: .*a\.tmpl:1: function "readFile" not defined\n$/);
  }
});
