/** The whole program over a real Prometheus: `storage.metrics.engine: prometheus`. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { routeOf, rulesOf, startHook, untilFiring } from '../support/alerting-scene.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startVedette, temporaryDirectory, type VedetteProcess } from '../support/vedette-process.ts';
import { startPrometheusProcess, type PrometheusProcess } from './real-prometheus.ts';

const skip = skipWithout(PEERS.prometheus);
const RECEIVER = ['--web.enable-remote-write-receiver'];

interface QueryAnswer {
  readonly status: string;
  readonly errorType?: string;
  readonly error?: string;
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

async function ask(url: string, expr: string): Promise<QueryAnswer> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`);
  return (await response.json()) as QueryAnswer;
}

/** The value of the first series, once there is one. */
async function untilValue(url: string, expr: string): Promise<number> {
  return await until(`a value of ${expr}`, async () => {
    const { data } = await ask(url, expr);
    const value = data.result[0]?.value[1];
    return value === undefined ? undefined : Number(value);
  });
}

interface Scene {
  readonly prometheus: PrometheusProcess;
  readonly dataDirectory: string;
  readonly start: () => Promise<VedetteProcess>;
}

interface SceneOptions {
  readonly rules?: string;
  readonly more?: string;
  readonly engine?: string;
  readonly prometheusRules?: string;
}

async function createScene(t: TestContext, options: SceneOptions = {}): Promise<Scene> {
  const directory = temporaryDirectory(t);
  const rulesThere = path.join(directory, 'there.yml');
  writeFileSync(rulesThere, options.prometheusRules ?? 'groups: []\n');
  const prometheus = await startPrometheusProcess(
    t,
    `global: { evaluation_interval: 500ms }\nrule_files: [ "${rulesThere}" ]\n`,
    RECEIVER,
  );
  writeFileSync(path.join(directory, 'rules.yml'), options.rules ?? 'groups: []\n');
  const config = path.join(directory, 'vedette.yml');
  const queue = 'queue_config: { batch_send_deadline: 200ms, max_backoff: 500ms }';
  writeFileSync(
    config,
    `global: { evaluation_interval: 500ms }
packs: { host: false }
rule_files: [ rules.yml ]
storage: { metrics: { engine: prometheus, url: "${prometheus.url}", remote_write: { ${queue} }${options.engine ?? ''} } }
${options.more ?? ''}`,
  );
  const dataDirectory = temporaryDirectory(t);
  const start = (): Promise<VedetteProcess> => startVedette(t, { dataDirectory, args: ['--config', config] });
  return { prometheus, dataDirectory, start };
}

interface Status {
  readonly status: string;
  readonly problems: readonly string[];
  readonly storage: { readonly activeSeries: number | null; readonly diskBytes: number | null };
}

suite('a real Prometheus as metrics engine', { skip, concurrency: 2 }, () => {
  test('what this machine says arrives there and is asked through us', async (t) => {
    const { prometheus, dataDirectory, start } = await createScene(t);
    const vedette = await start();
    // Samples of one moment may go there by several requests.
    await until('the same count by both ways', async () => {
      const there = await untilValue(prometheus.url, 'count(node_cpu_seconds_total)');
      return (await untilValue(vedette.url, 'count(node_cpu_seconds_total)')) === there ? true : undefined;
    });
    assert.ok((await untilValue(vedette.url, 'max(vedette_build_info)')) > 0);
    const { data: names } = await vedette.json<{ data: string[] }>('/api/v1/label/__name__/values');
    assert.ok(names.includes('node_memory_MemTotal_bytes'));
    assert.equal(existsSync(path.join(dataDirectory, 'metrics')), false, 'no embedded store is opened');
    assert.ok(existsSync(path.join(dataDirectory, 'state.db')));
  });

  test('the pages show what the engine says of itself, and what is not known as such', async (t) => {
    const { start } = await createScene(t);
    const vedette = await start();
    const status = await vedette.json<Status>('/api/status');
    assert.equal(status.storage.diskBytes, null);
    await until('a hundred series', async () =>
      (await untilValue(vedette.url, 'count({job!=""})')) > 100 ? true : undefined,
    );
    // The lists are counted at most twice a minute by Prometheus itself; the number of series is of this moment.
    const { data } = await vedette.json<{
      data: { headStats: { numSeries: number }; seriesCountByMetricName: unknown[] };
    }>('/api/v1/status/tsdb?limit=3');
    assert.ok(data.headStats.numSeries > 100, `${data.headStats.numSeries} series`);
    assert.ok(data.seriesCountByMetricName.length <= 3);
    const response = await vedette.get('/api/v1/admin/tsdb/clean_tombstones', { method: 'POST' });
    assert.equal(response.status, 501);
    assert.match(await response.text(), /they are not kept here/);
    const summary = await until('the summary of this machine', async () => {
      const found = await vedette.json<{ load1: number | null; memoryUsedRatio: number | null }>(
        '/api/metrics',
      );
      return found.load1 === null || found.memoryUsedRatio === null ? undefined : found;
    });
    assert.ok(summary.memoryUsedRatio !== null && summary.memoryUsedRatio > 0);
  });

  test('rules evaluated here write there, build on each other, and alert', async (t) => {
    const hook = await startHook(t);
    const { prometheus, start } = await createScene(t, {
      rules: rulesOf(
        'record: "made:here", expr: vector(21)',
        'record: "made:twice", expr: "made:here * 2"',
        'alert: Made, expr: "made:twice > 41", labels: { severity: page }',
      ),
      more: routeOf([hook]),
    });
    const vedette = await start();
    assert.equal(await untilValue(prometheus.url, 'made:twice'), 42);
    assert.equal(await untilValue(vedette.url, 'made:twice'), 42);
    await untilFiring(vedette, 'Made');
    await until('the webhook', () => (hook.texts().includes('firing Made') ? true : undefined));
    assert.equal(await untilValue(prometheus.url, 'ALERTS{alertname="Made",alertstate="firing"}'), 1);
  });

  test('while the engine is away queries say so, samples wait, and it goes on afterwards', async (t) => {
    const { prometheus, start } = await createScene(t);
    const vedette = await start();
    await untilValue(prometheus.url, 'node_load1');
    const awayMs = Date.now();
    await prometheus.stop();
    const response = await vedette.get('/api/v1/query?query=up');
    const answer = (await response.json()) as QueryAnswer;
    assert.equal(response.status, 503);
    assert.equal(answer.errorType, 'unavailable');
    assert.equal(answer.error, `cannot ask the metrics engine at ${prometheus.url}: connection refused`);
    assert.equal((await vedette.get('/-/ready')).status, 200);
    const degraded = await until('a problem on the page', async () => {
      const status = await vedette.json<Status>('/api/status');
      return status.problems.some((problem) => problem.includes('samples cannot be written'))
        ? status
        : undefined;
    });
    assert.equal(degraded.status, 'degraded');
    // The first to come may be of a moment before.
    for (let round = 0; round < 2; round++) {
      const before = await waitingSamples(vedette);
      await until('more samples waiting', async () =>
        (await waitingSamples(vedette)) > before ? true : undefined,
      );
    }
    const backMs = Date.now();
    await prometheus.restart();
    await untilValue(vedette.url, 'node_load1');
    await until('samples of the outage', async () => {
      const samples = await samplesOf(prometheus.url, '{job=~".+"}[1h]');
      return samples.some(([seconds]) => seconds * 1000 > awayMs && seconds * 1000 < backMs)
        ? true
        : undefined;
    });
    await until('no write problem any more', async () =>
      (await vedette.json<Status>('/api/status')).problems.some((problem) => problem.includes('written'))
        ? undefined
        : true,
    );
  });

  test('the server starts while the engine is away', async (t) => {
    const { prometheus, start } = await createScene(t);
    await prometheus.stop();
    const vedette = await start();
    assert.equal((await vedette.get('/-/ready')).status, 200);
    await until('the problem', async () =>
      (await vedette.json<Status>('/api/status')).problems.some((problem) =>
        problem.includes('connection refused'),
      )
        ? true
        : undefined,
    );
  });

  test('rules evaluated there are shown here, and their alerts take our route', async (t) => {
    const hook = await startHook(t);
    const { prometheus, start } = await createScene(t, {
      prometheusRules: rulesOf(
        'record: "made:there", expr: vector(1)',
        'alert: There, expr: "absent(switched_off)", annotations: { summary: from there }',
      ),
      engine: ', rules: there',
      more: routeOf([hook]),
    });
    const vedette = await start();
    const alert = await untilFiring(vedette, 'There');
    assert.equal(alert.annotations['summary'], 'from there');
    await until('the webhook', () => (hook.texts().includes('firing There') ? true : undefined));
    const { data } = await vedette.json<{ data: { groups: { rules: { name: string }[] }[] } }>(
      '/api/v1/rules',
    );
    assert.deepEqual(
      data.groups.flatMap(({ rules }) => rules.map(({ name }) => name)),
      ['made:there', 'There'],
    );
    assert.equal(await untilValue(prometheus.url, 'made:there'), 1);
  });
});

async function waitingSamples(vedette: VedetteProcess): Promise<number> {
  const text = await (await vedette.get('/metrics')).text();
  const line = text.split('\n').find((one) => one.startsWith('vedette_remote_storage_samples_pending'));
  return Number(line?.split(' ').at(-1) ?? 0);
}

async function samplesOf(url: string, expr: string): Promise<readonly (readonly [number, string])[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`);
  const { data } = (await response.json()) as {
    data: { result: { values: [number, string][] }[] };
  };
  return data.result.flatMap(({ values }) => values);
}
