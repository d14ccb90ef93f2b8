/**
 * The Prometheus API beside Debian's Prometheus 2.42: the same requests to both, good and bad. Errors
 * must be equal to the letter, answers in shape (keys, types, nesting); headers and statuses too.
 * Both hold the same two rules and the same target; what the expressions evaluate to is not compared
 * here, so ours come from an invented query engine.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import { ExecutionError, InputError, labelsOf } from '@vedette/model';
import type { RunningHttpServer } from '../../packages/server/src/serve/http-server.ts';
import { createExpressions } from '../../packages/server/src/compose-promql.ts';
import { FakePromQuery, startTestServer } from '../../packages/server/src/serve/test-server.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

const PROMETHEUS = '/usr/bin/prometheus';
const isMissing = !existsSync(PROMETHEUS);
const skip =
  isMissing && process.env['VEDETTE_PEERS'] !== 'required' ? `${PROMETHEUS} is not installed` : false;

const directory = mkdtempSync(path.join(tmpdir(), 'vedette-prometheus-'));
let peer: ChildProcess | undefined;
let peerAddress = '';
let ours: RunningHttpServer | undefined;

before(async () => {
  if (skip !== false) return;
  assert.ok(!isMissing, `${PROMETHEUS} is not installed, and VEDETTE_PEERS=required`);
  const port = await freePort();
  peerAddress = `http://127.0.0.1:${port}`;
  peer = startPeer(port);
  ours = await startOurs(port);
  await peerHasEvaluated();
});

after(async () => {
  await ours?.close();
  if (peer !== undefined) {
    const ended = once(peer, 'close');
    peer.kill();
    await ended;
  }
  rmSync(directory, { recursive: true });
});

function startPeer(port: number): ChildProcess {
  const config = path.join(directory, 'prometheus.yml');
  writeFileSync(
    config,
    `global: {scrape_interval: 1h, evaluation_interval: 1s}\nrule_files: [rules.yml]\nscrape_configs: [{job_name: p, static_configs: [{targets: ["127.0.0.1:${port}"]}]}]\n`,
  );
  writeFileSync(
    path.join(directory, 'rules.yml'),
    'groups: [{name: g, rules: [{record: "a:b", expr: "vector(1)"}, {alert: A, expr: "vector(1)", labels: {severity: x}, annotations: {summary: s}}]}]\n',
  );
  return spawn(
    PROMETHEUS,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${path.join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  );
}

async function startOurs(port: number): Promise<RunningHttpServer> {
  const last = { health: 'ok', error: undefined, tookMs: 0.5, atMs: 1500 } as const;
  const alert = {
    labels: labelsOf({ alertname: 'A', severity: 'x' }),
    annotations: labelsOf({ summary: 's' }),
    state: 'firing',
    activeAtMs: 1000,
    keepFiringSinceMs: undefined,
    value: 1,
  } as const;
  return await startTestServer({
    query: inventedQuery(),
    expressions: createExpressions([]),
    rules: {
      groups: () => [
        {
          name: 'g',
          file: path.join(directory, 'rules.yml'),
          intervalMs: 1000,
          limit: 0,
          evaluationTookMs: 0.5,
          lastEvaluationMs: 1500,
          rules: [
            { kind: 'recording', rule: { name: 'a:b', expr: 'vector(1)', labels: [] }, last },
            {
              kind: 'alerting',
              rule: {
                name: 'A',
                expr: 'vector(1)',
                forMs: 0,
                keepFiringForMs: 0,
                labels: [['severity', 'x']],
                annotations: [['summary', 's']],
              },
              last,
              state: 'firing',
              alerts: [alert],
            },
          ],
        },
      ],
    },
    targets: {
      targets: () => ({
        active: [
          {
            discoveredLabels: labelsOf({
              __address__: `127.0.0.1:${port}`,
              __metrics_path__: '/metrics',
              __scheme__: 'http',
              __scrape_interval__: '1h',
              __scrape_timeout__: '10s',
              job: 'p',
            }),
            labels: labelsOf({ instance: `127.0.0.1:${port}`, job: 'p' }),
            scrapePool: 'p',
            scrapeUrl: `http://127.0.0.1:${port}/metrics`,
            globalUrl: `http://box:${port}/metrics`,
            health: 'unknown',
            lastError: '',
            lastScrapeMs: undefined,
            lastScrapeDurationMs: 0,
            scrapeIntervalMs: 3_600_000,
            scrapeTimeoutMs: 10_000,
            metadata: () => [],
          },
        ],
        dropped: [],
        droppedCounts: {},
      }),
    },
  });
}

/** What upstream says about the expressions of this file. */
function inventedQuery(): FakePromQuery {
  const query = new FakePromQuery();
  query.answers.set('vector(2)', () => [{ labels: {}, valueAt: () => 2 }]);
  query.answers.set('vector(1e-7)', () => [{ labels: {}, valueAt: () => 1e-7 }]);
  query.answers.set('vector(-Inf)', () => [{ labels: {}, valueAt: () => -Infinity }]);
  query.answers.set('nothing', () => []);
  query.answers.set('sum((', () => {
    throw new InputError('VED_QUERY_INVALID', '1:6: parse error: unclosed left parenthesis');
  });
  query.answers.set('label_replace(vector(1),"a","b","c","((")', () => {
    throw new ExecutionError('VED_QUERY_EXECUTION', 'invalid regular expression in label_replace(): ((');
  });
  return query;
}

async function peerHasEvaluated(): Promise<void> {
  const ask = async (request: string): Promise<string> => await (await fetch(peerAddress + request)).text();
  await until('Prometheus to have evaluated its rules', async () => {
    const [rules, targets] = [await ask('/api/v1/rules'), await ask('/api/v1/targets')];
    return rules.includes('"state":"firing"') && targets.includes('"scrapePool"') ? true : undefined;
  });
}

interface Answer {
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

async function askBoth(
  request: string,
  init: RequestInit = {},
): Promise<readonly [theirs: Answer, own: Answer]> {
  const ask = async (address: string): Promise<Answer> => {
    const response = await fetch(address + request, init);
    return {
      status: response.status,
      contentType: response.headers.get('content-type'),
      text: await response.text(),
    };
  };
  return await Promise.all([ask(peerAddress), ask(ours?.address ?? '')]);
}

/** Keys, types and nesting; of a list its first entry speaks for all. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}

async function checkEqual(request: string, init?: RequestInit): Promise<void> {
  const [theirs, own] = await askBoth(request, init);
  assert.deepEqual(
    { ...own, text: JSON.parse(own.text) as unknown },
    { ...theirs, text: JSON.parse(theirs.text) as unknown },
    request,
  );
}

async function checkShape(request: string, ignored: readonly string[] = []): Promise<void> {
  const [theirs, own] = await askBoth(request);
  assert.deepEqual([own.status, own.contentType], [theirs.status, theirs.contentType], request);
  const read = (text: string): Record<string, unknown> => {
    const shape = shapeOf(JSON.parse(text)) as { data: Record<string, unknown> };
    for (const key of ignored) delete shape.data[key];
    return shape;
  };
  assert.deepEqual(read(own.text), read(theirs.text), request);
}

const FORMATTED = [
  'sum(rate(http_requests_total{job="api",code=~"5.."}[5m]))by(path)',
  'a+b*c^-2',
  'histogram_quantile(0.99, sum by (le, job) (rate(request_duration_seconds_bucket{job="api", path!~"/health.*"}[5m]))) > 0.5',
  'max_over_time((sum(rate(http_requests_total[1m])) / ignoring(code) group_left(team) count(up{job="a"}))[1h:5m] offset 10m)',
  'up @ start() offset -5m',
];

test('answers to queries are equal', { skip }, async () => {
  await checkEqual('/api/v1/query?query=1%2B1&time=4');
  await checkEqual('/api/v1/query?query=1%2B1&time=4.5');
  await checkEqual('/api/v1/query?query=1%2B1&time=-1.25');
  await checkEqual('/api/v1/query?query=1%2B1&time=2026-01-02T03:04:05.678901Z');
  await checkEqual('/api/v1/query?query=%22x%22&time=4');
  await checkEqual('/api/v1/query?query=vector(2)&time=4');
  await checkEqual('/api/v1/query?query=vector(1e-7)&time=4');
  await checkEqual('/api/v1/query?query=vector(-Inf)&time=4');
  await checkEqual('/api/v1/query?query=nothing&time=4');
  await checkEqual('/api/v1/query?query=nothing&time=4&timeout=1m');
  await checkEqual('/api/v1/query_range?query=1%2B1&start=1&end=3&step=1');
  await checkEqual('/api/v1/query_range?query=vector(2)&start=1&end=3.2&step=500ms');
  await checkEqual('/api/v1/query_range?query=nothing&start=1&end=3&step=1m');
  await checkEqual('/api/v1/query_range?query=nothing&start=0&end=11000&step=1');
  for (const expr of FORMATTED) await checkEqual(`/api/v1/format_query?query=${encodeURIComponent(expr)}`);
  await checkEqual('/api/v1/format_query', { method: 'POST', body: new URLSearchParams({ query: 'a+b' }) });
  const form = { method: 'POST', body: new URLSearchParams({ query: 'vector(2)', time: '4' }) };
  await checkEqual('/api/v1/query', form);
  await checkEqual('/api/v1/query?query=ignored', form);
});

test('errors are equal to the letter', { skip }, async () => {
  await checkEqual('/api/v1/query');
  await checkEqual('/api/v1/query?query=sum((');
  await checkEqual('/api/v1/query?query=vector(2)&time=foo');
  await checkEqual('/api/v1/query?query=vector(2)&time=%22');
  await checkEqual('/api/v1/query?query=vector(2)&timeout=foo');
  await checkEqual('/api/v1/query?query=vector(2)&timeout=1e11');
  await checkEqual('/api/v1/query?query=label_replace(vector(1),%22a%22,%22b%22,%22c%22,%22((%22)');
  await checkEqual('/api/v1/query_range?query=vector(2)');
  await checkEqual('/api/v1/query_range?query=vector(2)&start=x');
  await checkEqual('/api/v1/query_range?query=vector(2)&start=1&end=');
  await checkEqual('/api/v1/query_range?query=vector(2)&start=5&end=1&step=1');
  await checkEqual('/api/v1/query_range?query=vector(2)&start=1&end=5');
  await checkEqual('/api/v1/query_range?query=vector(2)&start=1&end=5&step=0');
  await checkEqual('/api/v1/query_range?query=vector(2)&start=1&end=5&step=-1');
  await checkEqual('/api/v1/query_range?query=vector(2)&start=1&end=5&step=abc');
  await checkEqual('/api/v1/query_range?query=vector(2)&start=0&end=11001&step=1');
  await checkEqual('/api/v1/format_query');
  await checkEqual('/api/v1/format_query?query=sum((');
  await checkEqual('/api/v1/format_query?query=rate(a)');
  await checkEqual('/api/v1/series');
  await checkEqual('/api/v1/series?match[]=up{');
  await checkEqual('/api/v1/series?match[]={}');
  await checkEqual('/api/v1/labels?match[]=up{');
  await checkEqual('/api/v1/labels?match[]={}');
  await checkEqual('/api/v1/labels?start=foo');
  await checkEqual('/api/v1/label/job/values?end=foo');
  await checkEqual('/api/v1/metadata?limit=x');
  await checkEqual('/api/v1/rules?type=foo');
  await checkEqual('/api/v1/targets/metadata?limit=x');
  await checkEqual('/api/v1/targets/metadata?metric=nope');
  await checkEqual('/api/v1/targets/metadata?match_target={job=%22nope%22}');
  const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"up"}' };
  await checkEqual('/api/v1/query', json);
});

test('rules, alerts, targets and status have the same shape', { skip }, async () => {
  await checkShape('/api/v1/rules');
  await checkShape('/api/v1/rules?type=alert');
  await checkShape('/api/v1/rules?type=record');
  await checkShape('/api/v1/alerts');
  // Prometheus 3 counts the dropped targets per pool.
  await checkShape('/api/v1/targets', ['droppedTargetCounts']);
  await checkShape('/api/v1/targets?state=dropped', ['droppedTargetCounts']);
  await checkShape('/api/v1/scrape_pools');
  await checkShape('/api/v1/alertmanagers');
  await checkShape('/api/v1/status/walreplay');
  await checkShape('/api/v1/status/buildinfo');
  await checkShape('/api/v1/status/config');
  // Prometheus 3 adds these three.
  await checkShape('/api/v1/status/runtimeinfo', ['hostname', 'serverTime', 'GOMEMLIMIT']);
  await checkShape('/api/v1/query?query=vector(2)&stats=all');
});

test('methods that a path does not have are refused alike', { skip }, async () => {
  const check = async (method: string, request: string): Promise<void> => {
    const [theirs, own] = await askBoth(request, { method });
    assert.deepEqual(
      [own.status, own.text, own.contentType],
      [theirs.status, theirs.text, theirs.contentType],
      `${method} ${request}`,
    );
  };
  await check('POST', '/api/v1/rules');
  await check('POST', '/api/v1/label/job/values');
  await check('PUT', '/api/v1/query');
  await check('HEAD', '/api/v1/query?query=1');
});

test('where we follow Prometheus 3, we say what it says', { skip }, async () => {
  const errorOf = async (request: string): Promise<readonly [theirs: string, own: string]> => {
    const [theirs, own] = await askBoth(request);
    assert.equal(own.status, theirs.status);
    return [theirs.text, own.text].map((text) => (JSON.parse(text) as { error: string }).error) as [
      string,
      string,
    ];
  };
  // Since 3.0 a range query names its parameter, as instant queries always did.
  const [theirs, own] = await errorOf('/api/v1/query_range?query=sum((&start=1&end=3&step=1');
  assert.equal(own, `invalid parameter "query": ${theirs}`);
  // Since 3.0 any UTF-8 name is a label name.
  const [refused, allowed] = await askBoth('/api/v1/label/foo-bar/values');
  assert.deepEqual([refused.status, allowed.status], [400, 200]);
  // Since 3.0 there are trees of expressions; this is the example of its documentation, with what 3.14 added.
  const tree = (await (await fetch(`${ours?.address}/api/v1/parse_query?query=foo/bar`)).json()) as object;
  const selector = (name: string): object => ({
    anchored: false,
    smoothed: false,
    matchers: [{ name: '__name__', type: '=', value: name }],
    name,
    offset: 0,
    startOrEnd: null,
    timestamp: null,
    type: 'vectorSelector',
  });
  const fillValues = { lhs: null, rhs: null };
  const matching = { card: 'one-to-one', fillValues, include: [], labels: [], on: false };
  const data = {
    bool: false,
    lhs: selector('foo'),
    matching,
    op: '/',
    rhs: selector('bar'),
    type: 'binaryExpr',
  };
  assert.deepEqual(tree, { status: 'success', data });
});
