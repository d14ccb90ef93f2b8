/**
 * `vedette import prometheus` beside Debian's Prometheus: blocks made by promtool, and a running server read over
 * its remote read API. Afterwards both answer the same queries the same.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { PEERS, projectRoot, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { runVedette, startVedette, temporaryDirectory } from '../support/vedette-process.ts';
import { startPrometheus } from './real-prometheus.ts';

const DAYS = 6;
const SERIES = 12;
const STEP_SECONDS = 120;
const SAMPLES = (DAYS * 86_400) / STEP_SECONDS;
const TOTAL = SAMPLES * SERIES * 2;

/** Spans of a day: a tenth of the retention. */
const CONFIG = 'storage: { metrics: { retention: 10d } }\n';

interface Scene {
  /** A data directory of Prometheus. */
  readonly blocks: string;
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  /** A vedette.yml. */
  readonly config: string;
}

function createScene(t: TestContext): Scene {
  const directory = temporaryDirectory(t);
  const lastSeconds = Math.floor(Date.now() / 1000) - 3600;
  const firstSeconds = lastSeconds - (SAMPLES - 1) * STEP_SECONDS;
  const families: readonly (readonly [string, string, (s: number, i: number) => number])[] = [
    ['requests counter', 'requests_total', (s, i) => ((i * (s + 1)) % 5000) * 3],
    ['temperature gauge', 'temperature', (s, i) => Math.sin(i / 50 + s) * 20],
  ];
  let page = '';
  for (const [type, name, valueOf] of families) {
    page += `# TYPE ${type}\n`;
    for (let s = 0; s < SERIES; s++)
      for (let i = 0; i < SAMPLES; i++)
        page += `${name}{job="j${s % 3}",instance="${s}"} ${valueOf(s, i)} ${firstSeconds + i * STEP_SECONDS}.${i % 10}\n`;
  }
  writeFileSync(path.join(directory, 'page'), `${page}# EOF\n`);
  const made = spawnSync(PEERS.promtool, ['tsdb', 'create-blocks-from', 'openmetrics', 'page', 'data'], {
    cwd: directory,
  });
  assert.equal(made.status, 0, String(made.stderr));
  const config = path.join(directory, 'vedette.yml');
  writeFileSync(config, CONFIG);
  return { blocks: path.join(directory, 'data'), firstSeconds, lastSeconds, config };
}

/** On a copy: it compacts what it is started on. */
async function startOnBlocks(t: TestContext, { blocks }: Scene, external = ''): Promise<string> {
  const copy = path.join(temporaryDirectory(t), 'data');
  cpSync(blocks, copy, { recursive: true });
  return await startPrometheus(t, `global: { external_labels: { ${external} } }\n`, [
    `--storage.tsdb.path=${copy}`,
    '--storage.tsdb.retention.time=100y',
    '--web.enable-admin-api',
  ]);
}

interface Summary {
  readonly spans: number;
  readonly spansBefore: number;
  readonly samplesRead: number;
  readonly samplesStored: number;
  readonly samplesRepeated: number;
  readonly refusals: readonly { readonly reason: string; readonly count: number }[];
  readonly faults: readonly string[];
}

async function runImport(
  t: TestContext,
  args: readonly string[],
): Promise<{ code: number | null; stderr: string; summary: Summary | undefined }> {
  const { code, stdout, stderr } = await runVedette(t, ['import', 'prometheus', '--json', ...args]);
  return { code, stderr, summary: stdout === '' ? undefined : (JSON.parse(stdout) as Summary) };
}

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Record<string, string>;
      readonly value?: [number, string];
      readonly values?: [number, string][];
    }[];
  };
}

const QUERIES = [
  'temperature',
  'sum by (job) (count_over_time(requests_total[7d]))',
  'sum(rate(requests_total[30m]))',
  'max_over_time(temperature{job=~"j[01]"}[6h])',
  'avg by (job) (temperature)',
];

async function assertSameAnswers(ours: string, theirs: string, scene: Scene): Promise<void> {
  for (const query of QUERIES) {
    // No sample lies on a border: 2.42 has closed ranges.
    const time = String(scene.lastSeconds + 0.55);
    const range = { query, start: String(scene.firstSeconds + 40_000.55), end: time, step: '7201' };
    for (const form of [{ query, time }, range]) {
      const [mine, wanted] = await Promise.all([ask(ours, form), ask(theirs, form)]);
      assert.ok(wanted.length > 0, query);
      assert.deepEqual(mine.map(withoutValues), wanted.map(withoutValues), query);
      for (const [i, entry] of wanted.entries()) {
        const want = pointsOf(entry);
        for (const [k, [seconds, value]] of pointsOf(mine[i]).entries()) {
          assert.equal(seconds, want[k]?.[0], query);
          const difference = Math.abs(Number(value) - Number(want[k]?.[1]));
          assert.ok(
            difference <= 1e-9 * Math.max(1, Math.abs(Number(value))),
            `${query}: ${value}, want ${want[k]?.[1]}`,
          );
        }
      }
    }
  }
}

type Entry = Answer['data']['result'][number];

const pointsOf = (entry: Entry | undefined): readonly [number, string][] =>
  entry?.values ?? (entry?.value === undefined ? [] : [entry.value]);

const withoutValues = (entry: Entry): unknown => [entry.metric, pointsOf(entry).length];

async function ask(url: string, form: Record<string, string>): Promise<readonly Entry[]> {
  const kind = 'step' in form ? 'query_range' : 'query';
  const response = await fetch(`${url}/api/v1/${kind}`, { method: 'POST', body: new URLSearchParams(form) });
  assert.equal(response.status, 200);
  const { result } = ((await response.json()) as Answer).data;
  const keyOf = ({ metric }: Entry): string =>
    ['__name__', 'instance', 'job'].map((name) => metric[name] ?? '').join(',');
  return result.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

test(
  'an import of blocks, killed between spans and begun again, holds every sample once',
  { skip: skipWithout(PEERS.prometheus, PEERS.promtool) },
  async (t) => {
    const scene = createScene(t);
    const dataDirectory = temporaryDirectory(t);
    const args = [scene.blocks, '--data', dataDirectory, '--config', scene.config];
    const child = spawn(path.join(projectRoot, 'packages/server/bin/vedette'), [
      'import',
      'prometheus',
      ...args,
    ]);
    const closed = once(child, 'close');
    let progress = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (progress += text));
    await until('the second span', () => (progress.includes('span 2 of 7') ? true : undefined));
    child.kill('SIGKILL');
    await closed;

    const second = await runImport(t, args);
    assert.equal(second.code, 0, second.stderr);
    assert.deepEqual(second.summary?.faults, []);
    assert.ok((second.summary?.spansBefore ?? 0) >= 2);
    const third = await runImport(t, args);
    assert.deepEqual([third.summary?.spans, third.summary?.samplesRead], [0, 0]);

    const ours = await startVedette(t, { dataDirectory, config: CONFIG, args: ['--no-host'] });
    const [count] = await ask(ours.url, {
      query: 'sum(count_over_time(requests_total[8d])) + sum(count_over_time(temperature[8d]))',
      time: String(scene.lastSeconds + 1),
    });
    assert.equal(count?.value?.[1], String(TOTAL));
    await assertSameAnswers(ours.url, await startOnBlocks(t, scene), scene);

    const locked = await runImport(t, args);
    assert.equal(locked.code, 4);
    assert.match(locked.stderr, /another process works on it; stop that process/);
  },
);

test(
  'an import over remote read leaves out what was deleted and brings external labels',
  { skip: skipWithout(PEERS.prometheus, PEERS.promtool) },
  async (t) => {
    const scene = createScene(t);
    const theirs = await startOnBlocks(t, scene, 'site: home');
    const dataDirectory = temporaryDirectory(t);
    const deleted = await fetch(
      `${theirs}/api/v1/admin/tsdb/delete_series?match[]=temperature{instance="7"}`,
      {
        method: 'POST',
      },
    );
    assert.equal(deleted.status, 204);
    const { code, stderr, summary } = await runImport(t, [
      theirs,
      '--from',
      '7d',
      '--data',
      dataDirectory,
      '--config',
      scene.config,
    ]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(summary?.faults, []);
    assert.equal(summary?.samplesStored, TOTAL - SAMPLES);
    const ours = await startVedette(t, { dataDirectory, config: CONFIG, args: ['--no-host'] });
    const found = await ask(ours.url, { query: 'temperature', time: String(scene.lastSeconds + 1) });
    assert.equal(found.length, SERIES - 1);
    assert.ok(found.every(({ metric }) => metric['site'] === 'home'));
  },
);

test(
  'a dry run stores nothing; a selection takes its series alone; what is too old is counted',
  { skip: skipWithout(PEERS.promtool) },
  async (t) => {
    const scene = createScene(t);
    const dataDirectory = temporaryDirectory(t);
    const dry = await runImport(t, [scene.blocks, '--data', dataDirectory, '--dry-run']);
    assert.deepEqual([dry.code, dry.summary?.samplesRead, dry.summary?.samplesStored], [0, TOTAL, 0]);
    const short = path.join(temporaryDirectory(t), 'vedette.yml');
    writeFileSync(short, 'storage: { metrics: { retention: 3d } }\n');
    const args = ['--data', dataDirectory, '--config', short, '--match', 'temperature{job="j0"}'];
    const { code, summary } = await runImport(t, [scene.blocks, ...args]);
    assert.equal(code, 0);
    assert.equal(summary?.samplesRead, TOTAL / 2 / 3);
    const [refusal] = summary.refusals;
    assert.equal(refusal?.reason, 'too-old');
    assert.equal(summary.samplesStored + refusal.count, summary.samplesRead);
    assert.ok(refusal.count > summary.samplesRead / 3 && summary.samplesStored > summary.samplesRead / 3);
  },
);

test('what cannot be imported from ends with the exit code for it', async (t) => {
  const directory = temporaryDirectory(t);
  const codeOf = async (...args: string[]): Promise<number | null> =>
    (await runVedette(t, ['import', ...args, '--data', directory])).code;
  assert.equal(await codeOf('prometheus'), 2);
  assert.equal(await codeOf('graphite', 'x'), 2);
  assert.equal(await codeOf('prometheus', directory, '--from', 'soon'), 2);
  assert.equal(await codeOf('prometheus', directory, '--match', '{'), 2);
  assert.equal(await codeOf('prometheus', directory), 1);
  // Nobody listens at the port of discard.
  assert.equal(await codeOf('prometheus', 'http://127.0.0.1:9', '--from', '1h'), 3);
});
