/**
 * Deleting, cleaning, snapshots and exemplars beside Debian's Prometheus 2.42: both scrape the same pages, then
 * get the same requests; statuses and bodies must be equal, and what is left of the samples, too.
 */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { labelsOf, MemoryFiles, SampleBatchBuilder, SeededRandom } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { SystemClock } from '../../packages/server/src/lib/system-clock.ts';
import { TimeSlicer } from '../../packages/server/src/lib/time-slicer.ts';
import { queryConfigSchema } from '../../packages/server/src/query/metrics/config.ts';
import { createEmbeddedPromQuery } from '../../packages/server/src/query/metrics/embedded.ts';
import { startTestServer } from '../../packages/server/src/serve/test-server.ts';
import { openEmbeddedMetrics } from '../../packages/server/src/store/metrics/embedded.ts';
import { SILENT_LOG } from '../../packages/server/src/telemetry/log.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startVedette, temporaryDirectory } from '../support/vedette-process.ts';
import { servePages } from './page-server.ts';
import { startPrometheus } from './real-prometheus.ts';

const PAGES = 6;
const skip = skipWithout(PEERS.prometheus);

interface Both {
  readonly theirs: string;
  readonly ours: string;
  readonly dataDirectory: string;
  /** Time of page `i` in seconds. */
  readonly secondsOf: (i: number) => number;
}

/** Both servers with six samples, ten seconds apart, of `kept{i="0"}`, `kept{i="1"}`, `gone{i="0"}` and `gone{i="1"}`. */
async function startBoth(t: TestContext): Promise<Both> {
  const firstSeconds = Math.floor(Date.now() / 1000) - 300;
  const secondsOf = (i: number): number => firstSeconds + i * 10;
  const pages = Array.from({ length: PAGES }, (_, page) => {
    const lines = ['kept', 'gone'].flatMap((name) =>
      [0, 1].map((i) => `${name}{i="${i}"} ${page * 10 + i} ${secondsOf(page) * 1000}`),
    );
    return `${lines.join('\n')}\n`;
  });
  const { address } = await servePages(t, pages);
  const configOf = (scraper: string): string => `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs: [ { job_name: pages, metrics_path: ${scraper}, static_configs: [ { targets: ["${address}"] } ] } ]
`;
  const dataDirectory = temporaryDirectory(t);
  const [theirs, { url: ours }] = await Promise.all([
    startPrometheus(t, configOf('/theirs'), ['--web.enable-admin-api', '--enable-feature=exemplar-storage']),
    startVedette(t, { config: configOf('/ours'), args: ['--no-host'], dataDirectory }),
  ]);
  const both = { theirs, ours, dataDirectory, secondsOf };
  await until('both to have all pages', async () => {
    const counts = await Promise.all(
      [theirs, ours].map(async (url) => JSON.stringify(await samplesOf(url, both))),
    );
    return counts[0] === counts[1] && counts[0]?.split('"50"').length === 3 ? true : undefined;
  });
  return both;
}

/** All samples of the pages by series: `gone 1: 10@1,…` in the words of a range selector. */
async function samplesOf(url: string, { secondsOf }: Pick<Both, 'secondsOf'>): Promise<unknown> {
  const query = encodeURIComponent('{__name__=~"kept|gone"}[10m]');
  const response = await fetch(`${url}/api/v1/query?query=${query}&time=${secondsOf(PAGES)}`);
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string>; values: unknown }[] };
  };
  const found = data.result.map(({ metric, values }) => [`${metric['__name__']} ${metric['i']}`, values]);
  return Object.fromEntries(found.sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)));
}

interface Answer {
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

async function send(address: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(address, init);
  const contentType = response.headers.get('content-type');
  return { status: response.status, contentType, text: await response.text() };
}

async function checkEqual(
  { theirs, ours }: Pick<Both, 'theirs' | 'ours'>,
  method: string,
  request: string,
): Promise<string> {
  const [want, got] = await Promise.all([theirs, ours].map((url) => send(url + request, { method })));
  assert.deepEqual(got, want, `${method} ${request}`);
  return got?.text ?? '';
}

const ADMIN = '/api/v1/admin/tsdb';

test('deleting and cleaning answer and leave what Prometheus leaves', { skip }, async (t) => {
  const both = await startBoth(t);
  const { secondsOf } = both;
  const same = async (method: string, request: string): Promise<unknown> =>
    await checkEqual(both, method, ADMIN + request);
  const checkSamples = async (): Promise<string> => {
    const [theirs, ours] = await Promise.all([both.theirs, both.ours].map((url) => samplesOf(url, both)));
    assert.deepEqual(ours, theirs);
    return JSON.stringify(ours);
  };
  await same('POST', '/delete_series');
  await same('POST', '/delete_series?match[]=gone{');
  await same('POST', '/delete_series?match[]=gone&start=x');
  await same('POST', '/delete_series?match[]=gone&end=x');
  await same('POST', '/delete_series?start=x');
  await same('GET', '/delete_series?match[]=gone');
  await same('POST', '/delete_series?match[]=nothing');
  await same('POST', `/delete_series?match[]=gone&start=${secondsOf(9)}&end=${secondsOf(8)}`);
  const before = await checkSamples();

  await same('POST', `/delete_series?match[]=gone&start=${secondsOf(1)}&end=${secondsOf(2)}`);
  const partly = await checkSamples();
  assert.notEqual(partly, before);
  await same('PUT', `/delete_series?match[]=gone{i="0"}&match[]=kept{i="1"}&end=${secondsOf(3)}.5`);
  await same('POST', '/delete_series?match[]=gone{i="1"}');
  assert.ok(!(await checkSamples()).includes('gone 1'));
  await same('POST', '/clean_tombstones');
  await same('PUT', '/clean_tombstones?whatever=1');
  await same('GET', '/clean_tombstones');
  await checkSamples();
  // Values of labels come from the index, deleted or not.
  await checkEqual(both, 'GET', '/api/v1/label/__name__/values?match[]={__name__=~"kept|gone"}');
});

test('a snapshot is named like theirs, and a fresh server on it answers the same', { skip }, async (t) => {
  const both = await startBoth(t);
  for (const request of ['skip_head=maybe', 'skip_head=2'])
    await checkEqual(both, 'POST', `${ADMIN}/snapshot?${request}`);
  await checkEqual(both, 'GET', `${ADMIN}/snapshot`);
  await checkEqual(both, 'POST', `${ADMIN}/delete_series?match[]=gone{i="1"}`);
  const want = await samplesOf(both.ours, both);
  const names: string[] = [];
  for (const request of ['', '?skip_head=true', '?skip_head=0']) {
    const answers = await Promise.all(
      [both.theirs, both.ours].map((url) => send(`${url}${ADMIN}/snapshot${request}`, { method: 'POST' })),
    );
    const shapes = answers.map(({ status, contentType, text }) => {
      names.push((JSON.parse(text) as { data: { name: string } }).data.name);
      return [status, contentType, text.replace(/\d{8}T\d{6}Z-[0-9a-f]{16}/, 'NAME')];
    });
    assert.deepEqual(shapes[1], shapes[0]);
    assert.match(String(shapes[1]?.[2]), /NAME/);
  }
  // Like theirs, from here on nothing that happens to the store reaches the copy.
  await checkEqual(both, 'POST', `${ADMIN}/delete_series?match[]=kept`);
  await checkEqual(both, 'POST', `${ADMIN}/clean_tombstones`);
  for (const name of [names[1]!, names[5]!]) {
    const dataDirectory = temporaryDirectory(t);
    const copy = path.join(both.dataDirectory, 'metrics/snapshots', name);
    cpSync(copy, path.join(dataDirectory, 'metrics'), { recursive: true });
    const fresh = await startVedette(t, { dataDirectory, args: ['--no-host'] });
    assert.deepEqual(await samplesOf(fresh.url, both), want);
    fresh.kill('SIGTERM');
    await fresh.exited();
  }
});

test('exemplars are answered to the letter', { skip }, async (t) => {
  const atMs = Date.now() - 60_000;
  const exemplars = [
    ['/', 0.1, 'abc', atMs],
    ['/', 1e-7, 'déf', atMs + 5],
    ['/pay', 12, '', atMs + 7],
  ] as const;
  // One exemplar of a series to a page.
  const pages = [[exemplars[0], exemplars[2]], [exemplars[1]]].map((told, page) => {
    const lines = told.map(
      ([to, value, trace, ms]) =>
        `hits_total{path="${to}"} ${page} # {${trace === '' ? '' : `trace_id="${trace}"`}} ${value} ${ms / 1000}\n`,
    );
    return `# TYPE hits counter\n${lines.join('')}# EOF\n`;
  });
  const { address: target } = await servePages(t, pages, {
    afterwards: '# TYPE hits counter\n# EOF\n',
    contentType: 'application/openmetrics-text; version=1.0.0',
  });
  const theirs = await startPrometheus(
    t,
    `global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs: [ { job_name: pages, static_configs: [ { targets: ["${target}"] } ] } ]
`,
    ['--enable-feature=exemplar-storage'],
  );
  const ours = await startOwn(t, (builder) => {
    for (const to of ['/', '/pay']) {
      builder.openSeries(labelsOf({ __name__: 'hits_total', instance: target, job: 'pages', path: to }));
      builder.addSample(atMs, 1);
      for (const [of, value, trace, timestampMs] of exemplars)
        if (of === to) builder.addExemplar({ labels: labelsOf({ trace_id: trace }), value, timestampMs });
    }
  });
  await until('Prometheus to have the exemplars', async () =>
    (await (await fetch(`${theirs}/api/v1/query_exemplars?query=hits_total`)).text()).split('"value"')
      .length === 4
      ? true
      : undefined,
  );
  const same = (request: string, method = 'GET'): Promise<string> =>
    checkEqual({ theirs, ours }, method, `/api/v1/query_exemplars${request}`);
  assert.equal((await same('?query=hits_total')).split('"value"').length, 4);
  await same('?query=sum(rate(hits_total{path="/"}[5m]))%2Bhits_total{path="/pay"}', 'POST');
  assert.equal(
    (await same(`?query=hits_total&start=${atMs / 1000}&end=${(atMs + 5) / 1000}`)).split('"value"').length,
    3,
  );
  await same('?query=hits_total&start=1&end=2');
  await same('?query=nothing');
  // Theirs has no body then, at which a client that reads JSON stumbles.
  const bare = await send(`${ours}/api/v1/query_exemplars?query=1`, {});
  assert.deepEqual([bare.status, bare.text], [200, '{"status":"success","data":[]}']);
  await same('?query=sum(');
  await same('?query=');
  await same('');
  await same('?query=hits_total&start=x');
  await same('?query=hits_total&end=x');
  await same('?query=hits_total&start=2&end=1');
  await same('?query=hits_total', 'PUT');
});

/** Our store, query engine and API in this process, with what `fill` adds. */
async function startOwn(t: TestContext, fill: (builder: SampleBatchBuilder) => void): Promise<string> {
  const clock = new SystemClock();
  const slicer = new TimeSlicer(clock);
  const random = new SeededRandom(1);
  const registry = createMetricsRegistry();
  const deps = { files: new MemoryFiles(random), clock, random, slicer, log: SILENT_LOG, metrics: registry };
  const store = await openEmbeddedMetrics(deps, {
    directory: 'data',
    retentionMs: 86_400_000,
    seriesMax: 100,
    headBytesMax: 2 ** 20,
    cacheBytesMax: 2 ** 20,
    exemplarsMax: 100,
  });
  const builder = new SampleBatchBuilder();
  fill(builder);
  await store.writer.append(builder.finish());
  const query = createEmbeddedPromQuery(
    { reader: store.reader, slicer, clock, registry },
    queryConfigSchema.parse({}),
  );
  const server = await startTestServer({ query, admin: store.admin });
  t.after(async () => {
    await server.close();
    await store.close();
  });
  return server.address;
}
