/**
 * A real Prometheus writes to us while we are killed, stopped and started again: it sends again what was not
 * acknowledged, and in the end we hold exactly its samples, none lost and none twice, staleness included.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { startService } from '../support/small-service.ts';
import { until } from '../support/until.ts';
import { startVedette, temporaryDirectory, type VedetteProcess } from '../support/vedette-process.ts';
import { startPrometheus } from './real-prometheus.ts';

const SERIES = 20;

type Samples = ReadonlyMap<string, readonly (readonly [number, string])[]>;

async function samplesOf(url: string, time: number): Promise<Samples> {
  const body = new URLSearchParams({ query: '{job="jobs"}[10m]', time: String(time) });
  const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body });
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
  };
  const keyOf = (metric: Record<string, string>): string =>
    JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
  return new Map(data.result.map(({ metric, values }) => [keyOf(metric), values]));
}

/** Prometheus forwards what it scraped from its start on: the very first page may be before it. */
function since(samples: Samples, seconds: number): Record<string, unknown> {
  const cut = [...samples].map(([key, values]) => [key, values.filter(([at]) => at >= seconds)] as const);
  return Object.fromEntries(cut.sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Scene {
  readonly prometheus: string;
  /** Starts us at the address that Prometheus writes to. */
  readonly start: () => Promise<VedetteProcess>;
  readonly first: VedetteProcess;
  readonly scrapes: () => number;
  /** From now on half of the series are not exposed. */
  readonly dropHalf: () => void;
}

async function startScene(t: TestContext): Promise<Scene> {
  let scrapes = 0;
  let from = 0;
  const service = await startService(t, () => {
    scrapes++;
    const lines = Array.from({ length: SERIES }, (_, i) => `jobs_total{queue="q${i}"} ${scrapes * (i + 1)}`);
    return { body: `# TYPE jobs_total counter\n${lines.slice(from).join('\n')}\n` };
  });
  const options = { dataDirectory: temporaryDirectory(t), config: 'packs: { host: false }\n' };
  const address = `127.0.0.1:${await freePort()}`;
  const start = (): Promise<VedetteProcess> =>
    startVedette(t, { ...options, args: ['--no-host', '--listen', address] });
  const first = await start();
  const prometheus = await startPrometheus(
    t,
    `global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs: [ { job_name: jobs, static_configs: [ { targets: ["127.0.0.1:${service.port}"] } ] } ]
remote_write:
  - url: "${first.url}/api/v1/write"
    queue_config: { batch_send_deadline: 100ms, max_samples_per_send: 50, min_backoff: 30ms, max_backoff: 200ms }
`,
  );
  return {
    prometheus,
    start,
    first,
    scrapes: () => scrapes,
    dropHalf: () => (from = SERIES / 2),
  };
}

async function moreScrapes({ scrapes }: Scene, count: number): Promise<void> {
  const want = scrapes() + count;
  await until(`${count} more scrapes`, () => (scrapes() >= want ? true : undefined));
}

test(
  'Prometheus writes through our kills and restarts, and nothing is lost or doubled',
  { skip: skipWithout(PEERS.prometheus) },
  async (t) => {
    const scene = await startScene(t);
    let vedette = scene.first;
    await moreScrapes(scene, 10);
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      vedette.kill(signal);
      await vedette.exited();
      // Meanwhile it finds nobody, and keeps its samples.
      await moreScrapes(scene, 5);
      vedette = await scene.start();
      await moreScrapes(scene, 5);
    }
    scene.dropHalf();
    await moreScrapes(scene, 5);
    const live = async (url: string, time: number): Promise<string> => {
      const query = `/api/v1/query?query=count(jobs_total)&time=${time}`;
      const { data } = (await (await fetch(url + query)).json()) as {
        data: { result: { value: [number, string] }[] };
      };
      return data.result[0]?.value[1] ?? '';
    };
    // Those that are not exposed any more are stale at once, not after five minutes; so are all, for a moment, when a
    // scrape comes too late.
    const end = await until('half of the series to be left', async () => {
      const nowSeconds = Date.now() / 1000;
      return (await live(scene.prometheus, nowSeconds)) === String(SERIES / 2) ? nowSeconds : undefined;
    });
    const held = await until('all of its samples to be here', async () => {
      const [theirs, ours] = await Promise.all(
        [scene.prometheus, vedette.url].map((url) => samplesOf(url, end)),
      );
      if (theirs === undefined || ours === undefined) throw new Error('no answer');
      const from = Math.min(...[...ours.values()].map((values) => values[0]?.[0] ?? Infinity));
      assert.deepEqual(since(ours, from), since(theirs, from));
      return ours;
    });
    const counters = [...held].filter(([key]) => key.includes('jobs_total'));
    assert.equal(counters.length, SERIES);
    // Some forty, less those that a busy machine took too long for.
    t.diagnostic(`${counters.map(([, values]) => values.length).join(', ')} samples`);
    for (const [, values] of counters) assert.ok(values.length > 0);
    assert.equal(await live(vedette.url, end), String(SERIES / 2));
  },
);
