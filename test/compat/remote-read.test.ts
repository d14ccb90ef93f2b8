/** Debian's Prometheus with `remote_read` pointing at us answers queries from what is stored here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PEERS, skipWithout } from '../support/peers.ts';
import { startService } from '../support/small-service.ts';
import { until } from '../support/until.ts';
import { startVedette } from '../support/vedette-process.ts';
import { startPrometheus } from './real-prometheus.ts';

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Record<string, string>;
      readonly values: readonly (readonly [number, string])[];
    }[];
  };
}

test(
  'a Prometheus that reads from us answers as we do, staleness included',
  { skip: skipWithout(PEERS.prometheus) },
  async (t) => {
    let isUp = true;
    const service = await startService(t, () => ({ body: `level{a="x"} 1.5\n${isUp ? 'passing 7\n' : ''}` }));
    const vedette = await startVedette(t, {
      args: ['--no-host'],
      config: `global: { scrape_interval: 500ms, scrape_timeout: 500ms, external_labels: { site: home } }
scrape_configs: [ { job_name: api, static_configs: [ { targets: ["127.0.0.1:${service.port}"] } ] } ]
`,
    });
    const prometheus = await startPrometheus(
      t,
      `remote_read: [ { url: "${vedette.url}/api/v1/read", read_recent: true } ]\n`,
    );
    // From before the first sample: however long it takes, what was scraped is in it.
    const start = Math.floor(Date.now() / 1000) - 60;
    const ask = async (url: string, query: string): Promise<Answer['data']['result']> => {
      const end = Math.floor(Date.now() / 1000) - 1;
      const form = { query, start: String(start), end: String(end), step: '1' };
      const response = await fetch(`${url}/api/v1/query_range`, {
        method: 'POST',
        body: new URLSearchParams(form),
      });
      assert.equal(response.status, 200, await response.clone().text());
      return ((await response.json()) as Answer).data.result;
    };
    await until('four samples', async () => {
      const [series] = await ask(vedette.url, 'count_over_time(passing[5m])');
      return Number(series?.values.at(-1)?.[1] ?? 0) >= 4 ? true : undefined;
    });
    isUp = false;
    // The marker is what ends the series before its lookback does.
    await until('the series to end', async () => {
      const instant = await fetch(`${vedette.url}/api/v1/query?query=passing`);
      return ((await instant.json()) as Answer).data.result.length === 0 ? true : undefined;
    });
    const theirs = await fetch(`${prometheus}/api/v1/query?query=passing`);
    assert.deepEqual(((await theirs.json()) as Answer).data.result, []);
    for (const query of [
      'level',
      'passing',
      'sum by (a) (level) * 2',
      'level{site="home"}',
      'level{a!="x"}',
    ]) {
      const got = await ask(prometheus, query);
      const wanted = await ask(vedette.url, query.replace('{site="home"}', ''));
      const withSite = (metric: Record<string, string>): Record<string, string> =>
        '__name__' in metric ? { ...metric, site: 'home' } : metric;
      assert.deepEqual(
        got.map(({ metric }) => metric),
        wanted.map(({ metric }) => withSite(metric)),
        query,
      );
      assert.equal(got.length, query.includes('!=') ? 0 : 1, query);
    }
    const names = await fetch(`${prometheus}/api/v1/series?match[]=level`);
    const { data } = (await names.json()) as { data: unknown[] };
    assert.equal(data.length, 1);
  },
);
