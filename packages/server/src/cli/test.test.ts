import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCli } from './run.ts';

const SHARED = path.resolve(process.env['VEDETTE_SHARED'] ?? '../shared', 'prometheus-rule-tests');
const skip =
  existsSync(SHARED) || process.env['VEDETTE_PEERS'] === 'required' ? false : 'shared rule tests are absent';

async function testRules(
  workingDirectory: string,
  ...args: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runCli(['test', 'rules', ...args], {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    env: {},
    workingDirectory,
  });
  return { code, out, err };
}

function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-rule-test-'));
  t.after(() => rmSync(directory, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
  return directory;
}

test("the exit codes are promtool's for every file of the shared folder", { skip }, async () => {
  const check = async (want: number, ...args: readonly string[]): Promise<void> => {
    const { code, out, err } = await testRules(SHARED, ...args);
    assert.equal(code, want, `${args.join(' ')}\n${out}${err}`);
  };
  await check(0, 'unittest.yml');
  await check(0, 'long-period.yml');
  await check(0, 'at-modifier-test.yml');
  await check(1, 'failing.yml');
  await check(1, 'bad-input-series.yml');
  await check(1, 'bad-promql.yml');
  await check(1, 'bad-rules-error-test.yml');
  await check(1, 'rules_run.yml');
  await check(0, '--run', 'correct', 'rules_run.yml');
  await check(1, '--run', 'wrong', 'rules_run.yml');
  await check(0, '--run', 'correct', 'rules_run_fuzzy.yml');
  await check(1, '--run', 'wrong', 'rules_run_fuzzy.yml');
  await check(0, '--lookback-delta', '5m1ms', 'own-timeline-test.yml');
});

const RULES = `groups:
  - name: g
    rules:
      - record: a:b
        expr: b
      - alert: Down
        expr: up == 0
        for: 2m
        annotations: { summary: "{{ $labels.job }} in {{ $externalLabels.zone }} since {{ $value }}" }
`;

const TESTS = `rule_files: [rules.yml]
tests:
  - name: down
    external_labels: { zone: eu }
    input_series:
      - { series: 'up{job="api"}', values: 1 0x10 }
    alert_rule_test:
      - { eval_time: 2m, alertname: Down, exp_alerts: [] }
      - eval_time: 3m59s
        alertname: Down
        exp_alerts:
          - exp_labels: { job: api }
            exp_annotations: { summary: api in eu since 0 }
`;

test('alerts are those after the last evaluation before the time that is asked for', async (t) => {
  const directory = folderWith(t, { 'rules.yml': RULES, 'a.yml': TESTS });
  assert.deepEqual(await testRules(directory, 'a.yml'), { code: 0, out: 'a.yml: 1 tests pass\n', err: '' });
});

test('a difference is told with what came and what was wanted', async (t) => {
  const directory = folderWith(t, { 'rules.yml': RULES, 'a.yml': TESTS.replace('in eu', 'in us') });
  const { code, err } = await testRules(directory, 'a.yml');
  assert.equal(code, 1);
  assert.equal(
    err,
    `a.yml: FAILED
  name: down,
  alertname: Down, time: 3m59s,
    got:
      {alertname="Down", job="api"} with annotations {summary="api in eu since 0"}
    want:
      {alertname="Down", job="api"} with annotations {summary="api in us since 0"}
`,
  );
});

test('an alert that is not expected, and one that does not come, are failures', async (t) => {
  const none = TESTS.replace('eval_time: 2m', 'eval_time: 5m');
  const missing = TESTS.replace('3m59s', '1m');
  const directory = folderWith(t, { 'rules.yml': RULES, 'a.yml': none, 'b.yml': missing });
  assert.match((await testRules(directory, 'a.yml')).err, /time: 5m,\n    got:\n.*\n    want: nothing/);
  assert.match((await testRules(directory, 'b.yml')).err, /time: 1m,\n    got: nothing\n    want:\n/);
});

test('groups come in the order that the file asks for', async (t) => {
  const rules = `groups:
  - { name: second, rules: [{ record: c, expr: b + 1 }] }
  - { name: first, rules: [{ record: b, expr: a + 1 }] }
`;
  const tests = `rule_files: [rules.yml]
group_eval_order: [first, second]
tests:
  - input_series: [{ series: a, values: 1 }]
    promql_expr_test: [{ expr: c, eval_time: 0, exp_samples: [{ labels: c, value: 3 }] }]
`;
  const directory = folderWith(t, {
    'rules.yml': rules,
    'a.yml': tests,
    'b.yml': tests.replace('[first, second]', '[]'),
  });
  assert.equal((await testRules(directory, 'a.yml')).code, 0);
  assert.equal((await testRules(directory, 'b.yml')).code, 1);
});

test('a recorded histogram is compared as such', async (t) => {
  const rules = 'groups: [{ name: g, rules: [{ record: sum:h, expr: sum(h) }] }]';
  const tests = `rule_files: [rules.yml]
tests:
  - input_series:
      - { series: 'h{a="1"}', values: '{{count:1 sum:2 buckets:[1]}}' }
      - { series: 'h{a="2"}', values: '{{count:1 sum:2 buckets:[1]}}' }
    promql_expr_test:
      - { expr: 'sum:h', exp_samples: [{ labels: 'sum:h', histogram: '{{count:2 sum:4 counter_reset_hint:gauge buckets:[2]}}' }] }
`;
  const directory = folderWith(t, {
    'rules.yml': rules,
    'a.yml': tests.replace(' counter_reset_hint:gauge', ''),
    'b.yml': tests.replace('sum:4', 'sum:5'),
  });
  assert.equal((await testRules(directory, 'a.yml')).code, 0);
  assert.match((await testRules(directory, 'b.yml')).err, /sum:h/);
});

test('faults of the file are told with their place', async (t) => {
  const check = async (text: string, want: RegExp): Promise<void> => {
    const { code, err } = await testRules(folderWith(t, { 'a.yml': text }), 'a.yml');
    assert.equal(code, 1);
    assert.match(err, want);
  };
  await check('tests: [{ intervall: 1m }]', /a\.yml: tests\[0\]: .*intervall/);
  await check(
    'tests: [{ interval: 1 minute }]',
    /tests\[0\]\.interval: must be a duration such as 5m; got "1 minute"/,
  );
  await check('tests: [{ interval: 0s }]', /tests\[0\]\.interval: must be longer than 0/);
  await check('tests: [{ input_series: [{ series: a, values: 1 b }] }]', /want a sample, .*; got "b"/);
  await check(
    'tests: [{ input_series: [{ series: a, values: 1x1000001 }] }]',
    /repeats 1000001 times, limit is 1000000/,
  );
  await check(
    'tests: [{ promql_expr_test: [{ expr: a, eval_time: 90y }] }]',
    /more than 1000000 evaluations/,
  );
  await check('rule_files: [gone.yml]', /gone\.yml/);
  await check('tests: [', /a\.yml: /);
  assert.match((await testRules(folderWith(t, {}), 'gone.yml')).err, /cannot read test file "gone\.yml"/);
});

test('an empty file has no tests, and passes', async (t) => {
  assert.equal((await testRules(folderWith(t, { 'a.yml': '' }), 'a.yml')).code, 0);
});

test('wrong usage is told', async () => {
  assert.equal((await testRules('.')).code, 2);
  assert.equal((await testRules('.', '--run', '(', 'a.yml')).code, 2);
  assert.equal((await testRules('.', '--lookback-delta', 'long', 'a.yml')).code, 2);
  assert.equal((await testRules('.', '--enable-feature', 'none', 'a.yml')).code, 2);
});
