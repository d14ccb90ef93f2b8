/**
 * Differential: both programs scrape the same sequence of pages, then answer the same generated
 * queries over HTTP, as instant queries and as ranges. Equal means: the same series, the same
 * timestamps, values within 1e-9 of each other (sums are compensated on our side only).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { INTENDED_DIFFERENCES } from '../../tools/fuzz-promql/differences.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startVedette } from '../support/vedette-process.ts';
import { PAGE_COUNT, startPageServer, type PageServer } from './page-server.ts';
import { generateQuery } from './query-generator.ts';
import { startPrometheus } from './real-prometheus.ts';

const SEED = 20261121;
const QUERY_COUNT = 100;

interface Series {
  readonly metric: Record<string, string>;
  readonly values: readonly (readonly [number, string])[];
}

test(
  'a hundred generated queries answer as Prometheus answers them',
  { skip: skipWithout(PEERS.prometheus) },
  async (t) => {
    const { pages, prometheus, vedette } = await scrapeBoth(t);
    const random = new SeededRandom(SEED);
    let nonEmpty = 0;
    for (let i = 0; i < QUERY_COUNT; i++) {
      const query = generateQuery(random);
      const startSeconds = pages.firstMs / 1000 + 60 + Math.floor(random.float() * 600);
      const form =
        i % 2 === 0
          ? { query, start: startSeconds, end: startSeconds + 900, step: 7 }
          : { query, time: startSeconds + 600 };
      const [theirs, ours] = await Promise.all([ask(prometheus, form), ask(vedette, form)]);
      assertSame(ours, theirs, `seed ${SEED}, query ${i}: ${query} ${JSON.stringify(form)}`);
      if (theirs.length > 0) nonEmpty++;
    }
    assert.ok(
      nonEmpty >= QUERY_COUNT * 0.7,
      `only ${nonEmpty} of the queries had a result, which proves little`,
    );
  },
);

interface Scraped {
  readonly pages: PageServer;
  /** Addresses of the two servers. */
  readonly prometheus: string;
  readonly vedette: string;
}

/** Lets both scrape all pages. */
async function scrapeBoth(t: TestContext): Promise<Scraped> {
  const pages = await startPageServer(t, { seed: SEED, lastMs: Date.now() });
  const configOf = (metricsPath: string): string => `global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs: [ { job_name: pages, metrics_path: ${metricsPath}, static_configs: [ { targets: ["${pages.address}"] } ] } ]
`;
  const [prometheus, { url: vedette }] = await Promise.all([
    startPrometheus(t, configOf('/theirs')),
    startVedette(t, { config: configOf('/ours'), args: ['--no-host'] }),
  ]);
  await until(
    'both to take all pages',
    () => (pages.taken('/theirs') === PAGE_COUNT && pages.taken('/ours') === PAGE_COUNT ? true : undefined),
    120_000,
  );
  for (const url of [prometheus, vedette]) {
    await until('all samples to be stored', async () => {
      assert.equal(await countSamples(url, pages), pages.sampleCount);
      return true;
    });
  }
  return { pages, prometheus, vedette };
}

/** Samples that a server holds of the pages. */
async function countSamples(url: string, pages: PageServer): Promise<number> {
  const query = 'sum(count_over_time({__name__=~"requests_total|temperature|limit|latency_bucket"}[1h]))';
  return Number((await ask(url, { query, time: pages.lastMs / 1000 + 10 }))[0]?.values[0]?.[1]);
}

test('the list of intended differences is the documented one', () => {
  const document = readFileSync(path.join(import.meta.dirname, 'differences.md'), 'utf8');
  const rows = [...document.matchAll(/^\| ([a-z0-9-]+) \| (.+) \|$/gm)].map(([, name, reason]) => ({
    name,
    reason,
  }));
  assert.deepEqual(
    rows.filter(({ name }) => name !== 'name'),
    INTENDED_DIFFERENCES.map(({ name, reason }) => ({ name, reason })),
  );
});

/** The result as series of points; an instant vector is series of one point. */
async function ask(url: string, form: Record<string, string | number>): Promise<Series[]> {
  const endpoint = 'time' in form ? 'query' : 'query_range';
  const body = new URLSearchParams(Object.entries(form).map(([name, value]) => [name, String(value)]));
  const response = await fetch(`${url}/api/v1/${endpoint}`, { method: 'POST', body });
  const answer = (await response.json()) as {
    status: string;
    error?: string;
    data?: { result: (Series & { value?: readonly [number, string] })[] };
  };
  if (answer.status !== 'success') return [{ metric: { error: 'yes' }, values: [] }];
  const series = (answer.data?.result ?? []).map(({ metric, value, values }) => ({
    metric,
    values: value === undefined ? values : [value],
  }));
  return series.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ metric }: Series): string {
  return JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function assertSame(ours: readonly Series[], theirs: readonly Series[], context: string): void {
  assert.deepEqual(ours.map(keyOf), theirs.map(keyOf), context);
  for (const [i, wanted] of theirs.entries()) {
    const got = ours[i]?.values ?? [];
    assert.deepEqual(
      got.map(([seconds]) => seconds),
      wanted.values.map(([seconds]) => seconds),
      `${context} timestamps of ${keyOf(wanted)}`,
    );
    for (const [k, [seconds, text]] of wanted.values.entries()) {
      const [a, b] = [numberOf(got[k]?.[1] ?? ''), numberOf(text)];
      const isNear =
        Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
      if (!isNear)
        assert.fail(`${context} at ${seconds} of ${keyOf(wanted)}: got ${got[k]?.[1]}, want ${text}`);
    }
  }
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}
