/** Rules in the running program: those that ship, those that fail, and those that build on each other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { suite, test } from 'node:test';
import {
  createScene,
  metricOf,
  reload,
  rulesOf,
  untilEvaluated,
  untilFiring,
} from './support/alerting-scene.ts';
import { projectRoot } from './support/peers.ts';
import { until } from './support/until.ts';
import { startVedette, type VedetteProcess } from './support/vedette-process.ts';

interface RuleShown {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

async function rulesShown(vedette: VedetteProcess): Promise<readonly RuleShown[]> {
  const { data } = await vedette.json<{ data: { groups: { rules: RuleShown[] }[] } }>('/api/v1/rules');
  return data.groups.flatMap(({ rules }) => rules);
}

async function evaluated(vedette: VedetteProcess): Promise<readonly RuleShown[]> {
  return await until('every rule evaluated', async () => {
    const rules = await rulesShown(vedette);
    return rules.length > 0 && rules.every(({ health }) => health !== 'unknown') ? rules : undefined;
  });
}

/** Metrics that rules/host.yml asks for and that not every machine has; its alerts say so there. */
const MAY_BE_ABSENT = /^node_(pressure|network_speed|filesystem_files|disk)_?/;

suite('rules', { concurrency: 4 }, () => {
  test('the shipped rules evaluate here and ask for metrics that the server really has', async (t) => {
    const vedette = await startVedette(t);
    const rules = await evaluated(vedette);
    assert.deepEqual(
      rules.filter(({ health }) => health !== 'ok'),
      [],
    );
    // Names of metrics as they stand in expressions, without those the file records itself.
    const text = readFileSync(path.join(projectRoot, 'rules/host.yml'), 'utf8').replaceAll(/^\s*#.*$/gm, '');
    const asked = new Set(text.match(/(?<![:\w])(?:(?:node|process|vedette|scrape)_\w+|up)(?![:\w])/g));
    assert.ok(asked.size > 30, `${asked.size} metrics`);
    await until('the metrics of a first minute', async () => {
      const { data } = await vedette.json<{ data: string[] }>('/api/v1/label/__name__/values');
      const known = new Set(data);
      assert.deepEqual(
        [...asked].filter((name) => !known.has(name) && !MAY_BE_ABSENT.test(name)),
        [],
      );
      return true;
    });
  });

  test('a template that fails or never ends is told in its text; the alert fires all the same', async (t) => {
    const endless = '{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}';
    const scene = await createScene(t, {
      rules: rulesOf(
        `alert: Endless, expr: vector(1), annotations: { summary: '${endless}' }`,
        `alert: Failing, expr: vector(1), annotations: { summary: '{{ first (query "none") }}', other: fine }`,
      ),
      more: '',
    });
    const vedette = await scene.start();
    const endlessAlert = await untilFiring(vedette, 'Endless');
    assert.match(endlessAlert.annotations['summary'] ?? '', /^<error expanding template: .+>$/);
    const failing = await untilFiring(vedette, 'Failing');
    assert.match(failing.annotations['summary'] ?? '', /^<error expanding template: .+>$/);
    assert.equal(failing.annotations['other'], 'fine');
  });

  test('a rule that asks for too much fails alone and says why', async (t) => {
    const scene = await createScene(t, {
      rules: rulesOf(
        'record: small, expr: vector(1)',
        'record: large, expr: "sum(sum_over_time(level[1h:1ms]))"',
        'record: after, expr: small + 1',
      ),
      more: 'query: { max_samples: 1000 }\n',
    });
    const vedette = await scene.start();
    const shown = await until('the failure', async () => {
      const rules = await evaluated(vedette);
      return rules.some(({ health }) => health === 'err') ? rules : undefined;
    });
    assert.deepEqual(
      shown.map(({ name, health }) => `${name} ${health}`),
      ['small ok', 'large err', 'after ok'],
    );
    assert.match(shown[1]?.lastError ?? '', /max_samples|limit/);
    assert.ok((await metricOf(vedette, 'vedette_rule_evaluation_failures_total')) >= 1);
    await untilEvaluated(vedette, 4);
    const lines = vedette.stderr().match(/.*a rule cannot be evaluated.*/g);
    assert.equal(lines?.length, 1, 'told once, not at each evaluation');
  });

  test('a chain of rules is carried through in one evaluation, and ALERTS is there to ask', async (t) => {
    const chain = Array.from({ length: 5 }, (_, i) => `record: step${i + 1}, expr: step${i} + 1`);
    const scene = await createScene(t, {
      rules: rulesOf(
        'record: step0, expr: "scalar(timestamp(vector(time()))) * vector(1)"',
        ...chain,
        'alert: Chain, expr: step5 > 0',
      ),
      more: '',
    });
    const begunSeconds = Date.now() / 1000;
    const vedette = await scene.start();
    await untilFiring(vedette, 'Chain');
    const ask = async (
      query: string,
      time = '',
    ): Promise<{ metric: Record<string, string>; value: [number, string] }[]> =>
      (
        await vedette.json<{
          data: { result: { metric: Record<string, string>; value: [number, string] }[] };
        }>(`/api/v1/query?query=${encodeURIComponent(query)}&time=${time}`)
      ).data.result;
    // As of the newest evaluation that has come to its end. Were a step one late, it would be half a second behind.
    const newest = await until('the last step', async () => (await ask('timestamp(step5)'))[0]);
    const [late] = await ask('step5 - step0', newest.value[1]);
    assert.equal(Number(late?.value[1]).toFixed(3), '5.000');
    const [alerts] = await until('ALERTS', async () => {
      const result = await ask('ALERTS');
      return result.length > 0 ? result : undefined;
    });
    assert.deepEqual(alerts?.metric, { __name__: 'ALERTS', alertname: 'Chain', alertstate: 'firing' });
    const [since] = await ask('ALERTS_FOR_STATE');
    const sinceSeconds = Number(since?.value[1]);
    assert.ok(sinceSeconds >= begunSeconds - 1 && sinceSeconds <= Date.now() / 1000, String(sinceSeconds));
  });

  test('a thousand rules are evaluated, reloaded and changed', async (t) => {
    const groups = (factor: number): string =>
      `groups:\n${Array.from(
        { length: 100 },
        (_, g) =>
          `  - name: g${g}\n    interval: 2s\n    rules:\n${Array.from({ length: 10 }, (__, r) => `      - { record: r${g}_${r}, expr: vector(${factor}) }\n`).join('')}`,
      ).join('')}`;
    const scene = await createScene(t, { rules: groups(1), more: '' });
    const vedette = await scene.start();
    const rules = await evaluated(vedette);
    assert.equal(rules.filter(({ health }) => health === 'ok').length, 1000);
    scene.write('rules.yml', groups(2));
    await reload(vedette);
    await until('the new values everywhere', async () => {
      const { data } = await vedette.json<{ data: { result: { value: [number, string] }[] } }>(
        '/api/v1/query?query=count({__name__=~"r[0-9]%2B_[0-9]"}==2)',
      );
      return data.result[0]?.value[1] === '1000' ? true : undefined;
    });
  });
});
