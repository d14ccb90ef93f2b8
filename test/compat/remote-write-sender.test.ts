/** Ours scrapes and sends on to a real Prometheus, which then has to answer the same questions in the same way. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test, type TestContext } from 'node:test';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startVedette } from '../support/vedette-process.ts';
import { startPrometheus } from './real-prometheus.ts';

const RECEIVER_FLAGS = ['--web.enable-remote-write-receiver', '--enable-feature=exemplar-storage'];
const skip = skipWithout(PEERS.prometheus);

interface Series {
  readonly metric: Record<string, string>;
  readonly values: readonly (readonly [number, string])[];
}

test('Prometheus answers what we answer, staleness included', { skip }, async (t) => {
  const from = Math.floor(Date.now() / 1000);
  const page = await startPage(t);
  const prometheus = await startPrometheus(t, '', RECEIVER_FLAGS);
  const vedette = await startVedette(t, {
    args: ['--no-host'],
    config: `global: { scrape_interval: 250ms, scrape_timeout: 250ms, external_labels: { site: home } }
scrape_configs:
  - { job_name: page, static_configs: [ { targets: ["${page.address}"] } ] }
remote_write:
  - url: ${prometheus}/api/v1/write
    queue_config: { batch_send_deadline: 100ms, max_samples_per_send: 50 }
    metadata_config: { send_interval: 1s }
`,
  });
  // "gone" is on the page for the first scrapes only, then its staleness marker comes.
  const untilMs = await until('a while after the series has gone', () =>
    page.count() >= 24 ? Math.floor(Date.now() / 1000) * 1000 : undefined,
  );
  const to = untilMs / 1000;
  await until('the remote to have what came later', async () => {
    const [newest] = await ask(prometheus, { query: 'max(timestamp(up{job="page"}))' });
    return Number(newest?.values[0]?.[1] ?? 0) > to ? true : undefined;
  });
  for (const query of [
    'up{job="page"}',
    'gone',
    'steps_total',
    'timestamp(steps_total) * 1000',
    'odd',
    'count({job="page"})',
  ]) {
    const form = { query, start: from, end: to, step: 0.1 };
    const ours = await ask(vedette.url, form);
    assert.ok(ours.length > 0, `${query}: no answer of ours`);
    // Each shard of the queue is sent by itself, one later than another.
    const theirs = await until(`the same answer to ${query}`, async () => {
      const found = await ask(prometheus, form);
      assert.deepEqual(found.map(withoutSite), ours, query);
      return found;
    });
    if (!query.startsWith('count')) assert.ok(theirs.every(({ metric }) => metric['site'] === 'home'));
  }
  const [gone] = await ask(prometheus, { query: 'gone', start: from, end: to, step: 0.1 });
  assert.ok(
    gone !== undefined && (gone.values.at(-1)?.[0] ?? Infinity) < to - 0.5,
    'the series ends where its marker is, not five minutes later',
  );
  const names = (await json(`${prometheus}/api/v1/label/__name__/values`)) as { data: string[] };
  assert.ok(names.data.includes('vedette_remote_storage_samples_total'));
});

test('what was written while the remote was away arrives when it is back', { skip }, async (t) => {
  const page = await startPage(t);
  const door = await startDoor(t);
  const vedette = await startVedette(t, {
    args: ['--no-host'],
    config: `global: { scrape_interval: 250ms, scrape_timeout: 250ms }
scrape_configs:
  - { job_name: page, static_configs: [ { targets: ["${page.address}"] } ] }
remote_write:
  - url: ${door.url}
    name: away
    queue_config: { batch_send_deadline: 100ms, max_samples_per_send: 100, max_backoff: 200ms }
`,
  });
  const stored = async (count: number): Promise<true | undefined> =>
    ((await ask(vedette.url, { query: 'steps_total[5m]' }))[0]?.values.length ?? 0) >= count
      ? true
      : undefined;
  await until('some samples while the remote is away', () => stored(10));
  const prometheus = await startPrometheus(t, '', RECEIVER_FLAGS);
  door.open(`${prometheus}/api/v1/write`);
  await until('some samples after it came back', () => stored(20));
  const form = { query: 'steps_total[5m]' };
  const [ours] = await ask(vedette.url, form);
  vedette.kill('SIGTERM');
  assert.equal((await vedette.exited()).code, 0);
  const [theirs] = await ask(prometheus, form);
  // Every sample that was stored here, those of the time without a remote included, is there, and in its place.
  assert.ok(ours !== undefined && ours.values.length >= 20);
  assert.deepEqual(theirs?.values.slice(0, ours.values.length), ours.values);
});

interface Page {
  readonly address: string;
  /** How often it was read. */
  count(): number;
}

async function startPage(t: TestContext): Promise<Page> {
  let count = 0;
  const server = createServer((_, response) => {
    count++;
    const gone = count <= 12 ? 'gone{a="b"} 1\n' : '';
    response
      .writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' })
      .end(
        `# HELP steps_total Steps.\n# TYPE steps_total counter\nsteps_total ${count}\nodd ${count % 2 === 1 ? 'NaN' : '+Inf'}\n${gone}`,
      );
  });
  const port = await listen(t, server);
  return { address: `127.0.0.1:${port}`, count: () => count };
}

/** An address that answers 503 until it is opened, then hands everything through. */
async function startDoor(t: TestContext): Promise<{ url: string; open(target: string): void }> {
  let target: string | undefined;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (target === undefined) {
        response.writeHead(503).end('away');
        return;
      }
      const headers = request.headers as Record<string, string>;
      const passed = Object.fromEntries(
        ['content-encoding', 'content-type', 'x-prometheus-remote-write-version'].map((name) => [
          name,
          headers[name] ?? '',
        ]),
      );
      void fetch(target, { method: 'POST', headers: passed, body: Buffer.concat(parts) }).then(
        async (answer) => response.writeHead(answer.status).end(await answer.text()),
        () => response.writeHead(502).end(),
      );
    });
  });
  const port = await listen(t, server);
  return { url: `http://127.0.0.1:${port}/`, open: (opened) => (target = opened) };
}

async function listen(t: TestContext, server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no address');
  return address.port;
}

/** Series of an instant or range query, values as in the answer; an instant has one. */
async function ask(url: string, form: Record<string, string | number>): Promise<readonly Series[]> {
  const path = 'step' in form ? 'query_range' : 'query';
  const body = new URLSearchParams(Object.entries(form).map(([key, value]) => [key, String(value)]));
  const answer = (await json(`${url}/api/v1/${path}`, { method: 'POST', body })) as {
    data: {
      result: { metric: Record<string, string>; values?: Series['values']; value?: Series['values'][0] }[];
    };
  };
  return answer.data.result.map(({ metric, values, value }) => ({
    metric,
    values: values ?? (value === undefined ? [] : [value]),
  }));
}

async function json(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  const text = await response.text();
  assert.ok(response.ok, `${url}: ${response.status} ${text}`);
  return JSON.parse(text) as unknown;
}

function withoutSite({ metric, values }: Series): Series {
  return { metric: Object.fromEntries(Object.entries(metric).filter(([name]) => name !== 'site')), values };
}
