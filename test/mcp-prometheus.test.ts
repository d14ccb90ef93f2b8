/** `/mcp/prometheus` of a running server: the list, the clients of both eras, and another Prometheus in every mood. */
import assert from 'node:assert/strict';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { callTool, listTools } from './support/mcp-post.ts';
import { startVedette, type VedetteProcess } from './support/vedette-process.ts';

const NAMES = [
  'prom_query',
  'prom_query_range',
  'prom_metadata',
  'prom_targets',
  'prom_get_alerts',
  'prom_rules',
  'prom_config',
  'prom_status',
  'prom_labels',
  'prom_series',
  'prom_node_cpu_usage',
  'prom_node_memory_usage',
  'prom_node_disk_usage',
  'prom_pod_cpu_usage',
  'prom_pod_memory_usage',
  'prom_service_latency',
  'prom_service_error_rate',
  'prom_service_request_rate',
];

// What a client pays for with each conversation: 5,000 tokens.
const LIST_BYTES_MAX = 20_000;

test('exactly eighteen tools, all of which read, and short enough to be carried around', async (t) => {
  const { url } = await startVedette(t, { args: ['--no-host'] });
  const tools = await listTools(`${url}/mcp/prometheus`);
  assert.deepEqual(
    tools.map(({ name }) => name),
    NAMES,
  );
  assert.equal(tools.length, 18);
  assert.ok(Buffer.byteLength(JSON.stringify(tools)) <= LIST_BYTES_MAX);
  for (const { name, annotations } of tools) assert.equal(annotations['readOnlyHint'], true, name);

  for (const tool of NAMES) {
    const args =
      tool === 'prom_series' ? { match: 'up' } : tool.startsWith('prom_query') ? { query: 'up' } : {};
    const { isError, text } = await callTool(`${url}/mcp/prometheus`, tool, args);
    assert.ok(!isError, `${tool}: ${text}`);
  }
  const wrong = await callTool(`${url}/mcp/prometheus`, 'prom_query', { query: 'up', limt: 3 });
  assert.ok(wrong.isError);
  assert.match(wrong.text, /"limt" is no argument; did you mean "limit"\?/);
});

test('the official clients list and call, in the form of 2026 and in that of 2025', async (t) => {
  const { url } = await startVedette(t, { args: ['--no-host'] });
  const address = new URL(`${url}/mcp/prometheus`);
  for (const versionNegotiation of [{ mode: 'auto' }, undefined] as const) {
    const client = new Client(
      { name: 'test', version: '1' },
      versionNegotiation === undefined ? {} : { versionNegotiation },
    );
    await client.connect(new StreamableHTTPClientTransport(address));
    const { tools } = await client.listTools();
    assert.equal(tools.length, 18);
    const { content } = await client.callTool({ name: 'prom_status', arguments: { what: 'build' } });
    assert.match(JSON.stringify(content), /vedette/);
    await client.close();
  }
  const old = new OldClient({ name: 'test', version: '1' });
  await old.connect(new OldTransport(address));
  assert.equal((await old.listTools()).tools.length, 18);
  const { content } = await old.callTool({ name: 'prom_query', arguments: { query: '6 * 7' } });
  assert.match(JSON.stringify(content), /scalar \\"42\\"/);
  await old.close();
});

type Mood = (request: http.IncomingMessage, response: http.ServerResponse) => void;

interface MoodyPrometheus {
  readonly url: string;
  mood: Mood;
  stop(): Promise<void>;
}

async function startMoody(t: TestContext, mood: Mood): Promise<MoodyPrometheus> {
  const moody = { url: '', mood, stop: async (): Promise<void> => undefined };
  const server = http.createServer((request, response) => moody.mood(request, response));
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  moody.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  moody.stop = async () => {
    server.closeAllConnections();
    await new Promise<void>((done) => void server.close(() => done()));
  };
  t.after(async () => await moody.stop());
  return moody;
}

const json =
  (status: number, value: unknown): Mood =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
const raw =
  (status: number, body: string, headers: http.OutgoingHttpHeaders = {}): Mood =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);
const oneSeries = { resultType: 'vector', result: [{ metric: { a: 'b' }, value: [1, '7'] }] };

/** What another engine says is fenced as data, since it may quote what it has; the words are the same. */
const unfenced = (text: string): string =>
  text.replace(/<data(?:-[0-9a-f]{8})?>[^\n]*\n/, '').replace(/\n<\/data(?:-[0-9a-f]{8})?>/, '');

test('another Prometheus in a bad mood is told in words that say what to do', async (t) => {
  const moody = await startMoody(t, json(200, { status: 'success', data: oneSeries }));
  const startWith = (timeout: string): Promise<VedetteProcess> =>
    startVedette(t, {
      config: `mcp: { prometheus: { url: "${moody.url.replace('//', '//ada:canary@')}/base", timeout: ${timeout} } }\n`,
      args: ['--no-host'],
    });
  // One gives up what never comes; with as little patience the other would miss what comes on a busy machine.
  const [patient, hasty] = await Promise.all([startWith('30s'), startWith('400ms')]);
  const ask = async ({ url } = patient): Promise<{ isError: boolean; text: string }> =>
    await callTool(`${url}/mcp/prometheus`, 'prom_query', { query: 'up' });
  const at = `prom_query: cannot ask Prometheus at ${moody.url}/base: `;
  const check = async (mood: Mood, want: string | RegExp, asked = patient): Promise<void> => {
    moody.mood = mood;
    const { isError, text } = await ask(asked);
    assert.ok(isError, text);
    assert.doesNotMatch(text, /canary/);
    assert.ok(text.length < 600, text);
    if (typeof want === 'string') assert.equal(unfenced(text), at + want);
    else assert.match(unfenced(text), want);
  };
  const good = await ask();
  assert.match(good.text, /\{a="b"\} \| 7/);
  assert.doesNotMatch(good.text, /Links/, 'our pages do not show the samples of others');

  const credentials = 'see basic_auth, authorization and tls_config under mcp.prometheus';
  await check(raw(401, 'who?'), `it refuses our credentials (HTTP status 401); ${credentials}`);
  await check(raw(403, '<h1>no</h1>'), `it refuses our credentials (HTTP status 403); ${credentials}`);
  await check(raw(404, 'page not found'), 'it has no such path (HTTP status 404)');
  await check(
    raw(200, '\n<!doctype html><title>Sign in</title>', { 'content-type': 'text/html' }),
    'it answers with a page of HTML and no JSON; is the address right with its path, and does no sign-in stand before it?',
  );
  await check(raw(502, '<h1>Bad\ngateway</h1>'), 'it answers with HTTP status 502: <h1>Bad gateway</h1>');
  await check(raw(200, ''), 'cannot read JSON: it ends in the middle, after 0 bytes');
  await check(raw(200, 'garbage'), 'cannot read JSON at byte 0: got "g", want an object');
  await check(
    raw(200, '{"status":"success","data":{"resultType":"vector","resu'),
    /cannot read JSON: it ends in the middle/,
  );
  await check(
    json(200, { status: 'success', data: { resultType: 'vector', result: [{}] } }),
    /not one of Prometheus' API/,
  );
  await check(json(200, { status: 'success' }), /it has no data/);
  await check(
    json(422, { status: 'error', errorType: 'execution', error: 'many-to-many' }),
    /^prom_query: many-to-many$/,
  );
  await check(
    json(503, { status: 'error', errorType: 'timeout', error: 'query timed out' }),
    /^prom_query: query timed out$/,
  );
  await check(
    (_, response) =>
      void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
    'its answer ends in the middle',
  );
  await check(raw(200, 'not gzip', { 'content-encoding': 'gzip' }), /^prom_query: cannot ask Prometheus/);
  await check(raw(302, '', { location: '/base/api/v1/query' }), 'stopped after 10 redirects');
  await check(
    () => undefined,
    new RegExp(
      `^prom_query: ${moody.url}/base does not answer within 400ms; ask for a shorter range or fewer series, or raise mcp.prometheus.timeout$`,
    ),
    hasty,
  );
  await moody.stop();
  await check(() => undefined, 'connection refused');
});

test('an endless answer is counted instead, and unpacked no further than its limit', async (t) => {
  const big = gzipSync(Buffer.alloc(64 * 2 ** 20, ' '));
  const moody = await startMoody(t, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      if (new URLSearchParams(body).get('query')?.startsWith('count') === true)
        json(200, {
          status: 'success',
          data: { resultType: 'vector', result: [{ metric: {}, value: [1, '90000'] }] },
        })(request, response);
      else response.writeHead(200, { 'content-encoding': 'gzip' }).end(big);
    });
  });
  const { url } = await startVedette(t, {
    config: `mcp: { prometheus: { url: "${moody.url}" } }\n`,
    args: ['--no-host'],
  });
  const { isError, text } = await callTool(`${url}/mcp/prometheus`, 'prom_query', { query: 'everything' });
  assert.ok(!isError, text);
  assert.match(
    text,
    /^90000 series, too many to be shown: the answer of Prometheus is longer than the limit of 16777216 bytes/,
  );
  assert.match(text, /Hint: ask for topk\(10, everything\)/);
});

test('credentials do not follow a redirect to another origin', async (t) => {
  const seen: (string | undefined)[] = [];
  const elsewhere = await startMoody(t, (request, response) => {
    seen.push(request.headers.authorization);
    json(200, { status: 'success', data: oneSeries })(request, response);
  });
  const moody = await startMoody(t, (request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(307, { location: `${elsewhere.url}${request.url ?? ''}` }).end();
  });
  const { url } = await startVedette(t, {
    config: `mcp: { prometheus: { url: "${moody.url}", authorization: { credentials: canary } } }\n`,
    args: ['--no-host'],
  });
  const { isError, text } = await callTool(`${url}/mcp/prometheus`, 'prom_query', { query: 'up' });
  assert.ok(!isError, text);
  assert.deepEqual(seen, ['Bearer canary', undefined]);
});

test('no secret of another Prometheus is shown by any tool', async (t) => {
  const target = {
    labels: { job: 'db', instance: 'db:1' },
    scrapePool: 'db',
    scrapeUrl: 'http://ada:canary@db:1/metrics?token=canary',
    lastError: 'Get "http://ada:canary@db:1/metrics": refused',
    health: 'down',
  };
  const data: Readonly<Record<string, unknown>> = {
    '/api/v1/status/config': { yaml: 'scrape_configs:\n- job_name: x\n  basic_auth: { password: canary }\n' },
    '/api/v1/status/flags': {
      'web.external-url': 'http://a:canary@b',
      'storage.password': 'canary',
      'web.x-file': '/etc/x',
    },
    '/api/v1/targets': { activeTargets: [target], droppedTargets: null },
  };
  const moody = await startMoody(t, (request, response) =>
    json(200, { status: 'success', data: data[new URL(request.url ?? '', 'http://x').pathname] })(
      request,
      response,
    ),
  );
  const { url } = await startVedette(t, {
    config: `mcp: { prometheus: { url: "${moody.url}" } }\n`,
    args: ['--no-host'],
  });
  const calls = [
    ['prom_config', {}],
    ['prom_status', { what: 'flags' }],
    ['prom_targets', {}],
  ] as const;
  for (const [tool, args] of calls) {
    const { isError, text } = await callTool(`${url}/mcp/prometheus`, tool, args);
    assert.ok(!isError, text);
    assert.match(text, /<secret>/, tool);
    assert.doesNotMatch(text, /canary/, tool);
  }
});
