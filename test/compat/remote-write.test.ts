/**
 * A real Prometheus that scrapes pages and writes all of them to us: what it answers, we answer. Then it federates
 * from us, and has what we have.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startVedette, type VedetteProcess } from '../support/vedette-process.ts';
import { PAGE_COUNT, startPageServer, type PageServer } from './page-server.ts';
import { startPrometheus } from './real-prometheus.ts';

const SEED = 20261122;
const NAMES = 'requests_total|temperature|limit|latency_bucket';
const PATIENCE_MS = 120_000;

// Prometheus forwards what is newer than its own start, and takes what is at most 10 minutes ahead of the clock: the
// pages end 9 minutes ahead, and of their last 7 minutes all is forwarded unless it takes 2 minutes to start.
const AHEAD_MS = 9 * 60_000;
const FORWARDED = '7m';
const PAGES_MIN = 7 * 4;

interface Series {
  readonly metric: Record<string, string>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

async function ask(url: string, form: Record<string, string | number>): Promise<readonly Series[]> {
  const path = 'time' in form ? 'query' : 'query_range';
  const body = new URLSearchParams(Object.entries(form).map(([name, value]) => [name, String(value)]));
  const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body });
  const { data } = (await response.json()) as { data: { result: readonly Series[] } };
  return data.result;
}

/** Samples of the pages that a server holds, of those that Prometheus forwards. */
async function countSamples(url: string, pages: PageServer): Promise<number> {
  const query = `sum(count_over_time({__name__=~"${NAMES}"}[${FORWARDED}]))`;
  const [series] = await ask(url, { query, time: pages.lastMs / 1000 });
  return Number(series?.value?.[1] ?? 0);
}

async function writeFromPrometheus(
  t: TestContext,
): Promise<{ pages: PageServer; prometheus: string; vedette: VedetteProcess }> {
  const vedette = await startVedette(t, { args: ['--no-host'] });
  const pages = await startPageServer(t, { seed: SEED, lastMs: Date.now() + AHEAD_MS });
  const prometheus = await startPrometheus(
    t,
    `global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs: [ { job_name: pages, metrics_path: /theirs, static_configs: [ { targets: ["${pages.address}"] } ] } ]
remote_write: [ { url: "${vedette.url}/api/v1/write", metadata_config: { send_interval: 1s }, queue_config: { batch_send_deadline: 200ms } } ]
`,
  );
  await until(
    'all pages to be taken',
    () => (pages.taken('/theirs') === PAGE_COUNT ? true : undefined),
    PATIENCE_MS,
  );
  return { pages, prometheus, vedette };
}

test(
  'what Prometheus writes to us is answered as it answers itself',
  { skip: skipWithout(PEERS.prometheus) },
  async (t) => {
    const { pages, prometheus, vedette } = await writeFromPrometheus(t);
    // A scrape may meet its deadline on a busy machine; what it took is what has to arrive.
    const want = await countSamples(prometheus, pages);
    const wantMin = (pages.sampleCount / PAGE_COUNT) * PAGES_MIN * 0.5;
    assert.ok(want > wantMin, `Prometheus took ${want} samples, want at least ${wantMin}`);
    await until(
      'all samples to arrive',
      async () => ((await countSamples(vedette.url, pages)) === want ? true : undefined),
      PATIENCE_MS,
    );
    const end = pages.lastMs / 1000;
    const forms = [
      { query: `{__name__=~"${NAMES}"}[${FORWARDED}]`, time: end },
      { query: `{__name__=~"${NAMES}"}`, start: end - 110, end, step: 7 },
      { query: 'sum by (code) (rate(requests_total[2m]))', start: end - 110, end, step: 7 },
      {
        query: 'histogram_quantile(0.9, sum by (le) (rate(latency_bucket[5m])))',
        start: end - 110,
        end,
        step: 7,
      },
      { query: 'max_over_time(temperature[3m])', start: end - 110, end, step: 7 },
    ];
    for (const form of forms) {
      const [theirs, ours] = await Promise.all([ask(prometheus, form), ask(vedette.url, form)]);
      assert.ok(theirs.length > 0, form.query);
      assertNear(ours, theirs, form.query);
    }
  },
);

test(
  'Prometheus federates from us, and has our samples with their times',
  { skip: skipWithout(PEERS.prometheus) },
  async (t) => {
    const vedette = await startVedette(t, {
      config: 'global: { external_labels: { site: home } }\n',
      args: ['--no-host'],
    });
    const target = vedette.url.replace('http://', '');
    const prometheus = await startPrometheus(
      t,
      `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: federate
    honor_labels: true
    metrics_path: /federate
    params: { "match[]": ['{job="vedette"}'] }
    static_configs: [ { targets: ["${target}"] } ]
`,
    );
    const query = 'vedette_build_info or process_start_time_seconds{job="vedette"}';
    const theirs = await until('the federated series', async () => {
      const found = await ask(prometheus, { query, time: Date.now() / 1000 });
      return found.length > 0 ? found : undefined;
    });
    for (const { metric } of theirs) assert.equal(metric['site'], 'home');
    // What it holds is what we hold: the same values at the same times.
    const counted = 'vedette_http_requests_total{route="/federate"}[5m]';
    const samplesOf = async (url: string): Promise<Map<number, string>> =>
      new Map((await ask(url, { query: counted, time: Date.now() / 1000 }))[0]?.values ?? []);
    const copied = await until('three federated samples', async () => {
      const found = await samplesOf(prometheus);
      return found.size >= 3 ? found : undefined;
    });
    const own = await samplesOf(vedette.url);
    for (const [seconds, value] of copied) assert.equal(own.get(seconds), value);
  },
);

function assertNear(ours: readonly Series[], theirs: readonly Series[], query: string): void {
  const byKey = new Map(ours.map((series) => [keyOf(series), series.values ?? []]));
  assert.deepEqual([...byKey.keys()].sort(), theirs.map(keyOf).sort(), query);
  for (const series of theirs) {
    const own = byKey.get(keyOf(series)) ?? [];
    assert.deepEqual(
      own.map(([seconds]) => seconds),
      series.values?.map(([seconds]) => seconds),
      query,
    );
    for (const [i, [seconds, text]] of (series.values ?? []).entries()) {
      const [a, b] = [Number(own[i]?.[1]), Number(text)];
      const isNear = Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
      assert.ok(isNear, `${query} at ${seconds}: got ${a}, want ${b}`);
    }
  }
}

function keyOf({ metric }: Series): string {
  return JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
}
