/**
 * What Grafana's data source asks, replayed: statuses, content types and content, and where Prometheus 2.42 has the
 * endpoint, the same answer as its own.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { PEERS, skipWithout } from '../support/peers.ts';
import { remoteWrite } from '../support/remote-write-body.ts';
import { until } from '../support/until.ts';
import { startVedette, temporaryDirectory } from '../support/vedette-process.ts';
import { recordedRequests, type RecordedRequest } from './grafana-requests.ts';
import { shopSeries, startTwins, type Twins } from './twin-servers.ts';

const skip = skipWithout(PEERS.prometheus);

const RULES = `groups:
  - name: shop
    interval: 1s
    rules:
      - { record: "path:requests:sum", expr: "sum by (path) (requests_total)", labels: { team: web } }
      - alert: TooHot
        expr: vector(31) > 30
        labels: { severity: page }
        annotations: { summary: "{{ $value }} degrees" }
      - { alert: Slow, expr: "vector(1)", for: 1h, keep_firing_for: 5m }
  - name: other
    interval: 1s
    # Both kinds, since 3 leaves out groups of which a filter leaves nothing, and 2.42 does not.
    rules: [ { record: one, expr: "1" }, { alert: Never, expr: "one > 1" } ]
`;

/** As Go's client sends it. */
const HEADERS = { 'user-agent': 'Grafana/12.4.0', 'accept-encoding': 'gzip' };

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: { readonly status: string; readonly data?: unknown };
}

async function send(url: string, { method, path: to, fields }: RecordedRequest): Promise<Answer> {
  const form = new URLSearchParams(fields.map(([name, value]) => [name, value]));
  const query = form.size > 0 ? `?${form.toString()}` : '';
  const response =
    method === 'GET'
      ? await fetch(`${url}${to}${query}`, { headers: HEADERS })
      : await fetch(`${url}${to}`, { method, headers: HEADERS, body: form });
  const body = (await response.json()) as Answer['body'];
  return { status: response.status, type: response.headers.get('content-type'), body };
}

async function startScene(t: TestContext): Promise<{ twins: Twins; lastMs: number }> {
  const lastMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
  const twins = await startTwins(t, shopSeries(lastMs), { rules: RULES });
  // Names that 2.42 does not take.
  await remoteWrite(
    twins.ours,
    ['shop', 'größe'].map((service) => ({
      labels: { __name__: 'http.server.requests', 'service.name': service, build_id: 'b1' },
      samples: [[lastMs, 1]],
    })),
  );
  await until('our own metrics to have told what they are', async () => {
    const { data } = await twins.vedette.json<{ data: object }>('/api/v1/metadata');
    return 'vedette_http_requests_total' in data ? true : undefined;
  });
  return { twins, lastMs };
}

test('requests of Grafana’s data source are answered as by Prometheus', { skip }, async (t) => {
  const { twins, lastMs } = await startScene(t);
  const requests = recordedRequests({ lastMs });
  assert.equal(new Set(requests.map(({ when }) => when)).size, requests.length);
  for (const request of requests) {
    await t.test(request.when, async () => {
      const own = await send(twins.ours, request);
      assert.equal(own.status, request.status ?? 200, JSON.stringify(own.body));
      assert.equal(own.type, 'application/json');
      assert.equal(own.body.status, own.status === 200 ? 'success' : 'error');
      request.check(own.body.data);
      if (request.isLikeTheirs) assert.deepEqual(own, await send(twins.theirs, request));
    });
  }
  await t.test('rules and alerts of the alerting page', () => sameRules(twins));
});

/** What is the same in every evaluation. */
function steady(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(steady);
  if (typeof value !== 'object' || value === null) return value;
  const changing = new Set(['evaluationTime', 'lastEvaluation', 'activeAt', 'file']);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !changing.has(key))
      .map(([key, inner]) => [key, steady(inner)]),
  );
}

async function sameRules({ theirs, ours }: Twins): Promise<void> {
  const ask = async (url: string, to: string): Promise<unknown> => await (await fetch(`${url}${to}`)).json();
  for (const to of [
    '/api/v1/rules',
    '/api/v1/rules?type=alert',
    '/api/v1/rules?type=record',
    '/api/v1/alerts',
  ]) {
    await until(`${to} to be the same`, async () => {
      const [want, got] = await Promise.all([theirs, ours].map((url) => ask(url, to)));
      const isEvaluated = to.endsWith('record') || JSON.stringify(want).includes('"state":"firing"');
      if (!isEvaluated || JSON.stringify(got).includes('"health":"unknown"')) return undefined;
      assert.deepEqual(steady(got), steady(want), to);
      return true;
    });
  }
  // What its alerting page adds since Prometheus 3.
  const paged = (await ask(ours, '/api/v1/rules?group_limit=1&exclude_alerts=true')) as {
    data: { groups: { name: string }[]; groupNextToken: string };
  };
  assert.deepEqual(
    paged.data.groups.map(({ name }) => name),
    ['other'],
  );
  const token = encodeURIComponent(paged.data.groupNextToken);
  const second = (await ask(ours, `/api/v1/rules?group_limit=1&group_next_token=${token}`)) as typeof paged;
  assert.deepEqual(
    second.data.groups.map(({ name }) => name),
    ['shop'],
  );
  assert.equal('groupNextToken' in second.data, false);
}

test('what comes through Grafana’s data source proxy needs the token', async (t) => {
  const file = path.join(temporaryDirectory(t), 'token');
  writeFileSync(file, 'correct-horse-battery\n');
  const [open, guarded] = await Promise.all([
    startVedette(t, { args: ['--no-host'] }),
    startVedette(t, { args: ['--no-host'], config: `server: { token_file: ${file} }\n` }),
  ]);
  // It names the browser, and takes its Origin and Referer away.
  const proxied = {
    ...HEADERS,
    'x-forwarded-for': '127.0.0.1',
    'x-grafana-referer': 'http://localhost:3000/',
  };
  const statusOf = async (vedette: typeof open, headers: Record<string, string>): Promise<number> =>
    (await vedette.get('/api/v1/query?query=1', { headers })).status;
  assert.equal(await statusOf(open, HEADERS), 200);
  assert.equal(await statusOf(open, proxied), 403);
  assert.equal(await statusOf(guarded, proxied), 401);
  const bearer = { authorization: 'Bearer correct-horse-battery' };
  assert.equal(await statusOf(guarded, { ...proxied, ...bearer }), 200);
  // Basic authentication with any user and the token as password.
  const basic = { authorization: `Basic ${Buffer.from('grafana:correct-horse-battery').toString('base64')}` };
  assert.equal(await statusOf(guarded, { ...proxied, ...basic }), 200);
});
